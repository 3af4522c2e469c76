"""What is known of the mailbox of replies: when it was read, when an email came, and why it can't be read."""

from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from tracker.database import writing
from tracker.tables.schema.intake.mailbox import MailboxState

NOTED_EVERY = timedelta(seconds=30)
_ONLY = 1  # id of the only row


class Mailbox(Struct, frozen=True, kw_only=True):
    """How reading the mailbox goes, whichever process does it."""

    read_at: datetime | None = None
    """When every email in it had last been taken."""
    email_at: datetime | None = None
    """When an email was last taken from it."""
    trouble: str = ""
    """Why it can't be read now; empty = it can."""
    trouble_since: datetime | None = None


async def state() -> Mailbox:
    """Return how reading goes; nothing is known before the first try."""
    row = await MailboxState.select().where(MailboxState.id == _ONLY).first()
    if row is None:
        return Mailbox()
    return Mailbox(
        read_at=row["read_at"], email_at=row["email_at"], trouble=row["trouble"], trouble_since=row["trouble_since"]
    )


async def note_read(now: datetime, *, has_email: bool, trouble: str = "") -> None:
    """Record that the emails in it were taken, but for those of which `trouble` speaks; at most every half minute."""
    before = await state()
    is_noted = before.read_at is not None and timedelta(0) <= now - before.read_at < NOTED_EVERY
    if has_email or not is_noted or before.trouble != trouble:
        email_at = now if has_email else before.email_at
        await _keep(
            Mailbox(read_at=now, email_at=email_at, trouble=trouble, trouble_since=_since(before, trouble, now))
        )


async def note_trouble(words: str, now: datetime) -> None:
    """Record why the mailbox can't be read."""
    before = await state()
    if before.trouble != words:
        await _keep(replace(before, trouble=words, trouble_since=_since(before, words, now)))


def _since(before: Mailbox, trouble: str, now: datetime) -> datetime | None:
    """Return when reading began to fail: other words for it are no other failure."""
    return (before.trouble_since or now) if trouble else None


async def _keep(new: Mailbox) -> None:
    async with writing():
        if not await MailboxState.exists().where(MailboxState.id == _ONLY):
            await MailboxState.insert(MailboxState(id=_ONLY))
        await MailboxState.update(
            {
                MailboxState.read_at: new.read_at,
                MailboxState.email_at: new.email_at,
                MailboxState.trouble: new.trouble,
                MailboxState.trouble_since: new.trouble_since,
            }
        ).where(MailboxState.id == _ONLY)
