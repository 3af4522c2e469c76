"""Checking people in and out of an operation in JSON (ICS 211), for law enforcement on it."""

from datetime import datetime, timedelta
from functools import partial
from typing import Annotated, Any
from uuid import UUID

from litestar import HttpMethod, Response
from msgspec import Meta

from tracker.crypto import ids
from tracker.ports.api.joint_operations import PLAN, TAG, WRITE, read_by, reads
from tracker.ports.api.operations import Operation, operation
from tracker.ports.api.reading import body_of, idempotency_key
from tracker.ports.api.responses import check_match, json_response
from tracker.ports.api.shapes import Given, Moment, Shown, in_utc
from tracker.ports.http.dependencies import Now, PathId, Viewer
from tracker.ports.http.forms import FormRequest
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

CHECK_INS = f"{PLAN}/check-ins"
PERSON = f"{CHECK_INS}/{{person_id:uuid}}"
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


_records = partial(Operation, tag=TAG, scope=WRITE, response=CheckInShown, may_conflict=True)


@operation(
    HttpMethod.GET,
    CHECK_INS,
    reads(
        summary="Read the check-in list",
        response=CheckInsShown,
        text="For law enforcement on the operation: everyone who is expected or came.",
    ),
)
async def list_check_ins(event_id: PathId, request: FormRequest, viewer: Viewer, now: Now) -> Response[Any]:
    """Return the check-in list of an operation."""
    check_ins_list = await _list(viewer, event_id, now)
    tally = check_ins_list.tally
    shown = CheckInsShown(
        listed=tally.listed,
        checked_in=tally.checked_in,
        checked_out=tally.checked_out,
        still_in=tally.still_in,
        items=tuple(map(_shown, check_ins_list.lines)),
    )
    return json_response(request, shown)


@operation(
    HttpMethod.POST,
    CHECK_INS,
    _records(
        summary="Check a person in or out",
        body=NewTap,
        is_repeatable=True,
        text="For people who can edit the operation, and for others in law enforcement on it: themselves and people at "
        "their agency. A tap that waited doesn’t undo a later one.",
    ),
)
async def check_person(event_id: PathId, request: FormRequest, viewer: Viewer, now: Now) -> Response[Any]:
    """Record a tap for one person."""
    check_ins_list = await _list(viewer, event_id, now)
    new = await body_of(request, NewTap)
    tap = Tap(
        tap_id=str(idempotency_key(request) or ids.new_id()),
        person_id=new.person_id,
        button=new.tap,
        was=new.was,
        waited=timedelta(seconds=new.waited),
    )
    await check_ins.record_tap(viewer, event_id, check_ins_list.occurrence.key, tap, now)
    return await _line(request, viewer, event_id, new.person_id, now)


@operation(
    HttpMethod.POST,
    f"{CHECK_INS}/walk-ins",
    _records(
        summary="Check in a person who isn’t on the operation",
        body=NewPersonThere,
        is_repeatable=True,
        text="People who can edit the operation can name any agency, others their own.",
    ),
)
async def check_walk_in(event_id: PathId, request: FormRequest, viewer: Viewer, now: Now) -> Response[Any]:
    """Check in a person who isn't on the operation."""
    check_ins_list = await _list(viewer, event_id, now)
    new = await body_of(request, NewPersonThere)
    walk_in = WalkIn(
        ticket=idempotency_key(request) or ids.new_id(),
        name=clean(new.name, LONGEST_NAME, "name"),
        agency_id=new.agency_id,
        agency="" if new.agency_id else clean(new.agency, LONGEST_NAME, "agency"),
        contact=clean(new.contact, LONGEST_CONTACT, "contact"),
        assignment=clean(new.assignment, LONGEST_ASSIGNMENT, "assignment"),
    )
    added = await check_ins.check_in_walk_in(viewer, event_id, check_ins_list.occurrence.key, walk_in, now)
    return await _line(request, viewer, event_id, added.person_id, now)


@operation(HttpMethod.GET, PERSON, reads(summary="Read a person’s check-in", response=CheckInShown))
async def read_check_in(
    event_id: PathId, person_id: PathId, request: FormRequest, viewer: Viewer, now: Now
) -> Response[Any]:
    """Return one line of the check-in list."""
    return await _line(request, viewer, event_id, person_id, now)


@operation(
    HttpMethod.PUT,
    PERSON,
    _records(
        summary="Correct a person’s check-in",
        body=CheckInCorrection,
        is_conditional=True,
        text="For people who can check this person in and out. If-Match takes the ETag of the person’s check-in.",
    ),
)
async def correct_check_in(
    event_id: PathId, person_id: PathId, request: FormRequest, viewer: Viewer, now: Now
) -> Response[Any]:
    """Correct one line of the check-in list."""
    check_ins_list = await _list(viewer, event_id, now)
    line = check_ins_list.line(person_id)
    check_match(request, _shown(line))
    new = await body_of(request, CheckInCorrection)
    to = LineCorrection(
        time_in=_moment(new.time_in),
        time_out=_moment(new.time_out),
        contact=clean(new.contact, LONGEST_CONTACT, "contact"),
        assignment=clean(new.assignment, LONGEST_ASSIGNMENT, "assignment"),
    )
    await check_ins.correct_line(viewer, event_id, check_ins_list.occurrence.key, person_id, to, now, seen=line.id)
    return await _line(request, viewer, event_id, person_id, now)


async def _line(request: FormRequest, viewer: Viewer, event_id: UUID, person_id: UUID, now: Now) -> Response[Any]:
    return json_response(request, _shown((await _list(viewer, event_id, now)).line(person_id)))


async def _list(viewer: Viewer, event_id: UUID, now: Now) -> CheckInList:
    """Return the check-in list, and note that it was read. Errors: NotFound, also outside law enforcement."""
    occurrence = (await read_by(viewer, event_id, now)).view.occurrence
    return await check_ins.check_in_list(viewer, event_id, occurrence.key, now)


def _moment(sent: datetime | None) -> datetime | None:
    return in_utc(sent) if sent else None


def _shown(line: CheckIn) -> CheckInShown:
    return CheckInShown(
        person_id=line.person_id,
        member_id=line.member_id,
        name=line.name,
        agency=line.agency,
        contact=line.contact,
        assignment=line.assignment,
        presence=line.presence,
        time_in=line.time_in,
        time_out=line.time_out,
        recorded_as=line.id,
        entered_by=line.by or None,
    )
