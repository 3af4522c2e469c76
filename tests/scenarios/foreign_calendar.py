"""A calendar of another program that is imported and published again."""

from random import Random

from tests.cast import NOW, ZONE, Cast
from tests.ical.files import calendar
from tests.ical.foreign_series import foreign_series
from tracker.ical.calendar_import import read_calendar_file
from tracker.ical.vevents import Organizer, vevents
from tracker.ical.vevents import feed_calendar as feed_of
from tracker.rules.calendars.feeds import FeedLevel, FeedScope
from tracker.rules.core.viewers import Viewer
from tracker.usecases.calendars import feeds
from tracker.usecases.events import scheduling

SEED = 5545
ORGANIZER = Organizer(name="Rescue Project", address="calendar@tracker.example")


def file_of(count: int) -> bytes:
    """Return a file of so many random series, the same each time."""
    chances = [Random(SEED + number) for number in range(count)]  # noqa: S311 - the same each time, and no secret
    return calendar(*(foreign_series(chance, number) for number, chance in enumerate(chances)))


async def imported_and_published(cast: Cast, file: bytes) -> bytes:
    """Import a file, of which no event is refused, and return a member's feed."""
    taken = read_calendar_file(file, NOW, ZONE)
    assert [(one.title, one.sentence) for one in taken.rest] == []
    await scheduling.import_calendar(cast.coordinator, taken, NOW, skips_refused=False)
    return await _published(cast.harbor_advocate)


async def _published(viewer: Viewer) -> bytes:
    feed_events = await feeds.feed_events(viewer, NOW, scope=FeedScope.ALL, shows_operations=False)
    events = [event for event, _ in feed_events]
    dates = await feeds.feed_dates(viewer, events)
    texts = [vevents(one, dates[one.id], FeedLevel.FULL, ORGANIZER, NOW.date()) for one in events]
    return feed_of("Task force", ZONE, {one.zone for one in events if not one.is_all_day}, texts)
