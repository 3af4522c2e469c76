"""Messages that wait to be emailed: their kinds and states, when to try again, when to give up.

A change makes one email, however many edits it took: which waiting messages a new one replaces or makes needless.
"""

import hashlib
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from functools import reduce
from operator import or_
from typing import Any, NewType
from uuid import UUID

import msgspec
from msgspec import Struct, structs
from msgspec.structs import replace

from tracker.rules.core.email_declarations import EMAILS, Content, MessageKind, tag_of
from tracker.rules.core.message_types import (
    Also,
    AlsoWhat,
    Canceled,
    Changed,
    DateAdded,
    EventAnnouncement,
    EventUpdate,
    Invited,
    ItemsOfDay,
    Removed,
    Restored,
    SeriesContinued,
    SeriesEnd,
    SeriesEnded,
)
from tracker.rules.core.wording import Worded

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


class MessageState(Worded):
    """The state of a message; only a pending one is still to be sent."""

    PENDING = "pending", "Waiting"
    SENT = "sent"
    BOUNCED = "bounced", "Failed, undeliverable"
    """The mail server permanently refused the address or the text."""
    FAILED = "failed"
    """Given up after days of trying, or because it could not be written safely."""
    TOO_LATE = "too_late", "Not sent"
    SUPERSEDED = "superseded", "Not sent"
    """A newer message says the same, or it is no longer true."""
    SUPPRESSED = "suppressed", "Not sent"
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


class MessageRow(Struct, frozen=True, kw_only=True):
    """What is kept about a message beside its content."""

    id: UUID
    key: str
    recipient_id: UUID
    event_id: UUID | None
    occurrence_id: UUID | None
    item_id: UUID | None
    created_at: datetime
    due: datetime
    not_after: datetime | None
    attempts: int


class Message(MessageRow, frozen=True, kw_only=True):
    """A message that is claimed for sending, or read."""

    content: Content | Unreadable


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


def message_of(row: MessageRow, facts: str) -> Message:
    """Return a message with what its stored facts say."""
    fields = structs.asdict(row)
    return Message(content=decode(facts), **{name: fields[name] for name in MessageRow.__struct_fields__})


SAID_BY_INVITATION = "The invitation that hasn’t been sent yet includes this."
NEVER_SHOWN = "They hadn’t been notified of it yet."


class EarlierMessage(Struct, frozen=True, kw_only=True):
    """An earlier message to the same person about the same event.

    Waiting: pending, not claimed, and no try of it can have arrived. A message that may have arrived counts as known.
    """

    id: UUID
    content: Content | Unreadable
    occurrence_id: UUID | None
    is_waiting: bool
    may_be_known: bool
    """Whether it was sent, or may have been: it is being sent, or a try may have arrived."""
    queued_at: datetime
    sent_at: datetime | None = None

    def may_show(self, other: "EarlierMessage") -> bool:
        """Return whether its reader may know from it of the change that the other message announces.

        Every email is written from what is true when it is sent, so a message about the whole event, sent while the
        other one waits, shows that change in its calendar part.
        """
        is_about_it = self.occurrence_id in (None, other.occurrence_id)
        return is_about_it and self.may_be_known and (self.sent_at is None or self.sent_at >= other.queued_at)


def bundle_messages(draft: NewMessage, earlier: Iterable[EarlierMessage]) -> tuple[NewMessage, list[UUID]]:
    """Return the message to be queued, and the waiting ones that it supersedes.

    A waiting invitation covers every change, because it is written when it is sent. What one message says for several
    is in its `also`.
    """
    known = list(earlier)
    waiting = [earlier for earlier in known if earlier.is_waiting]
    match draft.content:
        case Invited():
            return draft, _ids(waiting)
        case EventAnnouncement() if any(isinstance(earlier.content, Invited) for earlier in waiting):
            return _beside_an_invitation(draft, waiting, may_be_known=any(earlier.may_be_known for earlier in known))
        case EventUpdate() | SeriesEnd() | Canceled() | Removed() as announcement:
            same = [earlier for earlier in waiting if _is_said_by(draft, announcement, earlier)]
            return _join_edits(draft, announcement, same, known)
        case _:
            return draft, []


def invitation_to_extend(draft: NewMessage, earlier: Iterable[EarlierMessage]) -> tuple[UUID, Invited] | None:
    """Return the waiting invitation that gives the reason of a change, because the change has no email of its own.

    None if no invitation waits, or no reason was given.
    """
    match draft.content:
        case Changed(reason=reason) if reason and draft.occurrence_id:
            also = Also(what=AlsoWhat.CHANGED, date=draft.occurrence_id, reason=reason)
        case Canceled(reason=reason) if reason and draft.occurrence_id:
            also = Also(what=AlsoWhat.CANCELED, date=draft.occurrence_id, reason=reason)
        case SeriesEnded(reason=reason) if reason:
            also = Also(what=AlsoWhat.CANCELED, reason=reason)
        case _:
            return None
    for message in earlier:
        if message.is_waiting and isinstance(message.content, Invited):
            others = (said for said in message.content.also if said.date != also.date)
            return message.id, Invited(also=(*others, also))
    return None


