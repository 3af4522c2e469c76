"""The dates of a series, by plain arithmetic on local dates: the cost grows with their number, and is bounded."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from functools import lru_cache
from itertools import count, islice, takewhile

from msgspec.structs import replace

from tracker.errors import Invalid
from tracker.rules.core.wall_clock import FIRST_YEAR, LAST_YEAR
from tracker.rules.core.wording import short_date, short_weekday_date
from tracker.rules.recurrence.rule import (
    LAST,
    MAX_DATES,
    MAX_YEARS,
    Frequency,
    Rule,
    in_week_order,
    last_day,
    nth_weekday,
)

CACHED = 64
"""Series whose dates are remembered: one page or change asks for those of the same series several times."""


@lru_cache(CACHED)
def dates(rule: Rule | None, start: datetime, limit: int = MAX_DATES) -> tuple[datetime, ...]:
    """Return all local starts (naive) of a series, `start` first; only `start` without a rule.

    Nothing is cut off silently: Invalid(date) when the start does not fit the rule, Invalid(until) or Invalid(count)
    when the series would end before it starts, exceed five years, or have more than `limit` dates.
    """
    check_start(start)
    if rule is None:
        return (start,)
    _check_end(rule, start.date())
    _check_fit(rule, start.date())
    end = rule.until or years_after(start.date(), MAX_YEARS)
    days = tuple(islice(takewhile(lambda day: day <= end, _days(rule, start.date())), rule.count or limit + 1))
    _check_size(rule, days, limit)
    return tuple(datetime.combine(day, start.time()) for day in days)


def first_dates(rule: Rule | None, start: datetime, n: int = 5) -> tuple[datetime, ...]:
    """Return the first `n` local starts of a series, or all if there are fewer. Errors as in `dates`."""
    return dates(rule, start)[:n]


def until_before(rule: Rule, start: datetime, *, split: datetime) -> Rule:
    """Return the rule that ends a series before the local start `split`. Errors: Invalid(date) when no date is left."""
    kept = [one for one in dates(rule, start) if one < split]
    if not kept:
        raise Invalid(date="This is the first date of the series. Change the whole series instead.")
    return replace(rule, until=kept[-1].date(), count=None)


def check_start(start: datetime) -> None:
    """Raise Invalid(date) for a first date outside the years in which a series may start."""
    if start.tzinfo is not None:
        raise ValueError("a series starts at a naive local time: its zone comes beside it")
    if not FIRST_YEAR <= start.year <= LAST_YEAR - MAX_YEARS:
        raise Invalid(date=f"Choose a date between {FIRST_YEAR} and {LAST_YEAR - MAX_YEARS}.")


def years_after(day: date, years: int) -> date:
    """Return the same day some years later; February 28 for a February 29 that the year does not have."""
    is_leap_day = (day.month, day.day) == (2, 29)
    return last_day(day.year + years, 2) if is_leap_day else day.replace(year=day.year + years)


def _check_end(rule: Rule, first: date) -> None:
    if rule.until and rule.until < first:
        raise Invalid(until="The series ends before it starts.")
    latest = years_after(first, MAX_YEARS)
    if rule.until and rule.until > latest:
        raise Invalid(until=f"A series can last at most {MAX_YEARS} years. End it by {short_date(latest)}.")


def _check_fit(rule: Rule, first: date) -> None:
    fitting = next(_days(replace(rule, interval=1), first))
    if fitting != first:
        raise Invalid(
            date=f"{short_weekday_date(first)} isn’t a date of this series. "
            f"The first date that fits is {short_weekday_date(fitting)}."
        )


def _check_size(rule: Rule, days: tuple[date, ...], limit: int) -> None:
    if rule.count and len(days) < rule.count:
        raise Invalid(count=f"A series can last at most {MAX_YEARS} years. Choose at most {len(days):,} dates.")
    if len(days) > limit:
        sentence = f"A series can have at most {limit:,} dates. End it by {short_date(days[limit - 1])}."
        raise Invalid(**{"count" if rule.count else "until": sentence})


def _days(rule: Rule, first: date) -> Iterator[date]:
    """Yield the dates of the pattern on and after `first`, without end."""
    every = {
        Frequency.DAILY: _daily,
        Frequency.WEEKLY: _weekly,
        Frequency.MONTHLY: _monthly,
        Frequency.YEARLY: _monthly,
    }[rule.frequency]
    return (day for day in every(rule, first) if day >= first)


def _daily(rule: Rule, first: date) -> Iterator[date]:
    return (first + timedelta(days=days) for days in count(step=rule.interval))


def _weekly(rule: Rule, first: date) -> Iterator[date]:
    week = first - timedelta(days=(first.weekday() - rule.week_starts) % 7)
    offsets = [(day - rule.week_starts) % 7 for day in in_week_order(rule.weekdays, rule.week_starts)]
    return (week + timedelta(days=7 * weeks + offset) for weeks in count(step=rule.interval) for offset in offsets)


def _monthly(rule: Rule, first: date) -> Iterator[date]:
    step = rule.interval * (12 if rule.frequency is Frequency.YEARLY else 1)
    months = count(first.year * 12 + (rule.month or first.month) - 1, step)
    return (_in_month(rule, month // 12, month % 12 + 1) for month in months)


def _in_month(rule: Rule, year: int, month: int) -> date:
    if rule.nth is not None and rule.weekday is not None:
        return nth_weekday(year, month, rule.weekday, rule.nth)
    if rule.monthday is None or rule.monthday == LAST:
        return last_day(year, month)
    return date(year, month, rule.monthday)
