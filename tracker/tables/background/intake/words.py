"""Emails that people wrote back to an email of ours, as ids, states, and times."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from tracker.rules.core.answers import Taken
from tracker.tables.schema.core.outbox import Message
from tracker.tables.schema.intake.words import IncomingWords


@dataclass(frozen=True, kw_only=True)
class Answered:
    """The message that an email replies to: who got it, and what it is about."""

    recipient_id: UUID
    item_id: UUID | None
    event_id: UUID | None
    occurrence_id: UUID | None
    written_at: datetime


async def answered(message_id: UUID) -> Answered | None:
    """Return a message that was queued; None when there is none."""
    found = await Message.select(
        Message.recipient, Message.item, Message.event, Message.occurrence, Message.created_at
    ).where(Message.id == message_id)
    return (
        Answered(
            recipient_id=found[0]["recipient"],
            item_id=found[0]["item"],
            event_id=found[0]["event"],
            occurrence_id=found[0]["occurrence"],
            written_at=found[0]["created_at"],
        )
        if found
        else None
    )


async def is_known(email: str) -> bool:
    """Return whether an email came before."""
    return bool(await IncomingWords.exists().where(IncomingWords.email_hash == email))


async def recorded_since(member_id: UUID, since: datetime) -> int:
    """Return how many emails of a person changed something since then."""
    return await IncomingWords.count().where(
        (IncomingWords.member == member_id)
        & (IncomingWords.received_at > since)
        & (IncomingWords.outcome == Taken.RECORDED)
    )
