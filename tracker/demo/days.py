"""Days around today, for a calendar that looks current, and believable, whenever the demo starts.

Offices are closed on weekends and federal holidays; what is held in public or at night may fall on a weekend.
"""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta

from tracker.rules.recurrence.holidays import federal_holidays, is_working_day, next_working_day, working_day_by
from tracker.rules.recurrence.series import nth_weekday

MONDAY, TUESDAY, WEDNESDAY, THURSDAY, FRIDAY, SATURDAY, SUNDAY = range(7)
MONTHS = 12  # in a year
A_DAY = timedelta(days=1)
A_WEEK = timedelta(days=7)
OPENS, CLOSES = time(8), time(17)
MORNING = time(9)
SOON = timedelta(hours=2, minutes=2)
"""How far ahead a call is scheduled at the start: visitors can watch its reminder, which comes two hours before."""
QUARTER = timedelta(minutes=15)

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


def unless_holiday(wanted: Day) -> Day:
    """Return the same weekday of the first week in which it is not a federal holiday."""

    def day(today: date) -> date:
        day = wanted(today)
        while day in federal_holidays(day.year):
            day += A_WEEK
        return day

    return day


def workday(number: int) -> Day:
    """Return the day that is `number` days from today, or the first working day after it."""
    return lambda today: next_working_day(today + timedelta(days=number) - A_DAY)


def last_workday(today: date) -> date:
    """Return the last working day before today."""
    return working_day_by(today - A_DAY)


def due_day(number: int, today: date) -> date:
    """Return the due date `number` days from today: a working day, and as much in the past or future as that."""
    wanted = today + timedelta(days=number)
    return working_day_by(wanted) if number < 0 else next_working_day(wanted - A_DAY)


def next_call(now: datetime, length: timedelta) -> datetime:
    """Return when a call of this length begins that is scheduled now: about two hours ahead, in office hours.

    Times are local. Outside office hours, it is at nine on the next working day, so no reminder comes soon.
    """
    ahead = now + SOON
    begins = datetime.combine(ahead.date(), time(ahead.hour)) + -(-_past_the_hour(ahead) // QUARTER) * QUARTER
    ends = begins + length
    if is_working_day(begins.date()) and begins.time() >= OPENS and ends <= datetime.combine(begins.date(), CLOSES):
        return begins
    is_early = is_working_day(ahead.date()) and ahead.time() < OPENS
    day = ahead.date() if is_early else next_working_day(ahead.date())
    return datetime.combine(day, MORNING)


def _past_the_hour(moment: datetime) -> timedelta:
    return moment - moment.replace(minute=0, second=0, microsecond=0)
