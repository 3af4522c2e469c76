"""The content of a feed: the events that its owner may see now, and how much of each."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from msgspec.structs import replace

from tracker.rules.calendars.feeds import EVERYTHING, PAST_SHOWN, Level, Only, Scope, is_notice_gone, level_for
from tracker.rules.core.viewer import Viewer
from tracker.rules.events.event import Event, Occurrence
from tracker.rules.operations.in_calendars import status_in_calendars
from tracker.rules.operations.readiness import Notice
from tracker.tables.visible.events import events as visible_events
from tracker.tables.visible.events import replies
from tracker.tables.visible.operations import readiness
from tracker.tables.visible.operations.states import states


async def published(
    viewer: Viewer, now: datetime, *, scope: Scope, only: Only = EVERYTHING, shows_operations: bool
) -> list[tuple[Event, Level]]:
    """Return the events of a feed by UID: those with a date in the past year or later, counted from midnight UTC.

    The status of an operation is the one that its plan gives it.
    """
    if not only.is_open_to(viewer):
        return []
    since = now.replace(hour=0, minute=0, second=0, microsecond=0) - PAST_SHOWN
    found = await visible_events.published(viewer, since, invited_only=scope is Scope.MINE)
    plans = await states(viewer)
    events = [replace(one, status=status_in_calendars(one, plans.get(one.id))) for one in found if only.holds(one)]
    levels = [
        (one, level_for(one, shows_operations=shows_operations, is_discreet=viewer.is_discreet)) for one in events
    ]
    return [(event, level) for event, level in levels if level is not None]


async def notices(viewer: Viewer, now: datetime, only: Only = EVERYTHING) -> list[Notice]:
    """Return the service-readiness notices of a feed that isn't limited: those with a window in the past year or later.

    One that was stood down stays as long as a canceled event.
    """
    if only != EVERYTHING:
        return []
    every = await readiness.every_given(viewer)
    return [one for one in every if one.text.ends_at >= now - PAST_SHOWN and not is_notice_gone(one, now.date())]


async def informed_of(viewer: Viewer) -> frozenset[UUID]:
    """Return the events of which the viewer is only informed: they take none of the viewer's time."""
    return await replies.informed_of(viewer)


async def dates_of(viewer: Viewer, events: Iterable[Event]) -> dict[UUID, list[Occurrence]]:
    """Return all dates of several events by the event's id."""
    return await visible_events.dates_of(viewer, events)
