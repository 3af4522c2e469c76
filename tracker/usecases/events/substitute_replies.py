"""A substitute's own No: they can't come after all, and the person who named them has no substitute from then on.

It replaces the reply that named them, and can be undone (`substitute_undo`). A Yes changes nothing: a substitute
counts as coming. The person who named them gets an email, not before the No can no longer be undone on the page.
"""

from collections.abc import Container, Sequence
from datetime import datetime
from uuid import UUID

from tracker.database import all_together, writing
from tracker.errors import NotAllowed
from tracker.rules.core.message_types import SubstituteDeclined
from tracker.rules.core.outbox import Draft
from tracker.rules.core.viewers import Viewer
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
        await release(viewer, [turn.invitation_id for turn in turns], occurrence, "", now)


async def decline_by_email(
    substitute: Viewer, invitation_id: UUID, occurrence: Occurrence, comment: str, made_at: datetime, now: datetime
) -> None:
    """Record the same of someone who wrote it at `made_at` to one invitation.

    It also counts for others in whose place they come, unless they were named by them since.
    """
    turns = await substitutes.turns_on(occurrence.event.id, occurrence.id, substitute.member_id)
    others = [one.invitation_id for one in turns if one.invitation_id != invitation_id and made_at >= one.changed_at]
    await release(substitute, [invitation_id, *others], occurrence, comment, now)


async def release(
    by: Viewer,
    invitation_ids: Sequence[UUID],
    occurrence: Occurrence,
    comment: str,
    now: datetime,
    *,
    entered: EnteredFor | None = None,
    knowing: Container[UUID] = (),
) -> None:
    """Record for one or more invitations that their substitute can't come to a date.

    `by` is the substitute, or someone who enters it for them (`entered`); the comment is the substitute's. The
    substitute gets one email that takes the date off their calendar, and the person of each invitation one that asks
    whether they come, or who does. The caller is inside `writing()`.
    """
    given, source = Given(ReplyValue.DECLINED, comment), ReplySource.SUBSTITUTE
    first, *others = invitation_ids
    about = (by, first, occurrence, given, source, now)
    await replies.record(*about, for_series=False, entered=entered, knowing=knowing, also=others)
    await _notify(invitation_ids, occurrence, now, now)


async def repeat(
    substitute_id: UUID, invitation_id: UUID, occurrence: Occurrence, said: GivenReply, now: datetime
) -> None:
    """Let an earlier No of a substitute count again, after an email from before it named them once more.

    They know. The person who named them is emailed that they can't come. The caller is inside `writing()`.
    """
    before = await substitutes.standing(occurrence.event.id)
    await new_replies.write_again(invitation_id, said.number)
    await substitutes.notify(occurrence.event.id, before, now, knowing={substitute_id})
    await outbox.take_back_lone_message(key_of(invitation_id, occurrence, said.replied_at))
    await _notify([invitation_id], occurrence, said.replied_at, now)


async def _notify(invitation_ids: Sequence[UUID], occurrence: Occurrence, said_at: datetime, now: datetime) -> None:
    holders = await all_together([invitees.holder_of(one) for one in invitation_ids])
    principals = [(one, holder.member_id) for one, holder in zip(invitation_ids, holders, strict=True) if holder]
    drafts = [_draft(member_id, one, occurrence, said_at, now) for one, member_id in principals]
    await outbox.enqueue_all(drafts, now)


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
