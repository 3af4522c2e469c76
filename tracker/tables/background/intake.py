"""Emails that come in, for the clock and for those that take them."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import msgspec
from msgspec import Struct
from piccolo.querystring import QueryString

from tracker.database import engine
from tracker.database.queries import sql_list
from tracker.rules.actions import ItemStatus
from tracker.rules.core.message_types import AnswerOutcome, AnswerWord
from tracker.rules.events.replies import ReplySource, ReplyValue
from tracker.rules.intake.calendar_replies import Mismatch, ReplyOutcome
from tracker.rules.intake.item_emails import NewProposal
from tracker.rules.intake.received_emails import Cause, Fate, ReceivedEmail, SenderAddress
from tracker.tables.schema.events import Invitation, Reply
from tracker.tables.schema.intake import IncomingReply, IncomingWords, TimeProposal

_GIVEN = (
    "SELECT occurrence AS occurrence_id, reply AS value, source, sequence, replied_at AS at FROM reply"
    " WHERE invitation = {}"
)
# Two statements, each by an index: one with OR over both tables reads every email that ever came.
_RECORDED = (
    "SELECT n.occurrence AS occurrence_id, n.sequence, n.stamped_at FROM incoming_reply n WHERE n.invitation = {}"
    f" AND n.outcome = '{ReplyOutcome.RECORDED}' AND NOT EXISTS (SELECT 1 FROM incoming_words w"
    " WHERE w.email_hash = n.email_hash AND w.undone_at IS NOT NULL)"
)
_ATTACHED = (
    "SELECT a.occurrence AS occurrence_id, n.sequence, n.stamped_at FROM reply a"
    f" JOIN incoming_reply n ON n.attached = a.id WHERE a.invitation = {{}} AND a.source = '{ReplySource.EMAIL}'"
)
_NOES = (
    "SELECT n.received_at, n.stamped_at FROM incoming_reply n WHERE n.invitation = {} AND n.occurrence = {}"
    f" AND n.sender IN ({{}}) AND n.reply = '{ReplyValue.DECLINED}'"
    f" AND n.outcome IN ('{ReplyOutcome.RELEASED}', '{ReplyOutcome.REPEATED}')"
    " AND NOT EXISTS (SELECT 1 FROM incoming_words w WHERE w.email_hash = n.email_hash AND w.undone_at IS NOT NULL)"
)


_REPLY = "a.invitation AS invitation_id, a.occurrence AS occurrence_id, a.number"
_ATTACHED_AS = f"SELECT {_REPLY} FROM incoming_reply n JOIN reply a ON a.id = n.attached WHERE n.id = {{}}"
_MADE = (
    "SELECT w.member AS member_id, COALESCE(w.decided_at, w.received_at) AS at, w.word, w.item AS item_id,"
    " w.status_before, w.progress_before, w.blocked_before, w.undone_at,"
    f" COALESCE(a.source, '') = '{ReplySource.SUBSTITUTE}' AS is_refusal, {_REPLY}"
    " FROM incoming_words w LEFT JOIN reply a ON a.id = w.reply"
    f" WHERE w.id = {{}} AND w.outcome = '{AnswerOutcome.RECORDED}'"
)
_ANSWERED = (
    "SELECT m.recipient AS recipient_id, m.item AS item_id, m.event AS event_id, m.occurrence AS occurrence_id,"
    " COALESCE(m.sent_at, m.created_at) AS sent_at FROM message m WHERE m.id = {}"
)


class EmailedReply(Struct, frozen=True, kw_only=True):
    """A reply that was recorded because of an email."""

    invitation_id: UUID
    occurrence_id: UUID | None
    """None = the whole series."""
    number: int
    """Among the replies to the invitation."""


class RepliesBefore(Struct, frozen=True, kw_only=True):
    """What came before a reply, for its date or its series."""

    asked_at: int | None
    """SEQUENCE of the last change that asked for a new reply."""
    asked_since: datetime | None
    """When a change last asked for a reply. With differing server clocks, this can be the time of an earlier change."""
    replied_at: datetime | None
    """When they last replied, by themselves or through someone else, in another way than by a calendar program."""
    last: tuple[int, datetime] | None
    """SEQUENCE and DTSTAMP of the newest reply of a calendar program that was recorded."""


class _Given(Struct, frozen=True, kw_only=True):
    occurrence_id: UUID | None
    value: ReplyValue
    source: ReplySource
    sequence: int
    at: datetime


class _ByProgram(Struct, frozen=True, kw_only=True):
    """A reply of a calendar program that counted."""

    occurrence_id: UUID | None
    sequence: int
    stamped_at: datetime


class InvitationHistory(Struct, frozen=True, kw_only=True):
    """Every reply to an invitation so far."""

    given: list[_Given]
    by_programs: list[_ByProgram]

    def before(self, occurrence_id: UUID | None) -> RepliesBefore:
        """Return what came before a reply to one date; None = to the whole series."""
        of_date = [reply for reply in self.given if reply.occurrence_id == occurrence_id]
        # Those for the series count when the date has none of its own.
        replies = of_date or [reply for reply in self.given if reply.occurrence_id is None]
        asked = [reply for reply in replies if reply.source is ReplySource.CHANGE]
        otherwise = [
            reply.at
            for reply in replies
            if reply.value is not ReplyValue.NEEDS_ACTION
            and reply.source not in (ReplySource.CHANGE, ReplySource.EMAIL, ReplySource.SUBSTITUTE)
        ]
        newest = [
            (program.sequence, program.stamped_at)
            for program in self.by_programs
            if program.occurrence_id == occurrence_id
        ]
        return RepliesBefore(
            asked_at=max((reply.sequence for reply in asked), default=None),
            asked_since=max((reply.at for reply in asked), default=None),
            replied_at=max(otherwise, default=None),
            last=max(newest, default=None),
        )


async def invitation_history(invitation_id: UUID) -> InvitationHistory:
    """Return every reply to an invitation so far, in one visit to the database."""
    given, *by_programs = await engine().read_each(
        QueryString(_GIVEN, invitation_id), QueryString(_RECORDED, invitation_id), QueryString(_ATTACHED, invitation_id)
    )
    history = {"given": given, "by_programs": [row for rows in by_programs for row in rows]}
    return msgspec.convert(history, InvitationHistory, strict=False)


async def noes_by(
    addresses: Iterable[str], invitation_id: UUID, occurrence_id: UUID
) -> Sequence[tuple[datetime, datetime]]:
    """Return when each No of a substitute to a date came from these addresses, and when it was written.

    Those that were undone are left out.
    """
    rows = await engine().run_querystring(QueryString(_NOES, invitation_id, occurrence_id, sql_list(sorted(addresses))))
    return [(row["received_at"], min(row["stamped_at"] or row["received_at"], row["received_at"])) for row in rows]


async def attached_reply(incoming_id: UUID) -> EmailedReply | None:
    """Return the reply that an email was attached as; None when it is no longer, or was dismissed."""
    rows = await engine().run_querystring(QueryString(_ATTACHED_AS, incoming_id))
    return msgspec.convert(rows[0], EmailedReply) if rows else None


async def member_of(invitation_id: UUID) -> UUID | None:
    """Return the person of an invitation, withdrawn or not."""
    rows = await Invitation.select(Invitation.member).where(Invitation.id == invitation_id)
    return rows[0]["member"] if rows else None


async def is_proposal_known(invitation_id: UUID, occurrence_id: UUID, new: NewProposal) -> bool:
    """Return whether the person proposed the same times for a date at the same moment."""
    email = TimeProposal.reply
    for_date = (email.invitation == invitation_id) & (email.occurrence == occurrence_id)
    same = (TimeProposal.starts_at == new.times[0]) & (TimeProposal.ends_at == new.times[1])
    is_matched = email.outcome != ReplyOutcome.UNMATCHED
    return bool(await TimeProposal.exists().where(for_date & same & (TimeProposal.made_at == new.made_at) & is_matched))


class AnsweredMessage(Struct, frozen=True, kw_only=True):
    """The message that an email replies to: who got it, and what it is about."""

    recipient_id: UUID
    item_id: UUID | None
    event_id: UUID | None
    occurrence_id: UUID | None
    sent_at: datetime


class MadeChange(Struct, frozen=True, kw_only=True):
    """What an email changed, and what undoes it."""

    member_id: UUID
    at: datetime
    """When it was changed: when the email came, or was attached."""
    word: AnswerWord
    item_id: UUID | None
    status_before: ItemStatus | None
    progress_before: int | None
    blocked_before: datetime | None
    reply: EmailedReply | None
    is_refusal: bool
    """Whether that reply is the writer's No as a substitute, to another person's invitation."""
    undone_at: datetime | None


async def made_change(words_id: UUID) -> MadeChange | None:
    """Return what an email changed; None for one that changed nothing."""
    for row in await engine().run_querystring(QueryString(_MADE, words_id)):
        return msgspec.convert({**row, "reply": row if row["invitation_id"] else None}, MadeChange, strict=False)
    return None


async def answered_message(message_id: UUID) -> AnsweredMessage | None:
    """Return a message that was queued; None when there is none."""
    rows = await engine().run_querystring(QueryString(_ANSWERED, message_id))
    return msgspec.convert(rows[0], AnsweredMessage, strict=False) if rows else None


async def count_recorded_since(member_id: UUID, since: datetime) -> int:
    """Return how many emails of a person changed something since then."""
    return await IncomingWords.count().where(
        (IncomingWords.member == member_id)
        & (IncomingWords.received_at > since)
        & (IncomingWords.outcome == AnswerOutcome.RECORDED)
    )


async def newest_reply(invitation_id: UUID) -> UUID | None:
    """Return the last reply to an invitation."""
    rows = (
        await Reply.select(Reply.id)
        .where(Reply.invitation == invitation_id)
        .order_by(Reply.number, ascending=False)
        .limit(1)
    )
    return rows[0]["id"] if rows else None


async def was_asked_again(invitation_id: UUID, occurrence_id: UUID | None, since: datetime, *, is_series: bool) -> bool:
    """Return whether a change asked for a new reply since then: for a date of a series, or None = the whole series."""
    asked = (Reply.invitation == invitation_id) & (Reply.source == ReplySource.CHANGE) & (Reply.replied_at > since)
    column = Reply.occurrence
    if is_series:
        asked = asked & (column.is_null() if occurrence_id is None else column == occurrence_id)
    return bool(await Reply.exists().where(asked))


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
    """Return the counts of emails of the sender; and of unconfirmed ones, where this one would wait."""
    if email.bounced_id is not None:
        return [QueryString(_OF_MESSAGE, email.bounced_id, since)]
    sender = (email.sender.address, email.sender.is_verified, since)
    counts = [QueryString(_OF_SENDER, *sender, *sender)]
    if email.sender.is_verified:
        return counts
    if email.invitation_id is not None:
        return [*counts, QueryString(_TO_INVITATION, email.invitation_id, since)]
    if email.message_id is not None:
        counts += [QueryString(to_same, email.message_id, since) for to_same in (_ABOUT_ITEM, _ABOUT_EVENT)]
    return counts


_NEWEST = (
    "SELECT MAX(c.at) AS at FROM (SELECT MAX(received_at) AS at FROM incoming_reply"
    " UNION ALL SELECT MAX(received_at) FROM incoming_words"
    " UNION ALL SELECT MAX(received_at) FROM bounce WHERE email_hash IS NOT NULL) c"
)
_STRAY = (
    "SELECT n.received_at, n.outcome <> 'unreadable' AS is_readable,"
    " CASE WHEN n.outcome = 'unreadable' THEN '' ELSE n.sender END AS sender FROM incoming_reply n"
    f" WHERE (n.outcome = 'unmatched' AND n.misfit = '{Mismatch.NO_ADDRESS.value}') OR n.outcome = 'unreadable'"
    " UNION ALL SELECT w.received_at, FALSE, '' FROM incoming_words w WHERE w.outcome = 'unreadable'"
    " ORDER BY received_at DESC LIMIT {}"
)


class StrayEmail(Struct, frozen=True, kw_only=True):
    """An email that leads nowhere, as far as administrators see it: they never see its subject or text."""

    received_at: datetime
    sender: SenderAddress
    """Empty for an email that couldn't be read."""
    is_readable: bool


