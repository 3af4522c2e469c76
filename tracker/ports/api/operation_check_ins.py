"""The day of an operation in JSON: checking people in and out (ICS 211), for law enforcement on it."""

from datetime import datetime, timedelta
from functools import partial
from typing import Annotated
from uuid import UUID

from msgspec import Meta

from tracker.crypto import ids
from tracker.ports.api.joint_operations import PLAN, read_by, reads, writes
from tracker.ports.api.operations import Resource
from tracker.ports.api.shapes import Given, Moment, Shown, in_utc, shown
from tracker.ports.http.dependencies import Now, PathId, Viewer
from tracker.rules.core.clean_text import clean
from tracker.rules.operations.check_ins import (
    LONGEST_ASSIGNMENT,
    LONGEST_CONTACT,
    LONGEST_NAME,
    LONGEST_TAP_WAIT,
    CheckIn,
    Direction,
    LineCorrection,
    Presence,
    Tap,
    WalkIn,
)
from tracker.usecases.operations import check_ins
from tracker.usecases.operations.check_ins import CheckInList

Contact = Annotated[str, Meta(max_length=LONGEST_CONTACT, examples=["816-555-0134"])]
Assignment = Annotated[str, Meta(max_length=LONGEST_ASSIGNMENT, examples=["Perimeter, north"])]


class CheckInShown(Shown):
    """One person on the check-in list."""

    person_id: UUID
    member_id: Annotated[UUID | None, Meta(description="Null for a walk-in.")]
    name: str
    agency: str
    contact: str
    assignment: str
    presence: Presence
    time_in: Moment | None
    time_out: Moment | None
    recorded_as: Annotated[UUID | None, Meta(description="The record that counts. Null before the first.")]
    entered_by: Annotated[str | None, Meta(description="Who recorded it, with their agency.")]


class CheckInsShown(Shown):
    """The check-in list of an operation, by agency, with its counts."""

    listed: int
    checked_in: Annotated[int, Meta(description="Also people who have checked out since.")]
    checked_out: int
    still_in: int
    items: tuple[CheckInShown, ...]


class NewTap(Given):
    """A tap of In or Out for a person, as the program showed them."""

    person_id: UUID
    tap: Direction
    was: Annotated[Presence, Meta(description="In for a person who was out takes the check-out back.")] = (
        Presence.EXPECTED
    )
    waited: Annotated[
        int,
        Meta(
            ge=0, le=LONGEST_TAP_WAIT // timedelta(seconds=1), description="Seconds since the tap, without a network."
        ),
    ] = 0


class NewPersonThere(Given):
    """A person who came and isn’t on the operation."""

    name: Annotated[str, Meta(min_length=1, max_length=LONGEST_NAME)]
    agency_id: UUID | None = None
    agency: Annotated[str, Meta(max_length=LONGEST_NAME, description="One that isn’t in the list of agencies.")] = ""
    contact: Contact = ""
    assignment: Assignment = ""


class CheckInCorrection(Given):
    """What a person’s line is to say."""

    time_in: Moment | None
    time_out: Moment | None
    contact: Contact
    assignment: Assignment


async def _list(viewer: Viewer, now: datetime, event_id: UUID) -> tuple[CheckInList, CheckInsShown]:
    """Return the check-in list, and note that it was read. Errors: NotFound, also outside law enforcement."""
    occurrence = (await read_by(viewer, event_id, now)).view.occurrence
    listed = await check_ins.check_in_list(viewer, event_id, occurrence.key, now)
    return listed, shown(CheckInsShown, listed.tally, items=tuple(map(_line_shown, listed.lines)))


async def _line(
    viewer: Viewer, now: datetime, event_id: UUID, person_id: UUID
) -> tuple[tuple[CheckInList, CheckIn], CheckInShown]:
    listed, _ = await _list(viewer, now, event_id)
    line = listed.line(person_id)
    return (listed, line), _line_shown(line)


def _line_shown(line: CheckIn) -> CheckInShown:
    return shown(CheckInShown, line, recorded_as=line.id, entered_by=line.by)


CHECK_INS = Resource(name="people", path=f"{PLAN.path}/check-ins", shape=CheckInsShown, see=_list)
CHECK_IN = Resource(name="line", path=f"{CHECK_INS.path}/{{person_id:uuid}}", shape=CheckInShown, see=_line)
_records = partial(writes, of=CHECK_INS, gives=CHECK_IN)


@reads(
    CHECK_INS.path,
    "Read the check-in list",
    of=CHECK_INS,
    text="For law enforcement on the operation: everyone who is expected or came.",
)
async def list_check_ins() -> None:
    """Return the check-in list of an operation."""


@_records(
    "POST",
    CHECK_INS.path,
    "Check a person in or out",
    text="For people who can edit the operation, and for others in law enforcement on it: themselves and people at "
    "their agency. A tap that waited doesn’t undo a later one.",
)
async def check_person(
    people: CheckInList, new: NewTap, request_key: UUID | None, viewer: Viewer, now: Now
) -> dict[str, UUID]:
    """Record a tap for one person."""
    tap = Tap(
        tap_id=str(request_key or ids.new_id()),
        person_id=new.person_id,
        button=new.tap,
        was=new.was,
        waited=timedelta(seconds=new.waited),
    )
    await check_ins.record_tap(viewer, people.operation.event.id, people.occurrence.key, tap, now)
    return {"person_id": new.person_id}


@_records(
    "POST",
    f"{CHECK_INS.path}/walk-ins",
    "Check in a person who isn’t on the operation",
    text="People who can edit the operation can name any agency, others their own.",
)
async def check_walk_in(
    people: CheckInList, new: NewPersonThere, request_key: UUID | None, viewer: Viewer, now: Now
) -> dict[str, UUID]:
    """Check in a person who isn't on the operation."""
    walk_in = WalkIn(
        ticket=request_key or ids.new_id(),
        name=clean(new.name, LONGEST_NAME, "name"),
        agency_id=new.agency_id,
        agency="" if new.agency_id else clean(new.agency, LONGEST_NAME, "agency"),
        contact=clean(new.contact, LONGEST_CONTACT, "contact"),
        assignment=clean(new.assignment, LONGEST_ASSIGNMENT, "assignment"),
    )
    event_id, key = people.operation.event.id, people.occurrence.key
    return {"person_id": (await check_ins.check_in_walk_in(viewer, event_id, key, walk_in, now)).person_id}


@reads(CHECK_IN.path, "Read a person’s check-in", of=CHECK_IN)
async def read_check_in() -> None:
    """Return one line of the check-in list."""


@writes(
    "PUT",
    CHECK_IN.path,
    "Correct a person’s check-in",
    of=CHECK_IN,
    is_conditional=True,
    text="For people who can check this person in and out. If-Match takes the ETag of the person’s check-in.",
)
async def correct_check_in(
    event_id: PathId, line: tuple[CheckInList, CheckIn], new: CheckInCorrection, viewer: Viewer, now: Now
) -> None:
    """Correct one line of the check-in list."""
    people, check_in = line
    to = LineCorrection(
        time_in=in_utc(new.time_in) if new.time_in else None,
        time_out=in_utc(new.time_out) if new.time_out else None,
        contact=clean(new.contact, LONGEST_CONTACT, "contact"),
        assignment=clean(new.assignment, LONGEST_ASSIGNMENT, "assignment"),
    )
    key, person_id = people.occurrence.key, check_in.person_id
    await check_ins.correct_line(viewer, event_id, key, person_id, to, now, seen=check_in.id)
