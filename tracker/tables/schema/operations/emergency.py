"""Emergency access of administrators, and the operations that they opened with it."""

from piccolo.columns import UUID, Text, Timestamptz, Varchar
from piccolo.columns.base import OnDelete
from piccolo.table import Table

from tracker.tables.schema.core.constraints import check, index, unique
from tracker.tables.schema.core.foreign_key import ForeignKey
from tracker.tables.schema.core.new_id import NEW_ID
from tracker.tables.schema.events.events import Event
from tracker.tables.schema.roster.people import Member


class EmergencyAccess(Table):
    """One emergency access, of one session."""

    id = UUID(primary_key=True, default=NEW_ID)
    member = ForeignKey(Member, null=False, on_delete=OnDelete.restrict)
    session = Varchar(length=64)
    """The id of the session: a hash of its cookie. The access ends with it."""
    reason = Text()
    began_at = Timestamptz(null=False)
    until = Timestamptz(null=False)
    ended_at = Timestamptz(null=True, default=None)
    """When it was ended, by its person or by the clock"""

    constraints = (check("reason <> ''"), index("emergency_access_session", "session", where="ended_at IS NULL"))


class EmergencyOpening(Table):
    """One operation that was opened."""

    id = UUID(primary_key=True, default=NEW_ID)
    access = ForeignKey(EmergencyAccess, null=False, on_delete=OnDelete.restrict)
    event = ForeignKey(Event, null=False, on_delete=OnDelete.cascade, index=True)
    opened_at = Timestamptz(null=False)

    constraints = (unique("access", "event"),)
