"""Blackout days: which can be named, by whom, and which dates they meet."""

from datetime import date, timedelta
from uuid import UUID

import pytest

from tracker.errors import Invalid
from tracker.rules.availability.suggested_times import BlackoutDays, blackouts_on, check_blackout

TODAY = date(2026, 12, 15)
RANGE_WEEK = BlackoutDays(
    id=UUID(int=1),
    agency_id=UUID(int=2),
    agency="FBI",
    first=date(2027, 1, 11),
    last=date(2027, 1, 15),
    reason="Range week",
)


def test_one_day_needs_no_last_one() -> None:
    assert check_blackout(TODAY, None, TODAY) == (TODAY, TODAY)


@pytest.mark.parametrize(
    ("first", "last", "field"),
    [
        (None, TODAY, "first"),
        (TODAY, TODAY - timedelta(days=1), "last"),
        (TODAY - timedelta(days=2), None, "first"),
        (TODAY, TODAY + timedelta(days=92), "last"),
        (TODAY + timedelta(days=800), None, "last"),
    ],
)
def test_days_that_cannot_be_taken_are_refused_at_their_field(
    first: date | None, last: date | None, field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        check_blackout(first, last, TODAY)
    assert list(refused.value.fields) == [field]


def test_a_span_is_told_by_its_first_and_last_day() -> None:
    assert RANGE_WEEK.words(TODAY) == "Mon, Jan 11 \N{EN DASH} Fri, Jan 15"


def test_an_agency_is_named_once_a_day() -> None:
    days = [date(2027, 1, 18), date(2027, 1, 12)]
    assert blackouts_on([RANGE_WEEK, RANGE_WEEK], days) == [(date(2027, 1, 12), RANGE_WEEK)]
