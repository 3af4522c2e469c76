"""Alarms in feeds, as calendar programs read them."""

# A local time is naive: its zone is beside it.
# ruff: noqa: DTZ001

from datetime import datetime, timedelta
from typing import Any

import icalendar
import pytest
from msgspec.structs import replace

from tests.ical.making import ORGANIZER, TODAY, dates_of, event
from tests.ical.readers import by_ical, by_icalendar
from tracker.ical.vevents import feed_calendar, vevents
from tracker.rules.calendars.feeds import NO_ALARMS, Alarms, AllDayAlarm, FeedLevel
from tracker.rules.events.events import Event, EventStatus
from tracker.rules.recurrence.series import rule_for_choice

BOTH = Alarms(minutes=90, all_day=AllDayAlarm.EVENING)
ALL_DAY: dict[str, Any] = {"starts": datetime(2026, 12, 10), "duration": timedelta(days=1), "is_all_day": True}


def feed(of: Event, alarms: Alarms, level: FeedLevel = FeedLevel.FULL) -> bytes:
    zones = [] if of.is_all_day else [of.zone]
    return feed_calendar("Task force", of.zone, zones, [vevents(of, dates_of(of), level, ORGANIZER, TODAY, alarms)])


def alarms_in(text: bytes) -> list[tuple[str, str, timedelta]]:
    """Return (action, text, trigger) of every alarm."""
    found = icalendar.Calendar.from_ical(text).walk("VALARM")
    return [(str(one["ACTION"]), str(one["DESCRIPTION"]), one["TRIGGER"].dt) for one in found]


def test_a_feed_without_alarms_has_none() -> None:
    assert alarms_in(feed(event(), NO_ALARMS)) == []


@pytest.mark.parametrize(
    ("facts", "before"), [({}, timedelta(minutes=-90)), (ALL_DAY, timedelta(hours=-6))], ids=["timed", "all day"]
)
def test_an_alarm_shows_the_title_when_its_owner_chose(facts: dict[str, Any], before: timedelta) -> None:
    text = feed(event(**facts), BOTH)
    assert alarms_in(text) == [("DISPLAY", "Core group", before)]
    assert by_icalendar(text) == by_ical(text) == by_icalendar(feed(event(**facts), NO_ALARMS))


def test_the_morning_of_a_whole_day_comes_after_its_midnight() -> None:
    text = feed(event(**ALL_DAY), Alarms(all_day=AllDayAlarm.MORNING))
    assert alarms_in(text) == [("DISPLAY", "Core group", timedelta(hours=8))]


@pytest.mark.parametrize(
    ("level", "title"), [(FeedLevel.DISCREET, "Task force event"), (FeedLevel.APPOINTMENT, "Appointment")]
)
def test_an_alarm_of_what_shows_its_time_alone_says_no_more(level: FeedLevel, title: str) -> None:
    text = feed(event(title="Canary", place="Canary"), BOTH, level)
    assert [said for _, said, _ in alarms_in(text)] == [title]
    assert b"Canary" not in text


def test_nothing_reminds_of_what_is_canceled() -> None:
    assert alarms_in(feed(event(status=EventStatus.CANCELED), BOTH)) == []


def test_every_date_with_an_entry_of_its_own_has_the_alarm() -> None:
    series = event(rule_for_choice("weekly", datetime(2026, 12, 10, 14), count=3))
    first, second, third = dates_of(series)
    dates = [first, replace(second, title="Moved", is_changed=True), replace(third, is_canceled=True, is_changed=True)]
    text = vevents(series, dates, FeedLevel.FULL, ORGANIZER, TODAY, BOTH)
    assert [said for _, said, _ in alarms_in(feed_calendar("Task force", series.zone, [series.zone], [text]))] == [
        "Core group",
        "Moved",
    ]
