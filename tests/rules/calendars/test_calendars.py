"""Calendars as people see them, and the entries of feeds."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.ical.making import NOW, TODAY, dates_of, event
from tracker.rules.calendars import calendars as grid
from tracker.rules.calendars.calendars import (
    CalendarChoice,
    CalendarFilter,
    CalendarWeek,
    SeenDate,
    matching_dates,
    week_around,
    week_table,
)
from tracker.rules.calendars.feeds import (
    ALARM_MINUTES,
    NO_ALARMS,
    Alarms,
    AllDayAlarm,
    FeedLevel,
    alarm_words,
    client_name,
    feed_level,
    feed_shown_until,
    is_date_gone,
    is_over_and_gone,
    neutral_title,
)
from tracker.rules.core.viewers import Visibility
from tracker.rules.events.events import DateLine, EventStatus, Kind
from tracker.rules.events.markings import Category, Marking
from tracker.rules.recurrence.series import last_day_of_month

COMMITTEE, AGENCY = (
    CalendarChoice(id=UUID(int=7), name="Steering Committee"),
    CalendarChoice(id=UUID(int=8), name="KCPD"),
)


def test_the_usual_filter_leaves_nothing_out() -> None:
    every = [seen_date(december_at(1), kind=kind, status=EventStatus.CANCELED) for kind in Kind]
    assert not CalendarFilter().is_narrow
    assert matching_dates(every, CalendarFilter()) == every


@pytest.mark.parametrize(
    ("chosen", "left"),
    [
        (CalendarFilter(kinds=frozenset({Kind.TRAINING})), ["training"]),
        (CalendarFilter(only_mine=True), ["call"]),
        (CalendarFilter(with_canceled=False), ["call", "training", "of the committee", "of one arm"]),
        (CalendarFilter(committee=COMMITTEE), ["of the committee"]),
        (CalendarFilter(visibility=Visibility.VICTIM_SERVICES), ["of one arm"]),
        (CalendarFilter(agency=AGENCY), ["call"]),
        (CalendarFilter(committee=COMMITTEE, only_mine=True), []),
    ],
)
def test_a_filter_lets_through_what_is_all_that_it_asks_for(chosen: CalendarFilter, left: list[str]) -> None:
    dates = {
        "call": seen_date(december_at(1), is_mine=True),
        "training": seen_date(december_at(1), kind=Kind.TRAINING),
        "canceled": seen_date(december_at(1), status=EventStatus.CANCELED),
        "of the committee": seen_date(december_at(1), committee_id=COMMITTEE.id),
        "of one arm": seen_date(december_at(1), visibility=Visibility.VICTIM_SERVICES),
    }
    matches = matching_dates(dates.values(), chosen, of_agency={dates["call"].line.event_id})
    assert [name for name, one in dates.items() if one in matches] == left
    assert chosen.is_narrow


DECEMBER = date(2026, 12, 1)


@pytest.mark.parametrize(
    ("text", "month"),
    [
        ("2026-12", DECEMBER),
        ("2027-01", date(2027, 1, 1)),
        ("2026-13", None),
        ("2026-00", None),
        ("0000-01", None),
        ("0001-01", None),
        ("9999-12", None),
        ("2026-1", None),
        ("2026-12-10", None),
        ("٢٠٢٦-١٢", None),
        ("2026-12\n", None),
        ("", None),
        ("December", None),
    ],
)
def test_a_month_is_read_or_it_is_none(text: str, month: date | None) -> None:
    assert grid.month_in_text(text) == month


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2026-12-10", date(2026, 12, 10)),
        ("2026-02-30", None),
        ("2026-12", None),
        ("20261210", None),
        ("9999-12-31", None),
        ("0001-01-01", None),
        ("2026-12-10\n", None),
        ("", None),
    ],
)
def test_a_day_is_read_or_it_is_none(text: str, day: date | None) -> None:
    assert grid.day_in_text(text) == day


def test_the_weeks_of_a_month_start_on_sunday_and_are_whole() -> None:
    weeks = grid.weeks_of_month(DECEMBER)
    assert (weeks[0][0], weeks[-1][-1]) == (date(2026, 11, 29), date(2027, 1, 2))
    assert all(len(week) == 7 and week[0].strftime("%a") == "Sun" for week in weeks)


@pytest.mark.parametrize("month", [grid.FIRST_MONTH, grid.LAST_MONTH])
def test_the_first_and_the_last_month_have_whole_weeks_too(month: date) -> None:
    weeks = grid.weeks_of_month(month)
    assert grid.moments_of_days(weeks[0][0], weeks[-1][-1], CENTRAL)[0] < grid.moments_of_days(month, month, CENTRAL)[1]


def test_one_turns_from_month_to_month_and_not_out_of_our_time() -> None:
    assert grid.turn_month(DECEMBER, 1) == date(2027, 1, 1)
    assert grid.turn_month(date(2027, 1, 1), -1) == DECEMBER
    assert grid.turn_month(grid.FIRST_MONTH, -1) is None
    assert grid.turn_month(grid.LAST_MONTH, 1) is None


def test_a_month_ends_with_its_last_day() -> None:
    assert last_day_of_month(2028, 2) == date(2028, 2, 29)


def test_the_day_on_which_the_clocks_go_back_has_25_hours() -> None:
    start, end = grid.moments_of_days(date(2026, 11, 1), date(2026, 11, 1), CENTRAL)
    assert end - start == timedelta(hours=25)


def test_a_meeting_falls_on_its_local_day_and_not_on_that_of_utc() -> None:
    assert grid.days_touched(line_of(december_at(10, 19)), CENTRAL) == [date(2026, 12, 10)]


def test_a_night_falls_on_two_days() -> None:
    assert grid.days_touched(line_of(december_at(11, 18), timedelta(hours=8)), CENTRAL) == [
        date(2026, 12, 11),
        date(2026, 12, 12),
    ]


def test_what_ends_at_midnight_does_not_touch_the_next_day() -> None:
    assert grid.days_touched(line_of(december_at(11, 22), timedelta(hours=2)), CENTRAL) == [date(2026, 12, 11)]


def test_a_moment_without_length_falls_on_its_day() -> None:
    assert grid.days_touched(line_of(december_at(11), timedelta(0)), CENTRAL) == [date(2026, 12, 11)]


def test_three_whole_days_are_three_days() -> None:
    whole = line_of(december_at(14), timedelta(days=3), is_all_day=True)
    assert grid.days_touched(whole, CENTRAL) == [date(2026, 12, 14), date(2026, 12, 15), date(2026, 12, 16)]


def test_a_whole_day_stays_that_day_for_readers_elsewhere() -> None:
    assert grid.days_touched(line_of(december_at(14), timedelta(days=1), is_all_day=True), "Pacific/Honolulu") == [
        date(2026, 12, 14)
    ]


def test_a_day_lists_what_touches_it_and_days_outside_are_left_out() -> None:
    night, noon = seen_date(december_at(31, 20), timedelta(hours=8)), seen_date(december_at(31, 12))
    days = grid.dates_by_day([noon, night], DECEMBER, date(2026, 12, 31), CENTRAL)
    assert days == {date(2026, 12, 31): [noon, night]}


def december_at(day: int, hour: int = 0, minute: int = 0) -> datetime:
    """Return a local time in December 2026."""
    return datetime(2026, 12, day, hour, minute)  # noqa: DTZ001 - local to the event's zone


@given(
    starts=st.datetimes(datetime(2026, 11, 20), datetime(2027, 4, 20)),  # noqa: DTZ001 - local to the event's zone
    lasts=st.timedeltas(timedelta(0), timedelta(days=5)),
    zone=st.sampled_from(["America/Chicago", "America/Santiago", "Australia/Lord_Howe", "UTC"]),
    is_all_day=st.booleans(),
)
@example(starts=december_at(10), lasts=timedelta(0), zone="UTC", is_all_day=False)
@example(starts=december_at(31, 23), lasts=timedelta(hours=1), zone="UTC", is_all_day=False)
def test_a_date_is_listed_on_each_of_its_days_wherever_clocks_change(
    starts: datetime, lasts: timedelta, zone: str, is_all_day: bool
) -> None:
    shown_date = seen_date(starts, lasts, zone="America/Chicago", is_all_day=is_all_day)
    first, last = date(2026, 12, 1), date(2027, 4, 5)
    expected = [day for day in grid.days_touched(shown_date.line, zone) if first <= day <= last]
    assert grid.dates_by_day([shown_date], first, last, zone) == {day: [shown_date] for day in expected}


def test_a_day_has_room_for_three_and_what_is_canceled_gives_way() -> None:
    canceled = seen_date(december_at(10, 8), status=EventStatus.CANCELED)
    others = [seen_date(december_at(10, hour)) for hour in (9, 10, 11)]
    assert grid.shown_in_day([canceled, *others]) == others
    assert grid.shown_in_day([canceled, *others[:2]]) == [canceled, *others[:2]]


def test_the_week_of_today_is_written_out_even_when_nothing_happens_in_it() -> None:
    weeks = grid.weeks_of_month(DECEMBER)
    assert grid.week_to_list(weeks, {}, date(2026, 12, 15)) == weeks[2]


def test_in_another_month_the_first_week_with_an_event_is_written_out() -> None:
    weeks = grid.weeks_of_month(date(2027, 1, 1))
    assert grid.week_to_list(weeks, {date(2027, 1, 12): [1]}, date(2026, 12, 15)) == weeks[2]
    assert grid.week_to_list(weeks, {}, date(2026, 12, 15)) is None


DECEMBER_10 = date(2026, 12, 10)
THURSDAY = 4  # of a week that starts on Sunday
CENTRAL = "America/Chicago"


def table_of_week(*dates: SeenDate, day: date = DECEMBER_10, zone: str = CENTRAL) -> CalendarWeek:
    days = week_around(day)
    return week_table(days, grid.dates_by_day(dates, days[0], days[-1], zone), zone)


def placed(week: CalendarWeek, day: int = THURSDAY) -> list[tuple[int, int, int]]:
    """Return first half hour, height and width of each date of a day."""
    return [(one.first, one.height, one.width) for one in week.days[day].blocks if one.seen]


def areas(week: CalendarWeek) -> list[int]:
    """Return how many columns each row fills, what reaches down from above included."""
    filled = [0] * 48
    for number, blocks in week.rows():
        for _, block in blocks:
            for below in range(number, number + block.height):
                filled[below] += block.width
    return filled[week.first : week.last]


def test_a_week_starts_on_sunday() -> None:
    assert week_around(DECEMBER_10)[0] == date(2026, 12, 6)
    assert week_around(date(2026, 12, 6))[0] == date(2026, 12, 6)
    assert week_around(date(2026, 12, 12))[-1] == date(2026, 12, 12)


def test_a_date_is_in_its_half_hours() -> None:
    week = table_of_week(
        seen_date(december_at(10, 14), timedelta(minutes=90)), seen_date(december_at(8, 10, 15), timedelta(minutes=20))
    )
    assert placed(week) == [(28, 3, 1)]
    assert placed(week, 2) == [(20, 2, 1)]
    assert (week.first, week.last, week.columns) == (16, 36, 1)


def test_dates_that_overlap_are_side_by_side_and_those_that_touch_do_not() -> None:
    week = table_of_week(
        seen_date(december_at(10, 14), timedelta(minutes=90)),
        seen_date(december_at(10, 15)),
        seen_date(december_at(10, 16)),
        seen_date(december_at(9, 9)),
    )
    assert placed(week) == [(28, 3, 1), (30, 2, 1), (32, 2, 2)]
    assert placed(week, 3) == [(18, 2, 2)]


def test_two_beside_each_other_have_the_same_room_and_one_alone_has_all_of_it() -> None:
    week = table_of_week(*[seen_date(december_at(10, 9)) for _ in range(2)], seen_date(december_at(10, 13)))
    assert week.columns == 2
    assert [width for _, _, width in placed(week)] == [1, 1, 2]


@pytest.mark.parametrize("count", range(8))
def test_every_row_of_the_table_is_filled_once(count: int) -> None:
    dates = [
        seen_date(december_at(10, 6 + number % 5 * 2, number * 7), timedelta(minutes=40 + 45 * number))
        for number in range(count)
    ]
    week = table_of_week(*dates, seen_date(december_at(8, 9)), seen_date(december_at(8, 9, 30)))
    assert set(areas(week)) == {7 * week.columns}


def test_the_third_of_an_hour_is_behind_more() -> None:
    week = table_of_week(*[seen_date(december_at(10, 9)) for _ in range(5)])
    assert len(placed(week)) == 2
    assert (week.days[THURSDAY].more, week.days[THURSDAY].count) == (3, 5)


def test_whole_days_and_deadlines_are_above_the_hours() -> None:
    whole = seen_date(december_at(9), timedelta(days=2), is_all_day=True)
    due = seen_date(december_at(10, 17), timedelta(0), kind=Kind.DEADLINE)
    week = table_of_week(whole, due)
    assert week.days[THURSDAY].top == [whole, due]
    assert week.days[THURSDAY - 1].top == [whole]
    assert placed(week) == []


def test_what_continues_after_midnight_fills_the_evening_and_is_above_the_next_day() -> None:
    night = seen_date(december_at(10, 18), timedelta(hours=8))
    week = table_of_week(night)
    assert placed(week) == [(36, 12, 1)]
    assert week.days[THURSDAY + 1].top == [night]
    assert (week.first, week.last) == (16, 48)


def test_what_continues_from_the_week_before_is_above_sunday() -> None:
    night = seen_date(december_at(5, 20), timedelta(hours=8))
    assert table_of_week(night).days[0].top == [night]


def test_an_early_date_opens_the_table_at_its_hour() -> None:
    assert table_of_week(seen_date(december_at(10, 4, 30))).first == 8


@pytest.mark.parametrize("day", [datetime(2026, 3, 8), datetime(2026, 11, 1)])  # noqa: DTZ001 - local
def test_an_hour_that_comes_twice_or_not_at_all_moves_nothing_else(day: datetime) -> None:
    night, morning = seen_date(day.replace(hour=1, minute=30)), seen_date(day.replace(hour=9))
    week = table_of_week(night, morning, day=day.date())
    assert [first for first, _, _ in placed(week, 0)] == [3, 18]
    assert set(areas(week)) == {7}


@pytest.mark.parametrize("shows_operations", [True, False])
@pytest.mark.parametrize("visibility", [one for one in Visibility if one is not Visibility.NAMED])
def test_an_event_that_is_not_for_named_people_is_shown_in_full(visibility: Visibility, shows_operations: bool) -> None:
    assert feed_level(event(visibility=visibility), shows_operations=shows_operations) is FeedLevel.FULL


def test_a_named_event_is_left_out_unless_its_reader_turned_it_on_and_then_discreet() -> None:
    named = event(visibility=Visibility.NAMED)
    assert feed_level(named, shows_operations=False) is None
    assert feed_level(named, shows_operations=True) is FeedLevel.DISCREET


def test_a_marked_event_is_left_out_like_a_named_one_even_when_someone_may_see_it() -> None:
    made = Marking(categories=frozenset({Category.LEI}), agency_id=UUID(int=1), decontrol_on=date(2027, 12, 31))
    marked = event(visibility=Visibility.ALL, marking=made)
    assert feed_level(marked, shows_operations=False) is None
    assert feed_level(marked, shows_operations=True) is FeedLevel.DISCREET


def test_a_canceled_date_is_gone_30_days_after_it() -> None:
    [canceled] = [replace(one, is_canceled=True) for one in dates_of(event())]
    assert not is_date_gone(canceled, date(2027, 1, 8))
    assert is_date_gone(canceled, date(2027, 1, 9))
    assert not is_date_gone(replace(canceled, is_canceled=False), date(2030, 1, 1))


def test_a_canceled_event_is_gone_30_days_after_its_cancellation() -> None:
    off = event(status=EventStatus.CANCELED, changed_at=NOW)
    assert not is_over_and_gone(off, TODAY + timedelta(days=29))
    assert is_over_and_gone(off, TODAY + timedelta(days=30))


def test_what_is_shown_changes_by_itself_only_when_a_cancellation_has_been_seen() -> None:
    off = event(status=EventStatus.CANCELED, changed_at=NOW)
    [canceled] = [replace(one, is_canceled=True) for one in dates_of(off)]
    assert feed_shown_until(event(), dates_of(event()), TODAY) == date.max
    assert feed_shown_until(off, [canceled], TODAY) == TODAY + timedelta(days=30)
    assert feed_shown_until(off, [canceled], TODAY + timedelta(days=30)) == date(2027, 1, 9)
    assert feed_shown_until(off, [canceled], date(2028, 1, 1)) == date.max


@pytest.mark.parametrize(
    ("user_agent", "name"),
    [
        ("Google-Calendar-Importer", "Google Calendar"),
        ("Microsoft Office/16.0 (Windows NT 10.0; Microsoft Outlook 16.0.17328; Pro)", "Outlook"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Thunderbird/140.0", "Thunderbird"),
        ("iOS/18.1 (22B83) dataaccessd/1.0", "Apple Calendar"),
        ("curl/8.14.1", "a script"),
        ("<script>alert(1)</script>", "another app"),
        ("", "another app"),
    ],
)
def test_a_client_is_called_by_the_name_that_people_know(user_agent: str, name: str) -> None:
    assert client_name(user_agent) == name


def test_who_reads_discreetly_has_appointments_of_everything_and_no_more_operations_than_before() -> None:
    named = event(visibility=Visibility.NAMED)
    assert feed_level(event(), shows_operations=False, is_discreet=True) is FeedLevel.APPOINTMENT
    assert feed_level(named, shows_operations=True, is_discreet=True) is FeedLevel.APPOINTMENT
    assert feed_level(named, shows_operations=False, is_discreet=True) is None


def test_an_appointment_does_not_even_say_that_it_is_an_operation() -> None:
    assert {neutral_title(kind, FeedLevel.APPOINTMENT) for kind in Kind} == {"Appointment"}


def test_a_feed_has_no_alarm_unless_its_owner_chooses_one() -> None:
    assert Alarms() == NO_ALARMS
    assert [NO_ALARMS.trigger(is_all_day=one) for one in (False, True)] == [None, None]
    assert not alarm_words(NO_ALARMS)


@pytest.mark.parametrize("minutes", ALARM_MINUTES)
def test_an_alarm_comes_before_an_event_with_a_time(minutes: int) -> None:
    assert Alarms(minutes=minutes).trigger(is_all_day=False) == -timedelta(minutes=minutes)
    assert Alarms(minutes=minutes).trigger(is_all_day=True) is None


@pytest.mark.parametrize(("choice", "hours"), [("evening", -6), ("morning", 8)])
def test_an_alarm_of_a_whole_day_counts_from_its_midnight(choice: str, hours: int) -> None:
    assert Alarms(all_day=AllDayAlarm(choice)).trigger(is_all_day=True) == timedelta(hours=hours)
    assert Alarms(all_day=AllDayAlarm(choice)).trigger(is_all_day=False) is None


def test_alarms_have_words() -> None:
    both = Alarms(minutes=15, all_day=AllDayAlarm.EVENING)
    assert alarm_words(both) == "15 minutes before; all-day events: 6:00 PM the day before"


def line_of(
    starts: datetime,
    lasts: timedelta = timedelta(hours=1),
    *,
    zone: str = CENTRAL,
    is_all_day: bool = False,
    kind: Kind = Kind.MEETING,
    status: EventStatus = EventStatus.CONFIRMED,
    visibility: Visibility = Visibility.ALL,
    committee_id: UUID | None = None,
) -> DateLine:
    """Return a date that starts at a local time of its zone."""
    start = starts.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
    end = (starts + lasts).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
    return DateLine(
        id=uuid4(),
        event_id=uuid4(),
        key="2026-12-10",
        kind=kind,
        title="Call",
        place="",
        visibility=visibility,
        status=status,
        starts_at=start,
        ends_at=end,
        zone=zone,
        is_all_day=is_all_day,
        is_changed=False,
        lead_id=UUID(int=2),
        committee_id=committee_id,
    )


def seen_date(*args: Any, is_mine: bool = False, **facts: Any) -> SeenDate:
    """Return such a date as someone sees it."""
    return SeenDate(line=line_of(*args, **facts), is_mine=is_mine)
