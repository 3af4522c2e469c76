"""Series: from the choices of a form to a rule, its dates and its RRULE; the one entry to the recurrence modules."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import TypedDict

from msgspec.structs import replace

from tracker.errors import Invalid
from tracker.rules.recurrence.dates import check_start, dates, first_dates, until_before, years_after
from tracker.rules.recurrence.rrule_text import from_rrule, to_rrule
from tracker.rules.recurrence.rule import (
    LAST,
    MAX_DATES,
    MAX_YEARS,
    MONDAY,
    SUNDAY,
    Frequency,
    Rule,
    check_number,
    nth_weekday,
)

__all__ = [
    "LAST",
    "MAX_DATES",
    "MAX_YEARS",
    "MONDAY",
    "SUNDAY",
    "Frequency",
    "Repeat",
    "Rule",
    "check_number",
    "choice_of",
    "dates",
    "first_dates",
    "from_rrule",
    "nth_weekday",
    "rule_for",
    "to_rrule",
    "until_before",
]


A_DAY = timedelta(days=1)


class Repeat(StrEnum):
    """The choices of the form; day, weekday and month of a choice are those of the first date."""

    NONE = "none"
    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY_DAY = "monthly_day"
    MONTHLY_LAST_DAY = "monthly_last_day"
    MONTHLY_NTH = "monthly_nth"
    MONTHLY_LAST = "monthly_last"
    YEARLY = "yearly"
    YEARLY_NTH = "yearly_nth"
    YEARLY_LAST = "yearly_last"


class _Anchor(TypedDict, total=False):
    weekdays: tuple[int, ...]
    week_starts: int
    monthday: int
    nth: int
    weekday: int
    month: int


def rule_for(
    choice: str,
    start: datetime,
    *,
    interval: int = 1,
    weekdays: Iterable[int] = (),
    week_starts: int = SUNDAY,
    until: date | None = None,
    count: int | None = None,
) -> Rule | None:
    """Return the rule of a choice (`Repeat`) for a series whose first date is `start` (naive); None for a single event.

    A weekly series without weekdays takes the day of `start`; one of every few weeks counts weeks from `week_starts`
    (Monday = 0). Without an end the series lasts a year (a monthly one twelve months), a yearly one five; `until`
    becomes the last date of the series. Errors: Invalid by repeat, interval, weekdays, until, count or date.
    """
    if choice not in set(Repeat):
        raise Invalid(repeat="Choose how the event repeats.")
    check_start(start)
    if choice == Repeat.NONE:
        return None
    unit, _, where = choice.partition("_")
    frequency = Frequency(unit)
    if until is None and count is None:
        until = _usual_end(frequency, start.date())
    anchor = _anchor(frequency, where, start.date(), tuple(weekdays), week_starts)
    rule = Rule(frequency=frequency, interval=interval, until=until, count=count, **anchor)
    last = dates(rule, start)[-1].date()
    return replace(rule, until=last) if rule.until else rule


def _usual_end(frequency: Frequency, first: date) -> date:
    """Return the last day of a year; for a monthly series, of its twelfth month, which may have a later weekday."""
    if frequency is Frequency.MONTHLY:
        return years_after(first.replace(day=1), 1) - A_DAY
    return years_after(first - A_DAY, MAX_YEARS if frequency is Frequency.YEARLY else 1)


def choice_of(rule: Rule) -> Repeat:
    """Return the choice that gives this rule."""
    if rule.frequency in (Frequency.DAILY, Frequency.WEEKLY):
        return Repeat(rule.frequency.value)
    is_yearly = rule.frequency is Frequency.YEARLY
    if rule.nth is not None:
        return Repeat(f"{rule.frequency}_{'last' if rule.nth == LAST else 'nth'}")
    if is_yearly:
        return Repeat.YEARLY
    return Repeat.MONTHLY_LAST_DAY if rule.monthday == LAST else Repeat.MONTHLY_DAY


def _anchor(frequency: Frequency, where: str, day: date, weekdays: tuple[int, ...], week_starts: int) -> _Anchor:
    match frequency:
        case Frequency.DAILY:
            return {}
        case Frequency.WEEKLY:
            return {"weekdays": weekdays or (day.weekday(),), "week_starts": week_starts}
        case Frequency.MONTHLY:
            return _day_of_month(where, day)
        case Frequency.YEARLY:
            return {**_day_of_month(where, day), "month": day.month}


def _day_of_month(where: str, day: date) -> _Anchor:
    match where:
        case "last_day":
            return {"monthday": LAST}
        case "last":
            return {"nth": LAST, "weekday": day.weekday()}
        case "nth":
            return {"nth": (day.day + 6) // 7, "weekday": day.weekday()}
        case _:
            return {"monthday": day.day}
