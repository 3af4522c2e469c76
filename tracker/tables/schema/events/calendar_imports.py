"""Which events came from a calendar file, and their identifiers in it."""

from piccolo.columns import UUID, Varchar
from piccolo.columns.base import OnDelete
from piccolo.table import Table

from tracker.tables.schema.core.columns import NEW_ID, ForeignKey
from tracker.tables.schema.events.events import Event


class ImportedEvent(Table):
    """One imported event; its own UID is random like any other, so that other systems' invitations never match it."""

    id = UUID(primary_key=True, default=NEW_ID)
    event = ForeignKey(Event, null=False, unique=True, on_delete=OnDelete.cascade)
    source = Varchar(length=64, index=True)
    """SHA-256 of the UID in the file, in hex: foreign UIDs have any length, and may contain email addresses."""
