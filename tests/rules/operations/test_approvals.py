"""An operation begins at its planned time, give or take the hours in which people check in."""

from datetime import UTC, datetime, timedelta

import pytest

from tracker.rules.operations.approvals import why_too_early

SIX = datetime(2027, 5, 15, 11, tzinfo=UTC)  # 6:00 AM in Kansas City
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize("now", [SIX - timedelta(hours=12), SIX, SIX + timedelta(hours=30)])
def test_an_operation_begins_from_twelve_hours_before_its_start(now: datetime) -> None:
    assert why_too_early(SIX, "America/Chicago", now) == ""


def test_before_that_the_reason_says_when_it_can_begin_and_what_to_do() -> None:
    assert why_too_early(SIX, "America/Chicago", SIX - timedelta(hours=12) - SECOND) == (
        "It can begin on Fri, May 14 at 6:00 PM, 12 hours before its planned start. If it begins earlier, change the"
        " time of the event first."
    )
