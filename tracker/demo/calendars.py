"""The calendars that three people of the demo share: invented hours, not read from any server."""

from collections.abc import Iterator, Mapping
from datetime import datetime, time, timedelta
from typing import NamedTuple

from tracker.demo.cast import Company
from tracker.rules.availability.shared_calendars import BusyKind, CalendarSpan, ReadSpan, kept_window
from tracker.rules.core.wall_clock import to_local, to_utc
from tracker.rules.recurrence.holidays import is_working_day
from tracker.usecases.availability import shared_calendars

WEEKS = 8
MONDAY, TUESDAY, WEDNESDAY, THURSDAY, FRIDAY = range(5)


class Habit(NamedTuple):
    """When a person is busy on some days of every week, on the wall clock."""

    days: tuple[int, ...]
    starts: time
    ends: time
    kind: BusyKind


HABITS: Mapping[str, tuple[Habit, ...]] = {
    "attorney": (
        Habit((TUESDAY, WEDNESDAY, THURSDAY), time(9), time(11, 30), BusyKind.BUSY),
        Habit((FRIDAY,), time(8), time(17), BusyKind.OUT),
    ),
    "hsi_liaison": (
        Habit((MONDAY, WEDNESDAY), time(8), time(17), BusyKind.OUT),
        Habit((TUESDAY, THURSDAY), time(13), time(14, 30), BusyKind.TENTATIVE),
    ),
    "kcpd_detective": (
        Habit((MONDAY, TUESDAY, WEDNESDAY, THURSDAY, FRIDAY), time(15), time(16), BusyKind.BUSY),
        Habit((WEDNESDAY, FRIDAY), time(10), time(11, 30), BusyKind.TENTATIVE),
    ),
}
ADDRESS = "https://calendar.example/{}.ics"  # this domain can't exist (RFC 2606)


async def share(company: Company, now: datetime, zone: str) -> None:
    """Share their calendars, and store the hours as if the calendars had just been read."""
    for key, habits in HABITS.items():
        await shared_calendars.share_calendar(company.members[key], ADDRESS.format(key.replace("_", "-")), "", now)
        under_way = await shared_calendars.claim_calendar(now)
        if under_way:
            await shared_calendars.keep_spans(under_way, _hours(habits, now, zone), 0, kept_window(now, zone), now)


def _hours(habits: tuple[Habit, ...], now: datetime, zone: str) -> Iterator[ReadSpan]:
    today = to_local(now, zone).date()
    for day in (today + timedelta(days=number) for number in range(7 * WEEKS)):
        for habit in habits if is_working_day(day) else ():
            if day.weekday() in habit.days:
                starts, ends = (to_utc(datetime.combine(day, hour), zone) for hour in (habit.starts, habit.ends))
                yield ReadSpan("", CalendarSpan(starts, ends, habit.kind))
