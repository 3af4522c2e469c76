"""What becomes readable when a change opens an event to more people, for its preview."""

from collections.abc import Iterable
from typing import NamedTuple
from uuid import UUID

from tracker.rules.core.viewer import Viewer
from tracker.rules.events import kept_dates
from tracker.rules.views.impact import Opening
from tracker.tables.background.events.audiences import audiences_of
from tracker.tables.visible.events import events
from tracker.usecases.events.visibility import opens


class Circle(NamedTuple):
    """Who may see an event before a change, and whether it or one of its dates has a reason for a cancellation."""

    audiences: frozenset[str]
    has_reasons: bool


async def circle(viewer: Viewer, event_id: UUID | None) -> Circle:
    """Return who may see an event now; no one for an event that does not exist yet."""
    event = await events.event(viewer, event_id) if event_id else None
    if event is None:
        return Circle(frozenset(), has_reasons=False)
    reasons = [event.cancel_reason, *(one.cancel_reason for one in await events.dates(viewer, event))]
    return Circle(frozenset(await audiences_of(event.id)), has_reasons=any(reasons))


async def opening(viewer: Viewer, before: Circle, event_ids: Iterable[UUID]) -> Opening:
    """Return what more people can read of the event, and of the series that continues it, than could `before`."""
    wider = [one for one in event_ids if await opens(before.audiences, await audiences_of(one))]
    known = [event for one in wider if (event := await events.event(viewer, one))]
    dates = [date for of_event in (await events.dates_of(viewer, known)).values() for date in of_event]
    is_open = bool(known)
    return Opening(texts=tuple(kept_dates.texts_to_read(dates)), removes_reasons=is_open and before.has_reasons)
