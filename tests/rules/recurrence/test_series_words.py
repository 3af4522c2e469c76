"""Series in words, and holidays."""

# A local time is naive: its zone is beside it.
# ruff: noqa: DTZ001

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from tests.cast import meeting
from tracker.errors import Invalid
from tracker.rules.events import plans as plan_rules
from tracker.rules.recurrence.holidays import (
    HolidayChoice,
    doubled_days,
    federal_holidays,
    held_starts,
    holiday_notes,
    may_wait_a_week,
    next_working_day,
)
from tracker.rules.recurrence.series import rule_for_choice, series_sentence

START = datetime(2026, 12, 10, 14, 0)
LENGTH = timedelta(minutes=90)
CHICAGO = "America/Chicago"


def sentence_of(choice: str, start: datetime = START, length: timedelta = LENGTH, **rest: Any) -> str:
    return series_sentence(rule_for_choice(choice, start, **rest), start, length, CHICAGO)


def test_a_monthly_series_says_its_pattern_hours_end_and_number() -> None:
    assert sentence_of("monthly_nth") == (
        "Every month on the second Thursday, 2:00–3:30 PM Central, until Nov 11, 2027 (12 times)."
    )


def test_a_single_event_happens_once() -> None:
    assert sentence_of("none") == "Happens once: Thursday, December 10, 2026, 2:00–3:30 PM Central."


@pytest.mark.parametrize(
    ("choice", "start", "rest", "pattern"),
    [
        ("daily", START, {}, "Every day"),
        ("daily", START, {"interval": 3}, "Every 3 days"),
        ("weekly", START, {}, "Every week on Thursday"),
        ("weekly", START, {"weekdays": [1, 3], "interval": 2}, "Every 2 weeks on Tuesday and Thursday"),
        ("weekly", START, {"weekdays": [0, 2, 3]}, "Every week on Monday, Wednesday and Thursday"),
        ("weekly", START, {"weekdays": range(5)}, "Every week Monday through Friday"),
        (
            "weekly",
            START,
            {"weekdays": [3, 6], "interval": 2},
            "Every 2 weeks on Sunday and Thursday (weeks start on Sunday)",
        ),
        (
            "weekly",
            START,
            {"weekdays": [3, 6], "interval": 2, "week_starts": 0},
            "Every 2 weeks on Thursday and Sunday (weeks start on Monday)",
        ),
        ("weekly", START, {"weekdays": range(7), "interval": 2}, "Every 2 weeks on every day (weeks start on Sunday)"),
        ("monthly_day", START, {}, "Every month on day 10"),
        ("monthly_last_day", datetime(2026, 12, 31, 14), {}, "Every month on the last day"),
        ("monthly_last", datetime(2026, 12, 31, 14), {"interval": 2}, "Every 2 months on the last Thursday"),
        ("yearly", START, {}, "Every year on December 10"),
        ("yearly_nth", START, {"interval": 2}, "Every 2 years on the second Thursday of December"),
        ("yearly_last", datetime(2027, 5, 31, 14), {}, "Every year on the last Monday of May"),
    ],
)
def test_every_pattern_has_plain_words(choice: str, start: datetime, rest: dict[str, Any], pattern: str) -> None:
    assert sentence_of(choice, start, **rest).startswith(f"{pattern}, 2:00–3:30 PM Central, until ")


@pytest.mark.parametrize(
    ("start", "length", "hours"),
    [
        (datetime(2026, 12, 10, 11, 30), LENGTH, "11:30 AM–1:00 PM Central"),
        (datetime(2026, 12, 10, 0, 0), timedelta(hours=12), "12:00 AM–12:00 PM Central"),
        (datetime(2026, 12, 10, 18, 0), timedelta(hours=8), "6:00 PM – 2:00 AM Central next day"),
        (datetime(2026, 12, 10, 18, 0), timedelta(hours=56), "6:00 PM – 2:00 AM Central 3 days later"),
        (datetime(2026, 12, 10, 17, 0), timedelta(0), "5:00 PM Central"),
    ],
)
def test_hours_are_said_as_on_the_pages(start: datetime, length: timedelta, hours: str) -> None:
    assert (
        sentence_of("weekly", start, length, count=2)
        == f"Every week on Thursday, {hours}, until Dec 17, 2026 (2 times)."
    )


def test_a_single_event_over_midnight_says_both_days() -> None:
    assert sentence_of("none", datetime(2026, 12, 31, 18, 0), timedelta(hours=8)) == (
        "Happens once: Thursday, December 31, 2026, 6:00 PM – Friday, January 1, 2027, 2:00 AM Central."
    )


@pytest.mark.parametrize(
    ("choice", "days", "words"),
    [
        ("none", 1, "Happens once: Thursday, December 10, 2026, all day."),
        ("none", 2, "Happens once: Thursday, December 10, 2026 – Friday, December 11, 2026, all day."),
        ("weekly", 1, "Every week on Thursday, all day, until Dec 10, 2026 (once)."),
        ("weekly", 2, "Every week on Thursday, all day for 2 days, until Dec 10, 2026 (once)."),
    ],
)
def test_all_day_events_name_no_hours(choice: str, days: int, words: str) -> None:
    start = datetime(2026, 12, 10)
    rule = rule_for_choice(choice, start, until=date(2026, 12, 12))
    assert series_sentence(rule, start, timedelta(days=days), CHICAGO, is_all_day=True) == words


