"""Bounces: kept with their message; after three of them, nothing more is sent to the address until it is restored."""

from datetime import datetime
from uuid import UUID

from tracker.crypto import ids
from tracker.database import writing
from tracker.rules.core.actors import Actor, Origin
from tracker.rules.core.outbox import PAUSED, Message, Skip, State
from tracker.rules.intake.bounces import COUNTED_FOR, Bounce, Failure, Fate, Refusal, is_to_pause
from tracker.rules.intake.emails import ReceivedEmail
from tracker.tables.background.emails import email_pauses
from tracker.tables.background.intake import bounces as known
from tracker.tables.background.intake.bounces import SentMessage
from tracker.tables.schema.core import outbox as schema
from tracker.tables.schema.intake import bounces as rows
from tracker.tables.schema.roster.people import Member
from tracker.usecases.core import audit, outbox

BY_EMAIL = Actor(origin=Origin("email"))


def is_for(email: ReceivedEmail) -> bool:
    """Return whether an email came to the address of a message's bounces."""
    return email.bounced_id is not None


async def look(email: ReceivedEmail) -> SentMessage | None:
    """Return the message that an email says came back; None when it is gone."""
    return await known.sent_message(email.bounced_id) if email.bounced_id else None


async def take(email: ReceivedEmail, sent: SentMessage | None) -> list[str]:
    """Keep what an email to the address of a message's bounces says. The caller is inside `writing()`."""
    if email.bounced_id is not None:
        await _note(email.bounced_id, sent, email.bounce, email.received_at, email_hash=email.name)
    return [email.bounce.fate]


async def refuse(message: Message, refusal: Refusal, now: datetime) -> None:
    """Record that the mail server refused a message for good, as `outbox.close` does, and that it is a bounce."""
    async with writing():
        ended = Skip(state=State.BOUNCED, reason=refusal.words, sent_to=refusal.sent_to)
        await outbox.close(message, ended, now)
        await _note(message.id, await known.sent_message(message.id), refusal.bounce, now)


async def _note(
    message_id: UUID, sent: SentMessage | None, bounce: Bounce, at: datetime, email_hash: str | None = None
) -> None:
    """Keep a bounce; the caller is inside `writing()`. A message that came back stays sent: it was handed over."""
    await rows.Bounce.insert(
        rows.Bounce(
            id=ids.new_id(),
            received_at=at,
            email_hash=email_hash,
            message=message_id if sent else None,
            fate=bounce.fate,
            cause=bounce.cause,
            status=bounce.status,
            words=bounce.words,
            is_counted=bounce.counts,
        )
    )
    if bounce.fate is Fate.FAILED:
        was_sent = (schema.Message.id == message_id) & (schema.Message.state == State.SENT.value)
        await schema.Message.update({"bounced_at": at, "reason": bounce.reason}).where(was_sent)
    if sent and sent.is_to_current and bounce.counts:
        await _pause_if_due(sent.recipient_id, at)


async def _pause_if_due(member_id: UUID, now: datetime) -> None:
    returned = await known.returned(member_id, now - COUNTED_FOR)
    failures = [Failure(message_id=one.message_id, at=one.at) for one in returned if one.is_counted]
    if not is_to_pause(failures, now) or member_id in await email_pauses.paused():
        return
    [address] = await Member.select(Member.email).where(Member.id == member_id).output(as_list=True)
    await rows.EmailPause.insert(
        rows.EmailPause(id=ids.new_id(), member=member_id, address=address, paused_at=now, restored_at=None)
    )
    await outbox.suppress_for(member_id, PAUSED)
    await audit.record(BY_EMAIL, "email_paused", "member", member_id, {}, now)
