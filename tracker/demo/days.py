"""Days around today, for a calendar that looks current whenever the demo starts."""

from collections.abc import Callable
from datetime import date, timedelta

from tracker.rules.recurrence import nth_weekday

MONDAY, TUESDAY, WEDNESDAY, THURSDAY, FRIDAY, SATURDAY, SUNDAY = range(7)
MONTHS = 12  # in a year

Day = Callable[[date], date]
"""A day relative to today."""


def weeks(number: int, weekday: int) -> Day:
    """Return the weekday (Monday = 0) of the week that is `number` weeks from today's."""
    return lambda today: today + timedelta(days=7 * number + weekday - today.weekday())


def months(number: int, nth: int, weekday: int) -> Day:
    """Return the nth weekday of the month that is `number` months from today's."""

    def day(today: date) -> date:
        year, month = divmod(today.year * MONTHS + today.month - 1 + number, MONTHS)
        return nth_weekday(year, month + 1, weekday, nth)

    return day


def workday(number: int) -> Day:
    """Return the day that is `number` days from today, or the Monday after when that is a weekend."""

    def day(today: date) -> date:
        wanted = today + timedelta(days=number)
        return wanted + timedelta(days=max(0, 7 - wanted.weekday()) if wanted.weekday() >= SATURDAY else 0)

    return day


def last_workday(today: date) -> date:
    """Return the last day before today that is not on a weekend."""
    return today - timedelta(days={MONDAY: 3, SUNDAY: 2}.get(today.weekday(), 1))
