"""Until when replies are asked for."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tracker.rules.events.replies import reply_by

CENTRAL = ZoneInfo("America/Chicago")
DATE = datetime(2026, 12, 10, 14, tzinfo=CENTRAL)


@pytest.mark.parametrize(
    ("now", "by"),
    [
        (DATE - timedelta(days=9), datetime(2026, 12, 8, 17, tzinfo=CENTRAL)),
        (datetime(2026, 12, 8, 16, 59, tzinfo=CENTRAL), datetime(2026, 12, 8, 17, tzinfo=CENTRAL)),
        (datetime(2026, 12, 8, 17, tzinfo=CENTRAL), None),
    ],
)
def test_replies_are_asked_for_by_five_two_days_before(now: datetime, by: datetime | None) -> None:
    assert reply_by(DATE, now) == by


@pytest.mark.parametrize(
    ("starts", "by"),
    [
        (datetime(2026, 12, 8, 9, tzinfo=CENTRAL), datetime(2026, 12, 4, 17, tzinfo=CENTRAL)),  # Sunday
        (datetime(2027, 1, 20, 9, tzinfo=CENTRAL), datetime(2027, 1, 15, 17, tzinfo=CENTRAL)),  # a Monday that is free
    ],
)
def test_nobody_is_asked_to_reply_by_a_day_on_which_nobody_works(starts: datetime, by: datetime) -> None:
    assert reply_by(starts, datetime(2026, 11, 1, tzinfo=CENTRAL)) == by
