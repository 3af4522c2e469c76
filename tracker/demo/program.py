"""The demo's calendar, as a pure function of the day on which it starts: current, and believable, on every day.

Offices are closed on weekends and federal holidays; what is held in public or at night may fall on a weekend.
"""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from enum import StrEnum, auto

from msgspec import Struct
from msgspec.structs import replace

from tracker.demo import Row, read_story
from tracker.rules.core.viewers import Visibility
from tracker.rules.events.events import EventStatus, Kind
from tracker.rules.events.markings import Category, Limit
from tracker.rules.polls.polls import Fit
from tracker.rules.recurrence.holidays import (
    HolidayChoice,
    federal_holidays,
    held_starts,
    is_working_day,
    next_working_day,
    working_day_by,
)
from tracker.rules.recurrence.series import RepeatChoice, Rule, dates_by_rule, nth_weekday, rule_for_choice

VIDEO = "https://video.example/task-force"
MONTHS = 12  # in a year
A_DAY = timedelta(days=1)
A_WEEK = timedelta(days=7)
OPENS, CLOSES = time(8), time(17)
MORNING = time(9)
AHEAD = timedelta(hours=2, minutes=2)
"""How far ahead a call is scheduled at the start: visitors can watch its reminder, which comes two hours before."""
QUARTER = timedelta(minutes=15)


class Weekday(StrEnum):
    """A day of the week."""

    MONDAY = auto()
    TUESDAY = auto()
    WEDNESDAY = auto()
    THURSDAY = auto()
    FRIDAY = auto()
    SATURDAY = auto()
    SUNDAY = auto()

    @property
    def number(self) -> int:
        """Return its number, as `date.weekday` counts."""
        return list(Weekday).index(self)


class Day(Row, frozen=True, kw_only=True):
    """A day relative to today: a working day some days away, or a weekday of another week or month."""

    days: int = 0
    counts_back: bool = False
    """Whether it is the working day before a day off, not the one after it."""
    weeks: int = 0
    months: int = 0
    weekday: Weekday | None = None
    nth: int | None = None
    """Which such weekday of the month; None = the one of the week."""
    skips_holidays: bool = False
    """Whether it is a week later, or more, on a federal holiday."""

    def on(self, today: date) -> date:
        """Return the day in a demo that starts today."""
        if self.weekday is None:
            day = today + A_DAY * self.days
            return working_day_by(day) if self.counts_back else next_working_day(day - A_DAY)
        if self.nth is None:
            day = today + A_WEEK * self.weeks + A_DAY * (self.weekday.number - today.weekday())
        else:
            year, month = divmod(today.year * MONTHS + today.month - 1 + self.months, MONTHS)
            day = nth_weekday(year, month + 1, self.weekday.number, self.nth)
        while self.skips_holidays and day in federal_holidays(day.year):
            day += A_WEEK
        return day


class When(Row, frozen=True, kw_only=True):
    """When an event takes place, and how often."""

    first: Day
    starts: time = time(10)
    """On the wall clock; ignored for all-day events."""
    minutes: int
    repeat: RepeatChoice = RepeatChoice.NONE
    interval: int = 1
    notice: int = 14
    """Days before its first date on which it was scheduled."""


class Script(Row, frozen=True, kw_only=True):
    """One event: `who` are keys of people, committees or arms, or "everyone"."""

    key: str = ""
    title: str
    lead: str
    who: tuple[str, ...]
    silent: frozenset[str] = frozenset()
    """People who haven't replied, so that each persona is still waited for."""
    when: When
    kind: Kind = Kind.MEETING
    sees: Visibility = Visibility.ALL
    committee: str | None = None
    status: EventStatus = EventStatus.CONFIRMED
    place: str = ""
    has_video: bool = False
    description: str = ""
    agenda: str = ""
    categories: frozenset[Category] = frozenset()
    """The marking by its organizer's agency, as controlled unclassified information; none = it is not marked."""
    limit: Limit | None = None
    is_new: bool = False
    """Scheduled when the demo starts, so that its invitations are really sent."""

    @property
    def duration(self) -> timedelta:
        """Return how long each date lasts."""
        return timedelta(minutes=self.when.minutes)

    @property
    def is_all_day(self) -> bool:
        """Return whether it is an all-day event."""
        return self.duration % A_DAY == timedelta()


class PollDate(Row, frozen=True, kw_only=True):
    """A date that the poll proposes."""

    first: Day
    starts: time


class PollScript(Row, frozen=True, kw_only=True):
    """The date poll: what it is about, its dates, and who replied what to each of them."""

    title: str
    place: str
    dates: tuple[PollDate, ...]
    minutes: int
    reply_by: Day
    replies: Mapping[str, tuple[Fit, ...]]


class Program(Row, frozen=True, kw_only=True):
    """What `program.toml` holds."""

    series: Mapping[str, Script]
    singles: Mapping[str, Script]
    soon: Script
    """Scheduled about two hours ahead when the demo starts."""
    poll: PollScript


PROGRAM = read_story("program", Program)
SERIES, SINGLES = (
    tuple(replace(script, key=key) for key, script in scripts.items()) for scripts in (PROGRAM.series, PROGRAM.singles)
)
SOON = replace(PROGRAM.soon, key="soon")


class Timetable(Struct, frozen=True, kw_only=True):
    """When a script takes place: its first date, its rule, and what happens to dates on a holiday. Times are local."""

    starts: datetime
    rule: Rule | None
    on_holidays: Mapping[date, HolidayChoice]

    @property
    def dates(self) -> list[datetime]:
        """Return when each date begins that is held."""
        return [start for _, start in held_starts(dates_by_rule(self.rule, self.starts), self.on_holidays)]


def timetable(script: Script, today: date) -> Timetable:
    """Return when a script takes place in a demo that starts today.

    A date of a series on a federal holiday is held a week later, or left out where that day is no better.
    """
    when = script.when
    starts = datetime.combine(when.first.on(today), time() if script.is_all_day else when.starts)
    rule = rule_for_choice(when.repeat, starts, interval=when.interval)
    days = [start.date() for start in dates_by_rule(rule, starts)] if rule else []
    on_holidays = {}
    for day in days:
        if day in federal_holidays(day.year):
            is_better = is_working_day(day + A_WEEK) and day + A_WEEK not in days
            on_holidays[day] = HolidayChoice.NEXT_WEEK if is_better else HolidayChoice.SKIP
    return Timetable(starts=starts, rule=rule, on_holidays=on_holidays)


def due_day(number: int, today: date) -> date:
    """Return the due date `number` days from today: a working day, and as much in the past or future as that."""
    return Day(days=number, counts_back=number < 0).on(today)


def next_call(now: datetime, length: timedelta) -> datetime:
    """Return when a call of this length begins that is scheduled now: about two hours ahead, in office hours.

    Times are local. Outside office hours, it is at nine on the next working day, so no reminder comes soon.
    """
    ahead = now + AHEAD
    hour = ahead.replace(minute=0, second=0, microsecond=0)
    begins = hour + -(-(ahead - hour) // QUARTER) * QUARTER
    ends = begins + length
    if is_working_day(begins.date()) and begins.time() >= OPENS and ends <= datetime.combine(begins.date(), CLOSES):
        return begins
    is_early = is_working_day(ahead.date()) and ahead.time() < OPENS
    day = ahead.date() if is_early else next_working_day(ahead.date())
    return datetime.combine(day, MORNING)
