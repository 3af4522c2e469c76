"""What people want of reminders: lead times, and hours in which none is sent."""

from datetime import UTC, date, datetime, time, timedelta
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as some

from tracker.errors import Invalid
from tracker.rules.core.message_types import Canceled, Invited, ReminderDue, WeeklyDigest
from tracker.rules.core.wording import to_local
from tracker.rules.emails import reminders
from tracker.rules.emails.preferences import (
    LONGEST_QUIET,
    LONGEST_WITH_WEEKEND,
    OF_USE,
    Preferences,
    QuietHours,
    Wish,
    Wishes,
    check_quiet_hours,
    out_of_quiet_hours,
    quiet_hours_words,
    quiet_until,
    waits_for_quiet_hours,
    wanted_moments,
)
from tracker.rules.emails.reminders import Moment
from tracker.rules.roster.meetings import OFFERED, USUAL

CHICAGO = "America/Chicago"
NIGHT = QuietHours(starts=time(22), ends=time(6), zone=CHICAGO)
DAY, HOURS = timedelta(days=1), timedelta(hours=2)
ME, YOU, COMMITTEE = uuid4(), uuid4(), uuid4()


def kansas_city_at(text: str) -> datetime:
    """Return a moment by the clocks of Kansas City in winter."""
    return datetime.fromisoformat(f"{text}-06:00").astimezone(UTC)


def moved_reminder(starts_at: str, lead: timedelta, quiet: QuietHours = NIGHT) -> datetime:
    """Return when the reminder of a date goes out."""
    every = reminders.date_moments(kansas_city_at(starts_at), CHICAGO, is_all_day=False, leads=[lead])
    return out_of_quiet_hours(every[0], quiet).at


def test_a_reminder_outside_the_quiet_hours_stays() -> None:
    assert moved_reminder("2027-01-12T10:00", HOURS) == kansas_city_at("2027-01-12T08:00")


def test_a_reminder_in_the_night_waits_for_the_morning_while_it_is_of_use_then() -> None:
    assert moved_reminder("2027-01-12T07:30", HOURS) == kansas_city_at("2027-01-12T06:00")


def test_a_reminder_that_would_be_of_little_use_in_the_morning_comes_the_evening_before() -> None:
    assert moved_reminder("2027-01-12T06:30", HOURS) == kansas_city_at("2027-01-11T21:55")
    assert moved_reminder("2027-01-12T06:00", HOURS) == kansas_city_at("2027-01-11T21:55")


def test_a_reminder_a_day_before_a_night_operation_comes_the_morning_after_that_night() -> None:
    assert moved_reminder("2027-01-12T03:00", DAY) == kansas_city_at("2027-01-11T06:00")


def test_the_first_moment_of_the_quiet_hours_is_quiet_and_their_end_is_not() -> None:
    assert NIGHT.around(kansas_city_at("2027-01-12T22:00")) == (
        kansas_city_at("2027-01-12T22:00"),
        kansas_city_at("2027-01-13T06:00"),
    )
    assert NIGHT.around(kansas_city_at("2027-01-13T05:59")) == (
        kansas_city_at("2027-01-12T22:00"),
        kansas_city_at("2027-01-13T06:00"),
    )
    assert NIGHT.around(kansas_city_at("2027-01-13T06:00")) is None


def test_quiet_hours_of_the_day_do_not_reach_into_the_night() -> None:
    school = QuietHours(starts=time(8), ends=time(15), zone=CHICAGO)
    assert school.around(kansas_city_at("2027-01-12T07:59")) is None
    assert school.around(kansas_city_at("2027-01-12T08:00")) == (
        kansas_city_at("2027-01-12T08:00"),
        kansas_city_at("2027-01-12T15:00"),
    )


