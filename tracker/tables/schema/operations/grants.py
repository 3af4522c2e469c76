"""Who was let see an operation, by whom, why, and until when. People read them through `visible`, never here."""

from piccolo.columns import UUID, Text, Timestamptz
from piccolo.columns.base import OnDelete
from piccolo.table import Table

from tracker.tables.schema.core.constraints import check, index, unique_index
from tracker.tables.schema.core.foreign_key import ForeignKey
from tracker.tables.schema.core.new_id import NEW_ID
from tracker.tables.schema.events.events import Event
from tracker.tables.schema.roster.people import Member


class OperationGrant(Table):
    """Access of one person, requested or given; it ends, and is never deleted."""

    id = UUID(primary_key=True, default=NEW_ID)
    event = ForeignKey(Event, null=False, on_delete=OnDelete.cascade)
    member = ForeignKey(Member, null=False, on_delete=OnDelete.restrict)
    giver = ForeignKey(Member, null=False, on_delete=OnDelete.restrict)
    reason = Text(default="")
    requested_at = Timestamptz(null=False)
    granted_at = Timestamptz(null=True, default=None)
    """None while it waits for a second person"""
    approver = ForeignKey(Member, null=True, default=None, on_delete=OnDelete.restrict)
    until = Timestamptz(null=True, default=None)
    ended_at = Timestamptz(null=True, default=None)
    ended_by = ForeignKey(Member, null=True, default=None, on_delete=OnDelete.restrict)
    """None when it ended by itself"""

    constraints = (
        check("approver IS NULL OR granted_at IS NOT NULL"),
        check("approver <> giver"),
        check("ended_by IS NULL OR ended_at IS NOT NULL"),
        unique_index("operation_grant_open", "event", "member", where="ended_at IS NULL"),
        index("operation_grant_until", "member", "until", where="until IS NOT NULL AND ended_at IS NULL"),
    )
