"""Taking attendance: one tap per person, all Yes replies at once, walk-ins, undo, close, reopen.

Every call names the resulting state instead of toggling it, so the same tap sent twice counts once.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from tracker.crypto import ids
from tracker.database import writing
from tracker.errors import Invalid, NotAllowed
from tracker.rules.attendance import sheet as rules
from tracker.rules.attendance.quorum_record import QuorumOfRecord
from tracker.rules.attendance.sheet import Correction, Line, Mark, Recorded, Tally, WalkIn
from tracker.rules.core.names import name_in
from tracker.rules.core.viewer import Status, Viewer
from tracker.rules.events.event import Occurrence, may_take_attendance
from tracker.rules.roster.quorum import Count
from tracker.tables.schema.events.events import Occurrence as OccurrenceRow
from tracker.tables.schema.roster.people import Agency
from tracker.tables.visible.attendance import quorum as visible_quorum
from tracker.tables.visible.attendance import sheet
from tracker.usecases.attendance.marks import NewMark, in_place_of, replace_marks
from tracker.usecases.attendance.quorum_record import record_quorum
from tracker.usecases.core import audit
from tracker.usecases.events.occurrences import date_for
from tracker.usecases.roster.known_people import Candidates, among, but, known_to
from tracker.usecases.roster.quorum import quorum_of


class AttendanceSheet(Struct, frozen=True, kw_only=True):
    """One date's attendance sheet, and why it cannot be changed now (None when it can)."""

    occurrence: Occurrence
    lines: list[Line]
    walk_ins: Candidates
    """Members who can be added to it."""
    tally: Tally
    agencies: Mapping[str, list[Line]]
    waiting_yes: int
    """The number of people that the bulk button would mark."""
    quorum: Count | None
    """Checked against the committee's rule today; None where it has no rule, and once attendance is closed."""
    recorded_quorum: QuorumOfRecord | None
    """As it was when attendance was last closed; it stays while attendance is open again."""
    why_not: str | None
    why_not_close: str | None
    """Why attendance cannot be closed now; None when it can."""


async def roll(viewer: Viewer, event_id: UUID, key: str, now: datetime) -> AttendanceSheet:
    """Return a date's attendance sheet. Errors: NotFound, NotAllowed for a viewer who may not take attendance."""
    occurrence = await _theirs(viewer, event_id, key)
    lines = await _lines(viewer, occurrence)
    return AttendanceSheet(
        occurrence=occurrence,
        lines=lines,
        walk_ins=_walk_ins(viewer, lines),
        tally=rules.tally(lines),
        agencies=rules.by_agency(lines),
        waiting_yes=len(rules.waiting_yes(lines)),
        quorum=await _quorum(viewer, occurrence, lines),
        recorded_quorum=(await visible_quorum.recorded(viewer, [occurrence.id])).get(occurrence.id),
        why_not=rules.why_not(occurrence, now),
        why_not_close=rules.why_not_close(occurrence, now),
    )


async def _quorum(viewer: Viewer, occurrence: Occurrence, lines: list[Line]) -> Count | None:
    if occurrence.attendance_closed_at is not None:
        return None  # today's rule and seats say nothing about a meeting of last year
    asked = await quorum_of(viewer, occurrence.event.committee_id)
    return asked.count_present(rules.members_present(lines)) if asked else None


async def walk_ins(viewer: Viewer, event_id: UUID, key: str) -> Candidates:
    """Return the members whom the viewer knows and who are not on the attendance sheet. Errors as in `roll`."""
    return _walk_ins(viewer, await _lines(viewer, await _theirs(viewer, event_id, key)))


def _walk_ins(viewer: Viewer, lines: Iterable[Line]) -> Candidates:
    return but(known_to(viewer), {line.member_id for line in lines if line.member_id})


async def agency_choices() -> list[tuple[UUID, str]]:
    """Return id and short name of each active agency; every member may know which agencies there are."""
    found = await Agency.select(Agency.id, Agency.code).where(Agency.status == Status.ACTIVE).order_by(Agency.code)
    return [(row["id"], row["code"]) for row in found]


