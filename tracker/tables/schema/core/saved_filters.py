"""Saved filters: a listing's filter kept under a name, for one person alone."""

from piccolo.columns import UUID, Timestamptz, Varchar
from piccolo.columns.base import OnDelete
from piccolo.table import Table

from tracker.tables.schema.core.constraints import unique
from tracker.tables.schema.core.foreign_key import ForeignKey
from tracker.tables.schema.core.new_id import NEW_ID
from tracker.tables.schema.roster.people import Member


class SavedFilter(Table):
    """One filter of one listing; its name is unique per person and listing."""

    id = UUID(primary_key=True, default=NEW_ID)
    member = ForeignKey(Member, null=False, on_delete=OnDelete.cascade)
    listing = Varchar(length=20)
    name = Varchar(length=60)
    query = Varchar(length=500)
    """The query string of its address."""
    created_at = Timestamptz(null=False)

    constraints = (unique("member", "listing", "name"),)
