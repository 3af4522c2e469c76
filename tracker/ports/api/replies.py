"""Replies in JSON: the viewer's own to a date or a series, and those to a date by agency and by name."""

from datetime import datetime
from enum import StrEnum
from functools import partial
from typing import Annotated
from uuid import UUID

from msgspec import Meta

from tracker.errors import NotFound
from tracker.ports.api.events import EVENT
from tracker.ports.api.occurrences import OCCURRENCE
from tracker.ports.api.operations import Resource, operation
from tracker.ports.api.shapes import Given, Moment, Shown, shown
from tracker.ports.http.dependencies import Now, PathId, PathText, Viewer
from tracker.rules.core.clean_text import clean
from tracker.rules.events.events import Event, Occurrence
from tracker.rules.events.replies import LONGEST_COMMENT, AttendeeRole, ReplyValue
from tracker.rules.identity.api_tokens import ApiScope
from tracker.usecases.core import audit
from tracker.usecases.events import replies as reply_deeds
from tracker.usecases.events.occurrences import date_seen_by, nearest_date
from tracker.usecases.events.replies import MyReply
from tracker.usecases.views.event_page import view_event

TAG = "Replies"
READ, WRITE = ApiScope.REPLIES_READ, ApiScope.REPLIES_WRITE
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


async def _my_reply(viewer: Viewer, _: datetime, event_id: UUID, key: str) -> tuple[MyReply, ReplyShown]:
    """Return the viewer's own reply. Errors: NotFound, also for people who aren't invited."""
    my_reply = await reply_deeds.my_reply(viewer, await date_seen_by(viewer, event_id, key))
    if my_reply is None:
        raise NotFound
    reply = my_reply[1]
    if reply is None:
        return my_reply, ReplyShown(
            event_id=event_id,
            key=key,
            reply=ReplyValue.NEEDS_ACTION,
            comment="",
            replied_at=None,
            entered_by=None,
            substitute=None,
            substitute_note="",
        )
    return my_reply, shown(ReplyShown, reply, event_id=event_id, key=key, reply=reply.value)


MY_REPLY = Resource(name="my_reply", path=f"{OCCURRENCE.path}/reply", shape=ReplyShown, see=_my_reply)
_reads = partial(operation, "GET", tag=TAG, scope=READ)
_replies = partial(operation, "PUT", tag=TAG, scope=WRITE, gives=MY_REPLY, may_conflict=True)


@_reads(f"{OCCURRENCE.path}/replies", "Read the replies to a date", response=RepliesShown)
async def read_replies(event_id: PathId, key: PathText, viewer: Viewer, now: Now) -> RepliesShown:
    """Return the replies to a date."""
    view = await view_event(viewer, event_id, key, now)
    await audit.record_date_read(viewer, view.occurrence, now)
    unread = {} if view.may_edit else {"comment": "", "substitute_note": ""}
    return RepliesShown(
        total=shown(AgencyCounts, view.total),
        agencies=tuple(shown(AgencyCounts, replies) for replies in view.replies),
        people=tuple(shown(PersonReply, participant, **unread) for participant in view.named),
        informed=tuple(shown(InformedPerson, informed) for informed in view.informed),
    )


@_reads(MY_REPLY.path, "Read your reply to a date", of=MY_REPLY, text="There is none if you aren’t invited.")
async def read_reply() -> None:
    """Return the viewer's own reply to a date."""


@_replies(
    MY_REPLY.path,
    "Reply to a date",
    of=OCCURRENCE,
    text="Applies to this date only, and overrides a reply to the series.",
)
async def reply_to_date(occurrence: Occurrence, new: NewReply, viewer: Viewer, now: Now) -> None:
    """Record the viewer's own reply to a date."""
    await _record(viewer, occurrence.event.id, occurrence.key, new, now, for_series=False)


@_replies(
    f"{EVENT.path}/reply",
    "Reply to an event",
    of=EVENT,
    text="Applies to all dates without a reply of their own. The response shows what applies to the next one.",
)
async def reply_to_event(event: Event, new: NewReply, viewer: Viewer, now: Now) -> dict[str, str]:
    """Record the viewer's own reply to a whole event."""
    nearest = await nearest_date(viewer, event.id, now)
    await _record(viewer, event.id, nearest.key, new, now, for_series=True)
    return {"key": nearest.key}


async def _record(viewer: Viewer, event_id: UUID, key: str, new: NewReply, now: datetime, *, for_series: bool) -> None:
    comment = clean(new.comment, LONGEST_COMMENT, "comment", multiline=True)
    await reply_deeds.record_own_reply(
        viewer, event_id, key, ReplyValue(new.reply), comment, now, for_series=for_series, substitute=new.substitute
    )
