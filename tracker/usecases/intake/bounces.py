"""Bounces: kept with their message; after three of them, nothing more is sent to the address until it is restored.

People whose email can't be delivered: who they are, why, and sending to them again.
"""

from datetime import datetime
from uuid import UUID

from piccolo.querystring import QueryString

from tracker.crypto import ids
from tracker.database import engine, writing
from tracker.errors import Conflict, NotFound
from tracker.rules.core.outbox import PAUSED, Message, MessageState, SendOutcome
from tracker.rules.core.viewers import Actor, Origin, Viewer
from tracker.rules.intake.bounces import (
    COUNTED_FOR,
    AddressFailure,
    Bounce,
    DeliveryRefusal,
    Fate,
    PausedPerson,
    ReturnedEmail,
    Undeliverable,
    must_pause,
)
from tracker.rules.intake.received_emails import ReceivedEmail
from tracker.tables.background.emails import outbox_queue
from tracker.tables.background.intake import received_emails as known
from tracker.tables.background.intake.received_emails import SentMessage
from tracker.tables.schema import intake as rows
from tracker.tables.schema.core import tables as schema
from tracker.tables.schema.intake import EmailPause
from tracker.tables.schema.roster import Member
from tracker.tables.visible import intake
from tracker.usecases.core import audit, outbox
from tracker.usecases.roster import directory

MAIL_SERVER = Actor(origin=Origin("email"))
_PAUSED_PEOPLE = (
    "SELECT p.member, r.name, g.code FROM email_pause p"
    " JOIN member r ON r.id = p.member AND r.email = p.address JOIN agency g ON g.id = r.agency"
    " WHERE p.restored_at IS NULL AND r.status <> 'departed' ORDER BY r.name, r.id"
)
_PAUSE_OF_PERSON = (
    "SELECT p.id, p.paused_at FROM email_pause p JOIN member r ON r.id = p.member AND r.email = p.address"
    " WHERE p.restored_at IS NULL AND r.id = {}"
)
NOT_PAUSED = "Sending to this address isn’t paused."


def is_bounce(email: ReceivedEmail) -> bool:
    """Return whether an email came to the address of a message's bounces."""
    return email.bounced_id is not None


async def find_bounced_message(email: ReceivedEmail) -> SentMessage | None:
    """Return the message that an email says came back; None when it is gone."""
    return await known.sent_message(email.bounced_id) if email.bounced_id else None


async def take_bounce(email: ReceivedEmail, sent: SentMessage | None) -> list[str]:
    """Keep what an email to the address of a message's bounces says. The caller is inside `writing()`."""
    if email.bounced_id is not None:
        await _keep_bounce(email.bounced_id, sent, email.bounce, email.received_at, email_hash=email.name)
    return [email.bounce.fate]


async def record_refusal(message: Message, refusal: DeliveryRefusal, now: datetime) -> None:
    """Record that a mail server refused a message for good, as `outbox.close_message` does, and that it is a bounce."""
    async with writing():
        ended = SendOutcome(state=MessageState.BOUNCED, reason=refusal.words, sent_to=refusal.sent_to)
        await outbox.close_message(message, ended, now)
        await _keep_bounce(message.id, await known.sent_message(message.id), refusal.bounce, now)


async def _keep_bounce(
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
        was_sent = (schema.Message.id == message_id) & (schema.Message.state == MessageState.SENT.value)
        await schema.Message.update({"bounced_at": at, "reason": bounce.reason}).where(was_sent)
    if sent and sent.is_to_current and bounce.counts:
        await _pause_address(sent.recipient_id, at)


async def _pause_address(member_id: UUID, now: datetime) -> None:
    returned = await known.returned_messages(member_id, now - COUNTED_FOR)
    failures = [
        AddressFailure(message_id=returned_message.message_id, at=returned_message.at)
        for returned_message in returned
        if returned_message.is_counted
    ]
    if not must_pause(failures, now) or member_id in await outbox_queue.paused_members():
        return
    [address] = await Member.select(Member.email).where(Member.id == member_id).output(as_list=True)
    await rows.EmailPause.insert(
        rows.EmailPause(id=ids.new_id(), member=member_id, address=address, paused_at=now, restored_at=None)
    )
    await outbox.suppress_messages(member_id, PAUSED)
    await audit.record(MAIL_SERVER, "email_paused", "member", member_id, {}, now)


async def paused_people(viewer: Viewer) -> list[PausedPerson]:
    """Return the people to whom nothing is sent, by name; none for viewers who may not manage accounts."""
    if not viewer.manages_accounts:
        return []
    records = await engine().run_querystring(QueryString(_PAUSED_PEOPLE))
    return [PausedPerson(member_id=row["member"], name=row["name"], agency=row["code"]) for row in records]


async def count_paused_people() -> int:
    """Return to how many people nothing is sent."""
    return len(await engine().run_querystring(QueryString(_PAUSED_PEOPLE)))


async def undeliverable_emails(viewer: Viewer, member_id: UUID, now: datetime) -> Undeliverable | None:
    """Return what came back from a person's address within 90 days.

    Only those who manage accounts, and the person, may know: others would learn that there were emails. Errors:
    NotFound.
    """
    if not (viewer.manages_accounts or viewer.member_id == member_id):
        return None
    person = await directory.person_for(viewer, member_id)
    returned = await known.returned_messages(member_id, now - COUNTED_FOR)
    said = await intake.bounced_words(viewer, member_id)
    pause = await _current_pause(member_id)
    return Undeliverable(
        address=person.email,
        paused_at=pause[1] if pause else None,
        returned=tuple(
            ReturnedEmail(
                at=returned_message.at,
                fate=returned_message.fate,
                cause=returned_message.cause,
                is_counted=returned_message.is_counted,
                message_id=returned_message.message_id if returned_message.message_id in said else None,
                said=said.get(returned_message.message_id, ""),
            )
            for returned_message in returned
        ),
    )


async def resume_address(viewer: Viewer, member_id: UUID, now: datetime) -> None:
    """Send to a person's address again; what wasn't sent meanwhile stays unsent, for people to send again.

    Errors: NotFound, also for viewers who may not manage accounts, Conflict when nothing is paused.
    """
    if not viewer.manages_accounts:
        raise NotFound
    async with writing():
        await directory.person_for(viewer, member_id)
        pause = await _current_pause(member_id)
        if pause is None:
            raise Conflict(NOT_PAUSED)
        await EmailPause.update({EmailPause.restored_at: now}).where(EmailPause.id == pause[0])
        await audit.record(viewer.actor, "email_resumed", "member", member_id, {}, now)


async def _current_pause(member_id: UUID) -> tuple[UUID, datetime] | None:
    """Return the pause of the address that a person has now, and since when it holds."""
    records = await engine().run_querystring(QueryString(_PAUSE_OF_PERSON, member_id))
    return (records[0]["id"], records[0]["paused_at"]) if records else None
