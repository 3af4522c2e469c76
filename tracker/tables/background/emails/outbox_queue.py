"""Messages for their writers and senders, without a viewer: ids, states, times.

The facts of a message leave here as stored, unread: they go into the message that replaces it, or into the email that
is written with its recipient as the viewer. People read `visible.emails.messages`. To a person whose address is paused,
because emails to it came back, nothing is sent.
"""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import msgspec
from msgspec import Struct
from piccolo.custom_types import Combinable
from piccolo.querystring import QueryString

from tracker.database import engine
from tracker.database.queries import sql_list
from tracker.rules.core.email_declarations import MessageKind
from tracker.rules.core.outbox import MessageKey, MessageRow, MessageState, StoredFacts, WorkerName
from tracker.tables.schema.core.tables import Message

# People read what is new about an event before they are reminded of it.
_CHANGE_WAITS = (
    "EXISTS (SELECT 1 FROM message n WHERE n.recipient = m.recipient AND n.event = m.event AND n.state = 'pending'"
    " AND n.created_at <= m.created_at AND n.kind IN ('invitation', 'update', 'cancellation', 'withdrawal'))"
)
EVENT_VERSION = "(SELECT e.version FROM event e WHERE e.id = message.event)"
"""The version of a message's event now, for the statement that records it as sent."""
_CLAIM = (
    "UPDATE message SET worker = {}, attempts = attempts + 1, reason = CASE WHEN worker = '' THEN reason ELSE {} END,"
    " unconfirmed_at = CASE WHEN worker = '' THEN unconfirmed_at ELSE {} END"
    " WHERE id IN (SELECT m.id FROM message m WHERE m.state = 'pending' AND m.due <= {}"
    " AND (m.try_after IS NULL OR m.try_after <= {}) AND m.worker IN ({})"
    f" AND NOT (m.kind IN ('reminder', 'no_reply') AND {_CHANGE_WAITS}) ORDER BY m.due, m.id LIMIT {{}})"
)
_CLAIMED = (
    "SELECT id, key, recipient AS recipient_id, event AS event_id, occurrence AS occurrence_id, item AS item_id, facts,"
    " created_at, due, not_after, attempts"
    " FROM message WHERE state = 'pending' AND due <= {} AND worker = {} ORDER BY due, id"
)
_SUPERSEDE = (
    "UPDATE message SET state = 'superseded', reason = {} WHERE state = 'pending' AND worker = ''"
    " AND kind = 'reminder' AND occurrence IN ({}) AND EXISTS ("
    "SELECT 1 FROM message n WHERE n.recipient = message.recipient AND n.state = 'pending' AND n.due > message.due"
    " AND n.kind = 'reminder' AND n.occurrence = message.occurrence)"
)
_DROP_EMPTY = (
    "DELETE FROM sending WHERE queued_at = {} AND NOT EXISTS (SELECT 1 FROM message m WHERE m.sending = sending.id)"
)
_STATE = (
    "SELECT (SELECT COUNT(*) FROM (SELECT 1 AS late FROM message WHERE state = 'pending' AND due <= {} LIMIT 1) l)"
    " AS is_late, (SELECT COUNT(*) FROM watermark WHERE name = {} AND until >= {}) AS is_ticking"
)
IS_PAUSED = (
    "EXISTS (SELECT 1 FROM email_pause p JOIN member w ON w.id = p.member AND w.email = p.address"
    " WHERE p.member = m.recipient AND p.restored_at IS NULL)"
)
"""Whether the address that the recipient of message `m` has now is paused."""
_PAUSED = (
    "SELECT p.member FROM email_pause p JOIN member w ON w.id = p.member AND w.email = p.address"
    " WHERE p.restored_at IS NULL"
)


class ClaimedMessage(MessageRow, frozen=True, kw_only=True):
    """A message that a worker has claimed."""

    facts: StoredFacts


class QueuedMessage(Struct, frozen=True, kw_only=True):
    """A message about an event."""

    id: UUID
    kind: MessageKind
    recipient_id: UUID
    event_id: UUID | None
    occurrence_id: UUID | None
    state: MessageState
    worker: WorkerName
    """Who has claimed it; empty for no one."""
    unconfirmed_at: datetime | None
    """When an earlier try may have delivered it."""
    created_at: datetime
    sent_at: datetime | None
    facts: StoredFacts

    @property
    def is_waiting(self) -> bool:
        """Return whether its reader can't know of it yet, and no worker is sending it."""
        return self.state is MessageState.PENDING and not (self.worker or self.unconfirmed_at)


