"""What people write back to an email of ours: recorded for the person who got it, and confirmed to them alone."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from msgspec.structs import replace

from tracker.crypto import ids
from tracker.errors import NotFound
from tracker.rules.core.answers import Taken
from tracker.rules.core.viewer import Viewer
from tracker.rules.intake.emails import ReceivedEmail
from tracker.tables.background.events import invitees
from tracker.tables.background.intake import words as known
from tracker.tables.background.intake.words import Answered
from tracker.tables.schema.intake.words import IncomingWords
from tracker.usecases.core.viewers import viewer_for
from tracker.usecases.events import substitutes
from tracker.usecases.intake import answers, item_words, replies, reply_words
from tracker.usecases.intake.replies import BY_EMAIL
from tracker.usecases.intake.understood import UNMATCHED, Understood
from tracker.usecases.roster import aliases

NOT_CONFIRMED = {Taken.UNMATCHED, Taken.IGNORED}


def is_for(email: ReceivedEmail) -> bool:
    """Return whether an email came to the address of a message, or has only text for the address of an invitation."""
    has_calendar = bool(email.replies or email.task)
    has_text_alone = email.is_readable and not email.is_automatic and bool(email.text) and not has_calendar
    return email.message_id is not None or (email.invitation_id is not None and has_text_alone)


async def look(email: ReceivedEmail) -> Answered | None:
    """Return what an email replies to; one to the organizer's address in a calendar replies to the whole event."""
    if email.message_id is not None:
        return await known.answered(email.message_id)
    holder = await invitees.holder_of(email.invitation_id) if email.invitation_id else None
    return (
        Answered(
            recipient_id=holder.member_id,
            item_id=None,
            event_id=holder.event_id,
            occurrence_id=None,
            sent_at=email.received_at,
        )
        if holder
        else None
    )


async def take(email: ReceivedEmail, answered: Answered | None) -> Sequence[str]:
    """Do what an email says, and keep what became of it. The caller is inside `writing()`.

    A reply of a calendar program that came to the address of a message is taken as if it came to the invitation's.
    """
    if email.replies:
        to_invitation = replace(email, invitation_id=await _invitation_of(answered) if answered else None)
        return await replies.take(to_invitation, await replies.look(to_invitation))
    viewer, understood = await _understood(email, answered)
    row_id = await _keep(email, viewer, understood)
    if viewer is not None:
        await answers.confirm(viewer, understood, row_id, email.received_at)
    return [understood.outcome]


async def _invitation_of(answered: Answered) -> UUID | None:
    """Return the invitation of a message's recipient; one whom it doesn't ask may come in another person's place."""
    if answered.event_id is None:
        return None
    own = (await invitees.invitations(answered.event_id)).get(answered.recipient_id)
    if own is None or own.is_withdrawn or not own.role.is_asked:
        dates = [answered.occurrence_id] if answered.occurrence_id else []
        turns = await substitutes.of_member(answered.event_id, answered.recipient_id, dates)
        turn = next(iter(turns.values()), None)
        return turn.invitation_id if turn else own and own.id
    return own.id


async def _understood(email: ReceivedEmail, answered: Answered | None) -> tuple[Viewer | None, Understood]:
    """Return what was understood, and whose email it is; None when that could not be confirmed."""
    if email.is_automatic:
        return None, Understood(outcome=Taken.IGNORED)
    if not email.is_readable:
        return None, Understood(outcome=Taken.UNREADABLE)
    viewer = await _recipient(answered, email.received_at) if answered else None
    if answered is None or viewer is None:
        return None, UNMATCHED
    is_theirs = email.sender.is_verified and email.sender.address in await aliases.addresses_of(viewer)
    understood = await _taken(viewer, answered, email, is_theirs=is_theirs)
    return (viewer if is_theirs and understood.outcome not in NOT_CONFIRMED else None), understood


async def _taken(viewer: Viewer, answered: Answered, email: ReceivedEmail, *, is_theirs: bool) -> Understood:
    if answered.event_id is not None and email.task is None:
        return await reply_words.taken(viewer, answered, email, is_theirs=is_theirs)
    if answered.item_id is None:
        return UNMATCHED
    taken = item_words.taken if is_theirs else item_words.kept
    return await taken(viewer, answered.item_id, email)


async def _recipient(answered: Answered, now: datetime) -> Viewer | None:
    try:
        return replace(await viewer_for(answered.recipient_id, now), origin=BY_EMAIL)
    except NotFound:
        return None


async def _keep(email: ReceivedEmail, viewer: Viewer | None, understood: Understood) -> UUID:
    row = IncomingWords(
        id=ids.new_id(),
        received_at=email.received_at,
        email_hash=email.name,
        sender=email.sender.address,
        is_verified=email.sender.is_verified,
        member=viewer.member_id if viewer else None,
        outcome=understood.outcome,
        word=understood.said.word,
        item=understood.item_id,
        reply=understood.reply_id,
        status_before=understood.before.status if understood.before else None,
        progress_before=understood.before.progress if understood.before else None,
        blocked_before=understood.before.blocked_at if understood.before else None,
        claimed=understood.claimed_id,
        text=understood.said.text if understood.claimed_id else "",
    )
    await IncomingWords.insert(row)
    return row.id
