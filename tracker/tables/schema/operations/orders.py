"""The operations order of a plan. Rows are added with each version, never changed."""

from piccolo.columns import UUID, Integer, Text, Timestamptz
from piccolo.columns.base import OnDelete
from piccolo.table import Table

from tracker.tables.schema.core.constraints import unique
from tracker.tables.schema.core.foreign_key import ForeignKey
from tracker.tables.schema.core.new_id import NEW_ID
from tracker.tables.schema.operations.plans import OperationPlan
from tracker.tables.schema.roster.people import Member


class OperationOrder(Table):
    """The order as it was saved once; a column for each of `rules.operations.orders.Paragraph`."""

    id = UUID(primary_key=True, default=NEW_ID)
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
