"""Replacing attendance marks: the earlier row stays, with the time at which it was corrected."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from msgspec import Struct

from tracker.crypto import ids
from tracker.rules.attendance.sheet import Mark, Recorded
from tracker.rules.core.viewer import Viewer
from tracker.rules.events.event import Occurrence
from tracker.tables.schema.attendance.attendance import AttendanceMark
from tracker.usecases.core import audit

OUTSIDER = "a walk-in"


class NewMark(Struct, frozen=True, kw_only=True):
    """A mark that counts from now on, in place of `old`."""

    old: Recorded | None
    mark: Mark
    member_id: UUID | None
    agency_id: UUID | None
    guest: str = ""
    guest_agency: str = ""
    id: UUID | None = None
    """Given by a form that may arrive twice."""

    @property
    def changes_something(self) -> bool:
        """Return whether it differs from the mark that counts now."""
        return self.mark is not (self.old.mark if self.old else Mark.CLEARED)


def in_place_of(old: Recorded, mark: Mark) -> NewMark:
    """Return another mark for the same person or walk-in, at the agency recorded then."""
    is_guest = old.member_id is None
    return NewMark(
        old=old,
        mark=mark,
        member_id=old.member_id,
        agency_id=old.agency_id,
        guest=old.name if is_guest else "",
        guest_agency=old.agency if is_guest and old.agency_id is None else "",
    )


async def replace_marks(viewer: Viewer, occurrence: Occurrence, marks: Iterable[NewMark], now: datetime) -> None:
    """Write the marks that change something and one audit entry, inside the caller's transaction."""
    changed = [one for one in marks if one.changes_something]
    if not changed:
        return
    if replaced := [one.old.id for one in changed if one.old]:
        await AttendanceMark.update({AttendanceMark.corrected_at: now}).where(AttendanceMark.id.is_in(replaced))
    await AttendanceMark.insert(*(_row(viewer, occurrence, one, now) for one in changed))
    facts = _whom_by_mark(changed)
    await audit.record(viewer.actor, "attendance_marked", "occurrence", occurrence.id, facts, now)


def _whom_by_mark(marks: Iterable[NewMark]) -> dict[str, list[str]]:
    """Return the people who got each mark, as the audit log keeps them: the ids of members; outsiders have none."""
    whom: dict[str, list[str]] = {}
    for one in marks:
        whom.setdefault(str(one.mark), []).append(str(one.member_id) if one.member_id else OUTSIDER)
    return whom


def _row(viewer: Viewer, occurrence: Occurrence, new: NewMark, now: datetime) -> AttendanceMark:
    return AttendanceMark(
        id=new.id or ids.new_id(),
        occurrence=occurrence.id,
        member=new.member_id,
        guest=new.guest,
        guest_agency=new.guest_agency,
        agency=new.agency_id,
        status=new.mark,
        recorded_by=viewer.member_id,
        recorded_at=now,
        corrected_at=None,
    )
