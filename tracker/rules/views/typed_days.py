"""The day that someone means who types a date as people in the United States write it."""

import re
from datetime import date, timedelta

from tracker.rules.calendars.month_grid import day_of, within
from tracker.rules.core.date_words import MONTHS, WEEKDAYS

A_MONTH = timedelta(days=31)  # a day of the past month without a year is that one, and not next year's
LEAP_YEARS_APART = 8  # years at most, from one February 29 to the next

_BY_WORD = {"yesterday": -1, "today": 0, "tomorrow": 1}  # days from today
_WEEKDAY = rf"(?:(?:{'|'.join(f'{one[:3]}(?:{one[3:]})?' for one in WEEKDAYS)})\.?,?\s+)?"
_YEAR = r"(?P<year>[0-9]{4}|[0-9]{2})"
_IN_DIGITS = re.compile(rf"(?P<month>[0-9]{{1,2}})/(?P<day>[0-9]{{1,2}})(?:/{_YEAR})?", re.ASCII)
_IN_WORDS = re.compile(
    rf"{_WEEKDAY}(?P<month>[a-z]{{3,9}})\.?\s+(?P<day>[0-9]{{1,2}})(?:st|nd|rd|th)?(?:(?:,\s*|\s+)(?P<year>[0-9]{{4}}))?",
    re.ASCII | re.IGNORECASE,
)
_CENTURY = 2000


def day_typed(text: str, today: date) -> date | None:
    """Return the day if all of the text is a date, such as Dec 10, 12/10, 2026-12-10, or tomorrow; None otherwise.

    Without a year it is the next such day, or one of the past month. A day that doesn't exist, or that the calendar
    doesn't have, is none.
    """
    typed = " ".join(text.split())
    if typed.lower() in _BY_WORD:
        return within(today + timedelta(days=_BY_WORD[typed.lower()]))
    found = _IN_DIGITS.fullmatch(typed) or _IN_WORDS.fullmatch(typed)
    month = _month(found["month"]) if found else None
    if found is None or month is None:
        return day_of(typed)
    day, year = int(found["day"]), found["year"]
    return _near(today, month, day) if year is None else _day(_full(year), month, day)


def _month(text: str) -> int | None:
    """Return the number of a month: of 12, Dec, Sept, or december."""
    if text.isdecimal():
        return int(text)
    return next((number for number, name in enumerate(MONTHS, 1) if name.lower().startswith(text.lower())), None)


def _full(year: str) -> int:
    return int(year) if len(year) > 2 else _CENTURY + int(year)  # noqa: PLR2004 - digits of 26, which is 2026


def _near(today: date, month: int, day: int) -> date | None:
    """Return the first such day from a month ago on."""
    years = range(today.year - 1, today.year + LEAP_YEARS_APART + 1)
    days = (_day(year, month, day) for year in years)
    return next((one for one in days if one and one >= today - A_MONTH), None)


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return within(date(year, month, day))
    except ValueError:
        return None
