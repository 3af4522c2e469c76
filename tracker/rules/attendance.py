"""Attendance: marks, participants, sheets, and thank-yous."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TypeVar
from uuid import UUID

from msgspec import Struct

from tracker.errors import Invalid, NotAllowed
from tracker.rules.core.button_effects import ButtonEffect, Caution
from tracker.rules.core.viewers import Arm, Viewer
from tracker.rules.core.wording import clock, local, short_day
from tracker.rules.events.events import AgendaItem, Event, EventStatus, Kind, Occurrence, may_edit
from tracker.rules.events.replies import Informed, Participant, ReplyValue
from tracker.rules.roster.meetings import QuorumCount, QuorumRule, count_quorum

LONGEST_NAME = 120  # characters of the name of a guest, or of their agency
ATTENDANCE_OPENS_BEFORE = timedelta(minutes=30)
WALK_IN_ROWS = 4  # empty rows of a sign-in sheet


class Mark(StrEnum):
    """What is recorded about a person on one date; cleared = an earlier mark was removed."""

    HERE = "here"
    REMOTE = "remote"
    ABSENT = "absent"
    EXCUSED = "excused"
    CLEARED = "cleared"


PRESENT = frozenset({Mark.HERE, Mark.REMOTE})
WALK_IN_MARKS = frozenset({Mark.HERE, Mark.REMOTE, Mark.CLEARED})
"""The marks for people who were not invited: if they did not come, they are not absent."""


class RecordedMark(Struct, frozen=True, kw_only=True):
    """The mark that counts for one person or walk-in, with the agency that they served at that time."""

    id: UUID
    member_id: UUID | None
    name: str
    agency_id: UUID | None
    agency: str
    mark: Mark
    recorded_at: datetime
    entered_by: str = ""
    """Name and agency of the person who recorded it."""


class MarkCorrection(Struct, frozen=True, kw_only=True):
    """A mark that a later one replaced."""

    name: str
    agency: str
    before: Mark
    after: Mark
    by: str
    """Name and agency of the person who recorded the later one."""
    at: datetime


class RollCallLine(Struct, frozen=True, kw_only=True):
    """One line of the sheet: a participant with or without a mark, or a walk-in with one."""

    name: str
    agency: str
    agency_id: UUID | None
    member_id: UUID | None
    mark_id: UUID | None
    mark: Mark | None
    participant: Participant | None
    entered_by: str = ""
    """Name and agency of the person who recorded the mark."""

    @property
    def is_walk_in(self) -> bool:
        """Return whether the person came without an invitation."""
        return self.participant is None

    @property
    def replied_yes(self) -> bool:
        """Return whether the reply that counts for this date is yes."""
        return self.participant is not None and self.participant.reply is ReplyValue.ACCEPTED


class AttendanceWalkIn(Struct, frozen=True, kw_only=True):
    """A person who came without an invitation: a member, or a guest with the name and agency that they give."""

    id: UUID
    """Made with the form: if it is sent twice by the same person for the same date, it adds one person."""
    member_id: UUID | None = None
    name: str = ""
    agency_id: UUID | None = None
    agency: str = ""
    mark: Mark = Mark.HERE


class AttendanceTally(Struct, frozen=True, kw_only=True):
    """A sheet in numbers; here and remote include walk-ins, invited and unmarked do not."""

    invited: int
    here: int
    remote: int
    absent: int
    excused: int
    unmarked: int
    walk_ins: int

    @property
    def present(self) -> int:
        """Return how many took part, in the room or remotely."""
        return self.here + self.remote


def attendance_opens_at(occurrence: Occurrence) -> datetime:
    """Return when attendance can first be taken."""
    return occurrence.starts_at - ATTENDANCE_OPENS_BEFORE


def why_no_marks(occurrence: Occurrence, now: datetime) -> str | None:
    """Return the sentence that explains why no mark can be made now, or None when it can."""
    if occurrence.is_off:
        return "This date was canceled, so there’s no attendance to take."
    if occurrence.status is EventStatus.DRAFT:
        return "This event is still a draft. Send it before you take attendance."
    if now < attendance_opens_at(occurrence):
        opens = local(attendance_opens_at(occurrence), occurrence.event.zone)
        return f"Attendance opens on {short_day(opens, now)} at {clock(opens)}."
    if occurrence.attendance_closed_at is not None:
        return "Attendance is closed. Reopen it to correct a mark."
    return None


def check_attendance_open(occurrence: Occurrence, now: datetime) -> None:
    """Raise `NotAllowed` unless marks can be made now."""
    if refusal := why_no_marks(occurrence, now):
        raise NotAllowed(refusal)


def why_not_closable(occurrence: Occurrence, now: datetime) -> str | None:
    """Return the sentence that explains why attendance can't be closed now, or None when it can."""
    if now < occurrence.starts_at:
        starts = local(occurrence.starts_at, occurrence.event.zone)
        at = "" if occurrence.event.is_all_day else f" at {clock(starts)}"
        return f"You can close attendance once it begins, on {short_day(starts, now)}{at}."
    return why_no_marks(occurrence, now)


