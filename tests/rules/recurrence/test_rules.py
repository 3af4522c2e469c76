"""Rules of series: the dates they make, and those that are refused."""

# A local time is naive: its zone is beside it.
# ruff: noqa: DTZ001

from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from msgspec.structs import replace

from tests.processor_time import within
from tracker.errors import Invalid
from tracker.rules.core.wording import to_utc
from tracker.rules.recurrence.series import (
    LAST,
    Frequency,
    RepeatChoice,
    Rule,
    dates_by_rule,
    nth_weekday,
    rule_for_choice,
    to_rrule,
    until_before,
)

CHICAGO = "America/Chicago"
START = datetime(2026, 12, 10, 14, 0)
STEERING = datetime(2027, 1, 12, 10, 0)


def a_rule(choice: str, start: datetime = START, **rest: Any) -> Rule:
    rule = rule_for_choice(choice, start, **rest)
    assert rule is not None
    return rule


def days_of(rule: Rule | None, start: datetime = START) -> list[str]:
    return [f"{one:%b %-d}" for one in dates_by_rule(rule, start)]


def test_the_steering_committee_meets_on_its_twelve_second_tuesdays() -> None:
    rule = a_rule("monthly_nth", STEERING, until=date(2027, 12, 31))
    assert days_of(rule, STEERING) == [
        "Jan 12",
        "Feb 9",
        "Mar 9",
        "Apr 13",
        "May 11",
        "Jun 8",
        "Jul 13",
        "Aug 10",
        "Sep 14",
        "Oct 12",
        "Nov 9",
        "Dec 14",
    ]
    assert [to_utc(one, CHICAGO).hour for one in dates_by_rule(rule, STEERING)] == [
        16,
        16,
        16,
        15,
        15,
        15,
        15,
        15,
        15,
        15,
        16,
        16,
    ]


def test_a_series_ended_before_a_date_keeps_the_dates_before_it() -> None:
    rule = a_rule("monthly_nth", STEERING, until=date(2027, 12, 31))
    ended = until_before(rule, STEERING, split=datetime(2027, 10, 12, 10, 0))
    assert to_rrule(ended, STEERING, CHICAGO) == "FREQ=MONTHLY;BYDAY=2TU;UNTIL=20270914T150000Z"
    assert dates_by_rule(ended, STEERING) == dates_by_rule(rule, STEERING)[:9]


def test_a_counted_series_can_be_ended_before_a_date_too() -> None:
    rule = a_rule("weekly", count=10)
    assert (
        dates_by_rule(until_before(rule, START, split=START + timedelta(days=15)), START)
        == dates_by_rule(rule, START)[:3]
    )


def test_a_series_cannot_be_ended_before_its_first_date() -> None:
    with pytest.raises(Invalid) as refusal:
        until_before(a_rule("weekly"), START, split=START)
    assert "Change the whole series" in refusal.value.fields["date"]


@pytest.mark.parametrize(
    ("choice", "start", "rest", "first_four"),
    [
        ("daily", START, {"interval": 3}, "Dec 10, Dec 13, Dec 16, Dec 19"),
        ("weekly", START, {"weekdays": [3, 1]}, "Dec 10, Dec 15, Dec 17, Dec 22"),
        ("weekly", START, {"weekdays": [1, 3], "interval": 2}, "Dec 10, Dec 22, Dec 24, Jan 5"),
        ("weekly", datetime(2026, 12, 13, 9), {"weekdays": [6, 1], "interval": 2}, "Dec 13, Dec 15, Dec 27, Dec 29"),
        ("monthly_day", START, {}, "Dec 10, Jan 10, Feb 10, Mar 10"),
        ("monthly_last_day", datetime(2027, 1, 31, 9), {}, "Jan 31, Feb 28, Mar 31, Apr 30"),
        ("monthly_last", datetime(2027, 1, 29, 9), {}, "Jan 29, Feb 26, Mar 26, Apr 30"),
        ("monthly_nth", START, {"interval": 2}, "Dec 10, Feb 11, Apr 8, Jun 10"),
        ("yearly", datetime(2027, 12, 31, 9), {}, "Dec 31, Dec 31, Dec 31, Dec 31"),
        ("yearly_nth", START, {}, "Dec 10, Dec 9, Dec 14, Dec 13"),
        ("yearly_last", datetime(2027, 5, 31, 9), {}, "May 31, May 29, May 28, May 27"),
    ],
)
def test_each_choice_gives_the_dates_that_it_says(
    choice: str, start: datetime, rest: dict[str, Any], first_four: str
) -> None:
    rule = a_rule(choice, start, **rest)
    assert ", ".join(f"{one:%b %-d}" for one in dates_by_rule(rule, start)[:4]) == first_four


