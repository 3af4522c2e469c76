"""Replies recorded on another person's behalf: what they said by telephone, or to the organizer in person."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from tracker.database import writing
from tracker.errors import Conflict, Invalid, NotAllowed
from tracker.rules.attendance.roll_call import named_participants
from tracker.rules.core.viewers import Viewer
from tracker.rules.events.event import EventStatus, Occurrence, may_edit
from tracker.rules.events.replies import Given, Participant, ReplySource, ReplyValue, answerable, line_of
from tracker.tables.visible import attendance
from tracker.usecases.events import replies, substitute_replies
from tracker.usecases.events.occurrences import date_for

IS_COMING = "A substitute already counts as coming. Record No only if they can’t come."
ONE_DATE = "A substitute is for one date only. Choose “This date”."


class RepliedFor(NamedTuple):
    """A person whose reply was recorded, and the substitute whom it released."""

    person: Participant
    released: str
    """With the agency; empty for no one."""


async def reply_for(  # noqa: PLR0913 - what one form holds
    viewer: Viewer,
    event_id: UUID,
    key: str,
    member_id: UUID | None,
    value: ReplyValue,
    comment: str,
    now: datetime,
    *,
    for_series: bool,
    invitation_id: UUID | None = None,
) -> RepliedFor:
    """Record an invitee's reply to one date, or to the series, and return who they are, and whom it released.

    No email is sent, except to a substitute who no longer comes because of it, and for a substitute's No to the person
    who named them. The person sees on their page who entered the reply, and may reply again, which then counts. Only
    for people whom the viewer sees by name. Of someone who substitutes for several people, the invitation says for
    whom.
    Errors: NotFound, NotAllowed, Gone, Invalid(person, reply, reply_for), Conflict for a draft or a deadline.
    """
    async with writing():
        occurrence = await date_for(viewer, event_id, key)
        _check(viewer, occurrence)
        replies.check_ahead(occurrence, now, for_series=False)
        named = named_participants(viewer, occurrence.event, await attendance.participants(viewer, occurrence))
        others = answerable(viewer, occurrence, named, now)
        person = line_of(others, member_id, invitation_id)
        if person is None:
            raise Invalid(person="Choose one of the invited people.")
        await _record(viewer, person, occurrence, Given(value, comment), now, for_series=for_series)
    is_for_all = (
        for_series and occurrence.event.is_series
    )  # a date with a substitute has a reply of its own, and keeps it
    return RepliedFor(person, "" if is_for_all else person.substitute)


async def _record(
    viewer: Viewer, person: Participant, occurrence: Occurrence, given: Given, now: datetime, *, for_series: bool
) -> None:
    invitation_id, entered = person.invitation_id, replies.EnteredFor(person.member_id)
    if not person.substitutes_for:
        source = ReplySource.ON_BEHALF
        await replies.record(
            viewer, invitation_id, occurrence, given, source, now, for_series=for_series, entered=entered
        )
        return
    if given.value is not ReplyValue.DECLINED:
        raise Invalid(reply=IS_COMING)
    if for_series:
        raise Invalid(reply_for=ONE_DATE)
    await substitute_replies.release(viewer, [invitation_id], occurrence, given.comment, now, entered=entered)


def _check(viewer: Viewer, occurrence: Occurrence) -> None:
    if not may_edit(viewer, occurrence.event):
        raise NotAllowed("Only the organizer, the committee’s chair, or a coordinator can record others’ replies.")
    if not occurrence.event.kind.asks_reply or occurrence.event.status is EventStatus.DRAFT:
        raise Conflict("No one is asked to reply to this event.")
