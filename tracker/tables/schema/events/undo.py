"""What changes to events replaced, kept for as long as they can be undone."""

from piccolo.columns import UUID, ForeignKey, Text, Timestamptz
from piccolo.columns.base import OnDelete
from piccolo.columns.defaults.uuid import UUID4
from piccolo.table import Table

from tracker.tables.schema.core.constraints import index
from tracker.tables.schema.events.events import Event
from tracker.tables.schema.roster.people import Member


class UndoSnapshot(Table):
    """One change to an event, by the person who can undo it."""

    id = UUID(primary_key=True, default=UUID4())
    event = ForeignKey(Event, null=False, on_delete=OnDelete.cascade)
    actor = ForeignKey(Member, null=False, on_delete=OnDelete.cascade)
    at = Timestamptz(null=False)
    replaced = Text()
    """JSON of `rules.events.undo.Replaced`: earlier rows, and the ids of new ones"""

    constraints = (index("undo_snapshot_event", "event", "at"), index("undo_snapshot_at", "at"))
