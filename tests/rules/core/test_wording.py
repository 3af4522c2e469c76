"""Days, times and numbers in words."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from tracker.rules.core import wording
from tracker.rules.core.wording import to_utc

CENTRAL = ZoneInfo("America/Chicago")
TODAY = date(2026, 12, 1)


def at(day: int, hour: int, minute: int = 0, *, month: int = 12, year: int = 2026) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=CENTRAL)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (date(2026, 12, 10), "Thu, Dec 10"),
        (at(10, 23, 59), "Thu, Dec 10"),
        (date(2027, 6, 1), "Tue, Jun 1"),
        (date(2027, 6, 2), "Wed, Jun 2, 2027"),
        (date(2026, 6, 1), "Mon, Jun 1"),
        (date(2026, 5, 31), "Sun, May 31, 2026"),
    ],
)
def test_a_day_more_than_six_months_away_says_its_year(value: date, words: str) -> None:
    assert wording.short_day(value, TODAY) == words


def test_the_days_of_one_list_all_have_their_year_or_none_has() -> None:
    near, far = date(2027, 5, 13), date(2027, 6, 10)
    assert wording.short_days([near, near], TODAY) == ["Thu, May 13", "Thu, May 13"]
    assert wording.short_days([near, far], TODAY) == ["Thu, May 13, 2027", "Thu, Jun 10, 2027"]
    assert wording.short_days([], TODAY) == []


def test_a_day_without_a_today_never_says_its_year() -> None:
    assert wording.short_day(date(2030, 2, 28)) == "Thu, Feb 28"


def test_a_long_day_says_everything() -> None:
    assert wording.long_day(at(10, 14)) == "Thursday, December 10, 2026"


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (time(0, 0), "12:00 AM"),
        (time(0, 5), "12:05 AM"),
        (time(11, 59), "11:59 AM"),
        (time(12, 0), "12:00 PM"),
        (time(13, 0), "1:00 PM"),
        (at(10, 23, 30), "11:30 PM"),
    ],
)
def test_a_clock_has_twelve_hours(value: time, words: str) -> None:
    assert wording.clock(value) == words


@pytest.mark.parametrize(
    ("starts", "ends", "words"),
    [
        (at(10, 14), at(10, 15, 30), "2:00\N{EN DASH}3:30 PM"),
        (at(10, 11, 30), at(10, 13), "11:30 AM\N{EN DASH}1:00 PM"),
        (at(10, 9), at(10, 12), "9:00 AM\N{EN DASH}12:00 PM"),
        (at(10, 0), at(10, 11, 59), "12:00\N{EN DASH}11:59 AM"),
        (at(10, 22), at(11, 0), "10:00 PM\N{EN DASH}midnight"),
        (at(11, 18), at(12, 2), "6:00 PM \N{EN DASH} Sat, Dec 12, 2:00 AM"),
        (at(31, 22), at(1, 0, 1, month=1, year=2027), "10:00 PM \N{EN DASH} Fri, Jan 1, 12:01 AM"),
        (at(10, 17), at(10, 17), "5:00 PM"),
    ],
)
def test_a_span_says_what_its_day_does_not(starts: datetime, ends: datetime, words: str) -> None:
    assert wording.time_span(starts, ends) == words


@pytest.mark.parametrize(
    ("days", "words"), [(0, "All day"), (1, "All day"), (2, "All day to Sat, Dec 5"), (3, "All day to Sun, Dec 6")]
)
def test_a_whole_day_says_the_last_day_that_it_covers(days: int, words: str) -> None:
    starts = at(4, 0)
    assert wording.time_span(starts, starts + timedelta(days=days), is_all_day=True) == words


@pytest.mark.parametrize(
    ("back", "words"),
    [
        (timedelta(seconds=-30), "just now"),
        (timedelta(seconds=59), "just now"),
        (timedelta(minutes=1), "1 minute ago"),
        (timedelta(minutes=59, seconds=59), "59 minutes ago"),
        (timedelta(hours=1), "1 hour ago"),
        (timedelta(hours=5), "5 hours ago"),
        (timedelta(hours=12), "yesterday"),
        (timedelta(hours=30), "yesterday"),
        (timedelta(days=2), "2 days ago"),
        (timedelta(days=30), "30 days ago"),
        (timedelta(days=31), "Fri, Oct 30"),
    ],
)
def test_how_long_ago_something_was_is_told_in_the_largest_fitting_unit(back: timedelta, words: str) -> None:
    now = at(1, 8, 40)
    assert wording.ago_words(now.replace(month=11, day=30) - back if back.days > 30 else now - back, now) == words


def test_ago_counts_from_a_now_in_any_zone() -> None:
    assert wording.ago_words(at(1, 23), at(1, 23, 30).astimezone(UTC)) == "30 minutes ago"


def test_one_person_and_four_people() -> None:
    assert [wording.plural(n, "person", "people") for n in (0, 1, 4)] == ["0 people", "1 person", "4 people"]


def test_large_numbers_have_commas() -> None:
    assert wording.plural(1200, "event") == "1,200 events"


@pytest.mark.parametrize(
    ("due", "words"),
    [
        (date(2026, 11, 27), "Overdue by 4 days"),
        (date(2026, 11, 30), "Overdue by 1 day"),
        (date(2026, 12, 1), "Due today"),
        (date(2026, 12, 2), "Due tomorrow"),
        (date(2026, 12, 4), "Due in 3 days"),
        (date(2026, 12, 5), "Due Sat, Dec 5"),
        (date(2028, 1, 3), "Due Mon, Jan 3, 2028"),
    ],
)
def test_lateness_is_told_in_words(due: date, words: str) -> None:
    assert wording.lateness(due, TODAY) == words


@pytest.mark.parametrize(
    ("due", "words"),
    [
        (date(2026, 11, 27), "Overdue by 4 days"),
        (date(2026, 12, 1), "Today"),
        (date(2026, 12, 4), "In 3 days"),
        (date(2026, 12, 5), "Sat, Dec 5"),
    ],
)
def test_lateness_beside_its_label_does_not_say_due_twice(due: date, words: str) -> None:
    assert wording.labeled_lateness(due, TODAY) == words


def test_a_local_time_follows_the_clock_change() -> None:
    before, after = datetime(2026, 11, 1, 6, 30, tzinfo=UTC), datetime(2026, 11, 1, 7, 30, tzinfo=UTC)
    assert [wording.clock(wording.local(one, "America/Chicago")) for one in (before, after)] == ["1:30 AM", "1:30 AM"]


def test_a_moment_without_offset_has_no_local_time() -> None:
    with pytest.raises(ValueError, match="offset"):
        wording.local(datetime(2026, 12, 1, 8), "America/Chicago")  # noqa: DTZ001 - the fault under test


@pytest.mark.parametrize(
    ("zone", "word"),
    [
        ("America/New_York", "Eastern"),
        ("America/Indiana/Indianapolis", "Eastern"),
        ("America/Chicago", "Central"),
        ("US/Central", "Central"),
        ("America/Denver", "Mountain"),
        ("America/Phoenix", "Arizona time"),
        ("America/Los_Angeles", "Pacific"),
        ("America/Anchorage", "Alaska time"),
        ("Pacific/Honolulu", "Hawaii time"),
        ("America/Puerto_Rico", "Atlantic"),
        ("Europe/Berlin", "Berlin time"),
        ("America/Argentina/San_Juan", "San Juan time"),
        ("UTC", "UTC"),
    ],
)
def test_a_zone_is_called_what_people_call_it(zone: str, word: str) -> None:
    assert wording.zone_word(zone) == word


def test_zones_with_one_word_show_the_same_time_all_year() -> None:
    hours = [datetime(2026, month, 15, 12) for month in range(1, 13)]  # noqa: DTZ001 - of a wall clock
    for zones in wording.ZONES.values():
        assert len({tuple(to_utc(hour, zone) for hour in hours) for zone in zones.split()}) == 1
