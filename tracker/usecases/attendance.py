"""Taking attendance: one tap per person, all Yes replies at once, walk-ins, undo, close, reopen.

A mark that is replaced stays, with the time at which it was corrected. Closing records the quorum.
"""

from collections.abc import Callable, Container, Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from tracker.crypto import ids
from tracker.database import writing
from tracker.errors import Invalid, NotAllowed
from tracker.rules import attendance as rules
from tracker.rules.attendance import (
    AttendanceTally,
    AttendanceWalkIn,
    Mark,
    MarkCorrection,
    QuorumOfRecord,
    RecordedMark,
    RollCallLine,
    check_sign_in_sheet,
)
from tracker.rules.core.button_effects import ButtonEffect
from tracker.rules.core.clean_text import name_in
from tracker.rules.core.viewers import Status, Viewer
from tracker.rules.events.events import Occurrence, may_take_attendance
from tracker.rules.events.replies import Participant
from tracker.rules.roster.meetings import QuorumCount
from tracker.tables.schema.attendance import AttendanceMark, QuorumRecord, QuorumSeat
from tracker.tables.schema.events import Occurrence as OccurrenceRow
from tracker.tables.schema.roster import Agency
from tracker.tables.visible import attendance as visible
from tracker.usecases.core import audit
from tracker.usecases.events.occurrences import date_seen_by
from tracker.usecases.roster.committees import quorum_of, quorum_today
from tracker.usecases.roster.known_people import Candidates, all_but, candidates_among, people_to_invite

OUTSIDER = "a walk-in"


class AttendanceSheet(Struct, frozen=True, kw_only=True):
    """One date's attendance sheet, and why it cannot be changed now (None when it can)."""

    occurrence: Occurrence
    lines: list[RollCallLine]
    walk_ins: Candidates
    """Members who can be added to it."""
    tally: AttendanceTally
    agencies: Mapping[str, list[RollCallLine]]
    waiting_yes: int
    """The number of people that the bulk button would mark."""
    quorum: QuorumCount | None
    """Checked against the committee's rule today; None where it has no rule, and once attendance is closed."""
    recorded_quorum: QuorumOfRecord | None
    """As it was when attendance was last closed; it stays while attendance is open again."""
    why_not: str | None
    why_not_close: str | None
    """Why attendance cannot be closed now; None when it can."""
    closing: ButtonEffect
    """What closing it now records."""


async def read_roll_call(viewer: Viewer, event_id: UUID, key: str, now: datetime) -> AttendanceSheet:
    """Return a date's attendance sheet. Errors: NotFound, NotAllowed for a viewer who may not take attendance."""
    occurrence = await _date_to_mark(viewer, event_id, key)
    lines = await _read_lines(viewer, occurrence)
    tally = rules.count_lines(lines)
    is_closed = occurrence.attendance_closed_at is not None
    # Today's rule and seats say nothing about a meeting of last year.
    quorum = None if is_closed else await quorum_of(viewer, occurrence.event.committee_id)
    return AttendanceSheet(
        occurrence=occurrence,
        lines=lines,
        walk_ins=_people_off_sheet(viewer, lines),
        tally=tally,
        agencies=rules.sheet_by_agency(lines),
        waiting_yes=len(rules.waiting_yes(lines)),
        quorum=quorum.count_present(rules.members_present(lines)) if quorum else None,
        recorded_quorum=(await visible.recorded_quorums(viewer, [occurrence.id])).get(occurrence.id),
        why_not=rules.why_no_marks(occurrence, now),
        why_not_close=rules.why_not_closable(occurrence, now),
        closing=rules.closing_effect(tally),
    )


async def possible_walk_ins(viewer: Viewer, event_id: UUID, key: str) -> Candidates:
    """Return members whom the viewer knows and who are not on the attendance sheet. Errors as in `read_roll_call`."""
    return _people_off_sheet(viewer, await _read_lines(viewer, await _date_to_mark(viewer, event_id, key)))


def _people_off_sheet(viewer: Viewer, lines: Iterable[RollCallLine]) -> Candidates:
    return all_but(people_to_invite(viewer), {line.member_id for line in lines if line.member_id})


