"""The operations order of a plan. Rows are added with each version, never changed."""

from piccolo.columns import UUID, ForeignKey, Integer, Text, Timestamptz
from piccolo.columns.base import OnDelete
from piccolo.columns.defaults.uuid import UUID4
from piccolo.table import Table

from tracker.tables.schema.core.constraints import unique
from tracker.tables.schema.operations.plans import OperationPlan
from tracker.tables.schema.roster.people import Member


class OperationOrder(Table):
    """The order as it was saved once; a column for each of `rules.operations.orders.Paragraph`."""

    id = UUID(primary_key=True, default=UUID4())
    plan = ForeignKey(OperationPlan, null=False, on_delete=OnDelete.cascade)
    version = Integer()
    """The version of the plan that this order made."""
    situation = Text(default="")
    mission = Text(default="")
    execution = Text(default="")
    administration = Text(default="")
    command = Text(default="")
    saved_by = ForeignKey(Member, null=False, on_delete=OnDelete.restrict)
    saved_at = Timestamptz(null=False)

    constraints = (unique("plan", "version"),)
