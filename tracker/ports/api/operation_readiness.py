"""The service-readiness notice of an operation in JSON, for the people who lead it."""

from datetime import datetime
from functools import partial
from typing import Annotated
from uuid import UUID

from msgspec import Meta, convert
from msgspec.structs import asdict

from tracker.errors import Conflict
from tracker.ports.api.joint_operation_shapes import NamedId
from tracker.ports.api.joint_operations import PLAN, read_by, reads, writes
from tracker.ports.api.operations import Resource
from tracker.ports.api.responses import fields_named
from tracker.ports.api.shapes import Given, Moment, Shown, in_utc, shown
from tracker.ports.http.dependencies import Now, PathId, Viewer
from tracker.rules.core.clean_text import clean
from tracker.rules.operations.readiness import LONGEST_TEXTS, MOST_EXPECTED, LedNotice, Minors, NoticeState, NoticeText
from tracker.usecases.operations import readiness
from tracker.usecases.operations.readiness import ReadinessView, readiness_view
from tracker.usecases.roster.known_people import all_candidates

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
        str, Meta(min_length=1, max_length=LONGEST_TEXTS["contact"], description="Whom victim services can call.")
    ]
    recipients: Annotated[tuple[UUID, ...], Meta(min_length=1, max_length=MOST_RECIPIENTS)]
    languages: Annotated[str, Meta(max_length=LONGEST_TEXTS["languages"], description=NO_OPERATION)] = ""
    minors: Minors = Minors.UNKNOWN
    needs: Annotated[str, Meta(max_length=LONGEST_TEXTS["needs"], description=NO_OPERATION)] = ""
    place: Annotated[
        str, Meta(max_length=LONGEST_TEXTS["place"], description="The public name of a place away from the operation.")
    ] = ""
    release_at: Annotated[Moment | None, Meta(description="Null to release it as soon as it is scheduled.")] = None


class NoticeMove(Given):
    """The state to take the notice to."""

    to: NoticeState


class RecipientShown(Shown):
    """A person who gets the notice."""

    id: UUID
    name: str
    agency: str
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


class OffSitePlace(Shown):
    """A place away from the operation by its public name; only the agency has its address."""

    id: UUID
    name: str
    agency: str


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


@reads(
    NOTICE.path,
    "Read the service-readiness notice",
    of=NOTICE,
    text="What was released, or will be, to whom, and who has acknowledged it.",
)
async def read_notice() -> None:
    """Return the notices of an operation."""


@_changes(
    "PUT",
    NOTICE.path,
    "Write the notice",
    text="Saves a draft in place of an earlier draft; no one is notified. Texts with the operation’s title or "
    "places are refused, and a window that starts or ends within 30 minutes of when it does.",
)
async def write_notice(event_id: PathId, new: NewNotice, viewer: Viewer, now: Now) -> None:
    """Write the notice as a draft."""
    release_at = in_utc(new.release_at) if new.release_at else now
    with fields_named(FIELDS):
        await readiness.save_readiness_notice(viewer, event_id, _text(new), release_at, set(new.recipients), now)


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


def _text(new: NewNotice) -> NoticeText:
    given = asdict(new)
    texts = {
        name: clean(given[name], longest, name, multiline=name == "needs") for name, longest in LONGEST_TEXTS.items()
    }
    window = {"starts_at": in_utc(new.starts_at), "ends_at": in_utc(new.ends_at)}
    return convert(given | texts | window, NoticeText)
