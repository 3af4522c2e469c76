"""Reports: who reads them, what each reader's reports cover, what is counted, and their periods.

A report counts only what its reader may open row by row, so figures reveal no more than the rows, and none is
suppressed.

Periods are grant half-years, federal quarters and fiscal years, months, and chosen days. A period holds whole days of
the task force's zone, the last one included. The federal fiscal year begins on October 1 and has the number of the year
in which it ends (31 U.S.C. 1102); grants are reported for the halves of the calendar year.
"""

import re
from collections.abc import Callable
from datetime import date, datetime
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from dateutil.relativedelta import relativedelta
from msgspec import Struct

from tracker.errors import Invalid, NotAllowed
from tracker.rules.calendars.calendars import FIRST_MONTH, LAST_MONTH, ONE_DAY, moments_of_days
from tracker.rules.core.viewers import Role, Viewer
from tracker.rules.core.wording import MONTHS, month_day
from tracker.rules.events.events import Kind
from tracker.rules.recurrence.series import last_day_of_month

KINDS = (Kind.MEETING, Kind.TRAINING, Kind.OUTREACH, Kind.JOINT_OPERATION)
"""Kinds with attendance; a deadline has none."""
CUSTOM = "custom"
LONGEST_YEARS = 3  # the most that one report covers: the life of a grant
FISCAL_START = 10  # October
_KEY = re.compile(r"(?P<half>\d{4})-H(?P<h>[12])|FY(?P<fiscal>\d{4})(-Q(?P<q>[1-4]))?|(?P<month>\d{4}-\d{2})", re.ASCII)


class PlaceMark(StrEnum):
    """The result for one invited person or walk-in at a date."""

    HERE = "here"
    REMOTE = "remote"
    EXCUSED = "excused"
    ABSENT = "absent"
    UNMARKED = "unmarked"
    OPEN = "open"
    """Not marked yet: attendance is not closed."""
    WALK_IN = "walk_in"
    """Came without an invitation, in the room or remotely."""


PRESENT = frozenset({PlaceMark.HERE, PlaceMark.REMOTE})
NOT_MARKED = frozenset({PlaceMark.UNMARKED, PlaceMark.OPEN})
INVITED = PRESENT | NOT_MARKED | {PlaceMark.EXCUSED, PlaceMark.ABSENT}
ATTENDED = PRESENT | {PlaceMark.WALK_IN}
MEASURES = {
    "invited": INVITED,
    "present": PRESENT,
    "attended": ATTENDED,
    **{place_mark.value: frozenset({place_mark}) for place_mark in PlaceMark},
    "not_marked": NOT_MARKED,
}
"""The columns of a report by name, each with the marks that it counts."""


class ReportCommittee(NamedTuple):
    """A committee to whose events a report can be limited."""

    id: UUID
    name: str


class ReportSpan(Struct, frozen=True, kw_only=True):
    """Dates of some kinds, and of one committee if given, that start in [start, end) and have ended by `until`."""

    start: datetime
    end: datetime
    until: datetime
    kinds: frozenset[Kind]
    committee_id: UUID | None = None


class ReportPeriod(Struct, frozen=True, kw_only=True):
    """A span of days with a name; `key` is its name in addresses."""

    key: str
    name: str
    first: date
    last: date

    def span(self, zone: str) -> tuple[datetime, datetime]:
        """Return its first moment and the first moment after it, aware UTC."""
        return moments_of_days(self.first, self.last, zone)

    def months(self) -> list[date]:
        """Return the first day of each month that it touches."""
        first, last = self.first.replace(day=1), self.last
        months = (last.year - first.year) * 12 + last.month - first.month + 1
        return [first + relativedelta(months=number) for number in range(months)]


class ReportRequest(Struct, frozen=True, kw_only=True):
    """A reader's request: a period, one kind of event or committee or all (None), in the state at `now`."""

    period: ReportPeriod
    kind: Kind | None
    zone: str
    now: datetime
    committee: ReportCommittee | None = None

    @property
    def is_under_way(self) -> bool:
        """Return whether the period is not over yet."""
        return self.now < self.period.span(self.zone)[1]

    def span(self, month: date | None = None) -> ReportSpan:
        """Return the span of the dates that count: the period, or the part of it in one month."""
        start, end = self.period.span(self.zone)
        if month is not None:
            first, after = month_period(month).span(self.zone)
            start, end = max(start, first), max(min(end, after), start)
        kinds = frozenset(KINDS if self.kind is None else (self.kind,))
        return ReportSpan(
            start=start,
            end=end,
            until=self.now,
            kinds=kinds,
            committee_id=self.committee.id if self.committee else None,
        )


class ReportCell(Struct, frozen=True, kw_only=True):
    """What one number counts: places with one of the marks, of some agencies or of all (None)."""

    marks: frozenset[PlaceMark]
    agencies: frozenset[UUID | None] | None = None


class ReportReach(Struct, frozen=True, kw_only=True):
    """Whose attendance a reader counts among the events that they may see."""

    is_whole: bool
    """Everyone's, so that the other fields don't matter."""
    lead_id: UUID
    """That of the events which this member organizes."""
    committees: frozenset[UUID]
    """That of the events of these committees."""
    agency_id: UUID | None
    """That of the people of this agency, at any event."""


