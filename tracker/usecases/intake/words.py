"""What people write back to an email of ours: recorded for the person who got it, and confirmed to them alone."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from tracker.crypto import ids
from tracker.database import writing
from tracker.errors import NotFound
from tracker.rules.core.answers import Taken
from tracker.rules.core.viewer import Viewer
from tracker.rules.intake.emails import ReceivedEmail
from tracker.tables.background.intake import words as known
from tracker.tables.background.intake.words import Answered
from tracker.tables.schema.intake.words import IncomingWords
from tracker.usecases.core.viewers import viewer_for
from tracker.usecases.intake import answers, item_words
from tracker.usecases.intake.replies import BY_EMAIL
from tracker.usecases.intake.understood import UNMATCHED, Understood

REPEATED = "repeated"


def is_for(email: ReceivedEmail) -> bool:
    """Return whether an email came to the address of a message."""
    return email.message_id is not None


async def take(email: ReceivedEmail) -> Sequence[str]:
    """Do what an email says, and keep what became of it; the same email again changes nothing."""
    async with writing():
        if await known.is_known(email.name):
            return [REPEATED]
        viewer, understood = await _understood(email)
        row_id = await _keep(email, viewer, understood)
        if viewer is not None:
            await answers.confirm(viewer, understood, row_id, email.received_at)
    return [understood.outcome]


async def _understood(email: ReceivedEmail) -> tuple[Viewer | None, Understood]:
    if email.is_automatic:
        return None, Understood(outcome=Taken.IGNORED)
    if not email.is_readable:
        return None, Understood(outcome=Taken.UNREADABLE)
    answered = await known.answered(email.message_id) if email.message_id else None
    viewer = await _writer(email, answered) if answered else None
    if viewer is None or answered is None or answered.item_id is None:
        return None, UNMATCHED
    understood = await item_words.taken(viewer, answered.item_id, email)
    return (None if understood is UNMATCHED else viewer), understood


async def _writer(email: ReceivedEmail, answered: Answered) -> Viewer | None:
    """Return the person who got the message, if the email comes from their address and our mail server says so."""
    try:
        viewer = await viewer_for(answered.recipient_id, email.received_at)
    except NotFound:
        return None
    is_theirs = email.sender.is_verified and email.sender.address == viewer.email.lower()
    return replace(viewer, origin=BY_EMAIL) if is_theirs else None


async def _keep(email: ReceivedEmail, viewer: Viewer | None, understood: Understood) -> UUID:
    row = IncomingWords(
        id=ids.new_id(),
        received_at=email.received_at,
        email_hash=email.name,
        sender=email.sender.address,
        member=viewer.member_id if viewer else None,
        outcome=understood.outcome,
        word=understood.said.word,
        item=understood.item_id,
        reply=understood.reply_id,
        status_before=understood.status,
        progress_before=understood.progress,
        version=understood.version,
    )
    await IncomingWords.insert(row)
    return row.id