def test_a_single_event_has_one_date() -> None:
    assert rule_for_choice("none", START) is None
    assert dates_by_rule(None, START) == (START,)


def test_a_series_without_an_end_lasts_a_year_and_a_yearly_one_five() -> None:
    assert a_rule("weekly").until == date(2027, 12, 9)
    assert a_rule("yearly").until == date(2030, 12, 10)
    assert len(dates_by_rule(a_rule("yearly"), START)) == 5


@pytest.mark.parametrize("choice", ["monthly_day", "monthly_nth"])
def test_a_monthly_series_without_an_end_has_twelve_dates(choice: str) -> None:
    for month in range(1, 13):
        start = datetime(2027, month, 8, 9)
        assert len(dates_by_rule(a_rule(choice, start), start)) == 12


def test_a_series_that_starts_on_a_leap_day_ends_on_the_day_before_march() -> None:
    assert a_rule("daily", datetime(2028, 2, 29, 9)).until == date(2029, 2, 28)


def test_the_end_becomes_the_last_date_so_that_equal_series_are_equal_rules() -> None:
    assert a_rule("monthly_nth", until=date(2027, 12, 31)) == a_rule("monthly_nth", until=date(2027, 12, 9))


def test_a_daily_start_that_the_clocks_skip_or_double_happens_once() -> None:
    spring = datetime(2027, 3, 13, 2, 30)
    moments = [to_utc(one, CHICAGO) for one in dates_by_rule(a_rule("daily", spring, count=3), spring)]
    assert [f"{one:%d %H:%M}" for one in moments] == ["13 08:30", "14 08:30", "15 07:30"]
    autumn = datetime(2026, 10, 25, 1, 30)
    moments = [to_utc(one, CHICAGO) for one in dates_by_rule(a_rule("weekly", autumn, count=3), autumn)]
    assert [f"{one:%d %H:%M}" for one in moments] == ["25 06:30", "01 06:30", "08 07:30"]


def test_the_most_costly_series_takes_a_few_milliseconds() -> None:
    rule = Rule(frequency=Frequency.DAILY, until=date(2031, 12, 10))
    assert len(within(200, lambda: dates_by_rule(rule, START, limit=2000))) == 1827


def test_no_start_and_no_end_makes_a_rule_loop() -> None:
    for choice in set(RepeatChoice) - {RepeatChoice.NONE}:
        for until in (date(2026, 12, 10), date(2031, 12, 10), date.max):
            try:
                rule = a_rule(choice, START, until=until)
            except Invalid:
                continue
            ended = replace(rule, until=START.date())
            assert within(100, partial(dates_by_rule, ended, START)) == (START,)


def test_the_nth_weekday_of_a_month() -> None:
    assert nth_weekday(2026, 12, 3, 2) == date(2026, 12, 10)
    assert nth_weekday(2026, 12, 3, LAST) == date(2026, 12, 31)
    assert nth_weekday(2027, 2, 6, LAST) == date(2027, 2, 28)


def refused_fields(choice: str, start: datetime = START, **rest: Any) -> dict[str, str]:
    with pytest.raises(Invalid) as refusal:
        rule_for_choice(choice, start, **rest)
    return refusal.value.fields


def test_a_start_that_does_not_fit_shows_the_first_date_that_does() -> None:
    assert refused_fields("weekly", weekdays=[1]) == {
        "date": "Thu, Dec 10, 2026 isn’t a date of this series. The first date that fits is Tue, Dec 15, 2026."
    }
    assert "Thu, Dec 31, 2026" in refused_fields("monthly_last")["date"]
    assert "Thu, Dec 31, 2026" in refused_fields("monthly_last_day", interval=3)["date"]


def test_a_day_that_not_every_month_has_is_refused_with_the_way_out() -> None:
    assert refused_fields("monthly_day", datetime(2026, 12, 31, 9)) == {
        "repeat": "Not every month has a day 31. Choose the last day or a weekday."
    }
    assert refused_fields("monthly_day", datetime(2026, 12, 29, 9)).keys() == {"repeat"}
    assert refused_fields("yearly", datetime(2028, 2, 29, 9)) == {
        "repeat": "Not every year has a February 29. Choose February 28 or a weekday."
    }


def test_a_fifth_weekday_is_refused_with_the_way_out() -> None:
    assert refused_fields("monthly_nth", datetime(2026, 12, 31, 9)) == {
        "repeat": "Not every month has a fifth Thursday. Choose the last Thursday."
    }


