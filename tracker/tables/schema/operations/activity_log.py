"""What was written in the log of an operation, and when it entered its states. People read them through `visible`."""

from piccolo.columns import UUID, Timestamptz, Varchar
from piccolo.columns.base import OnDelete
from piccolo.table import Table

from tracker.rules.operations.states import OperationState
from tracker.tables.schema.core.constraints import one_of
from tracker.tables.schema.core.foreign_key import ForeignKey
from tracker.tables.schema.core.new_id import NEW_ID
from tracker.tables.schema.operations.plans import OperationPlan
from tracker.tables.schema.roster.people import Member


class OperationLogEntry(Table):
    """One version of an entry; rows are added, never changed."""

    id = UUID(primary_key=True, default=NEW_ID)
    """Made of the tap: sent twice, it is the same row."""
    plan = ForeignKey(OperationPlan, null=False, on_delete=OnDelete.cascade, index=True)
    entry = UUID()
    """The first version of the entry; its own id for that one."""
    happened_at = Timestamptz(null=False)
    text = Varchar(length=500)
    written_by = ForeignKey(Member, null=False, on_delete=OnDelete.restrict)
    written_at = Timestamptz(null=False)


class OperationStateChange(Table):
    """When an operation entered a state, and who took it there."""

    id = UUID(primary_key=True, default=NEW_ID)
    plan = ForeignKey(OperationPlan, null=False, on_delete=OnDelete.cascade, index=True)
    was = Varchar(length=12)
    state = Varchar(length=12)
    entered_at = Timestamptz(null=False)
    entered_by = ForeignKey(Member, null=True, default=None, on_delete=OnDelete.restrict)
    """None = the tracker: a moved time took the plan back, or the last person checked out."""

    constraints = (one_of("was", OperationState), one_of("state", OperationState))
