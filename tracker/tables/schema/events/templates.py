"""Event templates: forms saved under a name."""

from piccolo.columns import UUID, Text, Timestamptz, Varchar
from piccolo.columns.base import OnDelete
from piccolo.table import Table

from tracker.tables.schema.core.columns import NEW_ID, ForeignKey, unique
from tracker.tables.schema.roster import Committee, Member


class EventTemplate(Table):
    """One template; its name is unique per person."""

    id = UUID(primary_key=True, default=NEW_ID)
    owner = ForeignKey(Member, null=False, on_delete=OnDelete.cascade)
    name = Varchar(length=80)
    committee = ForeignKey(Committee, null=True, default=None, on_delete=OnDelete.cascade)
    """People who may schedule for it may use the template; None = the owner alone."""
    form = Text(default="{}")
    """The texts of its fields, as JSON, as a person would type them into the form."""
    created_at = Timestamptz(null=False)

    constraints = (unique("owner", "name"),)
