"""Other times that invited people proposed for a date."""

from piccolo.columns import UUID, Integer, Timestamptz
from piccolo.columns.base import OnDelete
from piccolo.table import Table

from tracker.tables.schema.core.constraints import check
from tracker.tables.schema.core.foreign_key import ForeignKey
from tracker.tables.schema.core.new_id import NEW_ID
from tracker.tables.schema.intake.replies import IncomingReply
from tracker.tables.schema.roster.people import Member


class TimeProposal(Table):
    """The times in one METHOD:COUNTER. Never changed, but for a decision; one of an unmatched email isn't shown."""

    id = UUID(primary_key=True, default=NEW_ID)
    reply = ForeignKey(IncomingReply, null=False, on_delete=OnDelete.cascade, unique=True)
    """The email that it came in: whose it is, for which date, and their comment."""
    starts_at = Timestamptz(null=False)
    ends_at = Timestamptz(null=False)
    was_starts_at = Timestamptz(null=False)
    was_ends_at = Timestamptz(null=False)
    made_at = Timestamptz(null=False)
    """DTSTAMP, never after it was received."""
    sequence = Integer(null=True, default=None)
    """SEQUENCE as the program wrote it; None = it left it out."""
    declined_at = Timestamptz(null=True, default=None)
    declined_by = ForeignKey(Member, null=True, default=None, on_delete=OnDelete.restrict)

    constraints = (check("starts_at < ends_at"), check("(declined_at IS NULL) = (declined_by IS NULL)"))
