"""Hours that the clocks skip or show twice, in the words of the form."""

# A local time is naive: its zone is beside it.
# ruff: noqa: DTZ001

from datetime import UTC, datetime, timedelta

import pytest

from tests.cast import ZONE, meeting
from tracker.errors import Invalid
from tracker.rules.events import plans
from tracker.rules.events.plans import DateChange, clock_notes, slot_at

CHICAGO = "America/Chicago"
HALF, HOUR = timedelta(minutes=30), timedelta(hours=1)
FORWARD, BACK = datetime(2027, 3, 14), datetime(2027, 11, 7)


@pytest.mark.parametrize(
    ("start", "length", "said"),
    [
        (FORWARD.replace(hour=2, minute=30), HALF, "starts at 3:30 AM and ends at 4:00 AM, because clocks go forward"),
        (FORWARD.replace(hour=1, minute=30), HOUR, "ends at 3:30 AM, because clocks go forward"),
        (BACK.replace(hour=1, minute=30), HOUR, "starts at the first 1:30 AM, because clocks go back"),
        (BACK.replace(hour=0, minute=30), HOUR, "ends at the first 1:30 AM, because clocks go back"),
    ],
)
def test_hours_that_the_clocks_skip_or_show_twice_are_said(start: datetime, length: timedelta, said: str) -> None:
    assert clock_notes([start], length, CHICAGO) == [f"This date {said}."]


@pytest.mark.parametrize("hour", [0, 3, 10])
def test_other_hours_of_the_same_days_are_not(hour: int) -> None:
    assert clock_notes([FORWARD.replace(hour=hour), BACK.replace(hour=hour + 2)], HALF, CHICAGO) == []


def test_of_a_series_the_day_is_named() -> None:
    nights = [FORWARD.replace(day=day, hour=2, minute=30) for day in (7, 14, 21)]
    assert clock_notes(nights, 2 * HOUR, CHICAGO) == [
        "Sun, Mar 14, 2027 starts at 3:30 AM and ends at 5:30 AM, because clocks go forward."
    ]


def test_a_date_whose_start_is_skipped_keeps_its_length() -> None:
    begins = datetime(2027, 3, 14, 8, 30, tzinfo=UTC)
    assert slot_at(FORWARD.replace(hour=2, minute=30), HALF, CHICAGO) == (begins, begins + HALF)


START = datetime(2027, 1, 12, 10)
A_DAY, TWO_WEEKS, A_MINUTE = timedelta(days=1), timedelta(days=14), timedelta(minutes=1)


def test_an_event_or_a_date_of_exactly_14_days_is_saved() -> None:
    plans.check_plan(meeting(duration=TWO_WEEKS))
    plans.check_date_change(DateChange(starts=START, duration=TWO_WEEKS), is_all_day=False)


def test_an_event_or_a_date_of_a_minute_more_than_14_days_is_refused() -> None:
    with pytest.raises(Invalid, match="at most 14 days"):
        plans.check_plan(meeting(duration=TWO_WEEKS + A_MINUTE))
    with pytest.raises(Invalid, match="at most 14 days"):
        plans.check_date_change(DateChange(starts=START, duration=TWO_WEEKS + A_MINUTE), is_all_day=False)


@pytest.mark.parametrize("days", [1, 3])
def test_a_date_of_days_ends_by_the_wall_clock_though_the_clocks_skip_its_start(days: int) -> None:
    """On March 14, 2027, half past two is half past three in Chicago; on the days after it is half past two."""
    skipped = datetime(2027, 3, 14, 2, 30)
    begins, ends = plans.slot_at(skipped, days * A_DAY, ZONE)
    assert begins == datetime(2027, 3, 14, 8, 30, tzinfo=UTC)
    assert ends == datetime(2027, 3, 14 + days, 7, 30, tzinfo=UTC)