async def last_step(viewer: Viewer, roll: AttendanceSheet, at: datetime) -> list[tuple[Recorded, Recorded | None]]:
    """Return the marks that the viewer wrote at that moment and can undo, each with the mark it replaced."""
    return await sheet.step(viewer, roll.occurrence, at)


async def corrections(viewer: Viewer, roll: AttendanceSheet) -> list[Correction]:
    """Return the marks of an attendance sheet that were replaced or undone, the latest first."""
    return await sheet.corrections(viewer, roll.occurrence)


async def record(viewer: Viewer, event_id: UUID, key: str, marks: Mapping[UUID, Mark], now: datetime) -> None:
    """Record marks for members on the attendance sheet; a member who has that mark already is skipped.

    Errors: NotFound, NotAllowed (not the viewer's to take, or not open), Invalid for people who are not on the sheet.
    """
    async with writing():
        occurrence = await _open(viewer, event_id, key, now)
        known = {line.member_id: line for line in await _lines(viewer, occurrence) if line.member_id}
        old = await sheet.current(viewer, occurrence, marks)
        if set(marks) - set(known) - set(old):
            raise Invalid(member="Choose a person on the list.")
        for member_id, mark in marks.items():
            rules.check_mark(mark, is_invited=member_id in known and not known[member_id].is_walk_in)
        new = (
            NewMark(
                old=old.get(one),
                mark=mark,
                member_id=one,
                agency_id=known[one].agency_id if one in known else old[one].agency_id,
            )
            for one, mark in marks.items()
        )
        await replace_marks(viewer, occurrence, new, now)


async def record_guest(viewer: Viewer, event_id: UUID, key: str, mark_id: UUID, mark: Mark, now: datetime) -> None:
    """Record the mark of a walk-in who is not a member; does nothing when the mark has been corrected since."""
    rules.check_mark(mark, is_invited=False)
    async with writing():
        occurrence = await _open(viewer, event_id, key, now)
        if old := await sheet.guest(viewer, occurrence, mark_id):
            await replace_marks(viewer, occurrence, [in_place_of(old, mark)], now)


async def mark_yes_as_here(viewer: Viewer, event_id: UUID, key: str, now: datetime) -> None:
    """Mark everyone present who replied Yes and has no mark yet."""
    async with writing():
        occurrence = await _open(viewer, event_id, key, now)
        waiting = {line.member_id: line for line in rules.waiting_yes(await _lines(viewer, occurrence))}
        old = await sheet.current(viewer, occurrence, (one for one in waiting if one))
        new = (
            NewMark(old=old.get(one) if one else None, mark=Mark.HERE, member_id=one, agency_id=line.agency_id)
            for one, line in waiting.items()
        )
        await replace_marks(viewer, occurrence, new, now)


async def add_walk_in(viewer: Viewer, event_id: UUID, key: str, walk_in: WalkIn, now: datetime) -> None:
    """Add a person who was not invited and mark them; the same form twice adds them once, unless that was undone.

    Errors: Invalid without a name, or for a member whom the viewer does not know.
    """
    rules.check_mark(walk_in.mark, is_invited=False)
    async with writing():
        occurrence = await _open(viewer, event_id, key, now)
        mark_id = ids.id_from(viewer.member_id, occurrence.id, walk_in)
        counts = await sheet.still_counts(viewer, occurrence, mark_id)
        if counts:
            return
        walk_in = replace(walk_in, id=mark_id if counts is None else ids.new_id())
        new = await (_member(viewer, occurrence, walk_in) if walk_in.member_id else _guest(walk_in))
        await replace_marks(viewer, occurrence, [new], now)


