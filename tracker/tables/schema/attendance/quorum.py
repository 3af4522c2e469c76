"""Quorum of record: how a committee's seats were filled when attendance was closed. Never changed afterward."""

from piccolo.columns import UUID, Boolean, Integer, Timestamptz, Varchar
from piccolo.columns.base import OnDelete
from piccolo.table import Table

from tracker.rules.core.audiences import Arm
from tracker.tables.schema.core.constraints import check, one_of, unique, unique_index
from tracker.tables.schema.core.foreign_key import ForeignKey
from tracker.tables.schema.core.new_id import NEW_ID
from tracker.tables.schema.events.events import Occurrence
from tracker.tables.schema.roster.people import Agency, Committee


class QuorumRecord(Table):
    """The rule of the committee that met, as of one closing; the next closing of the same date adds another."""

    id = UUID(primary_key=True, default=NEW_ID)
    occurrence = ForeignKey(Occurrence, null=False, on_delete=OnDelete.restrict, index=True)
    committee = ForeignKey(Committee, null=False, on_delete=OnDelete.restrict)
    needed = Integer(null=True, default=None)
    """How many seats the rule required; None = no number."""
    both_arms = Boolean(default=False)
    """Whether it required each arm."""
    recorded_at = Timestamptz(null=False)
    replaced_at = Timestamptz(null=True, default=None)

    constraints = (
        check("needed > 0"),
        unique_index("quorum_record_current", "occurrence", where="replaced_at IS NULL"),
    )


class QuorumSeat(Table):
    """A seat that the committee had then, and whether one of its holders was present."""

    id = UUID(primary_key=True, default=NEW_ID)
    record = ForeignKey(QuorumRecord, null=False, on_delete=OnDelete.cascade)
    agency = ForeignKey(Agency, null=False, on_delete=OnDelete.restrict)
    arm = Varchar(length=20)
    """The arm of the agency at that time."""
    is_filled = Boolean(default=False)

    constraints = (unique("record", "agency"), one_of("arm", Arm))