def check_attendance_closable(occurrence: Occurrence, now: datetime) -> None:
    """Raise `NotAllowed` unless attendance can be closed now."""
    if refusal := why_not_closable(occurrence, now):
        raise NotAllowed(refusal)


def closing_effect(tally: AttendanceTally) -> ButtonEffect:
    """Return what closing attendance records, and how many people would be left without a mark."""
    unmarked = tally.unmarked
    rest = f"{unmarked} people aren’t marked." if unmarked > 1 else "1 person isn’t marked."
    return ButtonEffect(
        says=f"Records {tally.present} present, {tally.absent} absent, and {tally.excused} excused.",
        cautions=(Caution(says=rest),) if unmarked else (),
    )


def check_mark(mark: Mark, *, is_invited: bool) -> None:
    """Raise `Invalid` for a mark that a person who was not invited can't have."""
    if not is_invited and mark not in WALK_IN_MARKS:
        raise Invalid(status="Only people who were invited can be absent or excused.")


def tapped_mark(mark: Mark, before: Mark | None) -> Mark:
    """Return the mark set by the button `mark` when the page showed `before`: pressing the same one clears it."""
    return Mark.CLEARED if mark is before else mark


def roll_call_lines(participants: Iterable[Participant], recorded: Iterable[RecordedMark]) -> list[RollCallLine]:
    """Return everyone who was invited or came, by agency and name."""
    marks = list(recorded)
    of_member = {mark.member_id: mark for mark in marks if mark.member_id}
    invited = [_invited(participant, of_member.pop(participant.member_id, None)) for participant in participants]
    walk_ins = [
        RollCallLine(
            name=recorded_mark.name,
            agency=recorded_mark.agency,
            agency_id=recorded_mark.agency_id,
            member_id=recorded_mark.member_id,
            mark_id=recorded_mark.id,
            mark=recorded_mark.mark,
            participant=None,
            entered_by=recorded_mark.entered_by,
        )
        for recorded_mark in (*of_member.values(), *(mark for mark in marks if mark.member_id is None))
    ]
    return sorted(invited + walk_ins, key=lambda line: (line.agency.casefold(), line.is_walk_in, line.name.casefold()))


def _invited(participant: Participant, recorded: RecordedMark | None) -> RollCallLine:
    return RollCallLine(
        name=participant.name,
        agency=recorded.agency if recorded else participant.agency,
        agency_id=recorded.agency_id if recorded else participant.agency_id,
        member_id=participant.member_id,
        mark_id=recorded.id if recorded else None,
        mark=recorded.mark if recorded else None,
        participant=participant,
        entered_by=recorded.entered_by if recorded else "",
    )


def count_lines(lines: Collection[RollCallLine]) -> AttendanceTally:
    """Count a sheet, or the part of it that belongs to one agency."""
    marks = Counter(line.mark for line in lines)
    return AttendanceTally(
        invited=sum(not line.is_walk_in for line in lines),
        here=marks[Mark.HERE],
        remote=marks[Mark.REMOTE],
        absent=marks[Mark.ABSENT],
        excused=marks[Mark.EXCUSED],
        unmarked=marks[None],
        walk_ins=sum(line.is_walk_in for line in lines),
    )


def members_present(lines: Iterable[RollCallLine]) -> frozenset[UUID]:
    """Return the members who took part, in the room or remotely."""
    return frozenset(line.member_id for line in lines if line.member_id and line.mark in PRESENT)


