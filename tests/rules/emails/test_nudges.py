"""What is said of people who were reminded lately."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from tests.cast import ZONE
from tracker.rules.emails.follow_ups import UNREACHABLE, Nudges, skipped_words, why_no_nudge

NOW = datetime(2026, 12, 15, 15, tzinfo=UTC)
ANN, BEN, DATE, POLL = uuid4(), uuid4(), uuid4(), uuid4()


def reason(*hours: int) -> str | None:
    last = {one: NOW - timedelta(hours=ago) for one, ago in zip((ANN, BEN), hours, strict=True)}
    nudge = Nudges(subject_id=DATE, starts_at=NOW + timedelta(days=9), silent=(ANN, BEN), last=last)
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
    nudge = Nudges(subject_id=DATE, starts_at=NOW + timedelta(days=9), silent=(ANN, BEN), last=last, invited=invited)
    assert why_no_nudge(nudge, NOW, "America/Chicago") == (
        "Invited or reminded 2 people, the first on Tue, Dec 15 at 6:00 AM."
        " You can remind them on Thu, Dec 17 at 6:00 AM."
    )


def test_people_whom_no_reminder_reaches_before_the_start_are_to_be_called() -> None:
    last = {ANN: NOW - timedelta(hours=1)}
    nudge = Nudges(subject_id=DATE, starts_at=NOW + timedelta(hours=47), silent=(ANN,), last=last)
    assert why_no_nudge(nudge, NOW, "America/Chicago") == (
        "Reminded 1 person on Tue, Dec 15 at 8:00 AM. It starts before you can remind them again, so call them."
    )


def test_people_whose_invitations_went_out_in_the_same_minute_are_named_together() -> None:
    nudges = Nudges(
        subject_id=DATE,
        starts_at=NOW + timedelta(days=9),
        silent=(ANN, BEN),
        invited={ANN: NOW - timedelta(seconds=50), BEN: NOW - timedelta(seconds=10)},
        names={ANN: "Ann (FBI)", BEN: "Ben (HSI)"},
    )
    assert skipped_words(nudges, NOW, ZONE) == ("Skips Ann (FBI), Ben (HSI) (invited on Tue, Dec 15 at 8:59 AM).",)


def of_poll(**facts: Any) -> Nudges:
    return Nudges(subject_id=POLL, names={ANN: "Ann (FBI)", BEN: "Ben (HSI)"}, **facts)


def test_people_who_were_reminded_of_a_poll_lately_are_skipped_by_name() -> None:
    nudges = of_poll(silent=(ANN, BEN), last={BEN: NOW - timedelta(hours=1)})
    assert (nudges.asked, why_no_nudge(nudges, NOW, ZONE)) == ((ANN,), None)
    assert skipped_words(nudges, NOW, ZONE) == ("Skips Ben (HSI) (reminded on Tue, Dec 15 at 8:00 AM).",)


def test_people_can_be_reminded_of_a_poll_again_whenever_two_days_are_over() -> None:
    assert why_no_nudge(of_poll(silent=(ANN,), last={ANN: NOW}), NOW, ZONE) == (
        "Reminded 1 person on Tue, Dec 15 at 9:00 AM. You can remind them again on Thu, Dec 17 at 9:00 AM."
    )
    assert why_no_nudge(of_poll(silent=()), NOW, ZONE) == "Everyone who was asked has replied."


def test_people_who_get_no_email_are_skipped_and_named_as_the_reason() -> None:
    nudges = of_poll(silent=(ANN, BEN), unreachable={BEN})
    assert (nudges.asked, skipped_words(nudges, NOW, ZONE)) == ((ANN,), (f"Skips Ben (HSI) ({UNREACHABLE}).",))
    none_left = of_poll(silent=(BEN,), unreachable={BEN})
    assert why_no_nudge(none_left, NOW, ZONE) == f"The people who haven’t replied have {UNREACHABLE}."
