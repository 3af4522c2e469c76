"""Messages that wait to be emailed: their kinds and states, when to try again, when to give up, which ones bundle."""

import hashlib
from datetime import datetime, timedelta
from enum import StrEnum
from functools import reduce
from operator import or_
from typing import Any, NewType
from uuid import UUID

import msgspec
from msgspec import Struct

from tracker.rules.core.email_declarations import EMAILS, Content, MessageKind, tag_of
from tracker.rules.core.message_types import Changed, ItemsOfDay

MessageKey = NewType("MessageKey", str)
"""Names the change and the person: ids, kinds and times."""
WorkerName = NewType("WorkerName", str)
StoredFacts = NewType("StoredFacts", str)
"""The facts of a message as its row stores them, not decoded."""
PAUSE = timedelta(seconds=30)
"""How long a change waits before it is emailed, so that several edits make one email."""
GIVE_UP = timedelta(days=5)
"""How long mail servers themselves keep trying (RFC 5321 §4.5.4.1); for messages with no earlier end."""
FIRST_RETRY = timedelta(seconds=30)
LONGEST_RETRY = timedelta(minutes=30)
PAUSED = "Sending to this address was paused, because emails to it couldn’t be delivered."
"""Why a message is not sent to a person whose address is paused (`usecases.intake.bounces`)."""
JITTER = 0.1  # share of the pause, either way, so that a thousand emails don't retry in the same second


LAW_ENFORCEMENT_ONLY = frozenset(
    {MessageKind.CONFLICT_FOUND, MessageKind.CHECK_OUT_MISSING, MessageKind.ACCESS_APPROVAL}
)
"""Messages about an operation of which victim services on it see nothing on its pages either."""
DESPITE_A_PAUSE = frozenset(
    {
        MessageKind.ACCOUNT_CHANGED,
        MessageKind.ACCOUNT_LOCKED,
        MessageKind.AUDIT_LOG_ALTERED,
        MessageKind.EMERGENCY_ACCESS,
        MessageKind.CHECK_OUT_MISSING,
    }
)
"""Security and safety notices, which go out to a paused address too: what comes back can be written by anyone who reads
a person's email, and would otherwise silence them."""
CHANGES = frozenset({MessageKind.UPDATE, MessageKind.CANCELLATION, MessageKind.WITHDRAWAL})
"""Messages about an event that the person already knows."""


MOVED = "moved"
TOPIC_WORDS = {tag_of(message): declaration.words for message, declaration in EMAILS.items()} | {MOVED: "Moved"}
"""What a sending can announce, by the tag of its messages, or that the time changed: "Moved: Steering Committee"."""
OF_ONE_DATE = frozenset({MessageKind.REMINDER, MessageKind.NO_REPLY, MessageKind.THANK_YOU})
"""Kinds of which one deed can send several, each about its own date."""


class MessageState(StrEnum):
    """The state of a message; only a pending one is still to be sent."""

    PENDING = "pending"
    SENT = "sent"
    BOUNCED = "bounced"
    """The mail server permanently refused the address or the text."""
    FAILED = "failed"
    """Given up after days of trying, or because it could not be written safely."""
    TOO_LATE = "too_late"
    SUPERSEDED = "superseded"
    """A newer message says the same, or it is no longer true."""
    SUPPRESSED = "suppressed"
    """The recipient may no longer see it, or it no longer concerns them."""


class Unreadable(Struct, frozen=True):
    """A row whose content this version doesn't know; it is never sent."""


class NewMessage(Struct, frozen=True, kw_only=True):
    """A message to be queued; `key` names the change and the person: the same key never makes two messages.

    `due` None means now, or for a change after `PAUSE`, so that further edits join it. From `not_after` on the message
    is outdated.
    """

    content: Content
    recipient_id: UUID
    key: str
    event_id: UUID | None = None
    occurrence_id: UUID | None = None
    item_id: UUID | None = None
    due: datetime | None = None
    not_after: datetime | None = None
    state: MessageState = MessageState.PENDING
    reason: str = ""
    sending_id: UUID | None = None
    """The sending of the message that this one repeats; None = it belongs to the sending of its deed."""

    @property
    def kind(self) -> MessageKind:
        """Return the kind that people filter by."""
        return EMAILS[type(self.content)].kind

    @property
    def topic(self) -> str:
        """Return what the messages of its sending announce, as a key of `TOPIC_WORDS`."""
        return MOVED if isinstance(self.content, Changed) and self.content.is_moved else tag_of(type(self.content))

    @property
    def shares(self) -> tuple[object, ...]:
        """Return what the messages of one sending have in common, among all that one deed queues."""
        date = self.occurrence_id if self.kind in OF_ONE_DATE else None
        return self.kind, self.event_id, date, self.item_id


class Message(Struct, frozen=True, kw_only=True):
    """A message that is claimed for sending."""

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


class SendOutcome(Struct, frozen=True, kw_only=True):
    """Why a message is not sent."""

    state: MessageState
    reason: str
    sent_to: str = ""
    """The address for which it was handed over to the mail server; empty when it wasn't."""
    event_version: int | None = None
    """The version of the event that the email gives; None = it gives none, or what is true now."""
    said: ItemsOfDay | None = None
    """What the email said, in place of what was planned; None = as planned."""


def message_name(key: str, content: bytes) -> str:
    """Return the left side of the Message-ID: the same for the same message with the same content, revealing nothing.

    Mailboxes drop an email whose Message-ID they know, so a try that says something else must have another one
    (RFC 5322 §3.6.4: each version of a message has its own identifier).
    """
    return hashlib.sha256(key.encode() + b"\0" + content).hexdigest()[:32]


def thread_name(thread: UUID) -> str:
    """Return the left side of the Message-ID that the emails of one thread refer to; no email has it."""
    return hashlib.sha256(f"thread:{thread}".encode()).hexdigest()[:32]


def next_try(message: Message, now: datetime) -> datetime | SendOutcome:
    """Return when to try again, or that it is too late: 30 s after a failure, doubled each time, at most 30 min."""
    pause = min(FIRST_RETRY * int(2 ** min(message.attempts - 1, 10)), LONGEST_RETRY)
    chance = hashlib.sha256(f"{message.key}:{message.attempts}".encode()).digest()[0] / 255
    at = now + pause * (1 - JITTER + 2 * JITTER * chance)
    if message.not_after is not None and at >= message.not_after:
        return SendOutcome(state=MessageState.TOO_LATE, reason="The email server couldn’t be reached in time.")
    if at >= message.created_at + GIVE_UP:
        return SendOutcome(state=MessageState.FAILED, reason="The email server didn’t accept it for 5 days.")
    return at


_ROW: msgspec.json.Decoder[Any] = msgspec.json.Decoder(msgspec.defstruct("Row", [("content", reduce(or_, EMAILS))]))
"""Reads what an outbox row stores as JSON: the content, of any message that there is."""


def encode(content: Content) -> str:
    """Return the JSON of a row."""
    return msgspec.json.encode({"content": content}).decode()


def decode(text: str) -> Content | Unreadable:
    """Return the content of a row; `Unreadable` for a tag or shape that this version doesn't know."""
    try:
        content: Content = _ROW.decode(text).content
    except msgspec.ValidationError:
        return Unreadable()
    return content
