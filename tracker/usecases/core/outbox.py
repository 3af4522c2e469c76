"""The outbox: which messages wait, which worker has claimed them, and how they ended.

Rows are written in the transaction of the change they announce. A claim never looks at a clock to judge another worker:
a claimed row is free again when its worker is gone (`outbox_workers`).
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec.structs import replace
from piccolo.custom_types import Combinable

from tracker.crypto import ids
from tracker.database import writing
from tracker.database.binding import bulk_insert, run_for_each
from tracker.rules.core.email_declarations import MessageKind
from tracker.rules.core.message_types import Also, EventAnnouncement, Invited, SeriesContinued
from tracker.rules.core.outbox import (
    CHANGES,
    DESPITE_A_PAUSE,
    PAUSE,
    PAUSED,
    EarlierMessage,
    Message,
    MessageState,
    NewMessage,
    SendOutcome,
    bundle_messages,
    decode,
    encode,
    invitation_to_extend,
    message_of,
    next_try,
)
from tracker.tables.background.emails import outbox_queue
from tracker.tables.background.emails.outbox_queue import QueuedMessage
from tracker.tables.schema.core import tables as rows

ANNOUNCEMENTS = [MessageKind.INVITATION.value, *(kind.value for kind in CHANGES)]
"""The kinds of message that announce an event and its changes."""
HELD = [*ANNOUNCEMENTS, MessageKind.SUBSTITUTE.value, MessageKind.SUBSTITUTE_DECLINED.value]
"""The kinds of message that wait while a change can be undone."""
INTERRUPTED = "Sent again because sending was interrupted. It may arrive twice."
UNDONE = "Undone before it was sent."
IS_PENDING = rows.Message.state == MessageState.PENDING.value
_SAY = "UPDATE message SET facts = {} WHERE id = {}"
_CLOSE = (
    "UPDATE message SET state = {}, reason = COALESCE({}, reason), sent_at = {}, sent_to = {}, worker = '',"
    " facts = COALESCE({}, facts),"
    f" event_version = CASE WHEN {{}} THEN COALESCE({{}}, {outbox_queue.EVENT_VERSION}) END"
    " WHERE id = {} AND state = 'pending'"
)


async def enqueue_all(drafts: Iterable[NewMessage], now: datetime) -> None:
    """Queue the messages of a deed inside the caller's `writing()`; one whose key exists already is skipped.

    Those of one kind about one event, date, or action item are one sending.
    """
    await enqueue_first(await _bundled(list(drafts)), now)


async def enqueue_first(drafts: Sequence[NewMessage], now: datetime) -> None:
    """Queue messages about new events as `enqueue_all` does, without looking for earlier ones."""
    first: dict[tuple[object, ...], NewMessage] = {}
    for draft in drafts:
        if draft.sending_id is None:
            first.setdefault(draft.shares, draft)
    sendings = {shares: ids.new_id() for shares in first}
    made = [{"id": sendings[shares], "topic": draft.topic, "queued_at": now} for shares, draft in first.items()]
    await bulk_insert(rows.Sending, made)
    paused = await outbox_queue.paused_members() if drafts else frozenset[UUID]()
    messages = []
    for draft in drafts:
        is_held = draft.recipient_id in paused and draft.kind not in DESPITE_A_PAUSE
        is_to_send = not is_held or draft.state is not MessageState.PENDING
        message = draft if is_to_send else replace(draft, state=MessageState.SUPPRESSED, reason=PAUSED)
        sending_id = draft.sending_id or sendings[draft.shares]
        pause = PAUSE if isinstance(message.content, EventAnnouncement) else PAUSE * 0
        messages.append(
            {
                "id": ids.new_id(),
                "key": message.key,
                "kind": message.kind.value,
                "sending": sending_id,
                "recipient": message.recipient_id,
                "event": message.event_id,
                "occurrence": message.occurrence_id,
                "item": message.item_id,
                "facts": encode(message.content),
                "created_at": now,
                "due": message.due or now + pause,
                "not_after": message.not_after,
                "state": message.state.value,
                "reason": message.reason,
            }
        )
    await bulk_insert(rows.Message, messages, " ON CONFLICT (key) DO NOTHING")


async def hold_messages(event_id: UUID, until: datetime) -> None:
    """Delay waiting messages about an event until `until` at the earliest. The caller is inside `writing()`."""
    waits = (rows.Message.event == event_id) & IS_PENDING & rows.Message.kind.is_in(HELD)
    await rows.Message.update({rows.Message.due: until}).where(waits & (rows.Message.due < until))


async def detach_event(event_id: UUID) -> None:
    """Let the messages about a draft stay, about no event, when the draft is deleted. The caller is inside `writing()`.

    A draft has messages if people were asked for its date.
    """
    await rows.Message.update({rows.Message.event: None}).where(rows.Message.event == event_id)


async def was_anyone_notified(event_id: UUID, since: datetime, *, of_anything: bool = False) -> bool:
    """Return whether a message about an event may have gone out since then, or is being sent.

    With `of_anything`, any message about it counts, a reminder for example.
    """
    return await outbox_queue.may_have_notified(event_id, list(MessageKind) if of_anything else ANNOUNCEMENTS, since)


async def claim_messages(worker: str, gone: Iterable[str], now: datetime, limit: int) -> list[Message]:
    """Claim up to `limit` due messages: unclaimed ones, and those whose worker is gone."""
    async with writing():
        claimed = await outbox_queue.claim_due_messages(worker, ["", *gone], INTERRUPTED, now, limit)
    return [message_of(message, message.facts) for message in claimed]


async def claiming_workers() -> list[str]:
    """Return the workers that have claimed messages."""
    return [*await outbox_queue.workers_with_claims()]


async def close_message(message: Message, outcome: SendOutcome, now: datetime) -> None:
    """Record how a message ended; a sent message is recorded as sent even if another worker has claimed it since."""
    await close_messages([(message, outcome)], now)


async def close_messages(ended: Iterable[tuple[Message, SendOutcome]], now: datetime) -> None:
    """Record how some messages ended, in one transaction, as `close_message` does."""
    async with writing():
        await run_for_each(
            _CLOSE,
            [
                [
                    outcome.state.value,
                    outcome.reason[:200] or None,
                    now if outcome.state is MessageState.SENT else None,
                    outcome.sent_to or None,
                    encode(outcome.said) if outcome.said else None,
                    outcome.state is MessageState.SENT,
                    outcome.event_version,
                    message.id,
                ]
                for message, outcome in ended
            ],
        )


async def keep_item(message: Message, item_id: UUID) -> None:
    """Keep the item that a message turned out to be about, before it is sent: a reply to it is taken for that item.

    It never changes from one item to another: an earlier try may have arrived.
    """
    await rows.Message.update({rows.Message.item: item_id}).where(_is_open(message) & rows.Message.item.is_null())


async def postpone_message(
    message: Message, reason: str, worker: str, now: datetime, *, may_have_arrived: bool = False
) -> None:
    """Put a message back after a temporary failure, to try again later, or close it when no attempts are left.

    What `may_have_arrived` counts as known to its reader: no later change is left out because this message says it.
    """
    if may_have_arrived:
        await rows.Message.update({rows.Message.unconfirmed_at: now}).where(_is_open(message))
    later = next_try(message, now)
    if isinstance(later, SendOutcome):
        await close_message(message, SendOutcome(state=later.state, reason=f"{later.reason} {reason}"), now)
        return
    await rows.Message.update(
        {rows.Message.worker: "", rows.Message.try_after: later, rows.Message.reason: reason[:200]}
    ).where(_is_open(message) & (rows.Message.worker == worker))


async def doubt_waiting(now: datetime) -> None:
    """Note of each waiting message that it may have arrived, sent by another copy of this database.

    The caller is inside `writing()`.
    """
    await rows.Message.update({rows.Message.unconfirmed_at: now}).where(
        IS_PENDING & rows.Message.unconfirmed_at.is_null()
    )


async def note_resent(message_ids: Collection[UUID], now: datetime) -> None:
    """Note that messages are sent again, as others of the same sendings. The caller is inside `writing()`."""
    await rows.Message.update({rows.Message.resent_at: now}).where(rows.Message.id.is_in([*message_ids]))


async def put_back_messages(messages: Sequence[Message], worker: str) -> None:
    """Release claimed messages that were not tried."""
    if messages:
        await rows.Message.update({rows.Message.worker: "", rows.Message.attempts: rows.Message.attempts - 1}).where(
            rows.Message.id.is_in([message.id for message in messages]) & (rows.Message.worker == worker)
        )


async def delay_messages(messages: Sequence[Message], until: datetime, reason: str, worker: str) -> None:
    """Release claimed messages that were not tried until `until`, and say why. The caller is inside `writing()`."""
    values: dict[Any, Any] = {
        rows.Message.worker: "",
        rows.Message.attempts: rows.Message.attempts - 1,
        rows.Message.due: until,
        rows.Message.reason: reason,
    }
    await rows.Message.update(values).where(
        rows.Message.id.is_in([message.id for message in messages]) & (rows.Message.worker == worker)
    )


async def suppress_messages(member_id: UUID, reason: str) -> None:
    """Suppress the messages that wait for a person; claimed ones still go out if the person is active.

    Security and safety notices (`DESPITE_A_PAUSE`) stay. The caller is inside `writing()`.
    """
    waits = (rows.Message.recipient == member_id) & IS_PENDING & (rows.Message.worker == "")
    await _end(waits & rows.Message.kind.not_in([*DESPITE_A_PAUSE]), MessageState.SUPPRESSED, reason)


async def pass_on_messages(event_id: UUID, new_id: UUID, date_ids: Collection[UUID]) -> None:
    """Let the waiting invitations to an event say what a waiting message would have said about dates that it took over.

    The message invites the same person to the event `event_id`, or says that it ends. The caller is inside `writing()`.
    """
    waiting = await outbox_queue.messages_about_events([event_id, new_id])
    said: dict[UUID, tuple[Also, ...]] = {}
    for queued in waiting:
        content = decode(queued.facts)
        if queued.event_id == event_id and isinstance(content, SeriesContinued | Invited):
            said[queued.recipient_id] = tuple(also for also in content.also if also.date in date_ids)
    written = [
        [encode(Invited(also=also)), queued.id]
        for queued in waiting
        if queued.event_id == new_id
        and queued.kind is MessageKind.INVITATION
        and (also := said.get(queued.recipient_id))
    ]
    await run_for_each(_SAY, written)


async def take_back_message(key: str) -> bool:
    """Drop a waiting message that its reader cannot know of, and return whether that could be done.

    It cannot if the message may have replaced others, which would then be missing. The caller is inside `writing()`.
    """
    if not await outbox_queue.is_only_change_waiting(key, ANNOUNCEMENTS, UNDONE):
        return False
    await _end(rows.Message.key == key, MessageState.SUPERSEDED, UNDONE)
    return True


async def take_back_lone_message(key: str) -> bool:
    """Drop a message that replaced no other, unless its reader may know of it, and return whether that could be done.

    The caller is inside `writing()`.
    """
    waiting = await outbox_queue.untried_message(key)
    if waiting is None:
        return False
    await _end(rows.Message.id == waiting, MessageState.SUPERSEDED, UNDONE)
    return True


async def undo_nudges(occurrence_id: UUID, at: datetime) -> int:
    """Drop the requests about a date that one deed queued, and return how many; 0 unless all of them still wait.

    The caller is inside `writing()`.
    """
    return await _undo(await outbox_queue.nudges_of_deed(occurrence_id, at))


async def undo_thanks(occurrence_id: UUID, at: datetime) -> int:
    """Drop the thank-you about a date that was queued at that moment, as `undo_nudges` does."""
    thanks = await outbox_queue.thank_yous_about(occurrence_id)
    return await _undo([queued for queued in thanks if queued.created_at == at])


async def _undo(messages: Sequence[QueuedMessage]) -> int:
    if not messages or not all(queued.is_waiting for queued in messages):
        return 0
    await _end(rows.Message.id.is_in([queued.id for queued in messages]), MessageState.SUPERSEDED, UNDONE)
    return len(messages)


async def _bundled(drafts: list[NewMessage]) -> list[NewMessage]:
    """Merge new messages with waiting ones, which they supersede when they say the same or more."""
    earlier: dict[tuple[UUID, UUID | None], list[EarlierMessage]] = {}
    if about_events := [draft for draft in drafts if isinstance(draft.content, Invited | EventAnnouncement)]:
        event_ids = {draft.event_id for draft in about_events if draft.event_id}
        people = {draft.recipient_id for draft in about_events}
        for queued in await outbox_queue.messages_to_people(people, event_ids, ANNOUNCEMENTS):
            is_being_sent = queued.state is MessageState.PENDING and queued.worker != ""
            earlier.setdefault((queued.recipient_id, queued.event_id), []).append(
                EarlierMessage(
                    id=queued.id,
                    content=decode(queued.facts),
                    occurrence_id=queued.occurrence_id,
                    is_waiting=queued.is_waiting,
                    may_be_known=queued.state is MessageState.SENT
                    or queued.unconfirmed_at is not None
                    or is_being_sent,
                    queued_at=queued.created_at,
                    sent_at=queued.sent_at,
                )
            )
    made: list[NewMessage] = []
    superseded: list[UUID] = []
    invitations: dict[UUID, Invited] = {}
    for draft in drafts:
        known = earlier.get((draft.recipient_id, draft.event_id), [])
        kept, replaced = bundle_messages(draft, known)
        made.append(kept)
        superseded.extend(replaced)
        if extended := invitation_to_extend(draft, known):
            message_id, invitation = extended
            invitations[message_id] = invitation
    if superseded:
        await _end(rows.Message.id.is_in(superseded), MessageState.SUPERSEDED, "A later message covers this.")
    said = [
        [encode(invited), message_id] for message_id, invited in invitations.items() if message_id not in superseded
    ]
    await run_for_each(_SAY, said)
    return made


def _is_open(message: Message) -> Any:
    return (rows.Message.id == message.id) & IS_PENDING


async def _end(which: Combinable, state: MessageState, reason: str) -> None:
    values: dict[Any, Any] = {rows.Message.state: state.value, rows.Message.reason: reason}
    await rows.Message.update(values).where(which)
