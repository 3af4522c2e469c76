"""Who checked in and out of an operation. People read it through `visible`, never here."""

from piccolo.columns import UUID, Timestamptz, Varchar
from piccolo.columns.base import OnDelete
from piccolo.table import Table

from tracker.tables.schema.core.constraints import check, unique_index
from tracker.tables.schema.core.foreign_key import ForeignKey
from tracker.tables.schema.core.new_id import NEW_ID
from tracker.tables.schema.operations.plans import OperationPlan
from tracker.tables.schema.roster.people import Agency, Member


class OperationCheckIn(Table):
    """What was recorded about one person; a later row replaces it, and it stays."""

    id = UUID(primary_key=True, default=NEW_ID)
    """Made of the tap: sent twice, it is the same row."""
    plan = ForeignKey(OperationPlan, null=False, on_delete=OnDelete.cascade, index=True)
    person = UUID()
    """The member, or the walk-in, whose id was made with their first row."""
    member = ForeignKey(Member, null=True, default=None, on_delete=OnDelete.restrict)
    guest = Varchar(length=120, default="")
    """The name of a walk-in; empty for members."""
    guest_agency = Varchar(length=120, default="")
    """The agency of a walk-in in words, when it isn't in the directory."""
    agency = ForeignKey(Agency, null=True, default=None, on_delete=OnDelete.restrict)
    """The agency served at that time."""
    contact = Varchar(length=120, default="")
    assignment = Varchar(length=120, default="")
    time_in = Timestamptz(null=True, default=None)
    time_out = Timestamptz(null=True, default=None)
    tapped_at = Timestamptz(null=True, default=None)
    recorded_by = ForeignKey(Member, null=False, on_delete=OnDelete.restrict)
    recorded_at = Timestamptz(null=False)
    replaced_by = UUID(null=True, default=None)
    """The row that counts in its place."""

    constraints = (
        check("(member IS NULL) = (guest <> '')"),
        check("time_out IS NULL OR (time_in IS NOT NULL AND time_out >= time_in)"),
        unique_index("operation_check_in_current", "plan", "person", where="replaced_by IS NULL"),
    )