def check_report_reader(viewer: Viewer) -> None:
    """Raise `NotAllowed` for a viewer without reports."""
    if not may_read_reports(viewer):
        raise NotAllowed("Only coordinators, committee chairs, and agency leads can see reports.")


def may_read_reports(viewer: Viewer) -> bool:
    """Return whether the viewer has reports: people responsible for the task force, a committee, or an agency."""
    return viewer.may_schedule


def span_reach(viewer: Viewer) -> ReportReach:
    """Return whose attendance the viewer counts, among the events that they may see.

    A coordinator: everyone's. A chair: that of the committee's events. An agency lead: that of their agency. Everyone:
    that of events they organize. Elsewhere they may not read attendance (`rules.events.event.may_take_attendance`).
    """
    leads_the_agency = Role.AGENCY_LEAD in viewer.roles
    return ReportReach(
        is_whole=viewer.is_coordinator,
        lead_id=viewer.member_id,
        committees=viewer.chairs,
        agency_id=viewer.agency_id if leads_the_agency else None,
    )


def period_named(key: str) -> ReportPeriod | None:
    """Return the period of a key such as 2026-H2, FY2027-Q1, FY2027 or 2026-12; None for other text."""
    match = _KEY.fullmatch(key)
    if match is None:
        return None
    year = int(match["half"] or match["fiscal"] or match["month"][:4])
    if not FIRST_MONTH.year < year < LAST_MONTH.year:
        return None
    if match["half"]:
        return half_year(year, int(match["h"]))
    if match["fiscal"]:
        return fiscal_quarter(year, int(match["q"])) if match["q"] else fiscal_year(year)
    number = int(key[5:])
    return month_period(date(year, number, 1)) if 1 <= number <= 12 else None  # noqa: PLR2004 - months of a year


def half_year(year: int, half: int) -> ReportPeriod:
    """Return the first or the second half of a calendar year, for which grants are reported."""
    first = date(year, 1 if half == 1 else 7, 1)
    return _period_of_months(f"{year}-H{half}", "Grant half-year", first, 6)


def fiscal_quarter(year: int, number: int) -> ReportPeriod:
    """Return a quarter of a federal fiscal year: FY2027 Q1 is October to December 2026."""
    first = date(year - 1, FISCAL_START, 1) + relativedelta(months=3 * (number - 1))
    return _period_of_months(f"FY{year}-Q{number}", f"FY{year} Q{number}", first, 3)


def fiscal_year(year: int) -> ReportPeriod:
    """Return a federal fiscal year: FY2027 is October 2026 to September 2027."""
    return _period_of_months(f"FY{year}", f"FY{year}", date(year - 1, FISCAL_START, 1), 12)


def month_period(first: date) -> ReportPeriod:
    """Return a calendar month by its first day."""
    name = f"{MONTHS[first.month - 1]} {first.year}"
    return ReportPeriod(key=f"{first:%Y-%m}", name=name, first=first, last=last_day_of_month(first.year, first.month))


def custom_period(first: date, last: date) -> ReportPeriod:
    """Return the days from the first to the last; `Invalid` when they are in the wrong order or too many."""
    if last < first:
        raise Invalid(to="The last day is before the first.")
    if last >= first + relativedelta(years=LONGEST_YEARS):
        raise Invalid(to=f"A report can cover at most {LONGEST_YEARS} years. Choose an earlier last day.")
    name = f"{month_day(first)}, {first.year}, to {month_day(last)}, {last.year}"
    return ReportPeriod(key=CUSTOM, name=name, first=first, last=last)


def half_year_at(day: date) -> ReportPeriod:
    """Return the grant half-year that contains a day: the default period of a report."""
    return half_year(day.year, 1 if day.month <= 6 else 2)  # noqa: PLR2004 - June


def offered_periods(today: date) -> list[tuple[str, list[ReportPeriod]]]:
    """Return the periods to choose from, those of today first, under their labels."""
    return [
        ("Grant half-years", _periods_back(half_year_at, today, 4)),
        ("Federal fiscal quarters", _periods_back(_quarter_at, today, 8)),
        ("Federal fiscal years", _periods_back(lambda day: fiscal_year(_fiscal_year_of(day)), today, 3)),
        ("Months", _periods_back(lambda day: month_period(day.replace(day=1)), today, 12)),
    ]


def _periods_back(kind: Callable[[date], ReportPeriod], day: date, count: int) -> list[ReportPeriod]:
    """Return that many periods of one kind: the one of the day, and those before it."""
    periods = [kind(day)]
    while len(periods) < count:
        periods.append(kind(periods[-1].first - ONE_DAY))
    return periods


def _fiscal_year_of(day: date) -> int:
    return day.year + (day.month >= FISCAL_START)


def _quarter_at(day: date) -> ReportPeriod:
    return fiscal_quarter(_fiscal_year_of(day), (day.month - FISCAL_START) % 12 // 3 + 1)


def _period_of_months(key: str, name: str, first: date, count: int) -> ReportPeriod:
    last = first + relativedelta(months=count) - ONE_DAY
    begin = MONTHS[first.month - 1] + (f" {first.year}" if first.year != last.year else "")
    return ReportPeriod(
        key=key, name=f"{name}, {begin} to {MONTHS[last.month - 1]} {last.year}", first=first, last=last
    )
