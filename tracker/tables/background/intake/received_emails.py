"""Received emails and bounces: ids, states, and times."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from msgspec import Struct
from piccolo.columns import Timestamptz
from piccolo.query import Select
from piccolo.querystring import QueryString

from tracker.database import engine
from tracker.rules.core.message_types import AnswerOutcome
from tracker.rules.intake.bounces import Cause, Fate
from tracker.rules.intake.calendar_replies import Mismatch, ReplyOutcome
from tracker.rules.intake.received_emails import ReceivedEmail, SenderAddress
from tracker.tables.schema.intake import Bounce, IncomingReply, IncomingWords

_SAME_EMAIL = (
    "SELECT 1 AS one FROM incoming_reply n WHERE n.email_hash = {} UNION ALL"
    " SELECT 1 FROM incoming_words w WHERE w.email_hash = {} UNION ALL SELECT 1 FROM bounce b WHERE b.email_hash = {}"
)
# An email that was recorded in two places counts once.
_OF_SENDER = (
    "SELECT COUNT(*) AS emails FROM ("
    "SELECT n.email_hash FROM incoming_reply n WHERE n.sender = {} AND n.is_verified = {} AND n.received_at > {}"
    " UNION SELECT w.email_hash FROM incoming_words w WHERE w.sender = {} AND w.is_verified = {} AND w.received_at > {}"
    ") AS taken"
)
_TO_INVITATION = (
    "SELECT COUNT(*) AS emails FROM incoming_reply WHERE invitation = {} AND NOT is_verified AND received_at > {}"
)
# A message asks its recipient about an item, or for a reply to an invitation.
_ABOUT_ITEM = (
    "SELECT COUNT(*) AS emails FROM message m"
    " JOIN incoming_words w ON w.item = m.item AND w.claimed = m.recipient AND NOT w.is_verified"
    " WHERE m.id = {} AND w.received_at > {}"
)
_ABOUT_EVENT = (
    "SELECT COUNT(*) AS emails FROM message m JOIN invitation i ON i.event = m.event AND i.member = m.recipient"
    " JOIN incoming_reply n ON n.invitation = i.id AND NOT n.is_verified WHERE m.id = {} AND n.received_at > {}"
)
_OF_MESSAGE = "SELECT COUNT(*) AS emails FROM bounce WHERE message = {} AND received_at > {}"
_CHANGED_NOTHING = (
    "n.outcome NOT IN ('recorded', 'released') AND n.attached IS NULL"
    " AND (n.outcome = 'unmatched' OR NOT EXISTS (SELECT 1 FROM time_proposal p WHERE p.reply = n.id))"
)
_OUTDATED_REPLIES = (
    "SELECT n.id FROM incoming_reply n WHERE n.received_at < {}"
    f" AND ({_CHANGED_NOTHING} OR n.received_at < {{}}"
    " AND NOT EXISTS (SELECT 1 FROM invitation i JOIN occurrence o ON o.event = i.event"
    " WHERE i.id = n.invitation AND o.ends_at >= {}))"
    " ORDER BY n.received_at LIMIT {}"
)
_OUTDATED_WORDS = (
    "SELECT w.id FROM incoming_words w WHERE w.received_at < {} AND (w.outcome <> 'recorded' OR w.received_at < {})"
    " ORDER BY w.received_at LIMIT {}"
)
_OUTDATED_BOUNCES = "SELECT b.id FROM bounce b WHERE b.received_at < {} ORDER BY b.received_at LIMIT {}"


class EmailArrival(NamedTuple):
    """What is known of an email before it is taken."""

    is_known: bool
    """Whether the same email came before."""
    lately: int
    """How many were taken since a moment: bounces of its message; else emails of its sender, and of unconfirmed senders
    to its invitation, or to that of its message, or to a person about the item of its message, whichever are more."""


async def read_arrival(email: ReceivedEmail, since: datetime) -> EmailArrival:
    """Return what is known of an email, in one visit to the database."""
    known = QueryString(_SAME_EMAIL, email.name, email.name, email.name)
    rows, *counted = await engine().read_each(known, *_counts(email, since))
    return EmailArrival(is_known=bool(rows), lately=max(int(row["emails"]) for [row] in counted))


def _counts(email: ReceivedEmail, since: datetime) -> list[QueryString]:
    if email.bounced_id is not None:
        return [QueryString(_OF_MESSAGE, email.bounced_id, since)]
    about = (email.sender.address, email.sender.is_verified, since)
    of_sender = QueryString(_OF_SENDER, *about, *about)
    return [of_sender] if email.sender.is_verified else [of_sender, *_to_same(email, since)]


def _to_same(email: ReceivedEmail, since: datetime) -> list[QueryString]:
    """Return the counts of unconfirmed emails that wait where this one would."""
    if email.invitation_id is not None:
        return [QueryString(_TO_INVITATION, email.invitation_id, since)]
    if email.message_id is None:
        return []
    return [QueryString(about, email.message_id, since) for about in (_ABOUT_ITEM, _ABOUT_EVENT)]


class StrayEmail(Struct, frozen=True, kw_only=True):
    """An email that leads nowhere, as far as administrators see it: they never see its subject or text."""

    received_at: datetime
    sender: SenderAddress
    """Empty for an email that couldn't be read."""
    is_readable: bool


