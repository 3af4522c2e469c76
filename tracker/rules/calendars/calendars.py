"""Calendars: a month as a grid, a week as a table of half hours, and the filter on their dates.

In a month, each local day has its dates, as many as it has room for. In a week, overlapping dates are side by side, and
dates without hours are on top.
"""

import re
from bisect import bisect_left, bisect_right
from calendar import SUNDAY, Calendar
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from math import lcm
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from dateutil.relativedelta import relativedelta
from msgspec import Struct, field
from msgspec.structs import astuple

from tracker.rules.core.drafts import SavedFilter
from tracker.rules.core.viewers import Visibility
from tracker.rules.core.wording import FIRST_YEAR, LAST_YEAR, local
from tracker.rules.events.events import DateLine, Kind
from tracker.rules.events.replies import ReplyValue
from tracker.rules.operations.states import OperationState
from tracker.rules.recurrence.series import last_day_of_month

FIRST_MONTH = date(FIRST_YEAR + 1, 1, 1)
LAST_MONTH = date(LAST_YEAR - 1, 12, 1)
SHOWN_IN_DAY = 3  # events of a day in the month; the rest are behind "N more"
ONE_DAY = timedelta(days=1)
_MONTH = re.compile(r"[0-9]{4}-[0-9]{2}", re.ASCII)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
HALF_HOURS = 48  # in a day on the wall clock, including those of a clock change
OFFICE_HOURS = (16, 36)  # half hours that are always shown: 8 AM to 6 PM
MOST_LANES = 2  # overlapping dates with room for their words side by side; the rest are behind "N more"
EVERY_KIND = frozenset(Kind)


class SeenDate(NamedTuple):
    """One date as a viewer sees it in a calendar."""

    line: DateLine
    reply: ReplyValue | None = None
    """The viewer's reply; None when they are not invited."""
    committee: str | None = None
    """The name of its committee."""
    is_mine: bool = False
    """Whether the viewer organizes it or is invited."""
    operation: OperationState | None = None
    """Where the plan of an operation is; None for an event without one."""


def month_in_text(text: str) -> date | None:
    """Return the first day of a month written as "2026-12"; None for other text and years out of range."""
    if not _MONTH.fullmatch(text) or not 1 <= int(text[5:]) <= 12 or int(text[:4]) == 0:  # noqa: PLR2004 - months
        return None
    month = date(int(text[:4]), int(text[5:]), 1)
    return month if FIRST_MONTH <= month <= LAST_MONTH else None


def day_in_text(text: str) -> date | None:
    """Return a day written as "2026-12-10"; None for other text and years out of range."""
    try:
        return day_in_range(date.fromisoformat(text)) if _DAY.fullmatch(text) else None
    except ValueError:
        return None


def day_in_range(day: date) -> date | None:
    """Return the day; None if it is out of range."""
    return day if FIRST_MONTH <= day <= last_day_of_month(LAST_MONTH.year, LAST_MONTH.month) else None


def turn_month(month: date, by: int) -> date | None:
    """Return the first day of the month that many months later; None beyond the first and the last month."""
    other = month + relativedelta(months=by)
    return other if FIRST_MONTH <= other <= LAST_MONTH else None


def weeks_of_month(month: date) -> list[list[date]]:
    """Return the weeks of a month, Sunday first, filled with days of the neighboring months."""
    return Calendar(SUNDAY).monthdatescalendar(month.year, month.month)


def days_between(first: date, last: date) -> list[date]:
    """Return the days from the first to the last, both included."""
    return [first + ONE_DAY * number for number in range((last - first).days + 1)]


def moments_of_days(first: date, last: date, zone: str) -> tuple[datetime, datetime]:
    """Return the start of the first day and the end of the last, aware UTC; the end is excluded."""
    return _midnight(first, zone), _midnight(last + ONE_DAY, zone)


def days_touched(line: DateLine, zone: str) -> list[date]:
    """Return the local days that a date touches; an all-day date keeps the days of its own zone."""
    clock = ZoneInfo(line.zone if line.is_all_day else zone)
    first = line.starts_at.astimezone(clock).date()
    last = (max(line.ends_at, line.starts_at + timedelta.resolution) - timedelta.resolution).astimezone(clock).date()
    return days_between(first, last)


def dates_by_day(seen: Iterable[SeenDate], first: date, last: date, zone: str) -> dict[date, list[SeenDate]]:
    """Return the dates of each day from `first` to `last`, without empty days, in the order given."""
    every = days_between(first, last)
    midnights = [_midnight(day, zone) for day in (*every, last + ONE_DAY)]
    days: dict[date, list[SeenDate]] = {day: [] for day in every}
    for seen_date in seen:
        line = seen_date.line
        touched = days_touched(line, line.zone) if line.is_all_day else _touched(line, every, midnights)
        for day in touched:
            if day in days:
                days[day].append(seen_date)
    return {day: seen_dates for day, seen_dates in days.items() if seen_dates}


