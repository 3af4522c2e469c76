"""What is written down after an operation. People read it through `visible`, never here."""

from piccolo.columns import UUID, Integer, Text, Timestamptz, Varchar
from piccolo.columns.base import OnDelete
from piccolo.table import Table

from tracker.tables.schema.actions.action_items import ActionItem
from tracker.tables.schema.core.constraints import check
from tracker.tables.schema.core.foreign_key import ForeignKey
from tracker.tables.schema.core.new_id import NEW_ID
from tracker.tables.schema.operations.plans import OperationPlan
from tracker.tables.schema.roster.people import Member


class HotWash(Table):
    """What went well in an operation, and what to improve."""

    id = UUID(primary_key=True, default=NEW_ID)
    plan = ForeignKey(OperationPlan, null=False, on_delete=OnDelete.cascade, unique=True)
    went_well = Text(default="")
    to_improve = Text(default="")
    version = Integer(default=1)
    saved_by = ForeignKey(Member, null=False, on_delete=OnDelete.restrict)
    saved_at = Timestamptz(null=False)


class AfterAction(Table):
    """What a hot wash asks for, and the action item that it became."""

    id = UUID(primary_key=True, default=NEW_ID)
    plan = ForeignKey(OperationPlan, null=False, on_delete=OnDelete.cascade, index=True)
    title = Varchar(length=200)
    item = ForeignKey(ActionItem, null=True, default=None, on_delete=OnDelete.restrict, unique=True)
    """None until it has an owner and a due date."""
    added_at = Timestamptz(null=False)

    constraints = (check("title <> ''"),)
