"""Previews: a change is made in a transaction, its effects are read, and the transaction is rolled back.

The preview is the change itself, so a form can't promise anything other than what happens. It also says what becomes
readable when a change opens an event to more people.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import NamedTuple, TypeVar
from uuid import UUID

from msgspec.structs import replace

from tracker.database import all_together, together, trying
from tracker.errors import NotFound
from tracker.rules.core.email_declarations import MessageKind
from tracker.rules.core.message_types import RemovedFromSeries, SeriesEnded
from tracker.rules.core.outbox import decode
from tracker.rules.core.viewers import Viewer
from tracker.rules.events import kept_dates
from tracker.rules.events.events import Event, EventStatus, Occurrence, fields_of
from tracker.rules.events.replies import ReplyValue
from tracker.rules.views.impact import (
    AtMoments,
    Consequences,
    EventSnapshot,
    Opening,
    Reminders,
    Subject,
    consequences_between,
)
from tracker.tables.background.emails import outbox_queue
from tracker.tables.background.emails.outbox_queue import QueuedMessage
from tracker.tables.background.events.events import audiences_of
from tracker.tables.visible.events import events as visible_events
from tracker.usecases.calendars.feeds import FeedReader, feed_owners_of, feed_readers
from tracker.usecases.core.viewers import viewer_for
from tracker.usecases.emails import reminders
from tracker.usecases.emails.reminders import counting_replies
from tracker.usecases.events.visibility import opens_to_more

CURRENT = (MessageKind.INVITATION, MessageKind.UPDATE, MessageKind.SUBSTITUTE, MessageKind.SUBSTITUTE_DECLINED)
"""The kinds of message that tell what an event or date is like when they are sent."""
ENDINGS: Mapping[type[object], str] = {SeriesEnded: "ending", RemovedFromSeries: "leaving"}
"""The fields of `Notices` for messages that end the series for their reader."""
PATIENCE = 1.0  # seconds to wait for other writers
Effect = TypeVar("Effect")
Deed = Callable[[], Awaitable[UUID | str | None]]
"""Makes the change, and returns the id of an event that it created, if any."""


async def do_and_roll_back(deed: Callable[[], Awaitable[Effect]]) -> Effect:
    """Return what a deed says that it did: it is done, and rolled back.

    Errors: those of the deed; TimeoutError while others write.
    """
    async with trying(PATIENCE):
        return await deed()


async def dry_run(
    viewer: Viewer, event_id: UUID | None, deed: Deed, now: datetime, *, date_id: UUID | None = None
) -> Consequences:
    """Return what a deed of the viewer would do to an event; `event_id` None = the deed creates one.

    Replies to dates of a series that are over don't count, except to `date_id`, which the deed may move to another day.

    Effects are read with the event's organizer as viewer, because viewers who remove themselves could not see it
    afterward.
    Errors: those of the deed; TimeoutError while others write.
    """
    readers = await feed_readers(now)
    async with trying(PATIENCE):
        eyes = await _organizer_of(viewer, event_id, now)
        before = await _snapshot(eyes, [event_id] if event_id else [], readers, now, date_id)
        seen_by = await circle_of(eyes, event_id)
        made = await deed()
        ids = {changed_id for changed_id in (event_id, made) if isinstance(changed_id, UUID)}
        after = await _snapshot(eyes, sorted(ids), readers, now, date_id)
        opened = await opening_of(eyes, seen_by, sorted(ids))
    return replace(consequences_between(before, after), opening=opened)


async def _organizer_of(viewer: Viewer, event_id: UUID | None, now: datetime) -> Viewer:
    """Return an event's organizer as viewer; the current viewer for a new event, or when the organizer has left."""
    event = await visible_events.event_by_id(viewer, event_id) if event_id else None
    with suppress(NotFound):
        return await viewer_for(event.lead_id, now) if event else viewer
    return viewer


