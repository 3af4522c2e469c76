"""What a feed is made of: the events that its owner may see now, and how much of each."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from tracker.rules.calendars import PAST_SHOWN, Level, Scope, level_for
from tracker.rules.meetings import Event, Occurrence
from tracker.rules.people import Viewer
from tracker.tables import visible


async def published(
    viewer: Viewer, now: datetime, *, scope: Scope, shows_operations: bool
) -> list[tuple[Event, Level]]:
    """Return the events of a feed by UID: those with a date from a year ago on, counted from midnight UTC."""
    since = now.replace(hour=0, minute=0, second=0, microsecond=0) - PAST_SHOWN
    events = await visible.published(viewer, since, invited_only=scope is Scope.MINE)
    levels = [
        (one, level_for(one, shows_operations=shows_operations, is_discreet=viewer.is_discreet)) for one in events
    ]
    return [(event, level) for event, level in levels if level is not None]


async def dates_of(viewer: Viewer, events: Iterable[Event]) -> dict[UUID, list[Occurrence]]:
    """Return all dates of several events by the event's id."""
    return await visible.dates_of(viewer, events)
