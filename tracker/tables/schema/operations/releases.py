"""When everyone on an operation was released. People read it through `visible`, never here."""

from piccolo.columns import UUID, Integer, Timestamptz
from piccolo.columns.base import OnDelete
from piccolo.table import Table

from tracker.rules.operations.accountability import DEFAULT_WAIT
from tracker.tables.schema.core.constraints import check, unique_index
from tracker.tables.schema.core.foreign_key import ForeignKey
from tracker.tables.schema.core.new_id import NEW_ID
from tracker.tables.schema.operations.plans import OperationPlan
from tracker.tables.schema.roster.people import Member


class OperationRelease(Table):
    """That everyone was released, and whether the lead was notified of people who aren't out."""

    id = UUID(primary_key=True, default=NEW_ID)
    plan = ForeignKey(OperationPlan, null=False, on_delete=OnDelete.cascade)
    wait_minutes = Integer(default=DEFAULT_WAIT)
    ordered_at = Timestamptz(null=False)
    ordered_by = ForeignKey(Member, null=False, on_delete=OnDelete.restrict)
    withdrawn_at = Timestamptz(null=True, default=None)
    notified_at = Timestamptz(null=True, default=None)

    constraints = (
        check("wait_minutes BETWEEN 5 AND 240"),
        unique_index("operation_release_current", "plan", where="withdrawn_at IS NULL"),
    )
