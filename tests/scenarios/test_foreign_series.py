"""Random series of other programs, with the default WKST and others: imported and published instant for instant."""

from tests.cast import Cast
from tests.ical.readers import by_icalendar
from tests.scenarios.foreign_calendar import file_of, imported_and_published


async def test_450_foreign_series_are_published_instant_for_instant(sqlite_cast: Cast) -> None:
    file = file_of(450)
    assert by_icalendar(await imported_and_published(sqlite_cast, file)) == by_icalendar(file)