def test_the_sentence_counts_what_the_series_has_not_what_was_typed() -> None:
    assert sentence_of("monthly_nth", until=date(2027, 12, 31)) == sentence_of("monthly_nth", count=13)


def test_large_numbers_have_commas() -> None:
    assert sentence_of("daily", count=1000).endswith("until Sep 4, 2029 (1,000 times).")


OBSERVED = {
    2021: "0101 0118 0215 0531 0618 0705 0906 1011 1111 1125 1224 1231",
    2026: "0101 0119 0216 0525 0619 0703 0907 1012 1111 1126 1225",
    2027: "0101 0118 0215 0531 0618 0705 0906 1011 1111 1125 1224 1231",
    2028: "0117 0221 0529 0619 0704 0904 1009 1110 1123 1225",
    2030: "0101 0121 0218 0527 0619 0704 0902 1014 1111 1128 1225",
}


@pytest.mark.parametrize("year", OBSERVED)
def test_the_days_off_are_those_of_the_published_list(year: int) -> None:
    days_off = [day for day in federal_holidays(year) if day.weekday() < 5]
    assert " ".join(f"{day:%m%d}" for day in days_off) == OBSERVED[year]


def test_a_saturday_holiday_names_itself_and_the_friday_before() -> None:
    named = federal_holidays(2026)
    assert named[date(2026, 7, 4)] == "Independence Day"
    assert named[date(2026, 7, 3)] == "Independence Day (observed)"


def test_a_sunday_holiday_names_itself_and_the_monday_after() -> None:
    named = federal_holidays(2027)
    assert named[date(2027, 7, 4)] == "Independence Day"
    assert named[date(2027, 7, 5)] == "Independence Day (observed)"


def test_new_years_day_on_a_saturday_is_observed_in_the_old_year() -> None:
    assert federal_holidays(2027)[date(2027, 12, 31)] == "New Year’s Day (observed)"


def test_each_year_names_all_eleven() -> None:
    for year in range(2026, 2060):
        names = {name.removesuffix(" (observed)") for day, name in federal_holidays(year).items()}
        assert len(names) == 11


def test_notes_name_the_dates_on_holidays_in_their_order_and_no_others() -> None:
    dates = [datetime(2027, 11, 11, 14), datetime(2027, 10, 12, 10), date(2027, 7, 5), date(2026, 12, 25)]
    assert holiday_notes(dates) == [
        (date(2027, 11, 11), "Veterans Day"),
        (date(2027, 7, 5), "Independence Day (observed)"),
        (date(2026, 12, 25), "Christmas Day"),
    ]


def test_the_day_after_a_holiday_is_no_holiday() -> None:
    assert holiday_notes([date(2027, 10, 12), date(2026, 11, 27)]) == []


def test_after_the_day_before_thanksgiving_the_next_working_day_is_friday() -> None:
    assert next_working_day(date(2026, 11, 25)) == date(2026, 11, 27)


def test_after_christmas_eve_on_a_thursday_the_next_working_day_is_monday() -> None:
    assert next_working_day(date(2026, 12, 24)) == date(2026, 12, 28)


# A local time is naive: its zone is beside it.
# ruff: noqa: DTZ001

FIRST = datetime(2027, 1, 11, 9)
CHOICES = {date(2027, 1, 18): HolidayChoice.SKIP, date(2027, 2, 15): HolidayChoice.NEXT_WEEK}
MONDAYS = [datetime(2027, 1, 11, 9), datetime(2027, 1, 18, 9), datetime(2027, 2, 15, 9)]


def test_a_date_is_left_out_or_held_a_week_later_as_chosen() -> None:
    assert held_starts(MONDAYS, CHOICES) == [(MONDAYS[0], MONDAYS[0]), (MONDAYS[2], datetime(2027, 2, 22, 9))]


def test_two_dates_on_one_day_are_found() -> None:
    weekly = [datetime(2027, 1, 18, 9), datetime(2027, 1, 25, 9)]
    assert doubled_days(weekly, {date(2027, 1, 18): HolidayChoice.NEXT_WEEK}) == [date(2027, 1, 25)]


def test_a_date_waits_a_week_only_where_no_other_date_is_held() -> None:
    weekly = [datetime(2027, 1, 18, 9), datetime(2027, 1, 25, 9)]
    assert not may_wait_a_week(date(2027, 1, 18), weekly, {})
    assert may_wait_a_week(date(2027, 1, 25), weekly, {})
    assert may_wait_a_week(date(2027, 1, 18), weekly, {date(2027, 1, 25): HolidayChoice.SKIP})


def test_a_plan_that_would_hold_two_dates_on_one_day_is_refused() -> None:
    plan = meeting(
        starts=FIRST,
        rule=rule_for_choice("weekly", FIRST, count=4),
        on_holidays={date(2027, 1, 18): HolidayChoice.NEXT_WEEK},
    )
    with pytest.raises(Invalid) as refused:
        plan_rules.check_plan(plan)
    assert "Mon, Jan 25, 2027" in refused.value.fields["holidays"]


def test_a_plan_without_any_date_left_is_refused() -> None:
    only = datetime(2027, 1, 18, 9)
    plan = meeting(starts=only, on_holidays={only.date(): HolidayChoice.SKIP})
    with pytest.raises(Invalid, match="No dates would be left"):
        plan_rules.check_plan(plan)
