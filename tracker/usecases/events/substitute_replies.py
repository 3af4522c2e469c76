"""A substitute's own No: they can't come after all, and the person who named them has no substitute from then on.

It replaces the reply that named them, and can be undone (`substitute_undo`). A Yes changes nothing: a substitute
counts as coming. The person who named them gets an email, not before the No can no longer be undone on the page.
"""

from collections.abc import Container
from datetime import datetime
from uuid import UUID

from tracker.database import writing
from tracker.errors import NotAllowed
from tracker.rules.core.message_types import SubstituteDeclined
from tracker.rules.core.outbox import Draft
from tracker.rules.core.viewer import Viewer
from tracker.rules.events.event import Occurrence
from tracker.rules.events.replies import Given, ReplySource, ReplyValue
from tracker.rules.events.undo import UNDO_FOR
from tracker.tables.background.events import invitees, new_replies
from tracker.tables.background.events.invitees import GivenReply
from tracker.usecases.core import outbox
from tracker.usecases.events import replies, substitutes
from tracker.usecases.events.occurrences import date_for
from tracker.usecases.events.replies import EnteredFor


async def decline(viewer: Viewer, event_id: UUID, key: str, now: datetime) -> None:
    """Record that the viewer can't come to a date as a substitute. Errors: NotFound, NotAllowed, Gone."""
    async with writing():
        occurrence = await date_for(viewer, event_id, key)
        turns = await substitutes.turns_on(event_id, occurrence.id, viewer.member_id)
        if not turns:
            raise NotAllowed("You aren’t a substitute on this date.")
        replies.check_ahead(occurrence, now, for_series=False)
        for turn in turns:
            await release(viewer, turn.invitation_id, occurrence, "", now)


async def decline_by_email(
    substitute: Viewer, invitation_id: UUID, occurrence: Occurrence, comment: str, made_at: datetime, now: datetime
) -> None:
    """Record the same of someone who wrote it at `made_at` to one invitation.

    It also counts for others in whose place they come, unless they were named by them since.
    """
    for turn in await substitutes.turns_on(occurrence.event.id, occurrence.id, substitute.member_id):
        if turn.invitation_id == invitation_id or made_at >= turn.changed_at:
            await release(substitute, turn.invitation_id, occurrence, comment, now)


async def release(
    by: Viewer,
    invitation_id: UUID,
    occurrence: Occurrence,
    comment: str,
    now: datetime,
    *,
    entered: EnteredFor | None = None,
    knowing: Container[UUID] = (),
) -> None:
    """Record for an invitation that its substitute can't come to a date; the caller is inside `writing()`.

    `by` is the substitute, or someone who enters it for them (`entered`); the comment is the substitute's. The
    substitute gets the email that takes the date off their calendar, and the person of the invitation one that asks
    whether they come, or who does.
    """
    given, source = Given(ReplyValue.DECLINED, comment), ReplySource.SUBSTITUTE
    about = (by, invitation_id, occurrence, given, source, now)
    await replies.record(*about, for_series=False, entered=entered, knowing=knowing)
    await _notify(invitation_id, occurrence, now, now)


async def repeat(
    substitute_id: UUID, invitation_id: UUID, occurrence: Occurrence, said: GivenReply, now: datetime
) -> None:
    """Let an earlier No of a substitute count again, after an email from before it named them once more.

    They know. The person who named them is emailed that they can't come. The caller is inside `writing()`.
    """
    before = await substitutes.standing(occurrence.event.id)
    await new_replies.write_again(invitation_id, said.number)
    await substitutes.notify(occurrence.event.id, before, now, knowing={substitute_id})
    await outbox.take_back_one(key_of(invitation_id, occurrence, said.replied_at))
    await _notify(invitation_id, occurrence, said.replied_at, now)


async def _notify(invitation_id: UUID, occurrence: Occurrence, said_at: datetime, now: datetime) -> None:
    principal = await invitees.holder_of(invitation_id)
    if principal:
        await outbox.enqueue_all([_draft(principal.member_id, invitation_id, occurrence, said_at, now)], now)


def _draft(principal_id: UUID, invitation_id: UUID, occurrence: Occurrence, said_at: datetime, now: datetime) -> Draft:
    return Draft(
        content=SubstituteDeclined(at=said_at),
        recipient_id=principal_id,
        event_id=occurrence.event.id,
        occurrence_id=occurrence.id,
        key=key_of(invitation_id, occurrence, now),
        due=now + UNDO_FOR,
    )


def key_of(invitation_id: UUID, occurrence: Occurrence, at: datetime) -> str:
    """Return the key of the email to the person who named a substitute, about their No at that moment."""
    return f"substitute_declined:{invitation_id}:{occurrence.id}:{at.isoformat()}"
