"""What is said of people who were reminded lately."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from tests.cast import ZONE
from tests.rules.views.world import meeting_line
from tracker.rules.emails.reminders import UNREACHABLE, DateNudges, PollNudges, skipped_words, why_no_nudge

NOW = datetime(2026, 12, 15, 15, tzinfo=UTC)
ANN, BEN = uuid4(), uuid4()


def reason(*hours: int) -> str | None:
    last = {one: NOW - timedelta(hours=ago) for one, ago in zip((ANN, BEN), hours, strict=True)}
    nudge = DateNudges(line=meeting_line(timedelta(days=9)), silent=(ANN, BEN), last=last)
    return why_no_nudge(nudge, NOW, "America/Chicago")


def test_people_reminded_together_are_counted_with_when_and_when_again() -> None:
    assert reason(1, 1) == (
        "Reminded 2 people on Tue, Dec 15 at 8:00 AM. You can remind them again on Thu, Dec 17 at 8:00 AM."
    )


def test_people_reminded_at_different_times_are_counted_from_the_first() -> None:
    assert reason(1, 20) == (
        "Reminded 2 people, the first on Mon, Dec 14 at 1:00 PM. You can remind them again on Wed, Dec 16 at 1:00 PM."
    )


def test_people_invited_and_reminded_are_counted_together() -> None:
    last, invited = {ANN: NOW - timedelta(hours=1)}, {ANN: NOW - timedelta(hours=20), BEN: NOW - timedelta(hours=3)}
    nudge = DateNudges(line=meeting_line(timedelta(days=9)), silent=(ANN, BEN), last=last, invited=invited)
    assert why_no_nudge(nudge, NOW, "America/Chicago") == (
        "Invited or reminded 2 people, the first on Tue, Dec 15 at 6:00 AM."
        " You can remind them on Thu, Dec 17 at 6:00 AM."
    )


def test_people_whom_no_reminder_reaches_before_the_start_are_to_be_called() -> None:
    last = {ANN: NOW - timedelta(hours=1)}
    nudge = DateNudges(line=meeting_line(timedelta(hours=47)), silent=(ANN,), last=last)
    assert why_no_nudge(nudge, NOW, "America/Chicago") == (
        "Reminded 1 person on Tue, Dec 15 at 8:00 AM. It starts before you can remind them again, so call them."
    )


def test_people_whose_invitations_went_out_in_the_same_minute_are_named_together() -> None:
    invited = {ANN: NOW - timedelta(seconds=50), BEN: NOW - timedelta(seconds=10)}
    nudge = DateNudges(
        line=meeting_line(timedelta(days=9)),
        silent=(ANN, BEN),
        invited=invited,
        names={ANN: "Ann (FBI)", BEN: "Ben (HSI)"},
    )
    assert skipped_words(nudge, NOW, "America/Chicago") == (
        "Skips Ann (FBI), Ben (HSI) (invited on Tue, Dec 15 at 8:59 AM).",
    )


POLL_NUDGES_NOW = datetime(2027, 1, 5, 15, tzinfo=UTC)
A, B = UUID(int=1), UUID(int=2)


def test_people_who_were_reminded_lately_are_skipped() -> None:
    found = PollNudges(silent=(A, B), last={B: POLL_NUDGES_NOW - timedelta(hours=1)})
    assert (found.asked, found.why_not(POLL_NUDGES_NOW, ZONE)) == ((A,), "")
    assert found.skipped == ("Skips 1 person reminded in the last 48 hours.",)


def test_the_page_says_when_people_can_be_reminded_again() -> None:
    found = PollNudges(silent=(A,), last={A: POLL_NUDGES_NOW})
    assert found.why_not(POLL_NUDGES_NOW, ZONE) == "You can remind 1 person again on Thu, Jan 7 at 9:00 AM."
    assert PollNudges(silent=()).why_not(POLL_NUDGES_NOW, ZONE) == "Everyone who was asked has replied."


def test_only_those_whose_two_days_are_over_then_are_counted() -> None:
    found = PollNudges(silent=(A, B), last={A: POLL_NUDGES_NOW, B: POLL_NUDGES_NOW + timedelta(hours=5)})
    assert found.why_not(POLL_NUDGES_NOW, ZONE) == "You can remind 1 person again on Thu, Jan 7 at 9:00 AM."


def test_people_who_get_no_email_are_skipped_and_named_as_the_reason() -> None:
    found = PollNudges(silent=(A, B), unreachable={B})
    assert (found.asked, found.skipped) == ((A,), (f"Skips 1 person ({UNREACHABLE}).",))
    none_left = PollNudges(silent=(B,), unreachable={B})
    assert none_left.why_not(POLL_NUDGES_NOW, ZONE) == f"The people who haven’t replied have {UNREACHABLE}."
