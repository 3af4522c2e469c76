"""Replies in JSON: the viewer's own to a date or a series, and those to a date by agency and by name."""

from enum import StrEnum
from functools import partial
from typing import Annotated, Any
from uuid import UUID

from litestar import HttpMethod, Response
from msgspec import Meta

from tracker.errors import NotFound
from tracker.ports.api.operations import Operation, operation
from tracker.ports.api.reading import body_of
from tracker.ports.api.responses import json_response
from tracker.ports.api.shapes import Given, Moment, Shown
from tracker.ports.http.dependencies import Now, PathId, PathText, Viewer
from tracker.ports.http.forms import FormRequest
from tracker.rules.core.clean_text import clean
from tracker.rules.events.replies import LONGEST_COMMENT, AttendeeRole, Participant, ReplyValue
from tracker.rules.identity.api_tokens import ApiScope
from tracker.usecases.core import audit
from tracker.usecases.events import replies as reply_deeds
from tracker.usecases.events.occurrences import date_seen_by, nearest_date
from tracker.usecases.views.event_page import AgencyReplies, view_event

TAG = "Replies"
READ, WRITE = ApiScope.REPLIES_READ, ApiScope.REPLIES_WRITE
EVENT = "/events/{event_id:uuid}"
DATE = f"{EVENT}/occurrences/{{key:str}}"
Comment = Annotated[str, Meta(max_length=LONGEST_COMMENT, description="Don’t include victim or case details.")]


EnteredBy = Annotated[
    str | None,
    Meta(
        description="Who recorded it for them, or named them as a substitute, with their agency. Null if they replied"
        " themselves."
    ),
]


Substitute = Annotated[str | None, Meta(description="Their substitute, with the agency. Null if there is none.")]


SubstituteNote = Annotated[
    str, Meta(description="The note of a substitute who can’t come. Empty once another reply counts.")
]


class Reply(StrEnum):
    """The possible replies of an invited person."""

    ACCEPTED = "accepted"
    TENTATIVE = "tentative"
    DECLINED = "declined"


class NewReply(Given):
    """Your own reply."""

    reply: Reply
    comment: Comment = ""
    substitute: Annotated[
        UUID | None,
        Meta(
            description="An alternate for your seat on the event’s committee, who comes to this date while you decline."
        ),
    ] = None


class ReplyShown(Shown):
    """Your own reply as it counts for a date."""

    event_id: UUID
    key: str
    reply: ReplyValue
    comment: str
    replied_at: Moment | None
    entered_by: EnteredBy
    substitute: Substitute
    substitute_note: SubstituteNote


class AgencyCounts(Shown):
    """The replies of one agency in numbers."""

    agency: str
    invited: int
    accepted: int
    tentative: int
    declined: int
    waiting: int


class PersonReply(Shown):
    """The reply of a person whose name you can see. Only people who may change the event get comments and notes."""

    member_id: UUID
    name: str
    agency: str
    role: AttendeeRole
    reply: ReplyValue
    comment: str
    replied_at: Moment | None
    entered_by: EnteredBy
    substitute: Substitute
    substitute_note: SubstituteNote
    substitutes_for: Annotated[
        str | None, Meta(description="Whom they substitute for. Null if they were invited themselves.")
    ]


class InformedPerson(Shown):
    """A person who is kept informed of the event, and whom you read by name."""

    member_id: UUID
    name: str
    agency: str


class RepliesShown(Shown):
    """The replies to a date: all in numbers, and those that you may read by name."""

    total: AgencyCounts
    agencies: tuple[AgencyCounts, ...]
    people: tuple[PersonReply, ...]
    informed: Annotated[
        tuple[InformedPerson, ...], Meta(description="Kept informed and not asked to reply. Not in any count.")
    ]


_reads = partial(Operation, tag=TAG, scope=READ)
_replies = partial(Operation, tag=TAG, scope=WRITE, body=NewReply, response=ReplyShown, may_conflict=True)


