"""How many places were compared for whom and when, for a day."""

from piccolo.columns import UUID, Integer, Timestamptz
from piccolo.columns.base import OnDelete
from piccolo.table import Table

from tracker.tables.schema.core.constraints import index
from tracker.tables.schema.core.foreign_key import ForeignKey
from tracker.tables.schema.core.new_id import NEW_ID
from tracker.tables.schema.roster.people import Agency, Member


class ComparedPlaces(Table):
    """Places of a plan that a person had compared with other operations at one moment."""

    id = UUID(primary_key=True, default=NEW_ID)
    member = ForeignKey(Member, null=False, on_delete=OnDelete.cascade)
    agency = ForeignKey(Agency, null=False, on_delete=OnDelete.cascade)
    """That of the person at that time."""
    places = Integer()
    compared_at = Timestamptz(null=False)

    constraints = (
        index("compared_places_member", "member", "compared_at"),
        index("compared_places_agency", "agency", "compared_at"),
    )