async def newest_email_at() -> datetime | None:
    """Return when the last email came in; a message that was refused when it was handed over is none."""
    came = [
        await _newest(IncomingReply.select(IncomingReply.received_at), IncomingReply.received_at),
        await _newest(IncomingWords.select(IncomingWords.received_at), IncomingWords.received_at),
        await _newest(Bounce.select(Bounce.received_at).where(Bounce.email_hash.is_not_null()), Bounce.received_at),
    ]
    return max((moment for moment in came if moment), default=None)


async def number_noted_from(sender: str) -> int:
    """Return how many automatic emails of a sender came in."""
    is_noted = (IncomingReply.sender == sender.lower()) & (IncomingReply.outcome == ReplyOutcome.IGNORED)
    return await IncomingReply.count().where(is_noted)


async def newest_stray_emails(most: int) -> list[StrayEmail]:
    """Return the newest emails to an address that is no invitation's and no message's, or that couldn't be read.

    Others are left out: that one came, and from whom, says something of an event.
    """
    no_address = (IncomingReply.outcome == ReplyOutcome.UNMATCHED) & (IncomingReply.misfit == Mismatch.NO_ADDRESS)
    replies = IncomingReply.select(IncomingReply.received_at, IncomingReply.sender, IncomingReply.outcome).where(
        no_address | (IncomingReply.outcome == ReplyOutcome.UNREADABLE)
    )
    words = IncomingWords.select(IncomingWords.received_at, IncomingWords.sender, IncomingWords.outcome).where(
        IncomingWords.outcome == AnswerOutcome.UNREADABLE
    )
    rows = [
        *await replies.order_by(IncomingReply.received_at, ascending=False).limit(most),
        *await words.order_by(IncomingWords.received_at, ascending=False).limit(most),
    ]
    newest = sorted(rows, key=lambda row: row["received_at"], reverse=True)[:most]
    return [_stray(row) for row in newest]


def _stray(row: Mapping[str, Any]) -> StrayEmail:
    is_readable = row["outcome"] != ReplyOutcome.UNREADABLE
    sender = SenderAddress(row["sender"] if is_readable else "")
    return StrayEmail(received_at=row["received_at"], sender=sender, is_readable=is_readable)


async def _newest(found: Select[Any], received_at: Timestamptz) -> datetime | None:
    row = await found.order_by(received_at, ascending=False).first()
    return row["received_at"] if row else None


async def outdated_replies(unrecorded_before: datetime, recorded_before: datetime, most: int) -> list[UUID]:
    """Return replies that came before one of two moments; one that counts only if its event was over by then, too.

    A proposal of another time counts like a reply that was recorded.
    """
    return await _ids(QueryString(_OUTDATED_REPLIES, unrecorded_before, recorded_before, recorded_before, most))


async def outdated_words(unrecorded_before: datetime, recorded_before: datetime, most: int) -> list[UUID]:
    """Return emails with words that came before one of two moments."""
    return await _ids(QueryString(_OUTDATED_WORDS, unrecorded_before, recorded_before, most))


async def outdated_bounces(before: datetime, most: int) -> list[UUID]:
    """Return bounces that came before a moment."""
    return await _ids(QueryString(_OUTDATED_BOUNCES, before, most))


async def _ids(query: QueryString) -> list[UUID]:
    return [row["id"] for row in await engine().run_querystring(query)]


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
    rows = await engine().run_querystring(QueryString(_SENT_MESSAGE, message_id))
    return SentMessage(rows[0]["recipient"], bool(rows[0]["is_current"])) if rows else None


async def returned_messages(member_id: UUID, since: datetime) -> list[ReturnedMessage]:
    """Return the bounces of messages to a person since then, newest first, without those from before a restoration."""
    return [
        ReturnedMessage(
            row["message"], row["received_at"], Fate(row["fate"]), Cause(row["cause"]), bool(row["is_counted"])
        )
        for row in await engine().run_querystring(QueryString(_OF_PERSON, member_id, since))
    ]
