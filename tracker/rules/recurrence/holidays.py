"""The eleven federal holidays (5 U.S.C. 6103) with their observed days, and what happens to a date of a series on one.

Such a date stays, is left out, or is held a week later.
"""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from types import MappingProxyType

from tracker.rules.recurrence.series import nth_weekday

_MONDAY, _THURSDAY, _SATURDAY, _SUNDAY = 0, 3, 5, 6
_ON_A_DAY = (
    (1, 1, "New Year’s Day"),
    (6, 19, "Juneteenth"),
    (7, 4, "Independence Day"),
    (11, 11, "Veterans Day"),
    (12, 25, "Christmas Day"),
)
_ON_A_WEEKDAY = (
    (1, _MONDAY, 3, "Martin Luther King Jr. Day"),
    (2, _MONDAY, 3, "Washington’s Birthday"),
    (5, _MONDAY, -1, "Memorial Day"),
    (9, _MONDAY, 1, "Labor Day"),
    (10, _MONDAY, 2, "Columbus Day"),
    (11, _THURSDAY, 4, "Thanksgiving Day"),
)


@lru_cache(64)
def federal_holidays(year: int) -> Mapping[date, str]:
    """Return the federal holidays that fall in a year, by date.

    A holiday on a Saturday is observed on the Friday before, one on a Sunday on the Monday after (Executive Order
    11582); both days are listed. Friday, December 31 can therefore be the observed New Year's Day of the next year.
    """
    named = {date(year, month, day): name for month, day, name in _ON_A_DAY}
    named |= {nth_weekday(year, month, weekday, nth): name for month, weekday, nth, name in _ON_A_WEEKDAY}
    candidates = named | {date(year + 1, 1, 1): "New Year’s Day"}
    observed = {_observed(day): f"{name} (observed)" for day, name in candidates.items() if _observed(day) != day}
    return MappingProxyType(dict(sorted((day, name) for day, name in (named | observed).items() if day.year == year)))


def holiday_notes(dates: Iterable[date | datetime]) -> list[tuple[date, str]]:
    """Return the given dates that are federal holidays or their observed days, with the names, in the order given."""
    days = [day.date() if isinstance(day, datetime) else day for day in dates]
    names = {day: name for year in {day.year for day in days} for day, name in federal_holidays(year).items()}
    return [(day, names[day]) for day in days if day in names]


def next_working_day(day: date) -> date:
    """Return the first day after `day` that is neither on a weekend nor a federal holiday."""
    return next(filter(is_working_day, (day + timedelta(days=number) for number in range(1, 15))))


def working_day_by(day: date) -> date:
    """Return `day` itself, or the last working day before it."""
    return next(filter(is_working_day, (day - timedelta(days=number) for number in range(15))))


def is_working_day(day: date) -> bool:
    """Return whether a day is neither on a weekend nor a federal holiday."""
    return day.weekday() < _SATURDAY and day not in federal_holidays(day.year)


def _observed(day: date) -> date:
    shift = {_SATURDAY: -1, _SUNDAY: 1}.get(day.weekday(), 0)
    return day + timedelta(days=shift)


WEEK = timedelta(days=7)


class HolidayChoice(StrEnum):
    """The organizer's choice for one date."""

    KEEP = "keep"
    SKIP = "skip"
    NEXT_WEEK = "next_week"


HolidayChoices = Mapping[date, HolidayChoice]


def held_starts(starts: Iterable[datetime], choices: HolidayChoices) -> list[tuple[datetime, datetime]]:
    """Return (start by the rule, actual start) for each local start that is not left out."""
    return [
        (start, start + WEEK if choices.get(start.date()) is HolidayChoice.NEXT_WEEK else start)
        for start in starts
        if choices.get(start.date()) is not HolidayChoice.SKIP
    ]


def may_wait_a_week(day: date, starts: Iterable[datetime], choices: HolidayChoices) -> bool:
    """Return whether a date may be held a week later: no other date of the series is on that day."""
    others = {held_on.date() for start, held_on in held_starts(starts, choices) if start.date() != day}
    return day + WEEK not in others


def holiday_choices_before(
    starts: Iterable[datetime], present: Mapping[datetime, datetime]
) -> dict[date, HolidayChoice]:
    """Return the choices that made a series as it is; `present` maps each date of the rule to its present start.

    A date of the rule that the series does not have was left out; one that is held exactly a week later was moved.
    """
    choices = {}
    for start in starts:
        if start not in present:
            choices[start.date()] = HolidayChoice.SKIP
        elif present[start] == start + WEEK:
            choices[start.date()] = HolidayChoice.NEXT_WEEK
    return choices


def doubled_days(starts: Iterable[datetime], choices: HolidayChoices) -> list[date]:
    """Return the days with two dates of the series, because one of them is held a week later."""
    days = [day.date() for _, day in held_starts(starts, choices)]
    return sorted({day for day in days if days.count(day) > 1})
