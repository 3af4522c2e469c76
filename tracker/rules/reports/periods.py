"""Periods of reports: grant half-years, federal quarters and fiscal years, months, chosen days.

A period holds whole days of the task force's zone, the last one included. The federal fiscal year begins on October 1
and has the number of the year in which it ends (31 U.S.C. 1102); grants are reported for the halves of the calendar
year.
"""

import re
from collections.abc import Callable
from datetime import date, datetime

from dateutil.relativedelta import relativedelta
from msgspec import Struct

from tracker.errors import Invalid
from tracker.rules.calendars.month_grid import A_DAY, FIRST_MONTH, LAST_MONTH, last_day, moments
from tracker.rules.core.date_words import MONTHS, month_day

CUSTOM = "custom"
LONGEST_YEARS = 3  # the most that one report covers: the life of a grant
FISCAL_START = 10  # October
_KEY = re.compile(r"(?P<half>\d{4})-H(?P<h>[12])|FY(?P<fiscal>\d{4})(-Q(?P<q>[1-4]))?|(?P<month>\d{4}-\d{2})", re.ASCII)


class Period(Struct, frozen=True, kw_only=True):
    """A span of days with a name; `key` is its name in addresses."""

    key: str
    name: str
    first: date
    last: date

    def span(self, zone: str) -> tuple[datetime, datetime]:
        """Return its first moment and the first moment after it, aware UTC."""
        return moments(self.first, self.last, zone)

    def months(self) -> list[date]:
        """Return the first day of each month that it touches."""
        first, last = self.first.replace(day=1), self.last
        months = (last.year - first.year) * 12 + last.month - first.month + 1
        return [first + relativedelta(months=number) for number in range(months)]


def named(key: str) -> Period | None:
    """Return the period of a key such as 2026-H2, FY2027-Q1, FY2027 or 2026-12; None for other text."""
    found = _KEY.fullmatch(key)
    if found is None:
        return None
    year = int(found["half"] or found["fiscal"] or found["month"][:4])
    if not FIRST_MONTH.year < year < LAST_MONTH.year:
        return None
    if found["half"]:
        return half_year(year, int(found["h"]))
    if found["fiscal"]:
        return quarter(year, int(found["q"])) if found["q"] else fiscal_year(year)
    number = int(key[5:])
    return month(date(year, number, 1)) if 1 <= number <= 12 else None  # noqa: PLR2004 - months of a year


def half_year(year: int, half: int) -> Period:
    """Return the first or the second half of a calendar year, for which grants are reported."""
    first = date(year, 1 if half == 1 else 7, 1)
    return _months(f"{year}-H{half}", "Grant half-year", first, 6)


def quarter(year: int, number: int) -> Period:
    """Return a quarter of a federal fiscal year: FY2027 Q1 is October to December 2026."""
    first = date(year - 1, FISCAL_START, 1) + relativedelta(months=3 * (number - 1))
    return _months(f"FY{year}-Q{number}", f"FY{year} Q{number}", first, 3)


def fiscal_year(year: int) -> Period:
    """Return a federal fiscal year: FY2027 is October 2026 to September 2027."""
    return _months(f"FY{year}", f"FY{year}", date(year - 1, FISCAL_START, 1), 12)


def month(first: date) -> Period:
    """Return a calendar month by its first day."""
    name = f"{MONTHS[first.month - 1]} {first.year}"
    return Period(key=f"{first:%Y-%m}", name=name, first=first, last=last_day(first))


def custom(first: date, last: date) -> Period:
    """Return the days from the first to the last; `Invalid` when they are in the wrong order or too many."""
    if last < first:
        raise Invalid(to="The last day is before the first.")
    if last >= first + relativedelta(years=LONGEST_YEARS):
        raise Invalid(to=f"A report can cover at most {LONGEST_YEARS} years. Choose an earlier last day.")
    name = f"{month_day(first)}, {first.year}, to {month_day(last)}, {last.year}"
    return Period(key=CUSTOM, name=name, first=first, last=last)


def at(day: date) -> Period:
    """Return the grant half-year that contains a day: the default period of a report."""
    return half_year(day.year, 1 if day.month <= 6 else 2)  # noqa: PLR2004 - June


def offered(today: date) -> list[tuple[str, list[Period]]]:
    """Return the periods to choose from, those of today first, under their labels."""
    return [
        ("Grant half-years", _back(at, today, 4)),
        ("Federal fiscal quarters", _back(_quarter_at, today, 8)),
        ("Federal fiscal years", _back(lambda day: fiscal_year(_fiscal(day)), today, 3)),
        ("Months", _back(lambda day: month(day.replace(day=1)), today, 12)),
    ]


def _back(kind: Callable[[date], Period], day: date, count: int) -> list[Period]:
    """Return that many periods of one kind: the one of the day, and those before it."""
    periods = [kind(day)]
    while len(periods) < count:
        periods.append(kind(periods[-1].first - A_DAY))
    return periods


def _fiscal(day: date) -> int:
    return day.year + (day.month >= FISCAL_START)


def _quarter_at(day: date) -> Period:
    return quarter(_fiscal(day), (day.month - FISCAL_START) % 12 // 3 + 1)


def _months(key: str, name: str, first: date, count: int) -> Period:
    last = first + relativedelta(months=count) - A_DAY
    begin = MONTHS[first.month - 1] + (f" {first.year}" if first.year != last.year else "")
    return Period(key=key, name=f"{name}, {begin} to {MONTHS[last.month - 1]} {last.year}", first=first, last=last)