class MessageOutcome(Struct, frozen=True, kw_only=True):
    """What became of a message; one that came back was sent before."""

    recipient_id: UUID
    state: MessageState
    bounced_at: datetime | None
    facts: StoredFacts


class EmailQueue(NamedTuple):
    """The emails that are due, and those that failed since a moment."""

    due: int
    oldest_due: datetime | None
    failed: int


class WorkState(Struct, frozen=True, kw_only=True):
    """Whether due work was left undone, and whether a job ran lately."""

    is_late: bool
    is_ticking: bool

    @property
    def is_well(self) -> bool:
        """Return whether no one needs to be alerted."""
        return self.is_ticking and not self.is_late


async def messages_about_events(event_ids: Iterable[UUID]) -> list[QueuedMessage]:
    """Return the waiting messages about these events."""
    return await _queued(Message.event.is_in(list(event_ids)) & (Message.state == MessageState.PENDING.value))


async def nudges_of_deed(occurrence_id: UUID, at: datetime) -> list[QueuedMessage]:
    """Return the requests to reply or confirm about a date that one deed queued at that moment."""
    return await _queued(_of_deed(occurrence_id, at))


async def thank_yous_about(occurrence_id: UUID) -> list[QueuedMessage]:
    """Return the thank-yous about a date, undone ones included."""
    return await _queued((Message.occurrence == occurrence_id) & (Message.kind == MessageKind.THANK_YOU.value))


async def have_requests_ended(occurrence_id: UUID, at: datetime, reason: str) -> bool:
    """Return whether the requests that one deed queued have all ended for this reason; False when there are none."""
    rows = await Message.select(Message.reason).where(_of_deed(occurrence_id, at))
    return bool(rows) and all(row["reason"] == reason for row in rows)


def _of_deed(occurrence_id: UUID, at: datetime) -> Combinable:
    return (
        (Message.occurrence == occurrence_id)
        & (Message.kind == MessageKind.NO_REPLY.value)
        & (Message.created_at == at)
    )


async def messages_to_people(
    recipients: Iterable[UUID], event_ids: Iterable[UUID], kinds: Iterable[str]
) -> list[QueuedMessage]:
    """Return the messages of some kinds to these people about these events, oldest first."""
    return await _queued(
        Message.recipient.is_in(list(recipients))
        & Message.event.is_in(list(event_ids))
        & Message.kind.is_in(list(kinds))
    )


async def is_only_change_waiting(key: str, kinds: Collection[str], undone: str) -> bool:
    """Return whether a message waits of which its reader cannot know, and which replaced no other of these kinds.

    It replaced none if none about the same event was replaced since the reader got the last one; those that were
    dropped for the reason `undone` were not replaced by any.
    """
    waits = (Message.key == key) & (Message.state == MessageState.PENDING.value) & (Message.worker == "")
    rows = await Message.select(Message.recipient, Message.event).where(waits & Message.unconfirmed_at.is_null())
    if not rows:
        return False
    of_subject = (Message.recipient == rows[0]["recipient"]) & (Message.event == rows[0]["event"])
    others = await Message.select(Message.sent_at, Message.created_at, Message.state, Message.reason).where(
        of_subject & Message.kind.is_in(list(kinds))
    )
    known = max((row["sent_at"] for row in others if row["sent_at"]), default=None)
    replaced = [row for row in others if row["state"] == MessageState.SUPERSEDED.value and row["reason"] != undone]
    return not any(known is None or row["created_at"] > known for row in replaced)


async def untried_message(key: str) -> UUID | None:
    """Return the message with this key if it waits and its reader cannot know of it."""
    waits = (Message.key == key) & (Message.state == MessageState.PENDING.value) & (Message.worker == "")
    rows = await Message.select(Message.id).where(waits & Message.unconfirmed_at.is_null())
    return rows[0]["id"] if rows else None


async def any_may_be_known(keys: Iterable[str]) -> bool:
    """Return whether the reader of a message with one of these keys may know of it."""
    wanted = list(keys)
    has_left = Message.sent_at.is_not_null() | Message.unconfirmed_at.is_not_null() | (Message.worker != "")
    return bool(wanted) and await Message.exists().where(Message.key.is_in(wanted) & has_left)


async def waits_or_was_sent(kind: MessageKind, recipient_id: UUID, occurrence_id: UUID) -> bool:
    """Return whether a message of a kind about a date waits for a person, or was sent to them."""
    to_them = (Message.recipient == recipient_id) & (Message.occurrence == occurrence_id)
    is_so = Message.state.is_in([MessageState.PENDING.value, MessageState.SENT.value])
    return await Message.exists().where(to_them & (Message.kind == kind.value) & is_so)


