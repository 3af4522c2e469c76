"""Changes to events, stored as people read them; the audit log records only that they happened, without content."""

from piccolo.columns import UUID, Text, Timestamptz, Varchar
from piccolo.columns.base import OnDelete
from piccolo.table import Table

from tracker.tables.schema.core.columns import NEW_ID, ForeignKey, index
from tracker.tables.schema.events.events import Event, Occurrence
from tracker.tables.schema.roster import Committee, Member


class EventChange(Table):
    """One change to an event or to one of its dates."""

    id = UUID(primary_key=True, default=NEW_ID)
    event = ForeignKey(Event, null=False, on_delete=OnDelete.cascade)
    occurrence = ForeignKey(Occurrence, null=True, default=None, on_delete=OnDelete.cascade)
    """None = the whole event"""
    actor = ForeignKey(Member, null=False, on_delete=OnDelete.restrict)
    at = Timestamptz(null=False)
    verb = Varchar(length=20)
    """sent, changed, canceled, restored, date_added, ended, went_on, continued"""
    visibility = Varchar(length=20)
    committee = ForeignKey(Committee, null=True, default=None, on_delete=OnDelete.restrict)
    """visibility, committee: who could see the event when it was changed; for a change of visibility, afterward"""
    fields = Text(default="[]")
    """JSON: rows [field, before, after] in words"""
    reason = Text(default="")
    """Why, as the person who made the change said"""

    constraints = (index("event_change_event", "event", "at"),)
