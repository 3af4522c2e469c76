"""One reminder on the working day before the deadline."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.cast import ZONE
from tracker.rules.polls.polls import poll_reminder_at

FRIDAY = datetime(2027, 1, 8, 23, tzinfo=UTC)
NOW = datetime(2027, 1, 5, 15, tzinfo=UTC)


@pytest.mark.parametrize(
    ("reply_by", "at"),
    [
        (FRIDAY, datetime(2027, 1, 7, 14, tzinfo=UTC)),
        (datetime(2027, 1, 11, 23, tzinfo=UTC), datetime(2027, 1, 8, 14, tzinfo=UTC)),
        (datetime(2027, 1, 19, 23, tzinfo=UTC), datetime(2027, 1, 15, 14, tzinfo=UTC)),
    ],
)
def test_the_reminder_is_on_the_morning_of_the_working_day_before(reply_by: datetime, at: datetime) -> None:
    assert poll_reminder_at(reply_by, NOW - timedelta(days=9), ZONE) == at


def test_people_who_are_asked_on_that_day_get_none() -> None:
    assert poll_reminder_at(FRIDAY, datetime(2027, 1, 7, 13, tzinfo=UTC), ZONE) is None
