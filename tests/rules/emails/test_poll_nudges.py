"""Who has not replied to a date poll is reminded, but not twice within two days, and not who gets no email."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from tests.cast import ZONE
from tracker.rules.emails.nudges import UNREACHABLE, PollNudges

NOW = datetime(2027, 1, 5, 15, tzinfo=UTC)
A, B = UUID(int=1), UUID(int=2)


def test_people_who_were_reminded_lately_are_skipped() -> None:
    found = PollNudges(silent=(A, B), last={B: NOW - timedelta(hours=1)})
    assert (found.asked, found.why_not(NOW, ZONE)) == ((A,), "")
    assert found.skipped == ("Skips 1 person reminded in the last 48 hours.",)


def test_the_page_says_when_people_can_be_reminded_again() -> None:
    found = PollNudges(silent=(A,), last={A: NOW})
    assert found.why_not(NOW, ZONE) == "You can remind 1 person again on Thu, Jan 7 at 9:00 AM."
    assert PollNudges(silent=()).why_not(NOW, ZONE) == "Everyone who was asked has replied."


def test_only_those_whose_two_days_are_over_then_are_counted() -> None:
    found = PollNudges(silent=(A, B), last={A: NOW, B: NOW + timedelta(hours=5)})
    assert found.why_not(NOW, ZONE) == "You can remind 1 person again on Thu, Jan 7 at 9:00 AM."


def test_people_who_get_no_email_are_skipped_and_named_as_the_reason() -> None:
    found = PollNudges(silent=(A, B), unreachable={B})
    assert (found.asked, found.skipped) == ((A,), (f"Skips 1 person ({UNREACHABLE}).",))
    none_left = PollNudges(silent=(B,), unreachable={B})
    assert none_left.why_not(NOW, ZONE) == f"The people who haven’t replied have {UNREACHABLE}."
