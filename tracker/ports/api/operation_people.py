"""The people of an operation in JSON: checking them in and out (ICS 211), and the service-readiness notice.

Check-ins are for law enforcement on it, the notice is for the people who lead it.
"""

from datetime import datetime, timedelta
from functools import partial
from typing import Annotated
from uuid import UUID

from msgspec import Meta, convert
from msgspec.structs import asdict, replace

from tracker.crypto import ids
from tracker.errors import Conflict
from tracker.ports.api.joint_operations import PLAN, READ, TAG, read_by, writes
from tracker.ports.api.operations import Resource, read_operation
from tracker.ports.api.responses import fields_named
from tracker.ports.api.shapes import Given, Line, Lines, Moment, Name, NamedId, Shown, shown
from tracker.ports.http.dependencies import Now, PathId, Viewer
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
from tracker.rules.operations.readiness import LONGEST_TEXTS, MOST_EXPECTED, LedNotice, Minors, NoticeState, NoticeText
from tracker.usecases.operations import check_ins, readiness
from tracker.usecases.operations.check_ins import CheckInList
from tracker.usecases.operations.readiness import ReadinessView, readiness_view
from tracker.usecases.roster.known_people import all_candidates

Contact = Annotated[Line, Meta(max_length=LONGEST_CONTACT, examples=["816-555-0134"])]
Assignment = Annotated[Line, Meta(max_length=LONGEST_ASSIGNMENT, examples=["Perimeter, north"])]


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

    name: Annotated[Line, Meta(min_length=1, max_length=LONGEST_NAME)]
    agency_id: UUID | None = None
    agency: Annotated[Line, Meta(max_length=LONGEST_NAME, description="One that isn’t in the list of agencies.")] = ""
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


list_check_ins = read_operation(
    CHECK_INS,
    "Read the check-in list",
    tag=TAG,
    scope=READ,
    text="For law enforcement on the operation: everyone who is expected or came.",
)


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
    new = replace(new, agency="") if new.agency_id else new
    walk_in = WalkIn(ticket=request_key or ids.new_id(), **asdict(new))
    event_id, key = people.operation.event.id, people.occurrence.key
    return {"person_id": (await check_ins.check_in_walk_in(viewer, event_id, key, walk_in, now)).person_id}


read_check_in = read_operation(CHECK_IN, "Read a person’s check-in", tag=TAG, scope=READ)


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
    to = convert(new, LineCorrection, from_attributes=True)
    key, person_id = people.occurrence.key, check_in.person_id
    await check_ins.correct_line(viewer, event_id, key, person_id, to, now, seen=check_in.id)


FIELDS = {"starts": "starts_at", "ends": "ends_at", "release": "release_at", "recipient": "recipients"}
"""Names in the API for fields that forms call otherwise."""
MOST_RECIPIENTS = 100
NO_NOTICE = "This operation has no notice that hasn’t ended."
NO_OPERATION = "Never the operation’s title, place, or time."
People = Annotated[int, Meta(ge=0, le=MOST_EXPECTED)]


class NewNotice(Given):
    """What victim services read: a copy, which nothing leads from to the operation."""

    starts_at: Annotated[Moment, Meta(description="Of a window of at least four hours around the operation.")]
    ends_at: Moment
    fewest: Annotated[People, Meta(description="The least number of people to be ready for.")]
    most: People
    contact: Annotated[
        Line, Meta(min_length=1, max_length=LONGEST_TEXTS["contact"], description="Whom victim services can call.")
    ]
    recipients: Annotated[tuple[UUID, ...], Meta(min_length=1, max_length=MOST_RECIPIENTS)]
    languages: Annotated[Line, Meta(max_length=LONGEST_TEXTS["languages"], description=NO_OPERATION)] = ""
    minors: Minors = Minors.UNKNOWN
    needs: Annotated[Lines, Meta(max_length=LONGEST_TEXTS["needs"], description=NO_OPERATION)] = ""
    place: Annotated[
        Line, Meta(max_length=LONGEST_TEXTS["place"], description="The public name of a place away from the operation.")
    ] = ""
    release_at: Annotated[Moment | None, Meta(description="Null to release it as soon as it is scheduled.")] = None


