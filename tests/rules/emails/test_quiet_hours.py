"""Quiet hours: whom they belong to, how weekends and the clocks change them, and what waits for their end."""

from datetime import UTC, date, datetime, time, timedelta
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as some

from tracker.rules.core.message_types import Canceled, Invited, ReminderDue, WeeklyDigest
from tracker.rules.core.wall_clock import to_local
from tracker.rules.emails.preferences import (
    LONGEST_WITH_WEEKEND,
    OF_USE,
    Preferences,
    QuietHours,
    Wish,
    Wishes,
    quiet_hours_words,
    quiet_until,
    waits_for_quiet_hours,
)
from tracker.rules.emails.reminders import Moment
from tracker.rules.roster.reminder_policies import USUAL

CHICAGO, NEW_YORK = "America/Chicago", "America/New_York"
NIGHT = (time(20), time(7))
WEEKENDS = QuietHours(starts=time(20), ends=time(7), has_weekends=True, zone=CHICAGO)
ME, YOU = uuid4(), uuid4()


def at(text: str) -> datetime:
    """Return a moment by the clocks of Kansas City in winter; 2027-01-15 is a Friday."""
    return datetime.fromisoformat(f"{text}-06:00").astimezone(UTC)


FRIDAY_EVENING, MONDAY_MORNING = at("2027-01-15T20:00"), at("2027-01-18T07:00")


@pytest.mark.parametrize("moment", ["2027-01-15T20:00", "2027-01-16T12:00", "2027-01-17T23:59", "2027-01-18T06:59"])
def test_a_quiet_weekend_is_one_with_the_nights_around_it(moment: str) -> None:
    assert WEEKENDS.around(at(moment)) == (FRIDAY_EVENING, MONDAY_MORNING)


@pytest.mark.parametrize("moment", ["2027-01-15T19:59", "2027-01-18T07:00", "2027-01-19T12:00"])
def test_working_days_are_not_quiet(moment: str) -> None:
    assert WEEKENDS.around(at(moment)) is None


def test_weekends_alone_are_quiet_from_midnight_to_midnight() -> None:
    only = QuietHours(has_weekends=True, zone=CHICAGO)
    assert only.around(at("2027-01-16T00:00")) == (at("2027-01-16T00:00"), at("2027-01-18T00:00"))
    assert only.around(at("2027-01-15T23:59")) is None


def test_the_weekend_in_which_the_clocks_go_forward_ends_by_the_clock_on_the_wall() -> None:
    hours = WEEKENDS.around(datetime(2027, 3, 14, 18, tzinfo=UTC))
    assert hours == (datetime(2027, 3, 13, 2, tzinfo=UTC), datetime(2027, 3, 15, 12, tzinfo=UTC))


@given(
    starts=some.times().map(lambda one: one.replace(second=0, microsecond=0)),
    minutes=some.integers(1, 12 * 60),
    moment=some.datetimes(datetime(2026, 1, 1), datetime(2028, 1, 1), timezones=some.just(UTC)),  # noqa: DTZ001 - of Hypothesis, which adds the zone
)
def test_what_is_held_is_sent_at_the_end_outside_quiet_hours(starts: time, minutes: int, moment: datetime) -> None:
    ends = (datetime.combine(date(2027, 1, 1), starts) + timedelta(minutes=minutes)).time()
    quiet = QuietHours(starts=starts, ends=ends, has_weekends=True, zone=NEW_YORK)
    until = quiet_until(moment, None, quiet)
    is_weekend = to_local(moment, NEW_YORK).weekday() >= 5
    assert until is not None or not is_weekend
    if until is not None:
        assert moment < until <= moment + LONGEST_WITH_WEEKEND + timedelta(hours=1)  # the clocks change
        assert quiet.around(until) is None


def test_what_would_be_of_no_use_after_quiet_hours_does_not_wait() -> None:
    night = QuietHours(starts=time(20), ends=time(7), zone=CHICAGO)
    midnight, morning = at("2027-01-13T00:00"), at("2027-01-13T07:00")
    assert quiet_until(midnight, morning + OF_USE, night) == morning
    assert quiet_until(midnight, morning + OF_USE - timedelta(seconds=1), night) is None
    assert quiet_until(morning, None, night) is None
    assert quiet_until(midnight, None, None) is None


def test_reminders_and_digests_wait_and_what_people_announce_does_not() -> None:
    starts = at("2027-01-13T10:00")
    assert waits_for_quiet_hours(ReminderDue(starts_at=starts, lead=60))
    assert waits_for_quiet_hours(WeeklyDigest(monday=date(2027, 1, 18)))
    assert not waits_for_quiet_hours(Invited())
    assert not waits_for_quiet_hours(Canceled())


@pytest.mark.parametrize(
    ("own", "expected"),
    [
        (None, QuietHours(starts=time(20), ends=time(7), zone=CHICAGO)),
        (Preferences(), QuietHours(starts=time(20), ends=time(7), zone=CHICAGO)),
        (Preferences(is_never_quiet=True), None),
        (Preferences(quiet=(time(1), time(5))), QuietHours(starts=time(1), ends=time(5), zone=CHICAGO)),
        (Preferences(has_quiet_weekends=True), QuietHours(has_weekends=True, zone=CHICAGO)),
    ],
)
def test_the_task_forces_quiet_hours_are_for_people_who_chose_nothing(
    own: Preferences | None, expected: QuietHours | None
) -> None:
    wishes = Wishes(of_member={ME: own} if own else {}, zones={ME: CHICAGO}, usual_quiet=NIGHT)
    assert wishes.quiet_of(ME) == expected


def test_everyone_may_be_reminded_at_the_quiet_hours_of_their_zone() -> None:
    wishes = Wishes(zones={ME: CHICAGO, YOU: NEW_YORK}, usual_quiet=NIGHT)
    zones = {wish.quiet.zone for wish in wishes.of_anyone(USUAL) if wish.quiet}
    assert zones == {CHICAGO, NEW_YORK}
    assert wishes.of_date(YOU, USUAL) == Wish(quiet=QuietHours(starts=time(20), ends=time(7), zone=NEW_YORK))


def test_the_planner_looks_as_far_as_a_weekend_can_move_a_reminder() -> None:
    wishes = Wishes(of_member={ME: Preferences(quiet=NIGHT, has_quiet_weekends=True)}, zones={ME: CHICAGO})
    moment = Moment(at=at("2027-01-18T06:00"), lead=timedelta(hours=2), ends=at("2027-01-18T08:00"))
    assert moment.at - FRIDAY_EVENING < wishes.shift


def test_quiet_hours_are_said_by_the_clock() -> None:
    assert quiet_hours_words((time(21), time(6))) == "9:00 PM to 6:00 AM"
    assert quiet_hours_words(None) == "none"
