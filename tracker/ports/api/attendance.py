"""Attendance in JSON: the sheet of a date, marks, walk-ins, closing and reopening; for people who may take it."""

from datetime import datetime
from enum import StrEnum
from functools import partial
from typing import Annotated, Any
from uuid import UUID

from litestar import HttpMethod, Response
from msgspec import Meta

from tracker.crypto import ids
from tracker.ports.api.operations import Operation, operation
from tracker.ports.api.reading import body_of, idempotency_key
from tracker.ports.api.responses import json_response
from tracker.ports.api.shapes import Given, Moment, Shown
from tracker.ports.http.dependencies import Now, PathId, PathText, Viewer
from tracker.ports.http.forms import FormRequest
from tracker.rules.attendance.roll_call import (
    LONGEST_NAME,
    AttendanceTally,
    AttendanceWalkIn,
    Mark,
    QuorumOfRecord,
    RollCallLine,
)
from tracker.rules.core.audiences import Arm
from tracker.rules.identity.api_tokens import ApiScope
from tracker.usecases.attendance import roll_call

TAG = "Attendance"
READ, WRITE = ApiScope.ATTENDANCE_READ, ApiScope.ATTENDANCE_WRITE
ROLL = "/events/{event_id:uuid}/occurrences/{key:str}/attendance"


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


_marking = partial(Operation, tag=TAG, scope=WRITE, response=SheetShown, may_conflict=True)


@operation(
    HttpMethod.GET,
    ROLL,
    Operation(
        summary="Read the attendance sheet of a date",
        tag=TAG,
        scope=READ,
        response=SheetShown,
        text="For people who can take attendance: the organizer, the committee’s chair, or a coordinator.",
    ),
)
async def read_sheet(event_id: PathId, key: PathText, request: FormRequest, viewer: Viewer, now: Now) -> Response[Any]:
    """Return the attendance sheet of a date."""
    return await _roll(request, viewer, now, event_id, key)


@operation(
    HttpMethod.PUT,
    f"{ROLL}/marks/{{member_id:uuid}}",
    _marking(summary="Mark a person", text="Repeating the same mark changes nothing.", body=NewMark),
)
async def mark(
    event_id: PathId, key: PathText, member_id: PathId, request: FormRequest, viewer: Viewer, now: Now
) -> Response[Any]:
    """Mark one member on the sheet."""
    await _check_taker(viewer, now, event_id, key)
    new = await body_of(request, NewMark)
    await roll_call.record_marks(viewer, event_id, key, {member_id: new.mark}, now)
    return await _roll(request, viewer, now, event_id, key)


@operation(
    HttpMethod.POST,
    f"{ROLL}/replied-yes",
    _marking(summary="Mark everyone who replied yes as here", text="People who already have a mark keep it."),
)
async def mark_replied_yes(
    event_id: PathId, key: PathText, request: FormRequest, viewer: Viewer, now: Now
) -> Response[Any]:
    """Mark everyone here who replied yes and has no mark."""
    await roll_call.mark_replied_yes_here(viewer, event_id, key, now)
    return await _roll(request, viewer, now, event_id, key)


@operation(
    HttpMethod.POST,
    f"{ROLL}/walk-ins",
    _marking(
        summary="Add a walk-in", text="A person who came without an invitation.", body=NewWalkIn, is_repeatable=True
    ),
)
async def add_walk_in(event_id: PathId, key: PathText, request: FormRequest, viewer: Viewer, now: Now) -> Response[Any]:
    """Add a person who was not invited."""
    await _check_taker(viewer, now, event_id, key)
    new = await body_of(request, NewWalkIn)
    walk_in = AttendanceWalkIn(
        id=idempotency_key(request) or ids.new_id(),
        member_id=new.member_id,
        name=new.name,
        agency_id=new.agency_id,
        agency=new.agency,
        mark=Mark(new.mark),
    )
    await roll_call.record_walk_in(viewer, event_id, key, walk_in, now)
    return await _roll(request, viewer, now, event_id, key)


@operation(
    HttpMethod.POST,
    f"{ROLL}/closure",
    _marking(
        summary="Close attendance",
        text="People without a mark stay unmarked. Closing twice changes nothing. Not allowed before the date begins.",
    ),
)
async def close(event_id: PathId, key: PathText, request: FormRequest, viewer: Viewer, now: Now) -> Response[Any]:
    """Close attendance."""
    await roll_call.close_attendance(viewer, event_id, key, now)
    return await _roll(request, viewer, now, event_id, key)


@operation(
    HttpMethod.POST,
    f"{ROLL}/reopening",
    _marking(summary="Reopen attendance", text="To correct a mark; earlier marks are kept."),
)
async def reopen(event_id: PathId, key: PathText, request: FormRequest, viewer: Viewer, now: Now) -> Response[Any]:
    """Reopen attendance."""
    await roll_call.reopen_attendance(viewer, event_id, key, now)
    return await _roll(request, viewer, now, event_id, key)


async def _check_taker(viewer: Viewer, now: Now, event_id: UUID, key: str) -> None:
    """Raise `NotFound` or `NotAllowed` for people who may not take attendance, before the request body is read."""
    await roll_call.read_roll_call(viewer, event_id, key, now)


async def _roll(request: FormRequest, viewer: Viewer, now: Now, event_id: UUID, key: str) -> Response[Any]:
    roll = await roll_call.read_roll_call(viewer, event_id, key, now)
    closed_at: datetime | None = roll.occurrence.attendance_closed_at
    shown = SheetShown(
        event_id=event_id,
        key=key,
        closed_at=closed_at,
        counts=_counts(roll.tally),
        quorum=_quorum(roll.recorded_quorum),
        lines=tuple(map(_line_shown, roll.lines)),
    )
    return json_response(request, shown)


def _quorum(record: QuorumOfRecord | None) -> QuorumShown | None:
    if record is None:
        return None
    return QuorumShown(
        is_met=record.count.is_met,
        filled=record.count.filled,
        needed=record.rule.seats,
        both_arms=record.rule.both_arms,
        seats=tuple(
            QuorumSeatShown(agency=seat.agency, arm=seat.arm, is_filled=seat.is_filled) for seat in record.seats
        ),
        recorded_at=record.recorded_at,
    )


def _line_shown(line: RollCallLine) -> SheetLine:
    return SheetLine(
        member_id=line.member_id,
        name=line.name,
        agency=line.agency,
        mark=line.mark,
        is_walk_in=line.is_walk_in,
        replied_yes=line.replied_yes,
        entered_by=line.entered_by or None,
    )


def _counts(tally: AttendanceTally) -> SheetCounts:
    return SheetCounts(
        invited=tally.invited,
        here=tally.here,
        remote=tally.remote,
        absent=tally.absent,
        excused=tally.excused,
        unmarked=tally.unmarked,
        walk_ins=tally.walk_ins,
    )
