"""Days on which the people of an agency are not available."""

from piccolo.columns import UUID, Date, Varchar
from piccolo.columns.base import OnDelete
from piccolo.table import Table

from tracker.tables.schema.core.columns import NEW_ID, ForeignKey, check, index
from tracker.tables.schema.roster.people import Agency


class Blackout(Table):
    """A day or a span of days, both ends included."""

    id = UUID(primary_key=True, default=NEW_ID)
    agency = ForeignKey(Agency, null=False, on_delete=OnDelete.cascade)
    first = Date(null=False, default=None)
    last = Date(null=False, default=None)
    reason = Varchar(length=60, default="")

    constraints = (check("last >= first"), index("blackout_agency", "agency", "last"))
