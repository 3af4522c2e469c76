"""The service-readiness notice of an operation in JSON, for the people who lead it."""

from functools import partial
from typing import Annotated, Any
from uuid import UUID

from litestar import HttpMethod, Response
from msgspec import Meta

from tracker.errors import Conflict
from tracker.ports.api.joint_operation_shapes import NamedId
from tracker.ports.api.joint_operations import PLAN, TAG, WRITE, read_by, reads
from tracker.ports.api.operations import Operation, operation
from tracker.ports.api.reading import body_of, fields_named
from tracker.ports.api.responses import check_match, json_response
from tracker.ports.api.shapes import Given, Moment, Shown, in_utc
from tracker.ports.http.dependencies import Now, PathId, Viewer
from tracker.ports.http.forms import FormRequest
from tracker.rules.core.clean_text import clean
from tracker.rules.operations.readiness import LONGEST_TEXTS, MOST_EXPECTED, LedNotice, Minors, NoticeState, NoticeText
from tracker.usecases.operations import readiness
from tracker.usecases.operations.readiness import ReadinessView, readiness_view
from tracker.usecases.roster.known_people import all_candidates

NOTICE = f"{PLAN}/readiness-notice"
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


_changes = partial(Operation, tag=TAG, scope=WRITE, response=NoticesShown, is_conditional=True, may_conflict=True)


@operation(
    HttpMethod.GET,
    NOTICE,
    reads(
        summary="Read the service-readiness notice",
        response=NoticesShown,
        text="What was released, or will be, to whom, and who has acknowledged it.",
    ),
)
async def read_notice(event_id: PathId, request: FormRequest, viewer: Viewer, now: Now) -> Response[Any]:
    """Return the notices of an operation."""
    return await _notices(request, viewer, event_id, now)


@operation(
    HttpMethod.PUT,
    NOTICE,
    _changes(
        summary="Write the notice",
        body=NewNotice,
        text="Saves a draft in place of an earlier draft; no one is notified. Texts with the operation’s title or "
        "places are refused, and a window that starts or ends within 30 minutes of when it does.",
    ),
)
async def write_notice(event_id: PathId, request: FormRequest, viewer: Viewer, now: Now) -> Response[Any]:
    """Write the notice as a draft."""
    await _matched(request, viewer, event_id, now)
    new = await body_of(request, NewNotice)
    release_at = in_utc(new.release_at) if new.release_at else now
    with fields_named(FIELDS):
        await readiness.save_readiness_notice(viewer, event_id, _text(new), release_at, set(new.recipients), now)
    return await _notices(request, viewer, event_id, now)


@operation(HttpMethod.DELETE, NOTICE, _changes(summary="Delete the draft of the notice"))
async def discard_notice(event_id: PathId, request: FormRequest, viewer: Viewer, now: Now) -> Response[Any]:
    """Delete the draft."""
    notice_id = _current(await _matched(request, viewer, event_id, now))
    await readiness.discard_draft_notice(viewer, event_id, notice_id, now)
    return await _notices(request, viewer, event_id, now)


@operation(
    HttpMethod.POST,
    f"{NOTICE}/states",
    _changes(
        summary="Change the notice’s state",
        body=NoticeMove,
        text="scheduled releases it at its time, draft unschedules it; activated, stood_down, and closed follow the "
        "release. Recipients get an email when it is released, activated, or stood down.",
    ),
)
async def move_notice(event_id: PathId, request: FormRequest, viewer: Viewer, now: Now) -> Response[Any]:
    """Take the notice to another state."""
    notice_id = _current(await _matched(request, viewer, event_id, now))
    await readiness.change_notice_state(viewer, event_id, notice_id, (await body_of(request, NoticeMove)).to, now)
    return await _notices(request, viewer, event_id, now)


async def _notices(request: FormRequest, viewer: Viewer, event_id: UUID, now: Now) -> Response[Any]:
    return json_response(request, await _shown(await _view(viewer, event_id, now)))


async def _matched(request: FormRequest, viewer: Viewer, event_id: UUID, now: Now) -> ReadinessView:
    """Return the notices as the program read them. Errors: NotFound, Refused."""
    view = await _view(viewer, event_id, now)
    check_match(request, await _shown(view))
    return view


async def _view(viewer: Viewer, event_id: UUID, now: Now) -> ReadinessView:
    """Return the notices, and note that the operation was read. Errors: NotFound."""
    whole = await read_by(viewer, event_id, now)
    return await readiness_view(viewer, event_id, whole.view.occurrence.key)


def _current(view: ReadinessView) -> UUID:
    """Return the id of the notice that hasn't ended. Errors: Conflict without one."""
    if view.current is None:
        raise Conflict(NO_NOTICE)
    return view.current.id


def _text(new: NewNotice) -> NoticeText:
    return NoticeText(
        starts_at=in_utc(new.starts_at),
        ends_at=in_utc(new.ends_at),
        fewest=new.fewest,
        most=new.most,
        languages=clean(new.languages, LONGEST_TEXTS["languages"], "languages"),
        minors=new.minors,
        needs=clean(new.needs, LONGEST_TEXTS["needs"], "needs", multiline=True),
        place=clean(new.place, LONGEST_TEXTS["place"], "place"),
        contact=clean(new.contact, LONGEST_TEXTS["contact"], "contact"),
    )


async def _shown(view: ReadinessView) -> NoticesShown:
    people = await all_candidates(view.candidates) if view.may_plan else []
    return NoticesShown(
        current=_notice(view.current) if view.current else None,
        is_outside=view.is_outside,
        may_write=view.may_write,
        people=tuple(NamedId(id=person.id, name=f"{person.name} ({person.agency})") for person in people),
        off_site=tuple(
            OffSitePlace(id=public_site.id, name=public_site.name, agency=public_site.agency)
            for public_site in view.off_site
        ),
        earlier=tuple(_notice(notice) for notice in view.notices if notice.is_over),
    )


def _notice(notice: LedNotice) -> NoticeShown:
    text = notice.text
    return NoticeShown(
        state=notice.state,
        starts_at=text.starts_at,
        ends_at=text.ends_at,
        fewest=text.fewest,
        most=text.most,
        languages=text.languages,
        minors=text.minors,
        needs=text.needs,
        place=text.place,
        contact=text.contact,
        release_at=notice.release_at,
        released_at=notice.released_at,
        recipients=tuple(
            RecipientShown(
                id=recipient.id, name=recipient.name, agency=recipient.agency, acknowledged_at=recipient.acknowledged_at
            )
            for recipient in notice.recipients
        ),
    )