async def attendance_agencies() -> list[tuple[UUID, str]]:
    """Return id and short name of each active agency; every member may know which agencies there are."""
    rows = await Agency.select(Agency.id, Agency.code).where(Agency.status == Status.ACTIVE).order_by(Agency.code)
    return [(row["id"], row["code"]) for row in rows]


async def last_marks(
    viewer: Viewer, roll: AttendanceSheet, at: datetime
) -> list[tuple[RecordedMark, RecordedMark | None]]:
    """Return the marks that the viewer wrote at that moment and can undo, each with the mark it replaced."""
    return await visible.marks_of_step(viewer, roll.occurrence, at)


async def sheet_corrections(viewer: Viewer, roll: AttendanceSheet) -> list[MarkCorrection]:
    """Return the marks of an attendance sheet that were replaced or undone, the latest first."""
    return await visible.mark_corrections(viewer, roll.occurrence)


async def record_marks(viewer: Viewer, event_id: UUID, key: str, marks: Mapping[UUID, Mark], now: datetime) -> None:
    """Record marks for members on the attendance sheet; a member who has that mark already is skipped.

    Errors: NotFound, NotAllowed (not the viewer's to take, or not open), Invalid for people who are not on the sheet.
    """
    async with writing():
        occurrence = await _open_date(viewer, event_id, key, now)
        known = {line.member_id: line for line in await _read_lines(viewer, occurrence) if line.member_id}
        old = await visible.current_marks(viewer, occurrence, marks)
        if set(marks) - set(known) - set(old):
            raise Invalid(member="Choose a person on the list.")
        for member_id, mark in marks.items():
            rules.check_mark(mark, is_invited=member_id in known and not known[member_id].is_walk_in)
        new = (
            ReplacingMark(
                old=old.get(member_id),
                mark=mark,
                member_id=member_id,
                agency_id=(known.get(member_id) or old[member_id]).agency_id,
            )
            for member_id, mark in marks.items()
        )
        await _replace_marks(viewer, occurrence, new, now)


async def record_guest_mark(viewer: Viewer, event_id: UUID, key: str, mark_id: UUID, mark: Mark, now: datetime) -> None:
    """Record the mark of a walk-in who is not a member; does nothing when the mark has been corrected since."""
    rules.check_mark(mark, is_invited=False)
    async with writing():
        occurrence = await _open_date(viewer, event_id, key, now)
        if old := await visible.guest_mark(viewer, occurrence, mark_id):
            await _replace_marks(viewer, occurrence, [_replacing_mark(old, mark)], now)


async def mark_replied_yes_here(viewer: Viewer, event_id: UUID, key: str, now: datetime) -> None:
    """Mark everyone present who replied Yes and has no mark yet."""
    await _mark_all(viewer, event_id, key, rules.waiting_yes, Mark.HERE, now)


async def mark_rest_absent(viewer: Viewer, event_id: UUID, key: str, now: datetime) -> None:
    """Mark everyone absent who was invited and has no mark yet."""
    await _mark_all(viewer, event_id, key, rules.unmarked_lines, Mark.ABSENT, now)


async def _mark_all(
    viewer: Viewer,
    event_id: UUID,
    key: str,
    among: Callable[[Iterable[RollCallLine]], list[RollCallLine]],
    mark: Mark,
    now: datetime,
) -> None:
    async with writing():
        occurrence = await _open_date(viewer, event_id, key, now)
        waiting = {line.member_id: line for line in among(await _read_lines(viewer, occurrence))}
        old = await visible.current_marks(viewer, occurrence, filter(None, waiting))
        new = (
            ReplacingMark(
                old=old.get(member_id) if member_id else None, mark=mark, member_id=member_id, agency_id=line.agency_id
            )
            for member_id, line in waiting.items()
        )
        await _replace_marks(viewer, occurrence, new, now)


async def record_walk_in(viewer: Viewer, event_id: UUID, key: str, walk_in: AttendanceWalkIn, now: datetime) -> None:
    """Add a person who was not invited and mark them; the same form twice adds them once, unless that was undone.

    Errors: Invalid without a name, or for a member whom the viewer does not know.
    """
    rules.check_mark(walk_in.mark, is_invited=False)
    async with writing():
        occurrence = await _open_date(viewer, event_id, key, now)
        mark_id = ids.id_from(viewer.member_id, occurrence.id, walk_in)
        counts = await visible.is_mark_current(viewer, occurrence, mark_id)
        if counts:
            return
        walk_in = replace(walk_in, id=mark_id if counts is None else ids.new_id())
        new = await (_member(viewer, occurrence, walk_in) if walk_in.member_id else _guest(walk_in))
        await _replace_marks(viewer, occurrence, [new], now)