async def newest_email_at() -> datetime | None:
    """Return when the last email came in; a message that was refused when it was handed over is none."""
    rows = await engine().run_querystring(QueryString(_NEWEST))
    newest: datetime | None = msgspec.convert(rows[0]["at"], datetime | None, strict=False)
    return newest


async def number_noted_from(sender: str) -> int:
    """Return how many automatic emails of a sender came in."""
    is_noted = (IncomingReply.sender == sender.lower()) & (IncomingReply.outcome == ReplyOutcome.IGNORED)
    return await IncomingReply.count().where(is_noted)


async def newest_stray_emails(most: int) -> list[StrayEmail]:
    """Return the newest emails to an address that is no invitation's and no message's, or that couldn't be read.

    Others are left out: that one came, and from whom, says something of an event.
    """
    rows = await engine().run_querystring(QueryString(_STRAY, most))
    return msgspec.convert(rows, list[StrayEmail], strict=False)


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
    "SELECT m.recipient AS recipient_id, CASE WHEN m.sent_to = r.email THEN 1 ELSE 0 END AS is_to_current"
    " FROM message m JOIN member r ON r.id = m.recipient WHERE m.id = {}"
)
# What was sent before sending was resumed says nothing of what is sent after it.
_OF_PERSON = (
    "SELECT b.message AS message_id, b.received_at AS at, b.fate, b.cause, b.is_counted"
    " FROM bounce b JOIN message m ON m.id = b.message"
    " JOIN member r ON r.id = m.recipient WHERE r.id = {} AND m.sent_to = r.email AND b.received_at > {}"
    " AND NOT EXISTS (SELECT 1 FROM email_pause p WHERE p.member = r.id AND p.address = r.email"
    " AND p.restored_at >= COALESCE(m.sent_at, b.received_at)) ORDER BY b.received_at DESC, b.id"
)


class SentMessage(Struct, frozen=True, kw_only=True):
    """A message that came back."""

    recipient_id: UUID
    is_to_current: bool
    """Whether it went to the address that its recipient has now."""


class ReturnedMessage(Struct, frozen=True, kw_only=True):
    """That a message to a person came back, or was delayed, and why."""

    message_id: UUID
    at: datetime
    fate: Fate
    cause: Cause
    is_counted: bool


async def sent_message(message_id: UUID) -> SentMessage | None:
    """Return a message, or None when it is gone."""
    rows = await engine().run_querystring(QueryString(_SENT_MESSAGE, message_id))
    return msgspec.convert(rows[0], SentMessage, strict=False) if rows else None


async def returned_messages(member_id: UUID, since: datetime) -> list[ReturnedMessage]:
    """Return the bounces of messages to a person since then, newest first, without those from before a restoration."""
    rows = await engine().run_querystring(QueryString(_OF_PERSON, member_id, since))
    return msgspec.convert(rows, list[ReturnedMessage], strict=False)
