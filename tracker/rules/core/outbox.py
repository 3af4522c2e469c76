"""Messages that wait to be mailed: their kinds and states, when to try again, when to give up, which ones bundle."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NewType
from uuid import UUID

from tracker.rules.core import message_types as types
from tracker.rules.core.message_types import Content, Unreadable

MessageKey = NewType("MessageKey", str)
"""Names the deed and the person: ids, kinds and moments."""
WorkerName = NewType("WorkerName", str)
StoredFacts = NewType("StoredFacts", str)
"""The facts of a message as its row keeps them, unread."""
PAUSE = timedelta(seconds=30)
"""A change waits this long before it is mailed, so that several edits make one mail."""
GIVE_UP = timedelta(days=5)
"""As long as mail servers themselves try (RFC 5321 §4.5.4.1), where nothing ends the use earlier."""
FIRST_RETRY = timedelta(seconds=30)
LONGEST_RETRY = timedelta(minutes=30)
JITTER = 0.1  # of the pause, either way, so that a thousand mails do not come back in one second


class MessageKind(StrEnum):
    """Why somebody is written to."""

    INVITATION = "invitation"
    UPDATE = "update"
    CANCELLATION = "cancellation"
    WITHDRAWAL = "withdrawal"
    SUBSTITUTE = "substitute"
    REMINDER = "reminder"
    NO_REPLY = "no_reply"
    ITEM_ASSIGNED = "item_assigned"
    ITEM_DUE = "item_due"
    ITEM_OVERDUE = "item_overdue"
    DIGEST = "digest"
    ACCOUNT_LOCKED = "account_locked"
    ACCOUNT_CHANGED = "account_changed"
    AUDIT_LOG_ALTERED = "audit_log_altered"
    ACCOUNT_INVITATION = "account_invitation"


KINDS: Mapping[type[Content], MessageKind] = {
    types.Invited: MessageKind.INVITATION,
    types.Changed: MessageKind.UPDATE,
    types.DateAdded: MessageKind.UPDATE,
    types.Restored: MessageKind.UPDATE,
    types.SeriesEnded: MessageKind.UPDATE,
    types.SeriesContinued: MessageKind.UPDATE,
    types.RemovedFromSeries: MessageKind.UPDATE,
    types.Canceled: MessageKind.CANCELLATION,
    types.Removed: MessageKind.WITHDRAWAL,
    types.SubstituteNamed: MessageKind.SUBSTITUTE,
    types.ReminderDue: MessageKind.REMINDER,
    types.ReplyNudge: MessageKind.NO_REPLY,
    types.ConfirmationNudge: MessageKind.NO_REPLY,
    types.ItemAssigned: MessageKind.ITEM_ASSIGNED,
    types.ItemDue: MessageKind.ITEM_DUE,
    types.ItemOverdue: MessageKind.ITEM_OVERDUE,
    types.WeeklyDigest: MessageKind.DIGEST,
    types.AccountLocked: MessageKind.ACCOUNT_LOCKED,
    types.AccountChanged: MessageKind.ACCOUNT_CHANGED,
    types.AccountInvited: MessageKind.ACCOUNT_INVITATION,
    types.AuditLogAltered: MessageKind.AUDIT_LOG_ALTERED,
}
"""The kind that people filter by, for every type of message."""
CHANGES = frozenset({MessageKind.UPDATE, MessageKind.CANCELLATION, MessageKind.WITHDRAWAL})
"""What is said about an event that the person was notified of before."""


class State(StrEnum):
    """What became of a message; only a pending one is still to be sent."""

    PENDING = "pending"
    SENT = "sent"
    BOUNCED = "bounced"
    """The mail server refused the address or the text for good."""
    FAILED = "failed"
    """Given up after days of trying, or it could not be written safely."""
    TOO_LATE = "too_late"
    SUPERSEDED = "superseded"
    """Something newer says it, or it is not true any more."""
    SUPPRESSED = "suppressed"
    """The recipient may not know, or is not concerned, any more."""


@dataclass(frozen=True, kw_only=True)
class Draft:
    """A message to be queued; `key` names the deed and the person: the same key never makes two messages.

    `due` None = now, a change after `PAUSE`, in which further edits join it. From `not_after` on it is of no use.
    """

    content: Content
    recipient_id: UUID
    key: str
    event_id: UUID | None = None
    occurrence_id: UUID | None = None
    item_id: UUID | None = None
    due: datetime | None = None
    not_after: datetime | None = None
    state: State = State.PENDING
    reason: str = ""
    replaces: tuple[UUID, ...] = ()
    """The waiting messages that it stands for."""

    @property
    def kind(self) -> MessageKind:
        """Return the kind that people filter by."""
        return KINDS[type(self.content)]


@dataclass(frozen=True, kw_only=True)
class Message:
    """A message in hand."""

    id: UUID
    key: str
    content: Content | Unreadable
    recipient_id: UUID
    event_id: UUID | None
    occurrence_id: UUID | None
    item_id: UUID | None
    created_at: datetime
    due: datetime
    not_after: datetime | None
    attempts: int


@dataclass(frozen=True, kw_only=True)
class Skip:
    """Why a message is not sent."""

    state: State
    reason: str


def message_name(key: str) -> str:
    """Return the left side of the Message-ID: the same for every try of a message, and telling nothing."""
    return hashlib.sha256(key.encode()).hexdigest()[:32]


def next_try(message: Message, now: datetime) -> datetime | Skip:
    """Return when to try again (30 s after a failure, doubled each time, at most 30 min), or that it is too late."""
    pause = min(FIRST_RETRY * int(2 ** min(message.attempts - 1, 10)), LONGEST_RETRY)
    chance = hashlib.sha256(f"{message.key}:{message.attempts}".encode()).digest()[0] / 255
    at = now + pause * (1 - JITTER + 2 * JITTER * chance)
    if message.not_after is not None and at >= message.not_after:
        return Skip(state=State.TOO_LATE, reason="The mail server could not be reached in time.")
    if at >= message.created_at + GIVE_UP:
        return Skip(state=State.FAILED, reason="The mail server did not take it for five days.")
    return at
