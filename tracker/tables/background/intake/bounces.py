"""Bounces for those who count them: ids, times, and yes or no. People read `visible.intake.bounces`.

What is said of a person is about the address that they have now.
"""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from piccolo.querystring import QueryString

from tracker.database import engine
from tracker.rules.intake.bounces import Cause, Fate

_SENT_MESSAGE = (
    "SELECT m.recipient, CASE WHEN m.sent_to = r.email THEN 1 ELSE 0 END AS is_current FROM message m"
    " JOIN member r ON r.id = m.recipient WHERE m.id = {}"
)
# What was sent before sending was resumed says nothing of what is sent after it.
_OF_PERSON = (
    "SELECT b.message, b.received_at, b.fate, b.cause, b.is_counted FROM bounce b JOIN message m ON m.id = b.message"
    " JOIN member r ON r.id = m.recipient WHERE r.id = {} AND m.sent_to = r.email AND b.received_at > {}"
    " AND NOT EXISTS (SELECT 1 FROM email_pause p WHERE p.member = r.id AND p.address = r.email"
    " AND p.restored_at >= COALESCE(m.sent_at, b.received_at)) ORDER BY b.received_at DESC, b.id"
)


class SentMessage(NamedTuple):
    """A message that came back."""

    recipient_id: UUID
    is_to_current: bool
    """Whether it went to the address that its recipient has now."""


class ReturnedMessage(NamedTuple):
    """That a message to a person came back, or was delayed, and why."""

    message_id: UUID
    at: datetime
    fate: Fate
    cause: Cause
    is_counted: bool


async def sent_message(message_id: UUID) -> SentMessage | None:
    """Return a message, or None when it is gone."""
    found = await engine().run_querystring(QueryString(_SENT_MESSAGE, message_id))
    return SentMessage(found[0]["recipient"], bool(found[0]["is_current"])) if found else None


async def returned_messages(member_id: UUID, since: datetime) -> list[ReturnedMessage]:
    """Return the bounces of messages to a person since then, newest first, without those from before a restoration."""
    return [
        ReturnedMessage(
            row["message"], row["received_at"], Fate(row["fate"]), Cause(row["cause"]), bool(row["is_counted"])
        )
        for row in await engine().run_querystring(QueryString(_OF_PERSON, member_id, since))
    ]
