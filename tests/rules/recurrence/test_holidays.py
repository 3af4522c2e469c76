"""Federal holidays against the lists that the Office of Personnel Management publishes."""

# A local time is naive: its zone is beside it.
# ruff: noqa: DTZ001

from datetime import date, datetime

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
from tracker.rules.recurrence.series import rule_for_choice

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
