"""What people want of reminders: lead times, and hours in which none is sent."""

from datetime import UTC, date, datetime, time, timedelta
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as some

from tracker.errors import Invalid
from tracker.rules.emails import reminders
from tracker.rules.emails.preferences import (
    LONGEST_QUIET,
    Preferences,
    QuietHours,
    Wish,
    Wishes,
    check_quiet_hours,
    out_of_quiet_hours,
    wanted_moments,
)
from tracker.rules.roster.reminder_policies import OFFERED, USUAL

CHICAGO = "America/Chicago"
NIGHT = QuietHours(starts=time(22), ends=time(6), zone=CHICAGO)
DAY, HOURS = timedelta(days=1), timedelta(hours=2)
ME, YOU, COMMITTEE = uuid4(), uuid4(), uuid4()


def at(text: str) -> datetime:
    """Return a moment by the clocks of Kansas City in winter."""
    return datetime.fromisoformat(f"{text}-06:00").astimezone(UTC)


def moved(starts_at: str, lead: timedelta, quiet: QuietHours = NIGHT) -> datetime:
    """Return when the reminder of a date goes out."""
    every = reminders.date_moments(at(starts_at), CHICAGO, is_all_day=False, leads=[lead])
    return out_of_quiet_hours(every[0], quiet).at


def test_a_reminder_outside_the_quiet_hours_stays() -> None:
    assert moved("2027-01-12T10:00", HOURS) == at("2027-01-12T08:00")


def test_a_reminder_in_the_night_waits_for_the_morning_while_it_is_of_use_then() -> None:
    assert moved("2027-01-12T07:30", HOURS) == at("2027-01-12T06:00")


def test_a_reminder_that_would_be_of_little_use_in_the_morning_comes_the_evening_before() -> None:
    assert moved("2027-01-12T06:30", HOURS) == at("2027-01-11T21:55")
    assert moved("2027-01-12T06:00", HOURS) == at("2027-01-11T21:55")


def test_a_reminder_a_day_before_a_night_operation_comes_the_morning_after_that_night() -> None:
    assert moved("2027-01-12T03:00", DAY) == at("2027-01-11T06:00")


def test_the_first_moment_of_the_quiet_hours_is_quiet_and_their_end_is_not() -> None:
    assert NIGHT.around(at("2027-01-12T22:00")) == (at("2027-01-12T22:00"), at("2027-01-13T06:00"))
    assert NIGHT.around(at("2027-01-13T05:59")) == (at("2027-01-12T22:00"), at("2027-01-13T06:00"))
    assert NIGHT.around(at("2027-01-13T06:00")) is None


def test_quiet_hours_of_the_day_do_not_reach_into_the_night() -> None:
    school = QuietHours(starts=time(8), ends=time(15), zone=CHICAGO)
    assert school.around(at("2027-01-12T07:59")) is None
    assert school.around(at("2027-01-12T08:00")) == (at("2027-01-12T08:00"), at("2027-01-12T15:00"))


def test_quiet_hours_are_those_of_the_person_wherever_the_event_is() -> None:
    eastern = QuietHours(starts=time(22), ends=time(6), zone="America/New_York")
    assert moved("2027-01-12T23:30", HOURS, eastern) == at("2027-01-12T20:55")


def test_the_night_in_which_the_clocks_go_forward_ends_by_the_clock_on_the_wall() -> None:
    hours = NIGHT.around(datetime(2027, 3, 14, 7, tzinfo=UTC))
    assert hours == (datetime(2027, 3, 14, 4, tzinfo=UTC), datetime(2027, 3, 14, 11, tzinfo=UTC))


TIMES = some.times().map(lambda one: one.replace(second=0, microsecond=0))