def _is_said_by(draft: NewMessage, announcement: EventAnnouncement, earlier: EarlierMessage) -> bool:
    """Return whether the draft covers a waiting message: both are about one date, or the draft is about all dates."""
    if draft.occurrence_id not in (None, earlier.occurrence_id):
        return False
    is_same = draft.occurrence_id == earlier.occurrence_id
    match announcement, earlier.content:
        case (Canceled() | Removed(), _) | (SeriesEnd(), SeriesEnd()):
            return True
        case (_, Removed() | SeriesEnd()):
            return False
        case (SeriesEnd(), _):
            return not is_same or _is_beyond(announcement, earlier.content)
        case (EventUpdate(), Canceled()):
            return isinstance(announcement, Restored) or not is_same
        case _:
            return True


def _is_beyond(announcement: SeriesEnd, content: Content | Unreadable) -> bool:
    """Return whether a message is only about dates that its series has no longer when it ends."""
    match announcement, content:
        case _, DateAdded(before=None):
            return True
        case SeriesContinued(since=datetime() as ends), Changed(since=datetime() as since):
            return since >= ends
        case _:
            return False


def _beside_an_invitation(
    draft: NewMessage, waiting: list[EarlierMessage], *, may_be_known: bool
) -> tuple[NewMessage, list[UUID]]:
    is_over = isinstance(draft.content, Canceled) and draft.occurrence_id is None
    if not is_over and not isinstance(draft.content, Removed):
        return replace(draft, state=MessageState.SUPERSEDED, reason=SAID_BY_INVITATION), []
    if may_be_known:
        return draft, _ids(waiting)
    return replace(draft, state=MessageState.SUPERSEDED, reason=NEVER_SHOWN), _ids(waiting)


def _join_edits(
    draft: NewMessage,
    announcement: EventAnnouncement,
    same: Sequence[EarlierMessage],
    known: Collection[EarlierMessage],
) -> tuple[NewMessage, list[UUID]]:
    """Return the message with what the reader knew before the first of the waiting edits that it replaces."""
    alike = [earlier.content for earlier in same if earlier.occurrence_id == draft.occurrence_id]
    known_before = (
        content.before if isinstance(content, EventUpdate) else content.unsent
        for content in alike
        if isinstance(content, EventUpdate | Canceled)
    )
    before = next(filter(None, known_before), None)
    also = announcement.also if isinstance(announcement, Removed) else _also(draft, announcement, same)
    canceled = [
        earlier
        for earlier in same
        if isinstance(earlier.content, Canceled) and earlier.occurrence_id == draft.occurrence_id
    ]
    # An invitation that was about to be sent when the event was canceled is not sent: its reader still needs to know.
    is_invited = any(earlier.may_be_known for earlier in known)
    if (
        isinstance(announcement, Restored)
        and canceled
        and is_invited
        and not any(earlier.may_show(canceled[0]) for earlier in known)
    ):
        # The cancellation was undone before its reader was notified: only what changed beside it is said.
        if before is None and not also:
            return replace(draft, state=MessageState.SUPERSEDED, reason=NEVER_SHOWN), _ids(same)
        return replace(draft, content=Changed(before=before, entry=announcement.entry, also=also)), _ids(same)
    entries = [earlier.content.entry for earlier in same if isinstance(earlier.content, EventAnnouncement)]
    content = structs.replace(announcement, entry=next(filter(None, entries), announcement.entry), also=also)
    if isinstance(content, EventUpdate):
        content = structs.replace(content, before=before or content.before)
    if isinstance(content, Canceled):
        content = structs.replace(content, unsent=before)
    if isinstance(content, Changed):
        reasons = [change.reason for change in alike if isinstance(change, Changed) and change.reason]
        reason = content.reason or next(reversed(reasons), "")
        content = structs.replace(content, since=_since(content, alike), reason=reason)
    return replace(draft, content=content), _ids(same)


def _also(draft: NewMessage, announcement: EventAnnouncement, same: Iterable[EarlierMessage]) -> tuple[Also, ...]:
    """Return what the waiting messages would have said that the draft does not say itself."""
    by_date: dict[UUID | None, Also] = {}
    for earlier in same:
        for also in _said_beside(earlier, is_same=earlier.occurrence_id == draft.occurrence_id):
            if also.date not in by_date or by_date[also.date].what is not AlsoWhat.ADDED:
                by_date[also.date] = also
    own = announcement.date if isinstance(announcement, DateAdded) else None
    return tuple(also for date, also in by_date.items() if date is None or date != own)


def _said_beside(earlier: EarlierMessage, *, is_same: bool) -> Iterator[Also]:
    """Yield what a message says that a later one does not repeat; `is_same` = both have the same subject."""
    if isinstance(earlier.content, EventAnnouncement):
        yield from earlier.content.also
    match earlier.content:
        case DateAdded(date=date):
            yield Also(what=AlsoWhat.ADDED, date=date)
        case Restored():
            yield Also(what=AlsoWhat.RESTORED, date=None if is_same else earlier.occurrence_id)
        case Changed(reason=reason) if not is_same:
            yield Also(what=AlsoWhat.CHANGED, date=earlier.occurrence_id, reason=reason)
        case Canceled(reason=reason) if not is_same:
            yield Also(what=AlsoWhat.CANCELED, date=earlier.occurrence_id, reason=reason)


def _since(announcement: Changed, alike: Iterable[Content | Unreadable]) -> datetime | None:
    """Return from which date on a series changed, this time or by a waiting update; None = all of it."""
    updates = [content for content in alike if isinstance(content, EventUpdate)]
    starts = [announcement.since, *(update.since if isinstance(update, Changed) else None for update in updates)]
    known = [start for start in starts if start is not None]
    return min(known) if len(known) == len(starts) else None


def _ids(messages: Iterable[EarlierMessage]) -> list[UUID]:
    return [message.id for message in messages]