def shown_in_day(seen: Iterable[SeenDate], at_most: int = SHOWN_IN_DAY) -> list[SeenDate]:
    """Return the dates that a day of the month has room for, earliest first; canceled ones give way to others."""
    every = list(seen)
    taken = list(islice((seen_date for seen_date in every if not seen_date.line.is_off), at_most))
    taken += islice((seen_date for seen_date in every if seen_date.line.is_off), at_most - len(taken))
    return sorted(taken, key=lambda seen_date: seen_date.line.starts_at)


def week_to_list(of_month: Iterable[list[date]], days: Mapping[date, object], today: date) -> list[date] | None:
    """Return the week that is listed below a month: today's, else the first one with a date."""
    every = list(of_month)
    return next((week for week in every if today in week), None) or next(
        (week for week in every if any(day in days for day in week)), None
    )


def _touched(line: DateLine, days: Sequence[date], midnights: Sequence[datetime]) -> Sequence[date]:
    """Return which days a date touches; `midnights` are their beginnings, and the end of the last.

    A lookup costs a tenth of `days_touched`: nearly every date ends on the day on which it begins.
    """
    first = bisect_right(midnights, line.starts_at) - 1
    if 0 <= first < len(days) and line.ends_at <= midnights[first + 1]:
        return (days[first],)
    behind = bisect_left(midnights, line.ends_at)
    return days[max(first, 0) : max(behind, first + 1)]


def _midnight(day: date, zone: str) -> datetime:
    return datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC)


class WeekBlock(Struct, frozen=True, kw_only=True):
    """A cell of the table: a date or the gap beside one, with its height in half hours and its width in columns."""

    first: int
    """The half hour of the day in which it starts."""
    height: int
    width: int
    seen: SeenDate | None = None


class CalendarDay(Struct, frozen=True, kw_only=True):
    """One day of the week."""

    day: date
    count: int
    """How many dates touch it."""
    top: list[SeenDate]
    """All-day dates, deadlines, and dates that continue from the day before."""
    more: int
    """How many dates the table has no room for."""
    blocks: list[WeekBlock]


class CalendarWeek(Struct, frozen=True, kw_only=True):
    """Seven days, and the half hours from `first` to `last`, which is excluded."""

    days: list[CalendarDay]
    first: int
    last: int
    columns: int
    """Columns of each day, divisible by any number of overlapping dates."""

    def rows(self) -> Iterator[tuple[int, list[tuple[date, WeekBlock]]]]:
        """Yield each half hour with the cells that start in it, day by day; one without a date is a cell of its own."""
        starting = [(day.day, _by_start(day.blocks)) for day in self.days]
        for half_hour in range(self.first, self.last):
            free = (WeekBlock(first=half_hour, height=1, width=self.columns),)
            yield half_hour, [(day, block) for day, blocks in starting for block in blocks.get(half_hour, free)]


class _Timed(Struct, kw_only=True):
    seen: SeenDate
    first: int
    last: int
    lane: int = 0


class _Cluster(Struct):
    """Overlapping dates, in lanes."""

    dates: list[_Timed] = field(default_factory=list)

    @property
    def lanes(self) -> int:
        return 1 + max(timed.lane for timed in self.dates)

    @property
    def last(self) -> int:
        return max(timed.last for timed in self.dates)


def week_table(days: Sequence[date], by_day: Mapping[date, Iterable[SeenDate]], zone: str) -> CalendarWeek:
    """Return the table of a week; hours are on the wall clock of `zone`, early and late ones only where needed."""
    parted = [(day, list(by_day.get(day, ()))) for day in days]
    timed = {day: [seen_date for seen_date in seen if _has_hours(seen_date, day, zone)] for day, seen in parted}
    clusters = {day: _clusters(day, timed[day], zone) for day in days}
    kept = [cluster for clusters, _ in clusters.values() for cluster in clusters]
    columns = lcm(*(cluster.lanes for cluster in kept)) if kept else 1
    first = min([OFFICE_HOURS[0], *(timed.first for cluster in kept for timed in cluster.dates)])
    last = max([OFFICE_HOURS[1], *(cluster.last for cluster in kept)])
    table = []
    for day, seen in parted:
        overlapping, crowded = clusters[day]
        untimed = [seen_date for seen_date in seen if seen_date not in timed[day]]
        table.append(
            CalendarDay(
                day=day,
                count=len(seen),
                top=shown_in_day(untimed),
                more=crowded + max(0, len(untimed) - SHOWN_IN_DAY),
                blocks=[block for cluster in overlapping for block in _blocks(cluster, columns)],
            )
        )
    return CalendarWeek(days=table, first=first - first % 2, last=last + last % 2, columns=columns)


def week_around(day: date) -> list[date]:
    """Return the week of a day, Sunday first."""
    sunday = day - ONE_DAY * (day.isoweekday() % 7)
    return [sunday + ONE_DAY * number for number in range(7)]


