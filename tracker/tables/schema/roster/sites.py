"""Places where the task force meets, with their capacity."""

from piccolo.columns import UUID, Boolean, Integer, Varchar
from piccolo.table import Table

from tracker.tables.schema.core.constraints import check
from tracker.tables.schema.core.new_id import NEW_ID


class Site(Table):
    """A room or a building; an event is there when its place is exactly this text."""

    id = UUID(primary_key=True, default=NEW_ID)
    name = Varchar(length=120, unique=True)
    address = Varchar(length=160, default="")
    capacity = Integer(null=True, default=None)
    """Chairs; None = not counted."""
    equipment = Varchar(length=160, default="")
    is_open = Boolean(default=True)
    """Whether it is offered for new events."""
    version = Integer(default=1)
    """Rises with every edit."""
    latitude_e6 = Integer(null=True, default=None)
    """Millionths of a degree of WGS 84; None = not known."""
    longitude_e6 = Integer(null=True, default=None)

    constraints = (check("capacity > 0"),)
