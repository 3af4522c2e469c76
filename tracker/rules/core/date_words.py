"""Dates and times of day in plain American English, the same in pages, emails and errors."""

from datetime import date, datetime

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
_NOON = 12


def month_day(day: date) -> str:
    """Return, for example, December 10."""
    return f"{MONTHS[day.month - 1]} {day.day}"


def long_date(day: date) -> str:
    """Return, for example, Thursday, December 10, 2026."""
    return f"{WEEKDAYS[day.weekday()]}, {month_day(day)}, {day.year}"


def short_date(day: date) -> str:
    """Return, for example, Dec 9, 2027."""
    return f"{MONTHS[day.month - 1][:3]} {day.day}, {day.year}"


def short_weekday_date(day: date) -> str:
    """Return, for example, Thu, Dec 10, 2026."""
    return f"{WEEKDAYS[day.weekday()][:3]}, {short_date(day)}"


def clock_time(time: datetime) -> str:
    """Return, for example, 2:00 PM."""
    return f"{_digits(time)} {_half(time)}"


def time_range(start: datetime, end: datetime, zone: str = "") -> str:
    """Return, for example, 2:00–3:30 PM, 11:30 AM–1:00 PM, or 6:00 PM – 2:00 AM next day; one time if they are equal.

    `zone` is the word for the time zone, which follows the last time: 2:00–3:30 PM Central.
    """
    till = f"{clock_time(end)} {zone}".rstrip()
    if start == end:
        return till
    days_later = (end.date() - start.date()).days
    if days_later:
        return f"{clock_time(start)} – {till} {'next day' if days_later == 1 else f'{days_later} days later'}"
    return f"{_digits(start) if _half(start) == _half(end) else clock_time(start)}–{till}"


def _digits(time: datetime) -> str:
    return f"{time.hour % _NOON or _NOON}:{time.minute:02}"


def _half(time: datetime) -> str:
    return "AM" if time.hour < _NOON else "PM"
