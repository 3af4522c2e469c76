"""Replies and attendance in JSON: the viewer's own reply and those of others; the sheet of a date, for its takers."""

from datetime import datetime
from enum import StrEnum
from functools import partial
from typing import Annotated
from uuid import UUID

from msgspec import Meta
from msgspec.structs import asdict

from tracker.crypto import ids
from tracker.errors import NotFound
from tracker.ports.api.events import EVENT
from tracker.ports.api.occurrences import OCCURRENCE
from tracker.ports.api.operations import Resource, operation, read_operation
from tracker.ports.api.shapes import DateId, Given, Lines, Moment, Shown, shown, without
from tracker.ports.http.dependencies import Now, PathId, PathText, Viewer
from tracker.rules.attendance import LONGEST_NAME, AttendanceWalkIn, Mark
from tracker.rules.core.viewers import Arm
from tracker.rules.events.events import Event, Occurrence
from tracker.rules.events.replies import LONGEST_COMMENT, AttendeeRole, ReplyValue
from tracker.rules.identity import ApiScope
from tracker.usecases import attendance
from tracker.usecases.attendance import AttendanceSheet
from tracker.usecases.core import audit
from tracker.usecases.events import replies as reply_deeds
from tracker.usecases.events.occurrences import date_seen_by, nearest_date
from tracker.usecases.events.replies import MyReply
from tracker.usecases.views.event_page import view_event

TAG = "Replies"
READ, WRITE = ApiScope.REPLIES_READ, ApiScope.REPLIES_WRITE
Comment = Annotated[Lines, Meta(max_length=LONGEST_COMMENT, description="Don’t include victim or case details.")]
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


@without(ReplyValue.NEEDS_ACTION)
class Reply(StrEnum):
    """The possible replies of an invited person."""


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


class ReplyShown(DateId):
    """Your own reply as it counts for a date."""

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


class InformedPerson(Shown):
    """A person who is kept informed of the event, and whom you read by name."""

    member_id: UUID
    name: str
    agency: str


class PersonReply(InformedPerson):
    """The reply of a person whose name you can see. Only people who may change the event get comments and notes."""

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
_replies = partial(operation, "PUT", tag=TAG, scope=WRITE, gives=MY_REPLY, may_conflict=True)


@operation(
    "GET", f"{OCCURRENCE.path}/replies", "Read the replies to a date", tag=TAG, scope=READ, response=RepliesShown
)
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


read_reply = read_operation(
    MY_REPLY, "Read your reply to a date", tag=TAG, scope=READ, text="There is none if you aren’t invited."
)


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
    await reply_deeds.record_own_reply(
        viewer, event_id, key, ReplyValue(new.reply), new.comment, now, for_series=for_series, substitute=new.substitute
    )


ATTENDANCE_TAG = "Attendance"
READ_ATTENDANCE, WRITE_ATTENDANCE = ApiScope.ATTENDANCE_READ, ApiScope.ATTENDANCE_WRITE


@without(Mark.ABSENT, Mark.EXCUSED, Mark.CLEARED)
class WalkInMark(StrEnum):
    """How a person who was not invited took part."""


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


class SheetShown(DateId):
    """The attendance sheet of a date."""

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
    mark: WalkInMark = WalkInMark(Mark.HERE)


async def _roll(viewer: Viewer, now: datetime, event_id: UUID, key: str) -> tuple[AttendanceSheet, SheetShown]:
    """Return the sheet of a date. Errors: NotFound, also for people who may not take attendance."""
    roll = await attendance.read_roll_call(viewer, event_id, key, now)
    quorum = roll.recorded_quorum
    sheet = SheetShown(
        event_id=event_id,
        key=key,
        closed_at=roll.occurrence.attendance_closed_at,
        counts=shown(SheetCounts, roll.tally),
        quorum=shown(
            QuorumShown,
            quorum,
            is_met=quorum.count.is_met,
            filled=quorum.count.filled,
            needed=quorum.rule.seats,
            both_arms=quorum.rule.both_arms,
        )
        if quorum
        else None,
        lines=tuple(shown(SheetLine, line) for line in roll.lines),
    )
    return roll, sheet


ROLL = Resource(
    name="roll", path="/events/{event_id:uuid}/occurrences/{key:str}/attendance", shape=SheetShown, see=_roll
)
_marks = partial(operation, tag=ATTENDANCE_TAG, scope=WRITE_ATTENDANCE, of=ROLL, may_conflict=True)


read_sheet = read_operation(
    ROLL,
    "Read the attendance sheet of a date",
    tag=ATTENDANCE_TAG,
    scope=READ_ATTENDANCE,
    text="For people who can take attendance: the organizer, the committee’s chair, or a coordinator.",
)


@_marks(
    "PUT", f"{ROLL.path}/marks/{{member_id:uuid}}", "Mark a person", text="Repeating the same mark changes nothing."
)
async def mark(event_id: PathId, key: PathText, member_id: PathId, new: NewMark, viewer: Viewer, now: Now) -> None:
    """Mark one member on the sheet."""
    await attendance.record_marks(viewer, event_id, key, {member_id: new.mark}, now)


@_marks(
    "POST",
    f"{ROLL.path}/replied-yes",
    "Mark everyone who replied yes as here",
    text="People who already have a mark keep it.",
)
async def mark_replied_yes(event_id: PathId, key: PathText, viewer: Viewer, now: Now) -> None:
    """Mark everyone here who replied yes and has no mark."""
    await attendance.mark_replied_yes_here(viewer, event_id, key, now)


@_marks("POST", f"{ROLL.path}/walk-ins", "Add a walk-in", text="A person who came without an invitation.")
async def add_walk_in(
    event_id: PathId, key: PathText, new: NewWalkIn, request_key: UUID | None, viewer: Viewer, now: Now
) -> None:
    """Add a person who was not invited."""
    walk_in = AttendanceWalkIn(id=request_key or ids.new_id(), **(asdict(new) | {"mark": Mark(new.mark)}))
    await attendance.record_walk_in(viewer, event_id, key, walk_in, now)


@_marks(
    "POST",
    f"{ROLL.path}/closure",
    "Close attendance",
    text="People without a mark stay unmarked. Closing twice changes nothing. Not allowed before the date begins.",
)
async def close(event_id: PathId, key: PathText, viewer: Viewer, now: Now) -> None:
    """Close attendance."""
    await attendance.close_attendance(viewer, event_id, key, now)


@_marks("POST", f"{ROLL.path}/reopening", "Reopen attendance", text="To correct a mark; earlier marks are kept.")
async def reopen(event_id: PathId, key: PathText, viewer: Viewer, now: Now) -> None:
    """Reopen attendance."""
    await attendance.reopen_attendance(viewer, event_id, key, now)