async def undo(viewer: Viewer, event_id: UUID, key: str, at: datetime, now: datetime) -> None:
    """Restore the marks from before the viewer's own change at that moment, except where a newer mark counts."""
    async with writing():
        occurrence = await _open(viewer, event_id, key, now)
        steps = await sheet.step(viewer, occurrence, at)
        back = (in_place_of(written, before.mark if before else Mark.CLEARED) for written, before in steps)
        await replace_marks(viewer, occurrence, back, now)


async def close(viewer: Viewer, event_id: UUID, key: str, now: datetime) -> Tally:
    """Close attendance and return the count, including people without a mark. Does nothing when closed already.

    Errors: NotFound, NotAllowed (not the viewer's to take, not open, or the date has not begun).
    """
    async with writing():
        occurrence = await _theirs(viewer, event_id, key)
        lines = await _lines(viewer, occurrence)
        counted = rules.tally(lines)
        if occurrence.attendance_closed_at is None:
            rules.check_close(occurrence, now)
            await _set_closed(occurrence, now)
            await record_quorum(occurrence, rules.members_present(lines), now)
            facts = {"present": counted.present, "unmarked": counted.unmarked}
            await audit.record(viewer.actor, "attendance_closed", "occurrence", occurrence.id, facts, now)
    return counted


async def reopen(viewer: Viewer, event_id: UUID, key: str, now: datetime) -> None:
    """Reopen attendance to correct a mark; every earlier row stays.

    Errors: NotFound, NotAllowed (not the viewer's to take, or the date is canceled).
    """
    async with writing():
        occurrence = await _theirs(viewer, event_id, key)
        if occurrence.is_off:
            raise NotAllowed("This date is canceled. Restore it before you reopen its attendance.")
        if occurrence.attendance_closed_at is not None:
            await _set_closed(occurrence, None)
            await audit.record(viewer.actor, "attendance_reopened", "occurrence", occurrence.id, {}, now)


async def _theirs(viewer: Viewer, event_id: UUID, key: str) -> Occurrence:
    occurrence = await date_for(viewer, event_id, key)
    if not may_take_attendance(viewer, occurrence.event):
        raise NotAllowed("Only the organizer, the committee’s chair, or a coordinator can take attendance.")
    return occurrence


async def _open(viewer: Viewer, event_id: UUID, key: str, now: datetime) -> Occurrence:
    occurrence = await _theirs(viewer, event_id, key)
    rules.check_open(occurrence, now)
    return occurrence


async def _lines(viewer: Viewer, occurrence: Occurrence) -> list[Line]:
    return rules.roll(await sheet.participants(viewer, occurrence), await sheet.recorded(viewer, occurrence))


async def _member(viewer: Viewer, occurrence: Occurrence, walk_in: WalkIn) -> NewMark:
    person = next(iter((await among(known_to(viewer), filter(None, [walk_in.member_id]))).values()), None)
    if person is None:
        raise Invalid(person="Choose a person from the list.")
    old = await sheet.current(viewer, occurrence, [person.id])
    return NewMark(
        id=walk_in.id, old=old.get(person.id), mark=walk_in.mark, member_id=person.id, agency_id=person.agency_id
    )


async def _guest(walk_in: WalkIn) -> NewMark:
    name = name_in(walk_in.name, rules.LONGEST_NAME, "name")
    agency = name_in(walk_in.agency, rules.LONGEST_NAME, "agency_name")
    if not name:
        raise Invalid(name="Enter the name or role of the person who came.")
    if walk_in.agency_id and walk_in.agency_id not in dict(await agency_choices()):
        raise Invalid(agency="Choose an agency from the list, or enter its name.")
    return NewMark(
        id=walk_in.id,
        old=None,
        mark=walk_in.mark,
        member_id=None,
        agency_id=walk_in.agency_id,
        guest=name,
        guest_agency="" if walk_in.agency_id else agency,
    )


async def _set_closed(occurrence: Occurrence, closed_at: datetime | None) -> None:
    await OccurrenceRow.update({OccurrenceRow.attendance_closed_at: closed_at}).where(OccurrenceRow.id == occurrence.id)
