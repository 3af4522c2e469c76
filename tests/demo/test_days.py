"""The dates of the demo are believable on whatever day it starts: office days and hours, no holiday."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

import pytest

from tracker.demo.history import moved_start
from tracker.demo.items import ERRANDS
from tracker.demo.program import CLOSES, OPENS, PROGRAM, SERIES, SINGLES, SOON, Script, due_day, next_call, timetable
from tracker.rules.recurrence.holidays import federal_holidays, is_working_day

A_DAY = timedelta(days=1)
STARTS = [date(2025, 1, 1) + timedelta(days=3 * number) for number in range(900)]
"""Every weekday, every holiday and its day before and after, in more than seven years."""
ON_A_SATURDAY = {"bluestem", "larkspur", "labor_rights"}
"""Two operations and a fair for the public."""
EARLY_OR_LATE = {"bluestem", "hotels", "labor_rights"}
"""An operation, an evening for hotel staff, the fair."""
SCRIPTS = (*SERIES, *SINGLES)


def spans(script: Script) -> Iterator[tuple[datetime, datetime]]:
    """Yield the local start and end of each date of a script, for each day on which the demo may start."""
    for today in STARTS:
        times = timetable(script, today)
        yield from ((start, start + script.duration) for start in times.dates)


def is_holiday(day: date) -> bool:
    return day in federal_holidays(day.year)


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda one: one.key)
def test_no_event_is_on_a_holiday_or_on_a_weekend_but_two_operations_and_a_fair(script: Script) -> None:
    closed = is_holiday if script.key in ON_A_SATURDAY else lambda day: not is_working_day(day)
    assert [f"{start:%c}" for start, _ in spans(script) if closed(start.date())] == []


@pytest.mark.parametrize("script", [one for one in SCRIPTS if not one.is_all_day], ids=lambda one: one.key)
def test_no_event_is_outside_office_hours_but_an_operation_and_outreach_in_the_evening(script: Script) -> None:
    outside = [f"{start:%c}" for start, end in spans(script) if start.time() < OPENS or end.time() > CLOSES]
    assert bool(outside) == (script.key in EARLY_OR_LATE - {"labor_rights"})


@pytest.mark.parametrize("script", SERIES, ids=lambda one: one.key)
def test_a_series_has_each_day_once_and_leaves_few_out(script: Script) -> None:
    for today in STARTS:
        times = timetable(script, today)
        days = [one.date() for one in times.dates]
        assert len(set(days)) == len(days) >= len(times.on_holidays) * 3


def test_no_item_is_due_on_a_weekend_or_a_holiday_and_overdue_stays_overdue() -> None:
    for today in STARTS:
        for days in {errand.assigned.due for errand in ERRANDS}:
            due = due_day(days, today)
            assert is_working_day(due)
            assert (due < today) == (days < 0)


def test_a_date_is_moved_to_a_working_day_in_office_hours() -> None:
    for day in STARTS:
        moved = moved_start(datetime.combine(day, time(14)))
        assert is_working_day(moved.date())
        assert (moved.date() > day, moved.time()) == (True, time(15))


def test_the_briefing_was_on_the_last_working_day() -> None:
    for today in STARTS:
        day = PROGRAM.singles["briefing"].when.first.on(today)
        assert day < today
        assert not any(is_working_day(day + A_DAY * number) for number in range(1, (today - day).days))


@pytest.mark.parametrize("minutes", range(0, 24 * 60, 37))
def test_the_call_that_is_scheduled_at_the_start_is_on_a_working_day_in_office_hours(minutes: int) -> None:
    for day in STARTS:
        now = datetime.combine(day, time()) + timedelta(minutes=minutes)
        begins = next_call(now, SOON.duration)
        assert is_working_day(begins.date())
        assert OPENS <= begins.time() <= (begins + SOON.duration).time() <= CLOSES
        assert (begins - now >= timedelta(hours=2), begins.minute % 15) == (True, 0)


@pytest.mark.parametrize("clock", ["06:00", "08:40", "11:59", "14:13"])
def test_in_office_hours_the_call_is_so_soon_that_its_reminder_can_be_watched(clock: str) -> None:
    now = datetime.fromisoformat(f"2026-12-01T{clock}")
    assert timedelta(hours=2) < next_call(now, SOON.duration) - now < timedelta(hours=2, minutes=18)


@pytest.mark.parametrize(
    ("now", "begins"),
    [
        ("2026-11-27T03:43", "2026-11-27T09:00"),  # early on the day after Thanksgiving
        ("2026-11-25T16:00", "2026-11-27T09:00"),  # the evening before Thanksgiving
        ("2026-11-28T10:00", "2026-11-30T09:00"),  # a Saturday
        ("2026-12-24T23:00", "2026-12-28T09:00"),
    ],
)
def test_outside_office_hours_the_call_is_on_the_next_working_morning(now: str, begins: str) -> None:
    assert next_call(datetime.fromisoformat(now), SOON.duration) == datetime.fromisoformat(begins)
