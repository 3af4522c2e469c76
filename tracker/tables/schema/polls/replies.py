"""What people replied to a date poll."""

from piccolo.columns import UUID, Timestamptz, Varchar
from piccolo.columns.base import OnDelete
from piccolo.table import Table

from tracker.rules.events.replies import ReplySource
from tracker.rules.polls.polls import Fit
from tracker.tables.schema.core.constraints import index, one_of, unique
from tracker.tables.schema.core.foreign_key import ForeignKey
from tracker.tables.schema.core.new_id import NEW_ID
from tracker.tables.schema.polls.polls import PollOption
from tracker.tables.schema.roster.people import Member


class PollReply(Table):
    """How one proposed date suits one person, as they last said; the audit log has what they said before."""

    id = UUID(primary_key=True, default=NEW_ID)
    option = ForeignKey(PollOption, null=False, on_delete=OnDelete.cascade)
    member = ForeignKey(Member, null=False, on_delete=OnDelete.restrict)
    fit = Varchar(length=10)
    source = Varchar(length=12)
    replied_at = Timestamptz(null=False)

    constraints = (
        unique("option", "member"),
        one_of("fit", Fit),
        one_of("source", ReplySource),
        index("poll_reply_member", "member"),
    )