async def undo_marks(viewer: Viewer, event_id: UUID, key: str, at: datetime, now: datetime) -> None:
    """Restore the marks from before the viewer's own change at that moment, except where a newer mark counts."""
    async with writing():
        occurrence = await _open_date(viewer, event_id, key, now)
        steps = await visible.marks_of_step(viewer, occurrence, at)
        back = (_replacing_mark(written, before.mark if before else Mark.CLEARED) for written, before in steps)
        await _replace_marks(viewer, occurrence, back, now)


async def close_attendance(viewer: Viewer, event_id: UUID, key: str, now: datetime) -> AttendanceTally:
    """Close attendance and return the count, including people without a mark. Does nothing when closed already.

    Errors: NotFound, NotAllowed (not the viewer's to take, not open, or the date has not begun).
    """
    async with writing():
        occurrence = await _date_to_mark(viewer, event_id, key)
        lines = await _read_lines(viewer, occurrence)
        counted = rules.count_lines(lines)
        if occurrence.attendance_closed_at is None:
            rules.check_attendance_closable(occurrence, now)
            await _set_closed(occurrence, now)
            await _record_quorum(occurrence, rules.members_present(lines), now)
            facts = {"present": counted.present, "unmarked": counted.unmarked}
            await audit.record(viewer.actor, "attendance_closed", "occurrence", occurrence.id, facts, now)
    return counted


async def reopen_attendance(viewer: Viewer, event_id: UUID, key: str, now: datetime) -> None:
    """Reopen attendance to correct a mark; every earlier row stays.

    Errors: NotFound, NotAllowed (not the viewer's to take, or the date is canceled).
    """
    async with writing():
        occurrence = await _date_to_mark(viewer, event_id, key)
        if occurrence.is_off:
            raise NotAllowed("This date is canceled. Restore it before you reopen its attendance.")
        if occurrence.attendance_closed_at is not None:
            await _set_closed(occurrence, None)
            await audit.record(viewer.actor, "attendance_reopened", "occurrence", occurrence.id, {}, now)


async def _date_to_mark(viewer: Viewer, event_id: UUID, key: str) -> Occurrence:
    occurrence = await date_seen_by(viewer, event_id, key)
    if not may_take_attendance(viewer, occurrence.event):
        raise NotAllowed("Only the organizer, the committee’s chair, or a coordinator can take attendance.")
    return occurrence


async def _open_date(viewer: Viewer, event_id: UUID, key: str, now: datetime) -> Occurrence:
    occurrence = await _date_to_mark(viewer, event_id, key)
    rules.check_attendance_open(occurrence, now)
    return occurrence


async def _read_lines(viewer: Viewer, occurrence: Occurrence) -> list[RollCallLine]:
    return rules.roll_call_lines(
        await visible.participants(viewer, occurrence), await visible.recorded_marks(viewer, occurrence)
    )


class ReplacingMark(Struct, frozen=True, kw_only=True):
    """A mark that counts from now on, in place of `old`."""

    old: RecordedMark | None
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


async def _member(viewer: Viewer, occurrence: Occurrence, walk_in: AttendanceWalkIn) -> ReplacingMark:
    chosen = await candidates_among(people_to_invite(viewer), filter(None, [walk_in.member_id]))
    person = next(iter(chosen.values()), None)
    if person is None:
        raise Invalid(person="Choose a person from the list.")
    old = await visible.current_marks(viewer, occurrence, [person.id])
    return ReplacingMark(
        id=walk_in.id, old=old.get(person.id), mark=walk_in.mark, member_id=person.id, agency_id=person.agency_id
    )


