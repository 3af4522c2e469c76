"""Until when replies are asked for."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tracker.rules.invitations import reply_by

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