async def _snapshot(
    viewer: Viewer, event_ids: Sequence[UUID], readers: Sequence[FeedReader], now: datetime, date_id: UUID | None
) -> EventSnapshot:
    events = [
        event
        for event in await all_together([visible_events.event_by_id(viewer, event_id) for event_id in event_ids])
        if event
    ]
    (dates, replies), waiting, (reminders, follow_ups), feeds = await together(
        _dates(viewer, events, now, date_id),
        _waiting(event_ids),
        _emails_ahead(viewer, events, now),
        feed_owners_of(readers, events),
    )
    endings = {queued.id: name for queued in waiting if (name := ENDINGS.get(type(decode(queued.facts))))}
    return EventSnapshot(
        is_known=any(event.status is not EventStatus.DRAFT for event in events),
        content=_content(events, dates),
        messages={queued.id: (queued.kind, queued.recipient_id) for queued in waiting},
        subjects={
            queued.id: (queued.event_id, queued.occurrence_id)
            for queued in waiting
            if queued.event_id and queued.kind in CURRENT and queued.id not in endings
        },
        endings=endings,
        replies=replies,
        reminders=reminders,
        follow_ups=follow_ups,
        feeds=feeds,
        dates=tuple(occurrence for occurrence in dates if occurrence.ends_at > now),
    )


async def _dates(
    viewer: Viewer, events: Sequence[Event], now: datetime, date_id: UUID | None
) -> tuple[list[Occurrence], dict[UUID, tuple[ReplyValue, ...]]]:
    """Return the dates of events, and the replies to those that can still matter, by person."""
    dates = [date for of_event in (await visible_events.dates_of_events(viewer, events)).values() for date in of_event]
    matter = [
        (date.id, date.event.id)
        for date in dates
        if date.ends_at > now or date.id == date_id or not date.event.is_series
    ]
    given: dict[UUID, list[ReplyValue]] = {}
    for replies in (await counting_replies(matter)).values():
        for member_id, reply in replies.items():
            given.setdefault(member_id, []).append(reply)
    return dates, {member_id: tuple(replies) for member_id, replies in given.items()}


async def _waiting(event_ids: Sequence[UUID]) -> list[QueuedMessage]:
    return await outbox_queue.messages_about_events(event_ids) if event_ids else []


def _content(events: Iterable[Event], dates: Iterable[Occurrence]) -> dict[Subject, object]:
    """Return what calendars show, without the version numbers and times of the change itself."""
    of_events: dict[Subject, object] = {(event.id, None): (fields_of(event), event.rrule) for event in events}
    return of_events | {
        (occurrence.event.id, occurrence.id): (
            occurrence.starts_at,
            occurrence.ends_at,
            occurrence.title,
            occurrence.place,
            occurrence.agenda,
            occurrence.is_off,
        )
        for occurrence in dates
    }


async def _emails_ahead(viewer: Viewer, events: Iterable[Event], now: datetime) -> tuple[Reminders, AtMoments]:
    """Return the reminders and the follow-ups of events."""
    follow_ups: dict[datetime, frozenset[UUID]] = {}
    by_date: dict[datetime, dict[timedelta, dict[datetime, frozenset[UUID]]]] = {}
    every = await all_together([reminders.event_reminders_ahead(viewer, event.id, now, ahead=None) for event in events])
    for planned in every:
        for email in planned:
            is_reminder = email.kind is MessageKind.REMINDER
            at = by_date.setdefault(email.line.starts_at, {}).setdefault(email.lead, {}) if is_reminder else follow_ups
            at[email.at] = at.get(email.at, frozenset()) | {to.member_id for to in email.people}
    return by_date, follow_ups


class Circle(NamedTuple):
    """Who may see an event before a change, and whether it or one of its dates has a reason for a cancellation."""

    audiences: frozenset[str]
    has_reasons: bool


async def circle_of(viewer: Viewer, event_id: UUID | None) -> Circle:
    """Return who may see an event now; no one for an event that does not exist yet."""
    event = await visible_events.event_by_id(viewer, event_id) if event_id else None
    if event is None:
        return Circle(frozenset(), has_reasons=False)
    reasons = [
        event.cancel_reason,
        *(occurrence.cancel_reason for occurrence in await visible_events.dates_in_order(viewer, event)),
    ]
    return Circle(frozenset(await audiences_of(event.id)), has_reasons=any(reasons))


async def opening_of(viewer: Viewer, before: Circle, event_ids: Iterable[UUID]) -> Opening:
    """Return what more people can read of the event, and of the series that continues it, than could `before`."""
    wider = [event_id for event_id in event_ids if await opens_to_more(before.audiences, await audiences_of(event_id))]
    opened = [event for event_id in wider if (event := await visible_events.event_by_id(viewer, event_id))]
    dates = [date for of_event in (await visible_events.dates_of_events(viewer, opened)).values() for date in of_event]
    texts = tuple(kept_dates.dates_with_own_texts(dates))
    return Opening(texts=texts, removes_reasons=bool(opened) and before.has_reasons)
