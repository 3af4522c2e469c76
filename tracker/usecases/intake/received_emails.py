"""Emails that come in: which reader takes each, and bounces."""

from collections.abc import Awaitable, Callable, Coroutine, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from msgspec import Struct, convert
from msgspec.structs import asdict, replace
from piccolo.querystring import QueryString

from tracker.crypto import ids
from tracker.database import engine, together, writing
from tracker.errors import Busy, Conflict, NotFound
from tracker.rules.core.outbox import PAUSED, Message, MessageState, SendOutcome
from tracker.rules.core.viewers import Actor, Origin, Viewer
from tracker.rules.intake.received_emails import (
    COUNTED_FOR,
    MOST_EMAILS_AN_HOUR,
    ONE_HOUR,
    RECORDED_FOR,
    UNRECORDED_FOR,
    Bounce,
    DeliveryRefusal,
    Fate,
    PausedPerson,
    ReceivedEmail,
    ReturnedEmail,
    Undeliverable,
    must_pause,
)
from tracker.tables.background import intake as background_intake
from tracker.tables.background.emails import outbox_queue
from tracker.tables.background.intake import SentMessage, StrayEmail
from tracker.tables.schema.core.tables import Message as MessageRow
from tracker.tables.schema.intake import Bounce as BounceRow
from tracker.tables.schema.intake import EmailPause, IncomingReply, IncomingWords, MailboxState
from tracker.tables.schema.roster import Member
from tracker.tables.visible import intake
from tracker.usecases.core import audit, outbox
from tracker.usecases.intake import calendar_replies, emailed_words
from tracker.usecases.roster import directory

REPEATED = "repeated"
MOST_STRAY = 50
READ_NOTED_EVERY = timedelta(seconds=30)
_ONLY_ROW = 1  # id of the only row
MOST_DELETED = 500  # rows of a table at once, so that no one waits for long
MAIL_SERVER = Actor(origin=Origin("email"))


