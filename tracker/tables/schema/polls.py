"""Rows of date polls."""

from piccolo.columns import ForeignKey, Timestamp, Timestamptz, Varchar
from piccolo.columns.base import OnDelete
from piccolo.table import Table

from tracker.rules.events.replies import ReplySource
from tracker.rules.polls import Fit
from tracker.tables.schema.core.columns import Identified, index, one_of, unique
from tracker.tables.schema.events import Event
from tracker.tables.schema.roster import Member


class Poll(Identified, Table):
    """The poll of an event, of which it has one at a time; its people are those on the list of the event."""

    event = ForeignKey(Event, null=False, on_delete=OnDelete.cascade, unique=True)
    reply_by = Timestamptz(null=False)
    opened_at = Timestamptz(null=False)
    canceled_at = Timestamptz(null=True, default=None)

    constraints = (index("poll_open", "reply_by", where="canceled_at IS NULL"),)


class EarlierPoll(Identified, Table):
    """A canceled poll in whose place its organizer asked again: links in emails still name it."""

    event = ForeignKey(Event, null=False, on_delete=OnDelete.cascade)

    constraints = (index("earlier_poll_event", "event"),)


class PollOption(Identified, Table):
    """One proposed date."""

    poll = ForeignKey(Poll, null=False, on_delete=OnDelete.cascade)
    starts = Timestamp(null=False, default=None)
    """Local start, in the event's zone."""

    constraints = (unique("poll", "starts"),)


class PollReply(Identified, Table):
    """How one proposed date suits one person, as they last said; the audit log has what they said before."""

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