def test_quiet_hours_are_those_of_the_person_wherever_the_event_is() -> None:
    eastern = QuietHours(starts=time(22), ends=time(6), zone="America/New_York")
    assert moved_reminder("2027-01-12T23:30", HOURS, eastern) == kansas_city_at("2027-01-12T20:55")


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
    moved_to = out_of_quiet_hours(moment, quiet)
    shift = Wishes(of_member={ME: Preferences(quiet=(starts, ends))}).shift + timedelta(hours=1)  # the clocks change
    assert quiet.around(moved_to.at) is None
    assert moved_to.at < begins
    assert abs(moved_to.at - moment.at) <= shift


def test_only_chosen_lead_times_are_planned() -> None:
    every = reminders.date_moments(kansas_city_at("2027-01-12T10:00"), CHICAGO, is_all_day=False, leads=OFFERED)
    long_ago, now = kansas_city_at("2026-01-01T00:00"), kansas_city_at("2027-01-12T09:00")
    moments_wanted = wanted_moments(every, Wish(leads=frozenset({DAY, HOURS})), long_ago, now)
    assert [one.lead for one in moments_wanted] == [DAY, HOURS]
    assert wanted_moments(every, None, long_ago, now) == []


def test_of_two_reminders_at_the_same_moment_only_the_nearer_goes_out() -> None:
    every = reminders.date_moments(kansas_city_at("2027-01-12T06:00"), CHICAGO, is_all_day=False, leads=OFFERED)
    wish = Wish(leads=frozenset({HOURS, timedelta(minutes=30)}), quiet=NIGHT)
    moments_wanted = wanted_moments(every, wish, kansas_city_at("2027-01-11T21:00"), kansas_city_at("2027-01-11T22:00"))
    assert [(one.lead, one.state) for one in moments_wanted] == [
        (HOURS, "superseded"),
        (timedelta(minutes=30), "pending"),
    ]


def test_a_persons_own_choice_counts_before_that_of_the_event() -> None:
    own, their_leads = frozenset({HOURS}), frozenset({DAY})
    wishes = Wishes(of_member={ME: Preferences(leads=own)}, zones={ME: CHICAGO})
    assert wishes.of_date(ME, their_leads) == Wish(leads=own)
    assert wishes.of_date(YOU, their_leads) == Wish(leads=their_leads)
    assert wishes.of_anyone(their_leads) == {Wish(leads=own), Wish(leads=their_leads)}


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


QUIET_HOURS_CHICAGO, NEW_YORK = "America/Chicago", "America/New_York"
QUIET_HOURS_NIGHT = (time(20), time(7))
WEEKENDS = QuietHours(starts=time(20), ends=time(7), has_weekends=True, zone=QUIET_HOURS_CHICAGO)
QUIET_HOURS_ME, QUIET_HOURS_YOU = uuid4(), uuid4()


def at_of_quiet_hours(text: str) -> datetime:
    """Return a moment by the clocks of Kansas City in winter; 2027-01-15 is a Friday."""
    return datetime.fromisoformat(f"{text}-06:00").astimezone(UTC)


FRIDAY_EVENING, MONDAY_MORNING = at_of_quiet_hours("2027-01-15T20:00"), at_of_quiet_hours("2027-01-18T07:00")


@pytest.mark.parametrize("moment", ["2027-01-15T20:00", "2027-01-16T12:00", "2027-01-17T23:59", "2027-01-18T06:59"])
def test_a_quiet_weekend_is_one_with_the_nights_around_it(moment: str) -> None:
    assert WEEKENDS.around(at_of_quiet_hours(moment)) == (FRIDAY_EVENING, MONDAY_MORNING)


@pytest.mark.parametrize("moment", ["2027-01-15T19:59", "2027-01-18T07:00", "2027-01-19T12:00"])
def test_working_days_are_not_quiet(moment: str) -> None:
    assert WEEKENDS.around(at_of_quiet_hours(moment)) is None


def test_weekends_alone_are_quiet_from_midnight_to_midnight() -> None:
    only = QuietHours(has_weekends=True, zone=QUIET_HOURS_CHICAGO)
    assert only.around(at_of_quiet_hours("2027-01-16T00:00")) == (
        at_of_quiet_hours("2027-01-16T00:00"),
        at_of_quiet_hours("2027-01-18T00:00"),
    )
    assert only.around(at_of_quiet_hours("2027-01-15T23:59")) is None


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