class NoticeMove(Given):
    """The state to take the notice to."""

    to: NoticeState


class RecipientShown(Name):
    """A person who gets the notice."""

    acknowledged_at: Moment | None


class NoticeShown(Shown):
    """A notice as the people of its operation see it."""

    state: NoticeState
    starts_at: Moment
    ends_at: Moment
    fewest: int
    most: int
    languages: str
    minors: Minors
    needs: str
    place: str
    contact: str
    release_at: Moment
    released_at: Moment | None
    recipients: tuple[RecipientShown, ...]


class OffSitePlace(Name):
    """A place away from the operation by its public name; only the agency has its address."""


class NoticesShown(Shown):
    """The notice of an operation, and earlier ones."""

    current: Annotated[NoticeShown | None, Meta(description="The one that hasn’t ended.")]
    is_outside: Annotated[bool, Meta(description="Whether the operation isn’t within its window.")]
    may_write: Annotated[bool, Meta(description="Whether you can write a notice, or change the draft.")]
    people: Annotated[
        tuple[NamedId, ...], Meta(description="Who can be a recipient, for people who can edit the notice.")
    ]
    off_site: Annotated[tuple[OffSitePlace, ...], Meta(description="Where the operation has off-site services.")]
    earlier: tuple[NoticeShown, ...]


async def _notices(viewer: Viewer, now: datetime, event_id: UUID) -> tuple[ReadinessView, NoticesShown]:
    """Return the notices, and note that the operation was read. Errors: NotFound."""
    whole = await read_by(viewer, event_id, now)
    view = await readiness_view(viewer, event_id, whole.view.occurrence.key)
    people = await all_candidates(view.candidates) if view.leads else []
    notices = shown(
        NoticesShown,
        view,
        current=_notice_shown(view.current) if view.current else None,
        people=tuple(NamedId(id=person.id, name=f"{person.name} ({person.agency})") for person in people),
        earlier=tuple(_notice_shown(notice) for notice in view.notices if notice.is_over),
    )
    return view, notices


def _notice_shown(notice: LedNotice) -> NoticeShown:
    return shown(NoticeShown, notice, **asdict(notice.text))


NOTICE = Resource(name="notices", path=f"{PLAN.path}/readiness-notice", shape=NoticesShown, see=_notices)
_changes = partial(writes, of=NOTICE, is_conditional=True)


read_notice = read_operation(
    NOTICE,
    "Read the service-readiness notice",
    tag=TAG,
    scope=READ,
    text="What was released, or will be, to whom, and who has acknowledged it.",
)


@_changes(
    "PUT",
    NOTICE.path,
    "Write the notice",
    text="Saves a draft in place of an earlier draft; no one is notified. Texts with the operation’s title or "
    "places are refused, and a window that starts or ends within 30 minutes of when it does.",
)
async def write_notice(event_id: PathId, new: NewNotice, viewer: Viewer, now: Now) -> None:
    """Write the notice as a draft."""
    text, release_at = convert(new, NoticeText, from_attributes=True), new.release_at or now
    with fields_named(FIELDS):
        await readiness.save_readiness_notice(viewer, event_id, text, release_at, set(new.recipients), now)


@_changes("DELETE", NOTICE.path, "Delete the draft of the notice")
async def discard_notice(event_id: PathId, notices: ReadinessView, viewer: Viewer, now: Now) -> None:
    """Delete the draft."""
    await readiness.discard_draft_notice(viewer, event_id, _current(notices), now)


@_changes(
    "POST",
    f"{NOTICE.path}/states",
    "Change the notice’s state",
    text="scheduled releases it at its time, draft unschedules it; activated, stood_down, and closed follow the "
    "release. Recipients get an email when it is released, activated, or stood down.",
)
async def move_notice(event_id: PathId, notices: ReadinessView, new: NoticeMove, viewer: Viewer, now: Now) -> None:
    """Take the notice to another state."""
    await readiness.change_notice_state(viewer, event_id, _current(notices), new.to, now)


def _current(view: ReadinessView) -> UUID:
    """Return the id of the notice that hasn't ended. Errors: Conflict without one."""
    if view.current is None:
        raise Conflict(NO_NOTICE)
    return view.current.id
