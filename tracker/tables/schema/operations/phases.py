"""The phases of an operation."""

from piccolo.columns import UUID, Integer, Timestamptz, Varchar
from piccolo.columns.base import OnDelete
from piccolo.table import Table

from tracker.tables.schema.core.constraints import check
from tracker.tables.schema.core.foreign_key import ForeignKey
from tracker.tables.schema.core.new_id import NEW_ID
from tracker.tables.schema.operations.plans import OperationPlan


class OperationPhase(Table):
    """One phase; its planned times are counted from the start of the operation, so that they move with it."""

    id = UUID(primary_key=True, default=NEW_ID)
    plan = ForeignKey(OperationPlan, null=False, on_delete=OnDelete.cascade, index=True)
    name = Varchar(length=60)
    start_minutes = Integer()
    """From the start of the operation; negative before it."""
    end_minutes = Integer(null=True, default=None)
    """None for a phase that is a moment."""
    begun_at = Timestamptz(null=True, default=None)
    ended_at = Timestamptz(null=True, default=None)
    version = Integer(default=1)
    """Rises each time it is recorded when the phase began or ended."""

    constraints = (
        check("end_minutes IS NULL OR end_minutes > start_minutes"),
        check("ended_at IS NULL OR begun_at IS NOT NULL"),
    )
