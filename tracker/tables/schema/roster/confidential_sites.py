"""Confidential sites, apart from the sites that everyone reads. `tables.visible.roster` is their only reader."""

from piccolo.columns import UUID, Boolean, Integer, Text, Varchar
from piccolo.columns.base import OnDelete
from piccolo.table import Table

from tracker.tables.schema.core.foreign_key import ForeignKey
from tracker.tables.schema.core.new_id import NEW_ID
from tracker.tables.schema.roster.people import Agency


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
