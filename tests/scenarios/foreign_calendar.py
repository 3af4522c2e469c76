"""A calendar of another program that is imported and published again."""

from random import Random

from tests.cast import NOW, ZONE, Cast
from tests.ical.files import calendar
from tests.ical.foreign_series import foreign_series
from tracker.ical.feed import calendar as feed_of
from tracker.ical.feed import vevents
from tracker.ical.incoming import read
from tracker.ical.vevent import Organizer
from tracker.rules.calendars.feeds import Level, Scope
from tracker.rules.core.viewer import Viewer
from tracker.usecases.calendars import feed_content
from tracker.usecases.events import calendar_import

SEED = 5545
ORGANIZER = Organizer(name="Rescue Project", address="calendar@tracker.example")


def file_of(count: int) -> bytes:
    """Return a file of so many random series, the same each time."""
    chances = [Random(SEED + number) for number in range(count)]  # noqa: S311 - the same each time, and no secret
    return calendar(*(foreign_series(chance, number) for number, chance in enumerate(chances)))


async def imported_and_published(cast: Cast, file: bytes) -> bytes:
    """Import a file, of which no event is refused, and return a member's feed."""
    taken = read(file, NOW, ZONE)
    assert [(one.title, one.sentence) for one in taken.rest] == []
    await calendar_import.import_calendar(cast.coordinator, taken, NOW, skips_refused=False)
    return await _published(cast.harbor_advocate)


async def _published(viewer: Viewer) -> bytes:
    found = await feed_content.published(viewer, NOW, scope=Scope.ALL, shows_operations=False)
    events = [event for event, _ in found]
    dates = await feed_content.dates_of(viewer, events)
    texts = [vevents(one, dates[one.id], Level.FULL, ORGANIZER, NOW.date()) for one in events]
    return feed_of("Task force", ZONE, {one.zone for one in events if not one.is_all_day}, texts)
