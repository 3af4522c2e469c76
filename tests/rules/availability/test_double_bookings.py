"""How many people are double-booked on how many dates, in words."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from tracker.rules.availability.double_bookings import DoubleBooking, double_booked_words, sending_effect
from tracker.rules.core.button_effects import ButtonEffect, Caution

TEN, HOUR, MONTH = datetime(2027, 1, 12, 16, tzinfo=UTC), timedelta(hours=1), timedelta(days=28)
SLOTS = [(TEN + n * MONTH, TEN + n * MONTH + HOUR) for n in range(12)]


def booking(slot: int, *people: int, starts: timedelta = timedelta(0)) -> DoubleBooking:
    """Return an event at the time of a date that takes some people."""
    starts_at = SLOTS[slot][0] + starts
    return DoubleBooking(
        member_ids=[UUID(int=person) for person in people],
        starts_at=starts_at,
        ends_at=starts_at + HOUR,
        title="Case call",
        is_marked=False,
    )


def test_people_are_counted_once_and_so_are_dates() -> None:
    bookings = [booking(0, 1, 2), booking(0, 1, 3, starts=HOUR / 2), booking(4, 1, 2, 3, 4)]
    assert double_booked_words(bookings, SLOTS, 4) == "4 of 4 people are double-booked on 2 of 12 dates."


def test_an_event_of_one_date_says_no_number_of_dates() -> None:
    assert double_booked_words([booking(0, 1)], SLOTS[:1], 4) == "1 of 4 people is double-booked."


def test_an_organizer_without_others_is_named() -> None:
    assert double_booked_words([booking(0, 1)], SLOTS[:1], 1) == "The organizer is double-booked."
    assert double_booked_words([booking(0, 1)], SLOTS, 1, is_own=True) == "You’re double-booked on 1 of 12 dates."


def test_a_series_of_which_only_the_first_dates_were_checked_says_so() -> None:
    slots = [(TEN + n * MONTH, TEN + n * MONTH + HOUR) for n in range(60)]
    assert double_booked_words([booking(0, 1)], slots, 2) == (
        "1 of 2 people is double-booked on 1 of the first 60 dates."
    )


def test_the_button_says_it_first_with_a_link_to_other_times() -> None:
    assert double_booked_words([], SLOTS, 4) == ""
    assert sending_effect("Nothing is sent yet.", double_booked="") == ButtonEffect(says="Nothing is sent yet.")
    [caution] = sending_effect("3 people will get an invitation.", double_booked="You’re double-booked.").cautions
    assert caution == Caution(says="You’re double-booked.", to="#times-h", link="Find another time")
