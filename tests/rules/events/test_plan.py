"""What makes a plan one that can be saved, and where the clock on the wall puts it."""

# A local time is naive: its zone is beside it.
# ruff: noqa: DTZ001

from datetime import UTC, datetime, timedelta

import pytest

from tests.cast import ZONE, meeting
from tracker.errors import Invalid
from tracker.rules.events import plans
from tracker.rules.events.plans import DateChange

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
