"""When people are reminded."""

from datetime import UTC, datetime, timedelta

import pytest

from tracker.rules.core.outbox import MessageState
from tracker.rules.emails import reminders

CHICAGO = "America/Chicago"
WEEK, DAY, HOURS = timedelta(days=7), timedelta(days=1), timedelta(hours=2)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def moments(starts_at: str, *, is_all_day: bool = False) -> dict[timedelta, datetime]:
    return {one.lead: one.at for one in reminders.date_moments(at(starts_at), CHICAGO, is_all_day=is_all_day)}


def test_people_are_reminded_a_week_a_day_and_two_hours_before() -> None:
    assert moments("2026-12-10T20:00") == {
        WEEK: at("2026-12-03T20:00"),
        DAY: at("2026-12-09T20:00"),
        HOURS: at("2026-12-10T18:00"),
    }


def test_a_day_before_the_clocks_go_back_is_the_same_time_on_the_wall() -> None:
    assert moments("2026-11-01T15:00")[DAY] == at("2026-10-31T14:00")


def test_a_day_before_the_clocks_go_forward_is_the_same_time_on_the_wall() -> None:
    assert moments("2027-03-14T14:00")[DAY] == at("2027-03-13T15:00")


def test_two_hours_before_are_two_hours_on_the_night_of_the_change() -> None:
    assert moments("2026-11-01T08:30")[HOURS] == at("2026-11-01T06:30")


def test_a_date_in_the_skipped_hour_is_reminded_once_for_each_lead_time() -> None:
    assert moments("2027-03-15T07:30")[DAY] == at("2027-03-14T08:30")  # 02:30 does not exist: 03:30


def test_people_of_an_all_day_event_are_reminded_in_the_morning_and_not_at_night() -> None:
    assert moments("2026-12-10T06:00", is_all_day=True) == {WEEK: at("2026-12-03T14:00"), DAY: at("2026-12-09T14:00")}


@pytest.mark.parametrize("is_all_day", [False, True])
def test_no_reminder_is_further_from_its_lead_time_than_the_planner_looks(is_all_day: bool) -> None:
    for day in range(366):
        for one in reminders.date_moments(at("2026-01-01T06:30") + day * DAY, CHICAGO, is_all_day=is_all_day):
            assert abs(one.at - (one.ends - one.lead)) < reminders.LONGEST_SHIFT


def states(starts_at: str, after: str, now: str) -> dict[timedelta, MessageState]:
    found = reminders.date_moments(at(starts_at), CHICAGO, is_all_day=False)
    return {one.lead: one.state for one in reminders.judge_moments(found, at(after), at(now))}


def test_after_an_outage_only_the_latest_reminder_goes_out() -> None:
    after_three_days = states("2026-12-10T20:00", "2026-12-03T19:00", "2026-12-10T18:30")
    assert after_three_days == {
        WEEK: MessageState.SUPERSEDED,
        DAY: MessageState.SUPERSEDED,
        HOURS: MessageState.PENDING,
    }


def test_after_an_outage_the_reminders_of_a_date_that_began_are_too_late() -> None:
    found = states("2026-12-10T20:00", "2026-12-09T19:00", "2026-12-10T20:00")
    assert found == {DAY: MessageState.TOO_LATE, HOURS: MessageState.TOO_LATE}


def test_in_peace_each_reminder_is_alone_and_goes_out() -> None:
    assert states("2026-12-10T20:00", "2026-12-09T19:59:45", "2026-12-09T20:00") == {DAY: MessageState.PENDING}


def test_a_moment_at_the_mark_was_planned_before() -> None:
    assert states("2026-12-10T20:00", "2026-12-09T20:00", "2026-12-09T20:00:15") == {}


def test_a_reminder_says_that_it_is_late_only_when_it_is() -> None:
    found = reminders.date_moments(at("2026-12-10T20:00"), CHICAGO, is_all_day=False)
    in_time = reminders.judge_moments(found, at("2026-12-09T19:59"), at("2026-12-09T20:15"))
    late = reminders.judge_moments(found, at("2026-12-09T19:59"), at("2026-12-09T20:16"))
    assert ([one.is_late for one in in_time], [one.is_late for one in late]) == ([False], [True])
