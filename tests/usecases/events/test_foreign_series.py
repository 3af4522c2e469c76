"""Series of other programs, imported and published; `tests/scenarios` tries many more."""

from tests.cast import Cast
from tests.ical.readers import by_icalendar
from tests.scenarios.foreign_calendar import file_of, imported_and_published


async def test_a_sample_of_foreign_series_is_published_instant_for_instant(sqlite_cast: Cast) -> None:
    file = file_of(60)
    assert by_icalendar(await imported_and_published(sqlite_cast, file)) == by_icalendar(file)
