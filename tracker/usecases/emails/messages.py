"""The list of messages, and sending one again."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from tracker.database import writing
from tracker.errors import Conflict, NotFound
from tracker.rules.core.message_types import Unreadable, decode
from tracker.rules.core.outbox import Draft, MessageKind
from tracker.rules.core.viewer import Viewer
from tracker.rules.emails.messages import STATES, MessageLine, Narrowed, Place, Standing, next_key
from tracker.rules.events.event import Event
from tracker.tables.visible.emails import messages
from tracker.tables.visible.events import events
from tracker.usecases.core import audit, outbox
from tracker.usecases.emails import upcoming_reminders
from tracker.usecases.emails.upcoming_reminders import Planned

PAGE = 50  # messages on a page
MOST_PLANNED = 100  # upcoming reminders in the list
PLANNED_KINDS = (None, MessageKind.REMINDER, MessageKind.NO_REPLY)


@dataclass(frozen=True, kw_only=True)
class MessagePage:
    """One page of messages, newest first, and of upcoming reminders, soonest first."""

    lines: list[MessageLine]
    planned: list[Planned]
    event: Event | None
    """The event that the list was narrowed to."""
    older: Place | None
    """Where the next page starts; None = this is the last one."""


async def message_page(viewer: Viewer, narrowed: Narrowed, after: Place | None, now: datetime) -> MessagePage:
    """Return a page of messages that the viewer may see. Errors: NotFound for an event that they may not see."""
    event = await _event(viewer, narrowed.event)
    if narrowed.standing is Standing.PLANNED:
        found: list[MessageLine] = []
    else:
        found = await messages.messages(viewer, narrowed, after, PAGE + 1)
    lines = found[:PAGE]
    return MessagePage(
        lines=lines,
        event=event,
        planned=await _planned(viewer, narrowed, after, now),
        older=Place(due=lines[-1].due, id=lines[-1].id) if len(found) > PAGE else None,
    )


async def resend(viewer: Viewer, message_id: UUID, now: datetime) -> None:
    """Queue a message again, under a new key; its content is read again when it is sent.

    Errors: NotFound, Conflict (it is still waiting, no longer useful, or already queued again).
    """
    async with writing():
        line = await messages.message(viewer, message_id)
        if line is None:
            raise NotFound
        if not line.may_resend(now):
            raise Conflict("This message cannot be sent again: it still waits, or it is out of date.")
        await outbox.enqueue_all([await _once_more(viewer, message_id, now)], now)
        facts = {"kind": line.kind, "recipient": line.recipient_id}
        await audit.record(viewer.actor, "resent", "message", message_id, facts, now)


async def number_notified(viewer: Viewer, event_ids: Collection[UUID], now: datetime) -> int:
    """Return how many people will get an email about the change made to these events at `now`.

    A change that ends a series and starts another one concerns two events.
    """
    return await messages.number_notified(viewer, event_ids, now)


async def _once_more(viewer: Viewer, message_id: UUID, now: datetime) -> Draft:
    stored = await messages.stored(viewer, message_id)
    if stored is None:
        raise NotFound
    if not STATES[Standing.WAITING].isdisjoint(stored.sendings.values()):
        raise Conflict("This message is on its way already.")
    content = decode(stored.facts)
    if isinstance(content, Unreadable):
        raise Conflict("This message can't be sent again: another version of the tracker queued it.")
    return Draft(
        content=content,
        recipient_id=stored.recipient_id,
        key=next_key(stored.key, stored.sendings),
        event_id=stored.event_id,
        occurrence_id=stored.occurrence_id,
        item_id=stored.item_id,
        due=now,
        not_after=stored.not_after,
    )


async def _event(viewer: Viewer, event_id: UUID | None) -> Event | None:
    if event_id is None:
        return None
    event = await events.event(viewer, event_id)
    if event is None:
        raise NotFound
    return event


async def _planned(viewer: Viewer, narrowed: Narrowed, after: Place | None, now: datetime) -> list[Planned]:
    """Return upcoming reminders where the list includes them: alone, or above the first page of an event."""
    if after or narrowed.standing not in (None, Standing.PLANNED) or narrowed.kind not in PLANNED_KINDS:
        return []
    if narrowed.event:
        found = await upcoming_reminders.of_event(viewer, narrowed.event, now)
    elif narrowed.standing is Standing.PLANNED:
        found = await upcoming_reminders.of_theirs(viewer, now)
    else:
        return []
    wanted = [_to(narrowed.person, one) for one in found if narrowed.kind in (None, one.kind)]
    return [one for one in wanted if one.people][:MOST_PLANNED]


def _to(person: UUID | None, planned: Planned) -> Planned:
    """Return a reminder addressed to one of its recipients; None = to all of them."""
    if person is None:
        return planned
    return replace(planned, people=tuple(one for one in planned.people if one.member_id == person))
