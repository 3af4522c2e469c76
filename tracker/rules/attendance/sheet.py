"""Attendance: when it is taken, the lines of the sheet, how they are counted, and whose names a viewer reads."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TypeVar
from uuid import UUID

from msgspec import Struct

from tracker.errors import Invalid, NotAllowed
from tracker.rules.core.viewer import Viewer
from tracker.rules.core.wording import clock, day, local
from tracker.rules.events.event import Event, EventStatus, Occurrence, may_edit
from tracker.rules.events.replies import Informed, Participant, ReplyValue

LONGEST_NAME = 120  # characters of the name of a guest, or of their agency
OPENS_BEFORE = timedelta(minutes=30)


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


class Recorded(Struct, frozen=True, kw_only=True):
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


class Correction(Struct, frozen=True, kw_only=True):
    """A mark that a later one replaced."""

    name: str
    agency: str
    before: Mark
    after: Mark
    by: str
    """Name and agency of the person who recorded the later one."""
    at: datetime


class Line(Struct, frozen=True, kw_only=True):
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


class WalkIn(Struct, frozen=True, kw_only=True):
    """A person who came without an invitation: a member, or a guest with the name and agency that they give."""

    id: UUID
    """Made with the form: if it is sent twice by the same person for the same date, it adds one person."""
    member_id: UUID | None = None
    name: str = ""
    agency_id: UUID | None = None
    agency: str = ""
    mark: Mark = Mark.HERE


class Tally(Struct, frozen=True, kw_only=True):
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


def opens_at(occurrence: Occurrence) -> datetime:
    """Return when attendance can first be taken."""
    return occurrence.starts_at - OPENS_BEFORE


def why_not(occurrence: Occurrence, now: datetime) -> str | None:
    """Return the sentence that explains why no mark can be made now, or None when it can."""
    if occurrence.is_off:
        return "This date was canceled, so there’s no attendance to take."
    if occurrence.status is EventStatus.DRAFT:
        return "This event is still a draft. Send it before you take attendance."
    if now < opens_at(occurrence):
        opens = local(opens_at(occurrence), occurrence.event.zone)
        return f"Attendance opens on {day(opens, now)} at {clock(opens)}."
    if occurrence.attendance_closed_at is not None:
        return "Attendance is closed. Reopen it to correct a mark."
    return None


def check_open(occurrence: Occurrence, now: datetime) -> None:
    """Raise `NotAllowed` unless marks can be made now."""
    if refusal := why_not(occurrence, now):
        raise NotAllowed(refusal)


def why_not_close(occurrence: Occurrence, now: datetime) -> str | None:
    """Return the sentence that explains why attendance can't be closed now, or None when it can."""
    if now < occurrence.starts_at:
        starts = local(occurrence.starts_at, occurrence.event.zone)
        when = f"on {day(starts, now)}" if occurrence.event.is_all_day else f"on {day(starts, now)} at {clock(starts)}"
        return f"You can close attendance once it begins, {when}."
    return why_not(occurrence, now)


def check_close(occurrence: Occurrence, now: datetime) -> None:
    """Raise `NotAllowed` unless attendance can be closed now."""
    if refusal := why_not_close(occurrence, now):
        raise NotAllowed(refusal)


def check_mark(mark: Mark, *, is_invited: bool) -> None:
    """Raise `Invalid` for a mark that a person who was not invited can't have."""
    if not is_invited and mark not in WALK_IN_MARKS:
        raise Invalid(status="Only people who were invited can be absent or excused.")


def pressed(mark: Mark, before: Mark | None) -> Mark:
    """Return the mark set by the button `mark` when the page showed `before`: pressing the same one clears it."""
    return Mark.CLEARED if mark is before else mark


def roll(participants: Iterable[Participant], recorded: Iterable[Recorded]) -> list[Line]:
    """Return everyone who was invited or came, by agency and name."""
    marks = list(recorded)
    of_member = {one.member_id: one for one in marks if one.member_id}
    invited = [_invited(one, of_member.pop(one.member_id, None)) for one in participants]
    walk_ins = [_walk_in(one) for one in (*of_member.values(), *(one for one in marks if one.member_id is None))]
    return sorted(invited + walk_ins, key=lambda line: (line.agency.casefold(), line.is_walk_in, line.name.casefold()))


def _invited(participant: Participant, recorded: Recorded | None) -> Line:
    return Line(
        name=participant.name,
        agency=recorded.agency if recorded else participant.agency,
        agency_id=recorded.agency_id if recorded else participant.agency_id,
        member_id=participant.member_id,
        mark_id=recorded.id if recorded else None,
        mark=recorded.mark if recorded else None,
        participant=participant,
        entered_by=recorded.entered_by if recorded else "",
    )


def _walk_in(recorded: Recorded) -> Line:
    return Line(
        name=recorded.name,
        agency=recorded.agency,
        agency_id=recorded.agency_id,
        member_id=recorded.member_id,
        mark_id=recorded.id,
        mark=recorded.mark,
        participant=None,
        entered_by=recorded.entered_by,
    )


def tally(lines: Collection[Line]) -> Tally:
    """Count a sheet, or the part of it that belongs to one agency."""
    marks = Counter(line.mark for line in lines)
    return Tally(
        invited=sum(not line.is_walk_in for line in lines),
        here=marks[Mark.HERE],
        remote=marks[Mark.REMOTE],
        absent=marks[Mark.ABSENT],
        excused=marks[Mark.EXCUSED],
        unmarked=marks[None],
        walk_ins=sum(line.is_walk_in for line in lines),
    )


def members_present(lines: Iterable[Line]) -> frozenset[UUID]:
    """Return the members who took part, in the room or remotely."""
    return frozenset(line.member_id for line in lines if line.member_id and line.mark in PRESENT)


def by_agency(lines: Iterable[Line]) -> Mapping[str, list[Line]]:
    """Return the lines grouped by agency, in their present order."""
    groups: dict[str, list[Line]] = {}
    for line in lines:
        groups.setdefault(line.agency, []).append(line)
    return groups


def waiting_yes(lines: Iterable[Line]) -> list[Line]:
    """Return the people who replied yes and have no mark, for the bulk button, which overrules no earlier mark."""
    return [line for line in lines if line.replied_yes and line.mark is None]


Named = TypeVar("Named", Participant, Informed)


def named_participants(viewer: Viewer, event: Event, participants: Iterable[Named]) -> list[Named]:
    """Return whom the viewer reads by name.

    The organizer, the committee's chair and a coordinator read all names; everyone else reads those of their own arm.
    """
    reads_all = may_edit(viewer, event)
    return [one for one in participants if reads_all or one.arm is viewer.arm]