def _has_hours(seen_date: SeenDate, day: date, zone: str) -> bool:
    """Return whether a date belongs among the hours of a day: it starts there and is neither all-day nor a deadline."""
    return (
        not seen_date.line.is_all_day
        and seen_date.line.kind is not Kind.DEADLINE
        and days_touched(seen_date.line, zone)[0] == day
    )


def _clusters(day: date, seen: Iterable[SeenDate], zone: str) -> tuple[list[_Cluster], int]:
    """Return the dates of a day in overlapping groups, and how many there is no room for."""
    clusters: list[_Cluster] = []
    crowded = 0
    for timed in sorted(
        (_timed(day, seen_date, zone) for seen_date in seen), key=lambda timed: (timed.first, -timed.last)
    ):
        if not clusters or timed.first >= clusters[-1].last:
            clusters.append(_Cluster())
        taken = {other.lane for other in clusters[-1].dates if other.last > timed.first}
        timed.lane = next(lane for lane in range(MOST_LANES + 1) if lane not in taken)
        if timed.lane == MOST_LANES:
            crowded += 1
        else:
            clusters[-1].dates.append(timed)
    return clusters, crowded


def _timed(day: date, seen_date: SeenDate, zone: str) -> _Timed:
    starts, ends = local(seen_date.line.starts_at, zone), local(seen_date.line.ends_at, zone)
    first = (starts.hour * 60 + starts.minute) // 30
    last = HALF_HOURS if ends.date() > day else -(-(ends.hour * 60 + ends.minute) // 30)
    return _Timed(seen=seen_date, first=first, last=max(last, first + 1))


def _blocks(cluster: _Cluster, columns: int) -> list[WeekBlock]:
    """Return the cells of a group from left to right: each lane from top to bottom, its gaps included."""
    width = columns // cluster.lanes
    blocks: list[WeekBlock] = []
    for lane in range(cluster.lanes):
        reached = cluster.dates[0].first
        in_lane = [timed for timed in cluster.dates if timed.lane == lane]
        for timed in sorted(in_lane, key=lambda timed: timed.first):
            blocks += _gap(reached, timed.first, width)
            blocks.append(WeekBlock(first=timed.first, height=timed.last - timed.first, width=width, seen=timed.seen))
            reached = timed.last
        blocks += _gap(reached, cluster.last, width)
    return blocks


def _by_start(blocks: Sequence[WeekBlock]) -> dict[int, list[WeekBlock]]:
    """Return the cells of a day by the half hour in which they start; none for the others that they cover."""
    starting: dict[int, list[WeekBlock]] = {}
    for block in blocks:
        for half_hour in range(block.first, block.first + block.height):
            starting.setdefault(half_hour, [])
        starting[block.first].append(block)
    return starting


def _gap(first: int, last: int, width: int) -> list[WeekBlock]:
    return [WeekBlock(first=first, height=last - first, width=width)] if last > first else []


class CalendarChoice(Struct, frozen=True, kw_only=True):
    """A committee or an agency to filter the calendar by."""

    id: UUID
    name: str


class CalendarChoices(Struct, frozen=True, kw_only=True):
    """The choices that the viewer has."""

    committees: tuple[CalendarChoice, ...] = ()
    agencies: tuple[CalendarChoice, ...] = ()
    saved: tuple[SavedFilter, ...] = ()
    """The viewer's saved filters, including those of other pages."""


class CalendarFilter(Struct, frozen=True, kw_only=True):
    """Which of the events that a viewer may see they want to see; None and the whole set leave nothing out."""

    kinds: frozenset[Kind] = EVERY_KIND
    committee: CalendarChoice | None = None
    agency: CalendarChoice | None = None
    """An agency that takes part: its people are invited, or one of them is the organizer."""
    visibility: Visibility | None = None
    only_mine: bool = False
    """Only events that they organize or are invited to."""
    with_canceled: bool = True

    @property
    def is_narrow(self) -> bool:
        """Return whether it leaves anything out."""
        return self != CalendarFilter()

    @property
    def active(self) -> int:
        """Return how many of its parts leave anything out."""
        usual = astuple(CalendarFilter())
        return sum(part != all_of_it for part, all_of_it in zip(astuple(self), usual, strict=True))


def matching_dates(
    seen: Iterable[SeenDate], chosen: CalendarFilter, of_agency: Collection[UUID] = ()
) -> list[SeenDate]:
    """Return the dates that match the filter; `of_agency` are the events in which the chosen agency takes part."""
    if not chosen.is_narrow:
        return list(seen)
    return [
        seen_date
        for seen_date in seen
        if seen_date.line.kind in chosen.kinds
        and (chosen.committee is None or seen_date.line.committee_id == chosen.committee.id)
        and (chosen.agency is None or seen_date.line.event_id in of_agency)
        and (chosen.visibility is None or seen_date.line.visibility is chosen.visibility)
        and (chosen.with_canceled or not seen_date.line.is_off)
        and (not chosen.only_mine or seen_date.is_mine)
    ]