def sheet_by_agency(lines: Iterable[RollCallLine]) -> Mapping[str, list[RollCallLine]]:
    """Return the lines grouped by agency, in their present order."""
    groups: dict[str, list[RollCallLine]] = {}
    for line in lines:
        groups.setdefault(line.agency, []).append(line)
    return groups


def waiting_yes(lines: Iterable[RollCallLine]) -> list[RollCallLine]:
    """Return the people who replied yes and have no mark, for the bulk button, which overrules no earlier mark."""
    return [line for line in unmarked_lines(lines) if line.replied_yes]


def unmarked_lines(lines: Iterable[RollCallLine]) -> list[RollCallLine]:
    """Return the people who were invited and have no mark."""
    return [line for line in lines if line.mark is None and not line.is_walk_in]


NamedPerson = TypeVar("NamedPerson", Participant, Informed)


def named_participants(viewer: Viewer, event: Event, participants: Iterable[NamedPerson]) -> list[NamedPerson]:
    """Return whom the viewer reads by name.

    The organizer, the committee's chair and a coordinator read all names; everyone else reads those of their own arm.
    """
    reads_all = may_edit(viewer, event)
    return [participant for participant in participants if reads_all or participant.arm is viewer.arm]


class SeatOfRecord(Struct, frozen=True, kw_only=True):
    """A seat that the committee had then."""

    agency_id: UUID
    agency: str
    """Short name, for example KCPD."""
    arm: Arm
    is_filled: bool
    """Whether its primary or an alternate was present."""


class QuorumOfRecord(Struct, frozen=True, kw_only=True):
    """The committee's rule and seats at the moment of closing."""

    rule: QuorumRule
    seats: Sequence[SeatOfRecord]
    recorded_at: datetime

    @property
    def count(self) -> QuorumCount:
        """Return how many seats were filled, compared with the rule."""
        return count_quorum(self.rule, [seat.arm for seat in self.seats if seat.is_filled], len(self.seats))

    @property
    def words(self) -> str:
        """Return "Quorum: 6 of 8 seats (5 needed)", or why there was no quorum."""
        return self.count.words

    @property
    def present(self) -> str:
        """Return the agencies whose seats were filled."""
        return _listed(seat.agency for seat in self.seats if seat.is_filled)

    @property
    def missing(self) -> str:
        """Return the agencies whose seats were empty."""
        return _listed(seat.agency for seat in self.seats if not seat.is_filled)


def _listed(agencies: Iterable[str]) -> str:
    return ", ".join(sorted(agencies, key=str.casefold)) or "none"


def agenda_timetable(items: Iterable[AgendaItem], starts: datetime) -> Iterator[tuple[datetime | None, AgendaItem]]:
    """Yield each item with the time at which it begins; None after an item without a length."""
    begins: datetime | None = starts
    for item in items:
        yield begins, item
        begins = begins + timedelta(minutes=item.minutes) if begins and item.minutes else None


def check_sign_in_sheet(viewer: Viewer, event: Event) -> None:
    """Raise `NotAllowed` unless the viewer reads all names and takes attendance."""
    if not may_edit(viewer, event):
        raise NotAllowed("Only the organizer, the committee’s chair, or a coordinator can print a sign-in sheet.")


def is_thanked_for(occurrence: Occurrence) -> bool:
    """Return whether people can be thanked for a date: it was held, and its attendance is closed."""
    return not why_no_thanks(occurrence)


def may_thank(viewer: Viewer, occurrence: Occurrence) -> bool:
    """Return whether the viewer may thank the people of a date: people who may change the event may."""
    return may_edit(viewer, occurrence.event) and is_thanked_for(occurrence)


def why_no_thanks(occurrence: Occurrence) -> str:
    """Return why no one can be thanked for a date that the viewer may edit; empty when people can.

    A thank-you for an operation, or for an event for named people, could only ask its reader to sign in.
    """
    event = occurrence.event
    if event.is_restricted or event.kind is Kind.JOINT_OPERATION:
        return "Thank-yous aren’t sent for operations or events for named participants."
    if occurrence.is_off or event.status is EventStatus.DRAFT or not event.kind.asks_reply:
        return "There’s no one to thank for this date."
    if occurrence.attendance_closed_at is None:
        return "Close attendance first. A thank-you goes to people who were marked present."
    return ""
