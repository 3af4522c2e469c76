"""After how many days action items of a committee reach others than their owners."""

from piccolo.columns import UUID, Integer, Timestamptz
from piccolo.columns.base import OnDelete
from piccolo.table import Table

from tracker.tables.schema.core.columns import NEW_ID, ForeignKey, check
from tracker.tables.schema.roster import Committee


class CommitteeEscalation(Table):
    """The days that a committee chose; NULL = those of the task force, 0 = never."""

    id = UUID(primary_key=True, default=NEW_ID)
    committee = ForeignKey(Committee, null=False, on_delete=OnDelete.cascade, unique=True)
    agency = Integer(null=True, default=None)
    coordinator = Integer(null=True, default=None)
    changed_at = Timestamptz(null=False)

    constraints = (check("agency >= 0"), check("coordinator >= 0"))
