"""Date polls and their messages as ids and times, for writers inside their transaction and for the clock."""

from typing import NamedTuple
from uuid import UUID

from piccolo.querystring import QueryString

from tracker.database import engine
from tracker.rules.core.outbox import MessageKey, MessageKind, State
from tracker.tables.schema.core.outbox import Message

_OPEN = (
    "SELECT p.id FROM poll p JOIN event e ON e.id = p.event"
    " WHERE e.id = {} AND e.status = 'draft' AND p.canceled_at IS NULL"
)


class PollMessage(NamedTuple):
    """A message about a poll."""

    id: UUID
    key: MessageKey
    recipient_id: UUID
    state: State
    is_untried: bool
    """Whether no one can have it: it waits, no worker has it, and no try ended in doubt."""


async def has_open_poll(event_id: UUID) -> bool:
    """Return whether people are being asked about the date of a draft."""
    return bool(await engine().run_querystring(QueryString(_OPEN, event_id)))


async def messages_of(event_id: UUID) -> list[PollMessage]:
    """Return the messages about the polls of an event, oldest first."""
    of_poll = (Message.event == event_id) & (Message.kind == MessageKind.POLL.value)
    columns = (Message.id, Message.key, Message.recipient, Message.state, Message.worker, Message.unconfirmed_at)
    found = await Message.select(*columns).where(of_poll).order_by(Message.created_at)
    return [
        PollMessage(
            row["id"],
            MessageKey(row["key"]),
            row["recipient"],
            State(row["state"]),
            row["state"] == State.PENDING and not row["worker"] and row["unconfirmed_at"] is None,
        )
        for row in found
    ]
