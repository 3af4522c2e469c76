"""Places where the task force meets, with their capacity, and the confidential places of agencies.

`tables.visible.roster` is the only reader of the confidential ones.
"""

from piccolo.columns import UUID, Boolean, Integer, Text, Varchar
from piccolo.columns.base import OnDelete
from piccolo.table import Table

from tracker.tables.schema.core.columns import NEW_ID, ForeignKey, check
from tracker.tables.schema.roster.people import Agency


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


class ConfidentialSite(Table):
    """A place of which only its agency has the address."""

    id = UUID(primary_key=True, default=NEW_ID)
    agency = ForeignKey(Agency, null=False, on_delete=OnDelete.restrict, index=True)
    name = Varchar(length=120, unique=True)
    """The public name, which everyone may read."""
    address = Varchar(length=200)
    directions = Text(default="")
    is_open = Boolean(default=True)
    version = Integer(default=1)
