"""Attendance. A mark is never changed: a correction is a new row, timestamped on the earlier one."""

from piccolo.columns import UUID, Timestamptz, Varchar
from piccolo.columns.base import OnDelete
from piccolo.table import Table

from tracker.rules.attendance.sheet import Mark
from tracker.tables.schema.core.constraints import check, one_of, unique_index
from tracker.tables.schema.core.foreign_key import ForeignKey
from tracker.tables.schema.core.new_id import NEW_ID
from tracker.tables.schema.events.events import Occurrence
from tracker.tables.schema.roster.people import Agency, Member


class AttendanceMark(Table):
    """What was recorded about one person or walk-in on one date."""

    id = UUID(primary_key=True, default=NEW_ID)
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