async def _guest(walk_in: AttendanceWalkIn) -> ReplacingMark:
    name = name_in(walk_in.name, rules.LONGEST_NAME, "name")
    agency = name_in(walk_in.agency, rules.LONGEST_NAME, "agency_name")
    if not name:
        raise Invalid(name="Enter the name or role of the person who came.")
    if walk_in.agency_id and walk_in.agency_id not in dict(await attendance_agencies()):
        raise Invalid(agency="Choose an agency from the list, or enter its name.")
    return ReplacingMark(
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


def _replacing_mark(old: RecordedMark, mark: Mark) -> ReplacingMark:
    """Return another mark for the same person or walk-in, at the agency recorded then."""
    is_guest = old.member_id is None
    return ReplacingMark(
        old=old,
        mark=mark,
        member_id=old.member_id,
        agency_id=old.agency_id,
        guest=old.name if is_guest else "",
        guest_agency=old.agency if is_guest and old.agency_id is None else "",
    )


async def _replace_marks(viewer: Viewer, occurrence: Occurrence, marks: Iterable[ReplacingMark], now: datetime) -> None:
    """Write the marks that change something and one audit entry, inside the caller's transaction."""
    changed = [mark for mark in marks if mark.changes_something]
    if not changed:
        return
    if replaced := [mark.old.id for mark in changed if mark.old]:
        await AttendanceMark.update({AttendanceMark.corrected_at: now}).where(AttendanceMark.id.is_in(replaced))
    await AttendanceMark.insert(
        *(
            AttendanceMark(
                id=mark.id or ids.new_id(),
                occurrence=occurrence.id,
                member=mark.member_id,
                guest=mark.guest,
                guest_agency=mark.guest_agency,
                agency=mark.agency_id,
                status=mark.mark,
                recorded_by=viewer.member_id,
                recorded_at=now,
                corrected_at=None,
            )
            for mark in changed
        )
    )
    # The audit log keeps the ids of the members who got each mark; outsiders have none.
    whom: dict[str, list[str]] = {}
    for mark in changed:
        whom.setdefault(str(mark.mark), []).append(str(mark.member_id) if mark.member_id else OUTSIDER)
    await audit.record(viewer.actor, "attendance_marked", "occurrence", occurrence.id, whom, now)


async def _record_quorum(occurrence: Occurrence, present: Container[UUID], now: datetime) -> None:
    """Record how the seats of the committee that met were filled; it replaces the record of an earlier closing.

    A committee without seats, or without a quorum rule, leaves no record.
    """
    replaced: dict[Any, Any] = {QuorumRecord.replaced_at: now}
    earlier = (QuorumRecord.occurrence == occurrence.id) & QuorumRecord.replaced_at.is_null()
    await QuorumRecord.update(replaced).where(earlier)
    quorum = await quorum_today(occurrence.event.committee_id)
    if quorum is None or not quorum.seats:
        return
    record = QuorumRecord(
        id=ids.new_id(),
        occurrence=occurrence.id,
        committee=occurrence.event.committee_id,
        needed=quorum.rule.seats,
        both_arms=quorum.rule.both_arms,
        recorded_at=now,
    )
    await QuorumRecord.insert(record)
    filled = quorum.filled(present)
    await QuorumSeat.insert(
        *(
            QuorumSeat(id=ids.new_id(), record=record.id, agency=seat.agency_id, arm=seat.arm, is_filled=seat in filled)
            for seat in quorum.seats
        )
    )


class SignInSheet(Struct, frozen=True, kw_only=True):
    """One date with the people invited to it, by agency and name."""

    occurrence: Occurrence
    people: tuple[Participant, ...]
    quorum: QuorumOfRecord | None = None
    """As it was when attendance was last closed, on a sheet printed afterward."""

    @property
    def agencies(self) -> dict[str, list[Participant]]:
        """Return the people by the short name of their agency."""
        groups: dict[str, list[Participant]] = {}
        for person in self.people:
            groups.setdefault(person.agency, []).append(person)
        return groups


async def read_sign_in_sheet(viewer: Viewer, event_id: UUID, key: str) -> SignInSheet:
    """Return who is expected on a date. Errors: NotFound, NotAllowed."""
    occurrence = await date_seen_by(viewer, event_id, key)
    check_sign_in_sheet(viewer, occurrence.event)
    return SignInSheet(
        occurrence=occurrence,
        people=tuple(await visible.participants(viewer, occurrence)),
        quorum=(await visible.recorded_quorums(viewer, [occurrence.id])).get(occurrence.id),
    )