async def _keep_bounce(
    message_id: UUID, sent: SentMessage | None, bounce: Bounce, at: datetime, email_hash: str | None = None
) -> None:
    """Keep a bounce, and pause its address when too many came back; the caller is inside `writing()`.

    A message that came back stays sent: it was handed over.
    """
    await BounceRow.insert(
        BounceRow(
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
        was_sent = (MessageRow.id == message_id) & (MessageRow.state == MessageState.SENT.value)
        await MessageRow.update({"bounced_at": at, "reason": bounce.reason}).where(was_sent)
    if not (sent and sent.is_to_current and bounce.counts):
        return
    member_id = sent.recipient_id
    returned = await background_intake.returned_messages(member_id, at - COUNTED_FOR)
    failures = [(message.message_id, message.at) for message in returned if message.is_counted]
    if must_pause(failures, at) and member_id not in await outbox_queue.paused_members():
        [address] = await Member.select(Member.email).where(Member.id == member_id).output(as_list=True)
        await EmailPause.insert(
            EmailPause(id=ids.new_id(), member=member_id, address=address, paused_at=at, restored_at=None)
        )
        await outbox.suppress_messages(member_id, PAUSED)
        await audit.record(MAIL_SERVER, "email_paused", "member", member_id, {}, at)


async def _take_bounce(email: ReceivedEmail, sent: SentMessage | None) -> list[str]:
    """Keep what an email to the address of a message's bounces says. The caller is inside `writing()`."""
    if email.bounced_id is not None:
        await _keep_bounce(email.bounced_id, sent, email.bounce, email.received_at, email_hash=email.name)
    return [email.bounce.fate]


def _reader_of(
    email: ReceivedEmail,
) -> tuple[Coroutine[Any, Any, Any], Callable[[ReceivedEmail, Any], Awaitable[Sequence[str]]]]:
    """Return what reads what an email's address leads to, and what records the email, inside `writing()`.

    The second takes both, and returns what became of each part of the email, in words for the log.
    """
    if email.bounced_id is not None:
        return background_intake.sent_message(email.bounced_id), _take_bounce
    if emailed_words.is_word_reply(email):
        return emailed_words.find_answered_message(email), emailed_words.take_emailed_words
    return calendar_replies.find_asked_person(email), calendar_replies.take_calendar_replies


async def take_email(email: ReceivedEmail) -> Sequence[str]:
    """Take an email by the first reader that it is for; the same email again changes nothing.

    Errors: Busy for one more than a sender may send in an hour; it may come again later.
    """
    [outcomes] = await take_emails([email])
    return refuse_too_many(outcomes)


async def take_emails(emails: Sequence[ReceivedEmail]) -> list[Sequence[str]]:
    """Take emails in their order, in one transaction, and return the outcomes of each; `refuse_too_many` reads them."""
    async with writing():
        return [await _outcomes(email) for email in emails]


def refuse_too_many(outcomes: Sequence[str]) -> Sequence[str]:
    """Return what became of an email of `take_emails`. Errors: Busy when its sender has sent too many."""
    if not outcomes:
        raise Busy
    return outcomes


async def _outcomes(email: ReceivedEmail) -> Sequence[str]:
    """Return what became of each part of an email; nothing when its sender has sent too many."""
    reading, record = _reader_of(email)
    arrival, known = await together(background_intake.read_arrival(email, email.received_at - ONE_HOUR), reading)
    if arrival.lately >= MOST_EMAILS_AN_HOUR:
        return []
    if arrival.is_known:
        return [REPEATED]
    return await record(email, known)


async def last_email_at() -> datetime | None:
    """Return when the last email came in; None = none has."""
    return await background_intake.newest_email_at()


async def count_noted_from(sender: str) -> int:
    """Return how many emails of a program with this sender came in; they were noted, and changed nothing."""
    return await background_intake.number_noted_from(sender)


async def stray_emails(viewer: Viewer) -> list[StrayEmail]:
    """Return the newest emails that lead nowhere; none for viewers who may not manage accounts."""
    return await background_intake.newest_stray_emails(MOST_STRAY) if viewer.manages_accounts else []


class MailboxStatus(Struct, frozen=True, kw_only=True):
    """How reading the mailbox goes, whichever process does it."""

    read_at: datetime | None = None
    """When every email in it had last been taken."""
    email_at: datetime | None = None
    """When an email was last taken from it."""
    trouble: str = ""
    """Why it can't be read now; empty = it can."""
    trouble_since: datetime | None = None


async def mailbox_status() -> MailboxStatus:
    """Return how reading goes; nothing is known before the first try."""
    row = await MailboxState.select().where(MailboxState.id == _ONLY_ROW).first()
    return convert(row, MailboxStatus) if row else MailboxStatus()


async def note_mailbox_read(now: datetime, *, has_email: bool, trouble: str = "") -> None:
    """Record that the emails in it were taken, but for those of which `trouble` speaks; at most every half minute."""
    before = await mailbox_status()
    is_noted = before.read_at is not None and timedelta(0) <= now - before.read_at < READ_NOTED_EVERY
    if has_email or not is_noted or before.trouble != trouble:
        email_at = now if has_email else before.email_at
        await _keep_status(replace(before, read_at=now, email_at=email_at), trouble, now)


async def note_mailbox_trouble(words: str, now: datetime) -> None:
    """Record why the mailbox can't be read."""
    before = await mailbox_status()
    if before.trouble != words:
        await _keep_status(before, words, now)


async def _keep_status(status: MailboxStatus, trouble: str, now: datetime) -> None:
    # Other words for a failure are no other failure.
    since = (status.trouble_since or now) if trouble else None
    values: dict[Any, Any] = asdict(replace(status, trouble=trouble, trouble_since=since))
    async with writing():
        if not await MailboxState.exists().where(MailboxState.id == _ONLY_ROW):
            await MailboxState.insert(MailboxState(id=_ONLY_ROW))
        await MailboxState.update(values).where(MailboxState.id == _ONLY_ROW)


async def purge_received_emails(now: datetime) -> None:
    """Delete the rows that have been kept for long enough; what is left of many comes with the next run."""
    unrecorded, recorded = now - UNRECORDED_FOR, now - RECORDED_FOR
    replies = await background_intake.outdated_replies(unrecorded, recorded, MOST_DELETED)
    words = await background_intake.outdated_words(unrecorded, recorded, MOST_DELETED)
    bounces = await background_intake.outdated_bounces(recorded, MOST_DELETED)
    resumed = EmailPause.restored_at < recorded
    if not (replies or words or bounces or await EmailPause.exists().where(resumed)):
        return
    async with writing():
        for table, outdated in ((IncomingReply, replies), (IncomingWords, words), (BounceRow, bounces)):
            if outdated:
                await table.delete().where(table.id.is_in(outdated))
        await EmailPause.delete().where(resumed)


_PAUSED_PEOPLE = (
    "SELECT p.member AS member_id, r.name, g.code AS agency FROM email_pause p"
    " JOIN member r ON r.id = p.member AND r.email = p.address JOIN agency g ON g.id = r.agency"
    " WHERE p.restored_at IS NULL AND r.status <> 'departed' ORDER BY r.name, r.id"
)
_PAUSE_OF_PERSON = (
    "SELECT p.id, p.paused_at FROM email_pause p JOIN member r ON r.id = p.member AND r.email = p.address"
    " WHERE p.restored_at IS NULL AND r.id = {}"
)
NOT_PAUSED = "Sending to this address isn’t paused."


async def record_refusal(message: Message, refusal: DeliveryRefusal, now: datetime) -> None:
    """Record that a mail server refused a message for good, as `outbox.close_message` does, and that it is a bounce."""
    async with writing():
        ended = SendOutcome(state=MessageState.BOUNCED, reason=refusal.words, sent_to=refusal.sent_to)
        await outbox.close_message(message, ended, now)
        await _keep_bounce(message.id, await background_intake.sent_message(message.id), refusal.bounce, now)


async def paused_people(viewer: Viewer) -> list[PausedPerson]:
    """Return the people to whom nothing is sent, by name; none for viewers who may not manage accounts."""
    if not viewer.manages_accounts:
        return []
    records = await engine().run_querystring(QueryString(_PAUSED_PEOPLE))
    return convert(records, list[PausedPerson])


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
    returned = await background_intake.returned_messages(member_id, now - COUNTED_FOR)
    said = await intake.bounced_words(viewer, member_id)
    pause = await _current_pause(member_id)
    return Undeliverable(
        address=person.email,
        paused_at=pause[1] if pause else None,
        returned=tuple(
            ReturnedEmail(**asdict(message) | {"said": said[message.message_id]})
            if message.message_id in said
            else ReturnedEmail(**asdict(message) | {"message_id": None, "said": ""})
            for message in returned
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