@operation(HttpMethod.GET, f"{DATE}/replies", _reads(summary="Read the replies to a date", response=RepliesShown))
async def read_replies(
    event_id: PathId, key: PathText, request: FormRequest, viewer: Viewer, now: Now
) -> Response[Any]:
    """Return the replies to a date."""
    view = await view_event(viewer, event_id, key, now)
    await audit.record_date_read(viewer, view.occurrence, now)
    shown = RepliesShown(
        total=_counts(view.total),
        agencies=tuple(map(_counts, view.replies)),
        people=tuple(_person(participant, reads_comments=view.may_edit) for participant in view.named),
        informed=tuple(
            InformedPerson(member_id=informed.member_id, name=informed.name, agency=informed.agency)
            for informed in view.informed
        ),
    )
    return json_response(request, shown)


@operation(
    HttpMethod.GET,
    f"{DATE}/reply",
    _reads(summary="Read your reply to a date", response=ReplyShown, text="There is none if you aren’t invited."),
)
async def read_reply(event_id: PathId, key: PathText, request: FormRequest, viewer: Viewer) -> Response[Any]:
    """Return the viewer's own reply to a date."""
    return await _mine(request, viewer, event_id, key)


@operation(
    HttpMethod.PUT,
    f"{DATE}/reply",
    _replies(summary="Reply to a date", text="Applies to this date only, and overrides a reply to the series."),
)
async def reply_to_date(
    event_id: PathId, key: PathText, request: FormRequest, viewer: Viewer, now: Now
) -> Response[Any]:
    """Record the viewer's own reply to a date."""
    return await _reply(request, viewer, now, event_id, key, for_series=False)


@operation(
    HttpMethod.PUT,
    f"{EVENT}/reply",
    _replies(
        summary="Reply to an event",
        text="Applies to all dates without a reply of their own. The response shows what applies to the next one.",
    ),
)
async def reply_to_event(event_id: PathId, request: FormRequest, viewer: Viewer, now: Now) -> Response[Any]:
    """Record the viewer's own reply to a whole event."""
    nearest = await nearest_date(viewer, event_id, now)
    return await _reply(request, viewer, now, event_id, nearest.key, for_series=True)


async def _reply(
    request: FormRequest, viewer: Viewer, now: Now, event_id: UUID, key: str, *, for_series: bool
) -> Response[Any]:
    await date_seen_by(viewer, event_id, key)
    new = await body_of(request, NewReply)
    comment = clean(new.comment, LONGEST_COMMENT, "comment", multiline=True)
    await reply_deeds.record_own_reply(
        viewer, event_id, key, ReplyValue(new.reply), comment, now, for_series=for_series, substitute=new.substitute
    )
    return await _mine(request, viewer, event_id, key)


async def _mine(request: FormRequest, viewer: Viewer, event_id: UUID, key: str) -> Response[Any]:
    my_reply = await reply_deeds.my_reply(viewer, await date_seen_by(viewer, event_id, key))
    if my_reply is None:
        raise NotFound
    given = my_reply[1]
    shown = ReplyShown(
        event_id=event_id,
        key=key,
        reply=given.value if given else ReplyValue.NEEDS_ACTION,
        comment=given.comment if given else "",
        replied_at=given.replied_at if given else None,
        entered_by=(given.entered_by or None) if given else None,
        substitute=(given.substitute or None) if given else None,
        substitute_note=given.substitute_note if given else "",
    )
    return json_response(request, shown)


def _counts(replies: AgencyReplies) -> AgencyCounts:
    return AgencyCounts(
        agency=replies.agency,
        invited=replies.invited,
        accepted=replies.accepted,
        tentative=replies.tentative,
        declined=replies.declined,
        waiting=replies.waiting,
    )


def _person(participant: Participant, *, reads_comments: bool) -> PersonReply:
    return PersonReply(
        member_id=participant.member_id,
        name=participant.name,
        agency=participant.agency,
        role=participant.role,
        reply=participant.reply,
        comment=participant.comment if reads_comments else "",
        replied_at=participant.replied_at,
        entered_by=participant.entered_by or None,
        substitute=participant.substitute or None,
        substitute_note=participant.substitute_note if reads_comments else "",
        substitutes_for=participant.substitutes_for or None,
    )
