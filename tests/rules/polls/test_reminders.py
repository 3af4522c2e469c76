"""One reminder on the working day before the deadline, and none to a person who was reminded within two days."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from tests.cast import ZONE
from tracker.rules.polls.reminders import Remindable, reminder_at

FRIDAY = datetime(2027, 1, 8, 23, tzinfo=UTC)
NOW = datetime(2027, 1, 5, 15, tzinfo=UTC)
A, B = UUID(int=1), UUID(int=2)


@pytest.mark.parametrize(
    ("reply_by", "at"),
    [
        (FRIDAY, datetime(2027, 1, 7, 14, tzinfo=UTC)),
        (datetime(2027, 1, 11, 23, tzinfo=UTC), datetime(2027, 1, 8, 14, tzinfo=UTC)),
        (datetime(2027, 1, 19, 23, tzinfo=UTC), datetime(2027, 1, 15, 14, tzinfo=UTC)),
    ],
)
def test_the_reminder_is_on_the_morning_of_the_working_day_before(reply_by: datetime, at: datetime) -> None:
    assert reminder_at(reply_by, NOW - timedelta(days=9), ZONE) == at


def test_people_who_are_asked_on_that_day_get_none() -> None:
    assert reminder_at(FRIDAY, datetime(2027, 1, 7, 13, tzinfo=UTC), ZONE) is None


def test_people_who_were_reminded_lately_are_skipped() -> None:
    found = Remindable(silent=(A, B), last={B: NOW - timedelta(hours=1)})
    assert (found.asked, found.why_not(NOW, ZONE)) == ((A,), "")
    assert found.skipped == "Skips 1 person reminded in the last 48 hours."


def test_the_page_says_when_people_can_be_reminded_again() -> None:
    found = Remindable(silent=(A,), last={A: NOW})
    assert found.why_not(NOW, ZONE) == "You can remind 1 person again on Thu, Jan 7 at 9:00 AM."
    assert Remindable(silent=(), last={}).why_not(NOW, ZONE) == "Everyone who was asked has replied."
