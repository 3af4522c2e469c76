"""On which day an action item escalated, so that each level hears of it once."""

from piccolo.columns import UUID, Date, Integer
from piccolo.columns.base import OnDelete
from piccolo.table import Table

from tracker.tables.schema.actions import ActionItem
from tracker.tables.schema.core.columns import NEW_ID, ForeignKey, check, unique
from tracker.tables.schema.roster import Agency


class ItemEscalation(Table):
    """The last day on which an item, while its owner's agency was this one, reached a rung."""

    id = UUID(primary_key=True, default=NEW_ID)
    item = ForeignKey(ActionItem, null=False, on_delete=OnDelete.cascade)
    rung = Integer(null=False, default=None)
    """1 = the owner's agency, 2 = the coordinators"""
    agency = ForeignKey(Agency, null=False, on_delete=OnDelete.restrict)
    day = Date(null=False, default=None)
    """In the task force's zone"""

    constraints = (check("rung IN (1, 2)"), unique("item", "rung", "agency"))
