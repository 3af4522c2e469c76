"""Periods of reports: what their keys mean, where they begin and end, which are offered."""

from datetime import UTC, date, datetime
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.errors import Invalid
from tracker.rules.reports import reports

DAYS = st.dates(date(2000, 1, 1), date(2100, 12, 31))
ZONE = "America/Chicago"


@pytest.mark.parametrize(
    ("key", "name", "first", "last"),
    [
        ("2026-H1", "Grant half-year, January to June 2026", date(2026, 1, 1), date(2026, 6, 30)),
        ("2026-H2", "Grant half-year, July to December 2026", date(2026, 7, 1), date(2026, 12, 31)),
        ("FY2027-Q1", "FY2027 Q1, October to December 2026", date(2026, 10, 1), date(2026, 12, 31)),
        ("FY2027-Q4", "FY2027 Q4, July to September 2027", date(2027, 7, 1), date(2027, 9, 30)),
        ("FY2027", "FY2027, October 2026 to September 2027", date(2026, 10, 1), date(2027, 9, 30)),
        ("2028-02", "February 2028", date(2028, 2, 1), date(2028, 2, 29)),
    ],
)
def test_a_key_names_a_period(key: str, name: str, first: date, last: date) -> None:
    period = reports.period_named(key)
    assert period is not None
    assert (period.key, period.name, period.first, period.last) == (key, name, first, last)


@pytest.mark.parametrize(
    "key", ["", "2026", "2026-H3", "FY2027-Q5", "2026-13", "2026-00", "FY0001", "9999-H1", "٢٠٢٦-H1"]
)
def test_anything_else_names_none(key: str) -> None:
    assert reports.period_named(key) is None


@given(DAYS)
def test_the_first_period_of_each_kind_that_is_offered_holds_today_and_the_others_lead_up_to_it(today: date) -> None:
    for _, of_kind in reports.offered_periods(today):
        assert of_kind[0].first <= today <= of_kind[0].last
        for later, earlier in pairwise(of_kind):
            assert (later.first - earlier.last).days == 1
        assert all(reports.period_named(one.key) == one for one in of_kind)


@given(DAYS)
def test_quarters_make_up_the_fiscal_year_and_months_every_period(today: date) -> None:
    year = today.year
    quarters = [reports.fiscal_quarter(year, number) for number in (1, 2, 3, 4)]
    whole = reports.fiscal_year(year)
    assert [month for one in quarters for month in one.months()] == whole.months()
    assert (quarters[0].first, quarters[-1].last) == (whole.first, whole.last)


def test_a_period_lasts_from_midnight_to_midnight_in_the_zone() -> None:
    start, end = reports.half_year(2027, 1).span(ZONE)
    assert start == datetime(2027, 1, 1, 6, tzinfo=UTC)
    assert end == datetime(2027, 7, 1, 5, tzinfo=UTC)


def test_chosen_days_are_in_order_and_at_most_three_years() -> None:
    with pytest.raises(Invalid, match="before the first"):
        reports.custom_period(date(2026, 2, 2), date(2026, 2, 1))
    with pytest.raises(Invalid, match="at most 3 years"):
        reports.custom_period(date(2026, 1, 1), date(2029, 1, 1))
    assert len(reports.custom_period(date(2026, 1, 1), date(2028, 12, 31)).months()) == 36
    assert reports.custom_period(date(2026, 1, 31), date(2026, 2, 1)).name == "January 31, 2026, to February 1, 2026"