async def _queued(where: Combinable) -> list[QueuedMessage]:
    rows = (
        await Message.select(
            Message.id,
            Message.kind,
            Message.recipient.as_alias("recipient_id"),
            Message.event.as_alias("event_id"),
            Message.occurrence.as_alias("occurrence_id"),
            Message.state,
            Message.worker,
            Message.unconfirmed_at,
            Message.created_at,
            Message.sent_at,
            Message.facts,
        )
        .where(where)
        .order_by(Message.created_at)
    )
    return msgspec.convert(rows, list[QueuedMessage], strict=False)


async def may_have_notified(event_id: UUID, kinds: Iterable[str], since: datetime) -> bool:
    """Return whether a message of these kinds about an event may have gone out since then, or is being sent."""
    condition = (Message.event == event_id) & Message.kind.is_in(list(kinds))
    went_out = (Message.sent_at >= since) | (Message.unconfirmed_at >= since)
    return await Message.exists().where(condition & (went_out | (Message.worker != "")))


async def claim_due_messages(
    worker: str, free: Collection[str], interrupted: str, now: datetime, limit: int
) -> list[ClaimedMessage]:
    """Claim up to `limit` due messages, unclaimed or of the workers `free`, and return all that `worker` has claimed.

    A reminder or request to reply waits for earlier messages about its event to the same person.

    `interrupted` is noted with a message that another worker had claimed, and that may have arrived. The caller is
    inside `writing()`.
    """
    workers = sql_list(free)
    await engine().run_querystring(QueryString(_CLAIM, worker, interrupted, now, now, now, workers, limit))
    rows = await engine().run_querystring(QueryString(_CLAIMED, now, worker))
    return msgspec.convert(rows, list[ClaimedMessage], strict=False)


async def workers_with_claims() -> frozenset[WorkerName]:
    """Return the workers that have claimed messages."""
    held = (Message.state == MessageState.PENDING.value) & (Message.worker != "")
    return frozenset(await Message.select(Message.worker).where(held).distinct().output(as_list=True))


async def supersede_older_reminders(occurrence_ids: Iterable[UUID], reason: str) -> None:
    """Supersede waiting reminders of these dates that a newer one to the same person has overtaken."""
    dates = {*occurrence_ids}
    if dates:
        await engine().run_querystring(QueryString(_SUPERSEDE, reason, sql_list(sorted(dates))))


async def reminder_keys(occurrence_ids: Iterable[UUID]) -> frozenset[MessageKey]:
    """Return the keys of the reminders of these dates, whatever became of them."""
    dates = [*occurrence_ids]
    if not dates:
        return frozenset()
    of_dates = (Message.kind == MessageKind.REMINDER.value) & Message.occurrence.is_in(dates)
    return frozenset(MessageKey(key) for key in await Message.select(Message.key).where(of_dates).output(as_list=True))


async def outcomes_of_kind(kind: MessageKind, since: datetime) -> list[MessageOutcome]:
    """Return what became of the messages of a kind that were due since a moment, earliest first."""
    rows = (
        await Message.select(
            Message.recipient.as_alias("recipient_id"), Message.state, Message.bounced_at, Message.facts
        )
        .where((Message.kind == kind.value) & (Message.due >= since))
        .order_by(Message.due, Message.created_at)
    )
    return msgspec.convert(rows, list[MessageOutcome], strict=False)


async def drop_empty_sendings(queued_at: datetime) -> None:
    """Delete the sendings of a moment whose messages were deleted. The caller is inside `writing()`."""
    await engine().run_querystring(QueryString(_DROP_EMPTY, queued_at))


async def outbox_health(since: datetime, job: str) -> WorkState:
    """Return the state of the work since a moment, by one query over two indexes."""
    (row,) = await engine().run_querystring(QueryString(_STATE, since, job, since))
    return msgspec.convert(row, WorkState, strict=False)


async def count_queue(now: datetime, since: datetime) -> EmailQueue:
    """Return how many messages are due, since when, and how many failed that were due since a moment."""
    is_due = (Message.state == MessageState.PENDING.value) & (Message.due <= now)
    oldest = await Message.select(Message.due).where(is_due).order_by(Message.due).first()
    failed = Message.state.is_in([MessageState.FAILED.value, MessageState.BOUNCED.value]) & (Message.due >= since)
    return EmailQueue(
        due=await Message.count().where(is_due),
        oldest_due=oldest["due"] if oldest else None,
        failed=await Message.count().where(failed),
    )


async def paused_members() -> frozenset[UUID]:
    """Return the people whose address is paused."""
    return frozenset(row["member"] for row in await engine().run_querystring(QueryString(_PAUSED)))