@pytest.mark.parametrize(
    ("choice", "interval"),
    [
        ("daily", 0),
        ("daily", -1),
        ("daily", 401),
        ("weekly", 53),
        ("monthly_nth", 25),
        ("yearly", 6),
        ("daily", 10**30),
    ],
)
def test_an_interval_out_of_bounds_is_refused(choice: str, interval: int) -> None:
    assert refused_fields(choice, interval=interval).keys() == {"interval"}


@pytest.mark.parametrize("count", [0, -1, 1001, 10**30])
def test_a_number_of_dates_out_of_bounds_is_refused(count: int) -> None:
    assert refused_fields("daily", count=count) == {"count": "Choose a number of dates from 1 to 1,000."}


def test_a_series_beyond_five_years_is_refused_by_what_was_typed() -> None:
    assert refused_fields("weekly", until=date(2031, 12, 11)) == {
        "until": "A series can last at most 5 years. End it by Dec 10, 2031."
    }
    assert refused_fields("monthly_nth", count=1000) == {
        "count": "A series can last at most 5 years. Choose at most 60 dates."
    }
    assert refused_fields("weekly", until=date.max).keys() == {"until"}


def test_a_series_of_more_than_a_thousand_dates_is_refused_and_never_cut() -> None:
    assert refused_fields("daily", until=date(2031, 12, 10)) == {
        "until": "A series can have at most 1,000 dates. End it by Sep 4, 2029."
    }
    assert len(dates_by_rule(a_rule("daily", until=date(2029, 9, 4)), START)) == 1000


def test_a_series_that_ends_before_it_starts_is_refused() -> None:
    assert refused_fields("weekly", until=date(2026, 12, 9)) == {"until": "The series ends before it starts."}


def test_both_ends_at_once_are_refused() -> None:
    assert refused_fields("weekly", until=date(2027, 1, 1), count=3).keys() == {"until"}


@pytest.mark.parametrize("choice", ["", "hourly", "SECONDLY", "weekly_nth", "yearly_last_day"])
def test_an_unknown_choice_is_refused(choice: str) -> None:
    assert refused_fields(choice) == {"repeat": "Choose how the event repeats."}


@pytest.mark.parametrize("weekdays", [[7], [-1, 3], [3, 99]])
def test_a_day_that_no_week_has_is_refused(weekdays: list[int]) -> None:
    assert refused_fields("weekly", weekdays=weekdays).keys() == {"repeat"}


@pytest.mark.parametrize("start", [datetime(1, 1, 1), datetime(9999, 12, 31), datetime(1969, 12, 31)])
def test_a_year_outside_all_calendars_is_refused_however_it_repeats(start: datetime) -> None:
    assert {choice: set(refused_fields(choice, start)) for choice in RepeatChoice} == {
        choice: {"date"} for choice in RepeatChoice
    }


@pytest.mark.parametrize(
    "parts",
    [
        {"frequency": Frequency.DAILY, "monthday": 3},
        {"frequency": Frequency.DAILY, "weekdays": (1,)},
        {"frequency": Frequency.WEEKLY},
        {"frequency": Frequency.WEEKLY, "weekdays": (1,), "month": 2},
        {"frequency": Frequency.MONTHLY},
        {"frequency": Frequency.MONTHLY, "monthday": 0},
        {"frequency": Frequency.MONTHLY, "monthday": 3, "nth": 1, "weekday": 1},
        {"frequency": Frequency.MONTHLY, "nth": 1},
        {"frequency": Frequency.MONTHLY, "nth": -2, "weekday": 1},
        {"frequency": Frequency.MONTHLY, "nth": 5, "weekday": 1},
        {"frequency": Frequency.MONTHLY, "nth": 5, "weekday": 9},
        {"frequency": Frequency.MONTHLY, "monthday": 3, "month": 3},
        {"frequency": Frequency.YEARLY, "monthday": 3},
        {"frequency": Frequency.YEARLY, "monthday": 31, "month": 4},
        {"frequency": Frequency.YEARLY, "monthday": LAST, "month": 4},
        {"frequency": Frequency.YEARLY, "monthday": 3, "month": 13},
    ],
)
def test_a_rule_that_calendars_read_differently_cannot_exist(parts: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        Rule(count=3, **parts)


def test_a_rule_always_ends() -> None:
    with pytest.raises(Invalid) as refusal:
        Rule(frequency=Frequency.DAILY)
    assert refusal.value.fields.keys() == {"until"}


def test_an_aware_start_is_a_mistake_of_the_program() -> None:
    with pytest.raises(ValueError, match="naive"):
        dates_by_rule(a_rule("daily"), to_utc(START, CHICAGO))