@given(
    starts=TIMES,
    length=some.integers(1, LONGEST_QUIET.seconds // 60),
    lead=some.sampled_from(OFFERED),
    day=some.dates(date(2026, 1, 1), date(2028, 1, 1)),
    clock=TIMES,
)
def test_no_reminder_comes_in_quiet_hours_or_after_the_beginning_or_further_off_than_the_planner_looks(
    starts: time, length: int, lead: timedelta, day: date, clock: time
) -> None:
    ends = (datetime.combine(day, starts) + timedelta(minutes=length)).time()
    quiet = QuietHours(starts=starts, ends=ends, zone="America/New_York")
    begins = datetime.combine(day, clock, UTC)
    [moment] = reminders.date_moments(begins, CHICAGO, is_all_day=False, leads=[lead])
    found = out_of_quiet_hours(moment, quiet)
    shift = Wishes(of_member={ME: Preferences(quiet=(starts, ends))}).shift + timedelta(hours=1)  # the clocks change
    assert quiet.around(found.at) is None
    assert found.at < begins
    assert abs(found.at - moment.at) <= shift


def test_only_chosen_lead_times_are_planned() -> None:
    every = reminders.date_moments(at("2027-01-12T10:00"), CHICAGO, is_all_day=False, leads=OFFERED)
    long_ago, now = at("2026-01-01T00:00"), at("2027-01-12T09:00")
    found = wanted_moments(every, Wish(leads=frozenset({DAY, HOURS})), long_ago, now)
    assert [one.lead for one in found] == [DAY, HOURS]
    assert wanted_moments(every, None, long_ago, now) == []


def test_of_two_reminders_at_the_same_moment_only_the_nearer_goes_out() -> None:
    every = reminders.date_moments(at("2027-01-12T06:00"), CHICAGO, is_all_day=False, leads=OFFERED)
    wish = Wish(leads=frozenset({HOURS, timedelta(minutes=30)}), quiet=NIGHT)
    found = wanted_moments(every, wish, at("2027-01-11T21:00"), at("2027-01-11T22:00"))
    assert [(one.lead, one.state) for one in found] == [(HOURS, "superseded"), (timedelta(minutes=30), "pending")]


def test_a_persons_own_choice_counts_before_that_of_the_event() -> None:
    own, theirs = frozenset({HOURS}), frozenset({DAY})
    wishes = Wishes(of_member={ME: Preferences(leads=own)}, zones={ME: CHICAGO})
    assert wishes.of_date(ME, theirs) == Wish(leads=own)
    assert wishes.of_date(YOU, theirs) == Wish(leads=theirs)
    assert wishes.of_anyone(theirs) == {Wish(leads=own), Wish(leads=theirs)}


def test_dates_and_items_are_turned_off_one_by_one() -> None:
    wishes = Wishes(of_member={ME: Preferences(date_reminders=False), YOU: Preferences(item_reminders=False)})
    assert (wishes.of_date(ME, USUAL), wishes.of_items(ME)) == (None, Wish(leads=None))
    assert (wishes.of_date(YOU, USUAL), wishes.of_items(YOU)) == (Wish(), None)


@pytest.mark.parametrize(
    ("starts", "ends", "field"),
    [
        (None, time(6), "quiet_from"),
        (time(22), None, "quiet_until"),
        (time(22), time(22), "quiet_until"),
        (time(20), time(8, 1), "quiet_until"),
    ],
)
def test_quiet_hours_have_a_beginning_and_an_end_and_leave_half_the_day(
    starts: time | None, ends: time | None, field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        check_quiet_hours(starts, ends)
    assert list(refused.value.fields) == [field]


def test_twelve_quiet_hours_or_none_are_taken() -> None:
    assert check_quiet_hours(time(20), time(8)) == (time(20), time(8))
    assert check_quiet_hours(None, None) is None


def test_everyone_may_have_saved_preferences_while_the_task_force_has_quiet_hours() -> None:
    night = (time(21), time(6))
    wishes = Wishes(of_member={ME: Preferences()}, zones={ME: CHICAGO}, usual_quiet=night)
    [wish] = wishes.of_anyone(frozenset({DAY}))
    assert wish.quiet == QuietHours(starts=night[0], ends=night[1], zone=CHICAGO)
