"""The calendar's month as a grid: its weeks, the dates of each local day, and how many a day has room for."""

import re
from bisect import bisect_left, bisect_right
from calendar import SUNDAY, Calendar
from collections.abc import Container, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from typing import NamedTuple
from zoneinfo import ZoneInfo

from dateutil.relativedelta import relativedelta

from tracker.rules.core.wall_clock import FIRST_YEAR, LAST_YEAR
from tracker.rules.events.event import Line
from tracker.rules.events.replies import ReplyValue
from tracker.rules.operations.states import OperationState

FIRST_MONTH = date(FIRST_YEAR + 1, 1, 1)
LAST_MONTH = date(LAST_YEAR - 1, 12, 1)
SHOWN = 3  # events of a day in the month; the rest are behind "N more"
A_DAY = timedelta(days=1)
_MONTH = re.compile(r"[0-9]{4}-[0-9]{2}", re.ASCII)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)


class Seen(NamedTuple):
    """One date as a viewer sees it in a calendar."""

    line: Line
    reply: ReplyValue | None = None
    """The viewer's reply; None when they are not invited."""
    committee: str | None = None
    """The name of its committee."""
    is_mine: bool = False
    """Whether the viewer organizes it or is invited."""
    operation: OperationState | None = None
    """Where the plan of an operation is; None for an event without one."""


def month_of(text: str) -> date | None:
    """Return the first day of a month written as "2026-12"; None for other text and years out of range."""
    if not _MONTH.fullmatch(text) or not 1 <= int(text[5:]) <= 12 or int(text[:4]) == 0:  # noqa: PLR2004 - months
        return None
    month = date(int(text[:4]), int(text[5:]), 1)
    return month if FIRST_MONTH <= month <= LAST_MONTH else None


def day_of(text: str) -> date | None:
    """Return a day written as "2026-12-10"; None for other text and years out of range."""
    try:
        return within(date.fromisoformat(text)) if _DAY.fullmatch(text) else None
    except ValueError:
        return None


def within(day: date) -> date | None:
    """Return the day; None if it is out of range."""
    return day if FIRST_MONTH <= day <= last_day(LAST_MONTH) else None


def turned(month: date, by: int) -> date | None:
    """Return the first day of the month that many months later; None beyond the first and the last month."""
    other = month + relativedelta(months=by)
    return other if FIRST_MONTH <= other <= LAST_MONTH else None


def weeks(month: date) -> list[list[date]]:
    """Return the weeks of a month, Sunday first, filled with days of the neighboring months."""
    return Calendar(SUNDAY).monthdatescalendar(month.year, month.month)


def last_day(month: date) -> date:
    """Return the last day of a month."""
    return month + relativedelta(months=1) - A_DAY


def days_between(first: date, last: date) -> list[date]:
    """Return the days from the first to the last, both included."""
    return [first + A_DAY * number for number in range((last - first).days + 1)]


def moments(first: date, last: date, zone: str) -> tuple[datetime, datetime]:
    """Return the start of the first day and the end of the last, aware UTC; the end is excluded."""
    return _midnight(first, zone), _midnight(last + A_DAY, zone)


def days_of(line: Line, zone: str) -> list[date]:
    """Return the local days that a date touches; an all-day date keeps the days of its own zone."""
    clock = ZoneInfo(line.zone if line.is_all_day else zone)
    first = line.starts_at.astimezone(clock).date()
    last = (max(line.ends_at, line.starts_at + timedelta.resolution) - timedelta.resolution).astimezone(clock).date()
    return days_between(first, last)


def by_day(seen: Iterable[Seen], first: date, last: date, zone: str) -> dict[date, list[Seen]]:
    """Return the dates of each day from `first` to `last`, without empty days, in the order given."""
    every = days_between(first, last)
    midnights = [_midnight(day, zone) for day in (*every, last + A_DAY)]
    days: dict[date, list[Seen]] = {day: [] for day in every}
    for one in seen:
        for day in _all_day(one.line, days) if one.line.is_all_day else _touched(one.line, every, midnights):
            days[day].append(one)
    return {day: found for day, found in days.items() if found}


def shown(seen: Iterable[Seen], at_most: int = SHOWN) -> list[Seen]:
    """Return the dates that a day of the month has room for, earliest first; canceled ones give way to others."""
    every = list(seen)
    taken = list(islice((one for one in every if not one.line.is_off), at_most))
    taken += islice((one for one in every if one.line.is_off), at_most - len(taken))
    return sorted(taken, key=lambda one: one.line.starts_at)


def week_to_list(of_month: Iterable[list[date]], days: Mapping[date, object], today: date) -> list[date] | None:
    """Return the week that is listed below a month: today's, else the first one with a date."""
    every = list(of_month)
    return next((week for week in every if today in week), None) or next(
        (week for week in every if any(day in days for day in week)), None
    )


def _all_day(line: Line, among: Container[date]) -> list[date]:
    return [day for day in days_of(line, line.zone) if day in among]


def _touched(line: Line, days: Sequence[date], midnights: Sequence[datetime]) -> Sequence[date]:
    """Return which days a date touches; `midnights` are their beginnings, and the end of the last.

    A lookup costs a tenth of `days_of`: nearly every date ends on the day on which it begins.
    """
    first = bisect_right(midnights, line.starts_at) - 1
    if 0 <= first < len(days) and line.ends_at <= midnights[first + 1]:
        return (days[first],)
    behind = bisect_left(midnights, line.ends_at)
    return days[max(first, 0) : max(behind, first + 1)]


def _midnight(day: date, zone: str) -> datetime:
    return datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC)
