"""A person's feed."""

# A local time is naive: its zone is beside it.

from tests.cast import NOW
from tracker.ical.vevents import Organizer, feed_calendar, vevents
from tracker.rules.calendars.feeds import FeedLevel, FeedScope
from tracker.rules.core.viewers import Viewer
from tracker.rules.events.events import Event
from tracker.usecases.calendars import feeds as feed_access

ORGANIZER = Organizer(name="Rescue Project", address="calendar@tracker.example")


async def feed_events_of(
    viewer: Viewer, scope: FeedScope = FeedScope.ALL, *, shows_operations: bool = False
) -> list[tuple[Event, FeedLevel]]:
    return await feed_access.feed_events(viewer, NOW, scope=scope, shows_operations=shows_operations)


async def feed_of(viewer: Viewer) -> bytes:
    events = [event for event, _ in await feed_events_of(viewer)]
    dates = await feed_access.feed_dates(viewer, events)
    texts = [vevents(one, dates[one.id], FeedLevel.FULL, ORGANIZER, NOW.date()) for one in events]
    return feed_calendar("Task force", "America/Chicago", {one.zone for one in events}, texts)
