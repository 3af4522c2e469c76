"""That a supervisor sent a plan back, and why. People read it through `visible`, never here."""

from piccolo.columns import UUID, Integer, Text, Timestamptz
from piccolo.columns.base import OnDelete
from piccolo.table import Table

from tracker.tables.schema.core.constraints import check
from tracker.tables.schema.core.foreign_key import ForeignKey
from tracker.tables.schema.core.new_id import NEW_ID
from tracker.tables.schema.operations.plans import OperationPlan
from tracker.tables.schema.roster.people import Member


class OperationReturn(Table):
    """One submission that was sent back to planning; it is never changed."""

    id = UUID(primary_key=True, default=NEW_ID)
    plan = ForeignKey(OperationPlan, null=False, on_delete=OnDelete.cascade, index=True)
    version = Integer()
    """The version of the plan that was submitted."""
    comment = Text()
    returned_by = ForeignKey(Member, null=False, on_delete=OnDelete.restrict)
    returned_at = Timestamptz(null=False)

    constraints = (check("comment <> ''"),)
