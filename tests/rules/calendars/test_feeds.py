"""What leaves the house in feeds."""

from datetime import date, timedelta
from uuid import UUID

import pytest
from msgspec.structs import replace

from tests.ical.making import NOW, TODAY, dates_of, event
from tracker.errors import Invalid
from tracker.rules.calendars.feeds import (
    ALARM_MINUTES,
    NO_ALARMS,
    Alarms,
    AllDayAlarm,
    FeedLevel,
    FeedScope,
    alarm_words,
    client_name,
    feed_level,
    feed_shown_until,
    is_date_gone,
    is_over_and_gone,
    neutral_title,
    read_alarms,
    read_feed_scope,
)
from tracker.rules.core.viewers import Visibility
from tracker.rules.events.events import EventStatus, Kind
from tracker.rules.events.markings import Category, Marking


@pytest.mark.parametrize("shows_operations", [True, False])
@pytest.mark.parametrize("visibility", [one for one in Visibility if one is not Visibility.NAMED])
def test_an_event_that_is_not_for_named_people_is_shown_in_full(visibility: Visibility, shows_operations: bool) -> None:
    assert feed_level(event(visibility=visibility), shows_operations=shows_operations) is FeedLevel.FULL


def test_a_named_event_is_left_out_unless_its_reader_turned_it_on_and_then_discreet() -> None:
    named = event(visibility=Visibility.NAMED)
    assert feed_level(named, shows_operations=False) is None
    assert feed_level(named, shows_operations=True) is FeedLevel.DISCREET


def test_a_marked_event_is_left_out_like_a_named_one_whoever_may_see_it() -> None:
    made = Marking(categories=frozenset({Category.LEI}), agency_id=UUID(int=1), decontrol_on=date(2027, 12, 31))
    marked = event(visibility=Visibility.ALL, marking=made)
    assert feed_level(marked, shows_operations=False) is None
    assert feed_level(marked, shows_operations=True) is FeedLevel.DISCREET


def test_a_canceled_date_is_gone_30_days_after_it() -> None:
    [one] = [replace(one, is_canceled=True) for one in dates_of(event())]
    assert not is_date_gone(one, date(2027, 1, 8))
    assert is_date_gone(one, date(2027, 1, 9))
    assert not is_date_gone(replace(one, is_canceled=False), date(2030, 1, 1))


def test_a_canceled_event_is_gone_30_days_after_its_cancellation() -> None:
    off = event(status=EventStatus.CANCELED, changed_at=NOW)
    assert not is_over_and_gone(off, TODAY + timedelta(days=29))
    assert is_over_and_gone(off, TODAY + timedelta(days=30))


def test_what_is_shown_changes_by_itself_only_when_a_cancellation_has_been_seen() -> None:
    off = event(status=EventStatus.CANCELED, changed_at=NOW)
    [one] = [replace(one, is_canceled=True) for one in dates_of(off)]
    assert feed_shown_until(event(), dates_of(event()), TODAY) == date.max
    assert feed_shown_until(off, [one], TODAY) == TODAY + timedelta(days=30)
    assert feed_shown_until(off, [one], TODAY + timedelta(days=30)) == date(2027, 1, 9)
    assert feed_shown_until(off, [one], date(2028, 1, 1)) == date.max


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


def test_an_unknown_scope_is_refused_at_its_field() -> None:
    assert read_feed_scope("mine") is FeedScope.MINE
    with pytest.raises(Invalid) as refused:
        read_feed_scope("others")
    assert set(refused.value.fields) == {"scope"}


def test_who_reads_discreetly_has_appointments_of_everything_and_no_more_operations_than_before() -> None:
    named = event(visibility=Visibility.NAMED)
    assert feed_level(event(), shows_operations=False, is_discreet=True) is FeedLevel.APPOINTMENT
    assert feed_level(named, shows_operations=True, is_discreet=True) is FeedLevel.APPOINTMENT
    assert feed_level(named, shows_operations=False, is_discreet=True) is None


def test_an_appointment_does_not_even_say_that_it_is_an_operation() -> None:
    assert {neutral_title(kind, FeedLevel.APPOINTMENT) for kind in Kind} == {"Appointment"}


def test_a_feed_has_no_alarm_unless_its_owner_chooses_one() -> None:
    assert read_alarms("", "") == NO_ALARMS
    assert [NO_ALARMS.trigger(is_all_day=one) for one in (False, True)] == [None, None]
    assert not alarm_words(NO_ALARMS)


@pytest.mark.parametrize("minutes", ALARM_MINUTES)
def test_an_alarm_comes_before_an_event_with_a_time(minutes: int) -> None:
    assert read_alarms(str(minutes), "").trigger(is_all_day=False) == -timedelta(minutes=minutes)
    assert read_alarms(str(minutes), "").trigger(is_all_day=True) is None


@pytest.mark.parametrize(("choice", "hours"), [("evening", -6), ("morning", 8)])
def test_an_alarm_of_a_whole_day_counts_from_its_midnight(choice: str, hours: int) -> None:
    assert read_alarms("", choice).trigger(is_all_day=True) == timedelta(hours=hours)
    assert read_alarms("", choice).trigger(is_all_day=False) is None


def test_alarms_have_words() -> None:
    both = Alarms(minutes=15, all_day=AllDayAlarm.EVENING)
    assert alarm_words(both) == "15 minutes before; all-day events: 6:00 PM the day before"


@pytest.mark.parametrize(
    ("minutes", "all_day", "fields"),
    [("7", "", {"alarm"}), ("-15", "noon", {"alarm", "all_day_alarm"}), ("x", "morning", {"alarm"})],
)
def test_what_is_not_offered_is_refused(minutes: str, all_day: str, fields: set[str]) -> None:
    with pytest.raises(Invalid) as refused:
        read_alarms(minutes, all_day)
    assert set(refused.value.fields) == fields
