"""The alarms that people choose for a feed."""

from datetime import timedelta

import pytest

from tracker.errors import Invalid
from tracker.rules.calendars.feeds import ALARM_MINUTES, NO_ALARMS, Alarms, AllDayAlarm, alarm_words, read_alarms


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
