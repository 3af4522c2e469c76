"""Rows of attendance: marks, walk-ins, and closed dates."""

from piccolo.columns import Boolean, ForeignKey, Integer, Timestamptz, Varchar
from piccolo.columns.base import OnDelete
from piccolo.table import Table

from tracker.rules.attendance import Mark
from tracker.rules.core.viewers import Arm
from tracker.tables.schema.core.columns import Identified, check, one_of, unique, unique_index
from tracker.tables.schema.events import Occurrence
from tracker.tables.schema.roster import Agency, Committee, Member


class AttendanceMark(Identified, Table):
    """What was recorded about one person or walk-in on one date."""

    occurrence = ForeignKey(Occurrence, null=False, on_delete=OnDelete.restrict, index=True)
    member = ForeignKey(Member, null=True, default=None, on_delete=OnDelete.restrict)
    guest = Varchar(length=120, default="")
    """Name or role of a walk-in without a member row; empty for members."""
    guest_agency = Varchar(length=120, default="")
    """Agency of a guest in words, when it is not in the directory."""
    agency = ForeignKey(Agency, null=True, default=None, on_delete=OnDelete.restrict)
    """The agency served at that time."""
    status = Varchar(length=8)
    """here, remote, absent, excused; cleared = the mark was undone"""
    recorded_by = ForeignKey(Member, null=False, on_delete=OnDelete.restrict)
    recorded_at = Timestamptz(null=False)
    corrected_at = Timestamptz(null=True, default=None)

    constraints = (
        one_of("status", Mark),
        check("(member IS NULL) = (guest <> '')"),
        unique_index("attendance_mark_current", "occurrence", "member", where="corrected_at IS NULL"),
    )


class QuorumRecord(Identified, Table):
    """The rule of the committee that met, as of one closing; the next closing of the same date adds another."""

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


class QuorumSeat(Identified, Table):
    """A seat that the committee had then, and whether one of its holders was present."""

    record = ForeignKey(QuorumRecord, null=False, on_delete=OnDelete.cascade)
    agency = ForeignKey(Agency, null=False, on_delete=OnDelete.restrict)
    arm = Varchar(length=20)
    """The arm of the agency at that time."""
    is_filled = Boolean(default=False)

    constraints = (unique("record", "agency"), one_of("arm", Arm))
