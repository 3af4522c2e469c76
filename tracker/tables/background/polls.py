"""Date polls, before an event has its date."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

import msgspec
from msgspec import Struct
from piccolo.querystring import QueryString

from tracker.database import engine
from tracker.database.queries import sql_list
from tracker.rules.core.email_declarations import MessageKind
from tracker.rules.core.outbox import MessageKey, MessageState
from tracker.rules.core.wording import ZoneName
from tracker.tables.schema.core.tables import Message

_HAS_OPEN = (
    "SELECT p.id FROM poll p JOIN event e ON e.id = p.event"
    " WHERE e.id = {} AND e.status = 'draft' AND p.canceled_at IS NULL"
)
_DUE = (
    "SELECT p.id, p.event AS event_id, p.reply_by, p.opened_at, e.zone, o.starts AS last"
    " FROM poll p JOIN event e ON e.id = p.event JOIN poll_option o ON o.poll = p.id"
    " WHERE e.status = 'draft' AND p.canceled_at IS NULL AND p.reply_by > {} AND p.reply_by <= {}"
    " ORDER BY p.reply_by, p.id, o.starts"
)
_SILENT = (
    "SELECT p.id, i.member FROM poll p JOIN invitation i ON i.event = p.event"
    " WHERE p.id IN ({}) AND i.withdrawn_at IS NULL AND i.role NOT IN ('chair', 'informed')"
    " AND NOT EXISTS (SELECT 1 FROM poll_reply r JOIN poll_option o ON o.id = r.option"
    " WHERE o.poll = p.id AND r.member = i.member) ORDER BY p.id, i.member"
)
NUDGE_KEYS = "poll_nudge:"
"""How the keys of reminders begin."""


_MESSAGES = (
    "SELECT m.id, m.key, m.recipient AS recipient_id, m.state,"
    " CASE WHEN m.state = 'pending' AND m.worker = '' AND m.unconfirmed_at IS NULL THEN 1 ELSE 0 END AS is_untried"
    " FROM message m WHERE m.event = {} AND m.kind = 'poll' ORDER BY m.created_at"
)


class PollMessage(Struct, frozen=True, kw_only=True):
    """A message about a poll."""

    id: UUID
    key: MessageKey
    recipient_id: UUID
    state: MessageState
    is_untried: bool
    """Whether no one can have it: it waits, no worker has it, and no try ended in doubt."""


async def has_open_poll(event_id: UUID) -> bool:
    """Return whether people are being asked about the date of a draft."""
    return bool(await engine().run_querystring(QueryString(_HAS_OPEN, event_id)))


async def messages_of(event_id: UUID) -> list[PollMessage]:
    """Return the messages about the polls of an event, oldest first."""
    rows = await engine().run_querystring(QueryString(_MESSAGES, event_id))
    return msgspec.convert(rows, list[PollMessage], strict=False)


class DuePoll(Struct, frozen=True, kw_only=True):
    """An open poll, with what its reminder is computed from."""

    id: UUID
    event_id: UUID
    reply_by: datetime
    opened_at: datetime
    zone: ZoneName
    last: datetime
    """The local start of the last date."""


async def polls_to_remind(after: datetime, until: datetime) -> list[DuePoll]:
    """Return the open polls to which people should reply in (after, until]."""
    rows = await engine().run_querystring(QueryString(_DUE, after, until))
    last = {row["id"]: row for row in rows}  # with the last date of each poll
    return msgspec.convert([*last.values()], list[DuePoll], strict=False)


async def silent_in_polls(poll_ids: Iterable[UUID]) -> dict[UUID, list[UUID]]:
    """Return the people who are asked in each of these polls and have not replied."""
    wanted = list(poll_ids)
    silent: dict[UUID, list[UUID]] = {}
    if wanted:
        for row in await engine().run_querystring(QueryString(_SILENT, sql_list(wanted))):
            silent.setdefault(row["id"], []).append(row["member"])
    return silent


async def reminded_of_polls(event_ids: Iterable[UUID], since: datetime) -> dict[UUID, dict[UUID, datetime]]:
    """Return who was reminded of the poll of each of these events after `since`, or will be, and when it was queued."""
    wanted = list(event_ids)
    reminded: dict[UUID, dict[UUID, datetime]] = {}
    if wanted:
        is_nudge = (Message.kind == MessageKind.POLL.value) & Message.key.like(f"{NUDGE_KEYS}%")
        is_known = Message.state.is_in([MessageState.PENDING.value, MessageState.SENT.value]) & (
            Message.created_at > since
        )
        rows = await Message.select(Message.event, Message.recipient, Message.created_at).where(
            Message.event.is_in(wanted) & is_nudge & is_known
        )
        for row in rows:
            reminded.setdefault(row["event"], {})[row["recipient"]] = row["created_at"]
    return reminded
