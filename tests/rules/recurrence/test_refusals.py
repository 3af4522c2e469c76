"""What may not repeat, and the sentence that says so at its field."""

# A local time is naive: its zone is beside it.
# ruff: noqa: DTZ001

from datetime import date, datetime
from typing import Any

import pytest

from tracker.errors import Invalid
from tracker.rules.core.wording import to_utc
from tracker.rules.recurrence.series import LAST, Frequency, RepeatChoice, Rule, dates_by_rule, rule_for_choice

CHICAGO = "America/Chicago"
START = datetime(2026, 12, 10, 14, 0)
STEERING = datetime(2027, 1, 12, 10, 0)


def a_rule(choice: str, start: datetime = START, **rest: Any) -> Rule:
    rule = rule_for_choice(choice, start, **rest)
    assert rule is not None
    return rule


def refused(choice: str, start: datetime = START, **rest: Any) -> dict[str, str]:
    with pytest.raises(Invalid) as refusal:
        rule_for_choice(choice, start, **rest)
    return refusal.value.fields


def test_a_start_that_does_not_fit_is_told_the_first_date_that_does() -> None:
    assert refused("weekly", weekdays=[1]) == {
        "date": "Thu, Dec 10, 2026 isn’t a date of this series. The first date that fits is Tue, Dec 15, 2026."
    }
    assert "Thu, Dec 31, 2026" in refused("monthly_last")["date"]
    assert "Thu, Dec 31, 2026" in refused("monthly_last_day", interval=3)["date"]


def test_a_day_that_not_every_month_has_is_refused_with_the_way_out() -> None:
    assert refused("monthly_day", datetime(2026, 12, 31, 9)) == {
        "repeat": "Not every month has a day 31. Choose the last day or a weekday."
    }
    assert refused("monthly_day", datetime(2026, 12, 29, 9)).keys() == {"repeat"}
    assert refused("yearly", datetime(2028, 2, 29, 9)) == {
        "repeat": "Not every year has a February 29. Choose February 28 or a weekday."
    }


def test_a_fifth_weekday_is_refused_with_the_way_out() -> None:
    assert refused("monthly_nth", datetime(2026, 12, 31, 9)) == {
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
    assert refused(choice, interval=interval).keys() == {"interval"}


@pytest.mark.parametrize("count", [0, -1, 1001, 10**30])
def test_a_number_of_dates_out_of_bounds_is_refused(count: int) -> None:
    assert refused("daily", count=count) == {"count": "Choose a number of dates from 1 to 1,000."}


def test_a_series_beyond_five_years_is_refused_by_what_was_typed() -> None:
    assert refused("weekly", until=date(2031, 12, 11)) == {
        "until": "A series can last at most 5 years. End it by Dec 10, 2031."
    }
    assert refused("monthly_nth", count=1000) == {
        "count": "A series can last at most 5 years. Choose at most 60 dates."
    }
    assert refused("weekly", until=date.max).keys() == {"until"}


def test_a_series_of_more_than_a_thousand_dates_is_refused_and_never_cut() -> None:
    assert refused("daily", until=date(2031, 12, 10)) == {
        "until": "A series can have at most 1,000 dates. End it by Sep 4, 2029."
    }
    assert len(dates_by_rule(a_rule("daily", until=date(2029, 9, 4)), START)) == 1000


def test_a_series_that_ends_before_it_starts_is_refused() -> None:
    assert refused("weekly", until=date(2026, 12, 9)) == {"until": "The series ends before it starts."}


def test_both_ends_at_once_are_refused() -> None:
    assert refused("weekly", until=date(2027, 1, 1), count=3).keys() == {"until"}


@pytest.mark.parametrize("choice", ["", "hourly", "SECONDLY", "weekly_nth", "yearly_last_day"])
def test_an_unknown_choice_is_refused(choice: str) -> None:
    assert refused(choice) == {"repeat": "Choose how the event repeats."}


@pytest.mark.parametrize("weekdays", [[7], [-1, 3], [3, 99]])
def test_a_day_that_no_week_has_is_refused(weekdays: list[int]) -> None:
    assert refused("weekly", weekdays=weekdays).keys() == {"repeat"}


@pytest.mark.parametrize("start", [datetime(1, 1, 1), datetime(9999, 12, 31), datetime(1969, 12, 31)])
def test_a_year_outside_all_calendars_is_refused_however_it_repeats(start: datetime) -> None:
    assert {choice: set(refused(choice, start)) for choice in RepeatChoice} == {
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
