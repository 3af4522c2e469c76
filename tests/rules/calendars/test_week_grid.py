"""A week by the hour: where each date is, what overlaps, the early, the late and the clock that is changed."""

from datetime import date, datetime, timedelta

import pytest

from tests.rules.calendars.lines import CENTRAL, at, seen
from tracker.rules.calendars import calendars
from tracker.rules.calendars.calendars import CalendarWeek, SeenDate, week_around, week_table
from tracker.rules.events.event import Kind

DECEMBER_10 = date(2026, 12, 10)
THURSDAY = 4  # of a week that starts on Sunday


def table(*dates: SeenDate, day: date = DECEMBER_10, zone: str = CENTRAL) -> CalendarWeek:
    days = week_around(day)
    return week_table(days, calendars.dates_by_day(dates, days[0], days[-1], zone), zone)


def placed(week: CalendarWeek, day: int = THURSDAY) -> list[tuple[int, int, int]]:
    """Return first half hour, height and width of each date of a day."""
    return [(one.first, one.height, one.width) for one in week.days[day].blocks if one.seen]


def areas(week: CalendarWeek) -> list[int]:
    """Return how many columns each row fills, what reaches down from above included."""
    filled = [0] * 48
    for number, blocks in week.rows():
        for block in blocks:
            for below in range(number, number + block.height):
                filled[below] += block.width
    return filled[week.first : week.last]


def test_a_week_starts_on_sunday() -> None:
    assert week_around(DECEMBER_10)[0] == date(2026, 12, 6)
    assert week_around(date(2026, 12, 6))[0] == date(2026, 12, 6)
    assert week_around(date(2026, 12, 12))[-1] == date(2026, 12, 12)


def test_a_date_stands_in_its_half_hours() -> None:
    week = table(seen(at(10, 14), timedelta(minutes=90)), seen(at(8, 10, 15), timedelta(minutes=20)))
    assert placed(week) == [(28, 3, 1)]
    assert placed(week, 2) == [(20, 2, 1)]
    assert (week.first, week.last, week.columns) == (16, 36, 1)


def test_dates_that_overlap_stand_side_by_side_and_those_that_touch_do_not() -> None:
    week = table(seen(at(10, 14), timedelta(minutes=90)), seen(at(10, 15)), seen(at(10, 16)), seen(at(9, 9)))
    assert placed(week) == [(28, 3, 1), (30, 2, 1), (32, 2, 2)]
    assert placed(week, 3) == [(18, 2, 2)]


def test_two_beside_each_other_have_the_same_room_and_one_alone_has_all_of_it() -> None:
    week = table(*[seen(at(10, 9)) for _ in range(2)], seen(at(10, 13)))
    assert week.columns == 2
    assert [width for _, _, width in placed(week)] == [1, 1, 2]


@pytest.mark.parametrize("count", range(8))
def test_every_row_of_the_table_is_filled_once(count: int) -> None:
    dates = [
        seen(at(10, 6 + number % 5 * 2, number * 7), timedelta(minutes=40 + 45 * number)) for number in range(count)
    ]
    week = table(*dates, seen(at(8, 9)), seen(at(8, 9, 30)))
    assert set(areas(week)) == {7 * week.columns}


def test_the_third_of_an_hour_is_behind_more() -> None:
    week = table(*[seen(at(10, 9)) for _ in range(5)])
    assert len(placed(week)) == 2
    assert (week.days[THURSDAY].more, week.days[THURSDAY].count) == (3, 5)


def test_whole_days_and_deadlines_stand_above_the_hours() -> None:
    whole = seen(at(9), timedelta(days=2), is_all_day=True)
    due = seen(at(10, 17), timedelta(0), kind=Kind.DEADLINE)
    week = table(whole, due)
    assert week.days[THURSDAY].top == [whole, due]
    assert week.days[THURSDAY - 1].top == [whole]
    assert placed(week) == []


def test_what_goes_on_after_midnight_fills_the_evening_and_stands_above_the_next_day() -> None:
    night = seen(at(10, 18), timedelta(hours=8))
    week = table(night)
    assert placed(week) == [(36, 12, 1)]
    assert week.days[THURSDAY + 1].top == [night]
    assert (week.first, week.last) == (16, 48)


def test_what_goes_on_from_the_week_before_stands_above_sunday() -> None:
    night = seen(at(5, 20), timedelta(hours=8))
    assert table(night).days[0].top == [night]


def test_an_early_date_opens_the_table_at_its_hour() -> None:
    assert table(seen(at(10, 4, 30))).first == 8


@pytest.mark.parametrize("day", [datetime(2026, 3, 8), datetime(2026, 11, 1)])  # noqa: DTZ001 - local
def test_an_hour_that_comes_twice_or_not_at_all_moves_nothing_else(day: datetime) -> None:
    night, morning = seen(day.replace(hour=1, minute=30)), seen(day.replace(hour=9))
    week = table(night, morning, day=day.date())
    assert [first for first, _, _ in placed(week, 0)] == [3, 18]
    assert set(areas(week)) == {7}
