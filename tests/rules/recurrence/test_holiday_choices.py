"""Dates on federal holidays: kept, left out, or held a week later."""

from datetime import date, datetime

import pytest

from tests.cast import meeting
from tracker.errors import Invalid
from tracker.rules.events import plans as plan_rules
from tracker.rules.recurrence.holidays import HolidayChoice, doubled_days, held_starts, may_wait_a_week
from tracker.rules.recurrence.series import rule_for_choice

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
