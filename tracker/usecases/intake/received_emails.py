"""Every email that comes in goes through here: the first reader that it is for takes it.

What is known of emails that came in, of the mailbox of replies, and how long rows about them are kept, follows below.
"""

from collections.abc import Awaitable, Callable, Coroutine, Sequence
from datetime import datetime, timedelta
from typing import Any, Generic, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from tracker.database import together, writing
from tracker.errors import Busy
from tracker.rules.core.viewers import Viewer
from tracker.rules.intake.received_emails import (
    MOST_EMAILS_AN_HOUR,
    ONE_HOUR,
    RECORDED_FOR,
    UNRECORDED_FOR,
    ReceivedEmail,
)
from tracker.tables.background.intake import received_emails
from tracker.tables.background.intake.received_emails import StrayEmail
from tracker.tables.schema.intake import Bounce, EmailPause, IncomingReply, IncomingWords, MailboxState
from tracker.usecases.intake import bounces, calendar_replies, emailed_words

REPEATED = "repeated"
MOST_STRAY = 50
READ_NOTED_EVERY = timedelta(seconds=30)
_ONLY_ROW = 1  # id of the only row
MOST_DELETED = 500  # rows of a table at once, so that no one waits for long
Found = TypeVar("Found")


class EmailReader(Struct, Generic[Found], frozen=True, kw_only=True):
    """One kind of email that is read."""

    is_for: Callable[[ReceivedEmail], bool]
    look: Callable[[ReceivedEmail], Coroutine[Any, Any, Found]]
    """Reads what the email's address leads to."""
    take: Callable[[ReceivedEmail, Found], Awaitable[Sequence[str]]]
    """Records an email, inside `writing()`, and returns what became of each part, in words for the log."""


EMAIL_READERS: Sequence[EmailReader[Any]] = (
    EmailReader(is_for=bounces.is_bounce, look=bounces.find_bounced_message, take=bounces.take_bounce),
    EmailReader(
        is_for=emailed_words.is_word_reply,
        look=emailed_words.find_answered_message,
        take=emailed_words.take_emailed_words,
    ),
    EmailReader(
        is_for=lambda _: True, look=calendar_replies.find_asked_person, take=calendar_replies.take_calendar_replies
    ),
)
"""In the order in which they are asked; the last one is for every email."""


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
    reader = next(reader for reader in EMAIL_READERS if reader.is_for(email))
    arrival, known = await together(
        received_emails.read_arrival(email, email.received_at - ONE_HOUR), reader.look(email)
    )
    if arrival.lately >= MOST_EMAILS_AN_HOUR:
        return []
    if arrival.is_known:
        return [REPEATED]
    return await reader.take(email, known)


async def last_email_at() -> datetime | None:
    """Return when the last email came in; None = none has."""
    return await received_emails.newest_email_at()


async def count_noted_from(sender: str) -> int:
    """Return how many emails of a program with this sender came in; they were noted, and changed nothing."""
    return await received_emails.number_noted_from(sender)


async def stray_emails(viewer: Viewer) -> list[StrayEmail]:
    """Return the newest emails that lead nowhere; none for viewers who may not manage accounts."""
    return await received_emails.newest_stray_emails(MOST_STRAY) if viewer.manages_accounts else []


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
    if row is None:
        return MailboxStatus()
    return MailboxStatus(
        read_at=row["read_at"], email_at=row["email_at"], trouble=row["trouble"], trouble_since=row["trouble_since"]
    )


async def note_mailbox_read(now: datetime, *, has_email: bool, trouble: str = "") -> None:
    """Record that the emails in it were taken, but for those of which `trouble` speaks; at most every half minute."""
    before = await mailbox_status()
    is_noted = before.read_at is not None and timedelta(0) <= now - before.read_at < READ_NOTED_EVERY
    if has_email or not is_noted or before.trouble != trouble:
        email_at = now if has_email else before.email_at
        await _keep_status(
            MailboxStatus(
                read_at=now, email_at=email_at, trouble=trouble, trouble_since=_trouble_since(before, trouble, now)
            )
        )


async def note_mailbox_trouble(words: str, now: datetime) -> None:
    """Record why the mailbox can't be read."""
    before = await mailbox_status()
    if before.trouble != words:
        await _keep_status(replace(before, trouble=words, trouble_since=_trouble_since(before, words, now)))


def _trouble_since(before: MailboxStatus, trouble: str, now: datetime) -> datetime | None:
    """Return when reading began to fail: other words for it are no other failure."""
    return (before.trouble_since or now) if trouble else None


async def _keep_status(new: MailboxStatus) -> None:
    async with writing():
        if not await MailboxState.exists().where(MailboxState.id == _ONLY_ROW):
            await MailboxState.insert(MailboxState(id=_ONLY_ROW))
        await MailboxState.update(
            {
                MailboxState.read_at: new.read_at,
                MailboxState.email_at: new.email_at,
                MailboxState.trouble: new.trouble,
                MailboxState.trouble_since: new.trouble_since,
            }
        ).where(MailboxState.id == _ONLY_ROW)


async def purge_received_emails(now: datetime) -> None:
    """Delete the rows that have been kept for long enough; what is left of many comes with the next run."""
    unrecorded, recorded = now - UNRECORDED_FOR, now - RECORDED_FOR
    replies = await received_emails.outdated_replies(unrecorded, recorded, MOST_DELETED)
    words = await received_emails.outdated_words(unrecorded, recorded, MOST_DELETED)
    bounces = await received_emails.outdated_bounces(recorded, MOST_DELETED)
    resumed = EmailPause.restored_at < recorded
    if not (replies or words or bounces or await EmailPause.exists().where(resumed)):
        return
    async with writing():
        if replies:
            await IncomingReply.delete().where(IncomingReply.id.is_in(replies))
        if words:
            await IncomingWords.delete().where(IncomingWords.id.is_in(words))
        if bounces:
            await Bounce.delete().where(Bounce.id.is_in(bounces))
        await EmailPause.delete().where(resumed)
