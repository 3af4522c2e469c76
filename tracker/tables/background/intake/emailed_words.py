"""Emails that people wrote back to an email of ours, as ids, states, and times."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import Struct

from tracker.rules.actions.action_items import ItemStatus
from tracker.rules.core.message_types import AnswerOutcome, AnswerWord
from tracker.rules.events.replies import ReplySource
from tracker.tables.background.intake.calendar_replies import RecordedReply
from tracker.tables.schema.core.tables import Message
from tracker.tables.schema.events.invitations import Reply
from tracker.tables.schema.intake.received_emails import IncomingWords


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
    reply: RecordedReply | None
    is_refusal: bool
    """Whether that reply is the writer's No as a substitute, to another person's invitation."""
    undone_at: datetime | None


async def made_change(words_id: UUID) -> MadeChange | None:
    """Return what an email changed; None for one that changed nothing."""
    reply = IncomingWords.reply
    found = await IncomingWords.select(
        *IncomingWords.all_columns(), reply.invitation, reply.occurrence, reply.number, reply.source
    ).where((IncomingWords.id == words_id) & (IncomingWords.outcome == AnswerOutcome.RECORDED))
    return _made_change(found[0]) if found else None


def _made_change(row: Mapping[str, Any]) -> MadeChange:
    return MadeChange(
        member_id=row["member"],
        at=row["decided_at"] or row["received_at"],
        word=AnswerWord(row["word"]),
        item_id=row["item"],
        status_before=ItemStatus(row["status_before"]) if row["status_before"] else None,
        progress_before=row["progress_before"],
        blocked_before=row["blocked_before"],
        reply=RecordedReply(row["reply.invitation"], row["reply.occurrence"], row["reply.number"])
        if row["reply.invitation"]
        else None,
        is_refusal=row["reply.source"] == ReplySource.SUBSTITUTE,
        undone_at=row["undone_at"],
    )


async def answered_message(message_id: UUID) -> AnsweredMessage | None:
    """Return a message that was queued; None when there is none."""
    found = await Message.select(
        Message.recipient, Message.item, Message.event, Message.occurrence, Message.sent_at, Message.created_at
    ).where(Message.id == message_id)
    return (
        AnsweredMessage(
            recipient_id=found[0]["recipient"],
            item_id=found[0]["item"],
            event_id=found[0]["event"],
            occurrence_id=found[0]["occurrence"],
            sent_at=found[0]["sent_at"] or found[0]["created_at"],
        )
        if found
        else None
    )


async def count_recorded_since(member_id: UUID, since: datetime) -> int:
    """Return how many emails of a person changed something since then."""
    return await IncomingWords.count().where(
        (IncomingWords.member == member_id)
        & (IncomingWords.received_at > since)
        & (IncomingWords.outcome == AnswerOutcome.RECORDED)
    )


async def newest_reply(invitation_id: UUID) -> UUID | None:
    """Return the last reply to an invitation."""
    found = (
        await Reply.select(Reply.id)
        .where(Reply.invitation == invitation_id)
        .order_by(Reply.number, ascending=False)
        .limit(1)
    )
    return found[0]["id"] if found else None


async def was_asked_again(invitation_id: UUID, occurrence_id: UUID | None, since: datetime, *, is_series: bool) -> bool:
    """Return whether a change asked for a new reply since then: for a date of a series, or None = the whole series."""
    asked = (Reply.invitation == invitation_id) & (Reply.source == ReplySource.CHANGE) & (Reply.replied_at > since)
    column = Reply.occurrence
    if is_series:
        asked = asked & (column.is_null() if occurrence_id is None else column == occurrence_id)
    return bool(await Reply.exists().where(asked))
