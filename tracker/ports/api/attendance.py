"""Attendance in JSON: the sheet of a date, marks, walk-ins, closing and reopening; for people who may take it."""

from datetime import datetime
from enum import StrEnum
from functools import partial
from typing import Annotated
from uuid import UUID

from msgspec import Meta
from msgspec.structs import asdict

from tracker.crypto import ids
from tracker.ports.api.operations import Resource, operation
from tracker.ports.api.shapes import Given, Moment, Shown, shown
from tracker.ports.http.dependencies import Now, PathId, PathText, Viewer
from tracker.rules.attendance.roll_call import LONGEST_NAME, AttendanceWalkIn, Mark, QuorumOfRecord
from tracker.rules.core.audiences import Arm
from tracker.rules.identity.api_tokens import ApiScope
from tracker.usecases.attendance import roll_call
from tracker.usecases.attendance.roll_call import AttendanceSheet

TAG = "Attendance"
READ, WRITE = ApiScope.ATTENDANCE_READ, ApiScope.ATTENDANCE_WRITE


class WalkInMark(StrEnum):
    """How a person who was not invited took part."""

    HERE = "here"
    REMOTE = "remote"


class SheetLine(Shown):
    """One line of an attendance sheet: an invited person, with or without a mark, or a walk-in."""

    member_id: UUID | None
    name: str
    agency: str
    mark: Mark | None
    is_walk_in: bool
    replied_yes: bool
    entered_by: Annotated[str | None, Meta(description="Who recorded the mark, with their agency.")]


class SheetCounts(Shown):
    """An attendance sheet in numbers; here and remote count walk-ins too."""

    invited: int
    here: int
    remote: int
    absent: int
    excused: int
    unmarked: int
    walk_ins: int


class QuorumSeatShown(Shown):
    """A seat that the committee had when attendance was closed."""

    agency: str
    arm: Arm
    is_filled: Annotated[bool, Meta(description="Whether its primary or an alternate was present.")]


class QuorumShown(Shown):
    """The quorum when attendance was last closed; later changes of seats or rules don’t change it."""

    is_met: bool
    filled: int
    needed: Annotated[int | None, Meta(description="How many seats the rule required; null = no number.")]
    both_arms: Annotated[bool, Meta(description="Whether the rule required each arm.")]
    seats: tuple[QuorumSeatShown, ...]
    recorded_at: Moment


class SheetShown(Shown):
    """The attendance sheet of a date."""

    event_id: UUID
    key: str
    closed_at: Moment | None
    counts: SheetCounts
    quorum: Annotated[
        QuorumShown | None,
        Meta(description="Null before the first closing, without a quorum rule, or if you can’t see the committee."),
    ]
    lines: tuple[SheetLine, ...]


class NewMark(Given):
    """A person’s attendance; cleared removes a mark."""

    mark: Mark


class NewWalkIn(Given):
    """A person who came without an invitation: a member, or a guest by name or role, with or without an agency."""

    member_id: UUID | None = None
    name: Annotated[str, Meta(max_length=LONGEST_NAME, description="Of a guest. Never a victim’s name.")] = ""
    agency_id: UUID | None = None
    agency: Annotated[str, Meta(max_length=LONGEST_NAME, description="Of a guest from another agency.")] = ""
    mark: WalkInMark = WalkInMark.HERE


async def _roll(viewer: Viewer, now: datetime, event_id: UUID, key: str) -> tuple[AttendanceSheet, SheetShown]:
    """Return the sheet of a date. Errors: NotFound, also for people who may not take attendance."""
    roll = await roll_call.read_roll_call(viewer, event_id, key, now)
    sheet = SheetShown(
        event_id=event_id,
        key=key,
        closed_at=roll.occurrence.attendance_closed_at,
        counts=shown(SheetCounts, roll.tally),
        quorum=_quorum_shown(roll.recorded_quorum) if roll.recorded_quorum else None,
        lines=tuple(shown(SheetLine, line) for line in roll.lines),
    )
    return roll, sheet


def _quorum_shown(record: QuorumOfRecord) -> QuorumShown:
    return shown(
        QuorumShown,
        record,
        is_met=record.count.is_met,
        filled=record.count.filled,
        needed=record.rule.seats,
        both_arms=record.rule.both_arms,
    )


ROLL = Resource(
    name="roll", path="/events/{event_id:uuid}/occurrences/{key:str}/attendance", shape=SheetShown, see=_roll
)
_marks = partial(operation, tag=TAG, scope=WRITE, of=ROLL, may_conflict=True)


@operation(
    "GET",
    ROLL.path,
    "Read the attendance sheet of a date",
    tag=TAG,
    scope=READ,
    of=ROLL,
    text="For people who can take attendance: the organizer, the committee’s chair, or a coordinator.",
)
async def read_sheet() -> None:
    """Return the attendance sheet of a date."""


@_marks(
    "PUT", f"{ROLL.path}/marks/{{member_id:uuid}}", "Mark a person", text="Repeating the same mark changes nothing."
)
async def mark(event_id: PathId, key: PathText, member_id: PathId, new: NewMark, viewer: Viewer, now: Now) -> None:
    """Mark one member on the sheet."""
    await roll_call.record_marks(viewer, event_id, key, {member_id: new.mark}, now)


@_marks(
    "POST",
    f"{ROLL.path}/replied-yes",
    "Mark everyone who replied yes as here",
    text="People who already have a mark keep it.",
)
async def mark_replied_yes(event_id: PathId, key: PathText, viewer: Viewer, now: Now) -> None:
    """Mark everyone here who replied yes and has no mark."""
    await roll_call.mark_replied_yes_here(viewer, event_id, key, now)


@_marks("POST", f"{ROLL.path}/walk-ins", "Add a walk-in", text="A person who came without an invitation.")
async def add_walk_in(
    event_id: PathId, key: PathText, new: NewWalkIn, request_key: UUID | None, viewer: Viewer, now: Now
) -> None:
    """Add a person who was not invited."""
    walk_in = AttendanceWalkIn(id=request_key or ids.new_id(), **(asdict(new) | {"mark": Mark(new.mark)}))
    await roll_call.record_walk_in(viewer, event_id, key, walk_in, now)


@_marks(
    "POST",
    f"{ROLL.path}/closure",
    "Close attendance",
    text="People without a mark stay unmarked. Closing twice changes nothing. Not allowed before the date begins.",
)
async def close(event_id: PathId, key: PathText, viewer: Viewer, now: Now) -> None:
    """Close attendance."""
    await roll_call.close_attendance(viewer, event_id, key, now)


@_marks("POST", f"{ROLL.path}/reopening", "Reopen attendance", text="To correct a mark; earlier marks are kept.")
async def reopen(event_id: PathId, key: PathText, viewer: Viewer, now: Now) -> None:
    """Reopen attendance."""
    await roll_call.reopen_attendance(viewer, event_id, key, now)