def test_what_would_be_outdated_after_quiet_hours_does_not_wait() -> None:
    night = QuietHours(starts=time(20), ends=time(7), zone=QUIET_HOURS_CHICAGO)
    midnight, morning = at_of_quiet_hours("2027-01-13T00:00"), at_of_quiet_hours("2027-01-13T07:00")
    assert quiet_until(midnight, morning + OF_USE, night) == morning
    assert quiet_until(midnight, morning + OF_USE - timedelta(seconds=1), night) is None
    assert quiet_until(morning, None, night) is None
    assert quiet_until(midnight, None, None) is None


def test_reminders_and_digests_wait_and_what_people_announce_does_not() -> None:
    starts = at_of_quiet_hours("2027-01-13T10:00")
    assert waits_for_quiet_hours(ReminderDue(starts_at=starts, lead=60))
    assert waits_for_quiet_hours(WeeklyDigest(monday=date(2027, 1, 18)))
    assert not waits_for_quiet_hours(Invited())
    assert not waits_for_quiet_hours(Canceled())


@pytest.mark.parametrize(
    ("own", "expected"),
    [
        (None, QuietHours(starts=time(20), ends=time(7), zone=QUIET_HOURS_CHICAGO)),
        (Preferences(), QuietHours(starts=time(20), ends=time(7), zone=QUIET_HOURS_CHICAGO)),
        (Preferences(is_never_quiet=True), None),
        (Preferences(quiet=(time(1), time(5))), QuietHours(starts=time(1), ends=time(5), zone=QUIET_HOURS_CHICAGO)),
        (Preferences(has_quiet_weekends=True), QuietHours(has_weekends=True, zone=QUIET_HOURS_CHICAGO)),
    ],
)
def test_the_task_forces_quiet_hours_are_for_people_who_chose_nothing(
    own: Preferences | None, expected: QuietHours | None
) -> None:
    wishes = Wishes(
        of_member={QUIET_HOURS_ME: own} if own else {},
        zones={QUIET_HOURS_ME: QUIET_HOURS_CHICAGO},
        usual_quiet=QUIET_HOURS_NIGHT,
    )
    assert wishes.quiet_of(QUIET_HOURS_ME) == expected


def test_everyone_may_be_reminded_at_the_quiet_hours_of_their_zone() -> None:
    wishes = Wishes(
        zones={QUIET_HOURS_ME: QUIET_HOURS_CHICAGO, QUIET_HOURS_YOU: NEW_YORK}, usual_quiet=QUIET_HOURS_NIGHT
    )
    zones = {wish.quiet.zone for wish in wishes.of_anyone(USUAL) if wish.quiet}
    assert zones == {QUIET_HOURS_CHICAGO, NEW_YORK}
    assert wishes.of_date(QUIET_HOURS_YOU, USUAL) == Wish(
        quiet=QuietHours(starts=time(20), ends=time(7), zone=NEW_YORK)
    )


def test_the_planner_looks_as_far_as_a_weekend_can_move_a_reminder() -> None:
    wishes = Wishes(
        of_member={QUIET_HOURS_ME: Preferences(quiet=QUIET_HOURS_NIGHT, has_quiet_weekends=True)},
        zones={QUIET_HOURS_ME: QUIET_HOURS_CHICAGO},
    )
    moment = Moment(
        at=at_of_quiet_hours("2027-01-18T06:00"), lead=timedelta(hours=2), ends=at_of_quiet_hours("2027-01-18T08:00")
    )
    assert moment.at - FRIDAY_EVENING < wishes.shift


def test_quiet_hours_are_said_by_the_clock() -> None:
    assert quiet_hours_words((time(21), time(6))) == "9:00 PM to 6:00 AM"
    assert quiet_hours_words(None) == "none"
