"""Times on the wall clock, and how days, times, and numbers are worded."""

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import cache, lru_cache
from typing import NewType, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from dateutil.relativedelta import relativedelta

from tracker.errors import Invalid

SAME_YEAR = relativedelta(months=6)  # a day closer than this is named without its year
REMEMBERED_DAYS = 64  # of which it is remembered how far that is: today in some zones
NOON = 12  # hours
HOUR = 60  # minutes
SAME_EVENING = 6 * HOUR  # minutes: up to this length, hours are counted across midnight too
COUNTED_DAYS = 30  # longer ago than this, the day is named
FEWEST_DIGITS = 7  # of a phone number
SOON = 3  # days before a due date within which they are counted
EN_DASH = "\N{EN DASH}"
ZONES = {
    "Eastern": "America/New_York America/Detroit America/Indiana/Indianapolis America/Indiana/Marengo "
    "America/Indiana/Petersburg America/Indiana/Vevay America/Indiana/Vincennes America/Indiana/Winamac "
    "America/Kentucky/Louisville America/Kentucky/Monticello US/Eastern US/Michigan US/East-Indiana",
    "Central": "America/Chicago America/Menominee America/Indiana/Knox America/Indiana/Tell_City "
    "America/North_Dakota/Beulah America/North_Dakota/Center America/North_Dakota/New_Salem US/Central",
    "Mountain": "America/Denver America/Boise US/Mountain",
    "Arizona time": "America/Phoenix US/Arizona",  # "Mountain" would be an hour off for most of the year
    "Pacific": "America/Los_Angeles US/Pacific",
    "Alaska time": "America/Anchorage America/Juneau America/Metlakatla America/Nome America/Sitka America/Yakutat "
    "US/Alaska",
    "Hawaii time": "Pacific/Honolulu US/Hawaii",
    "Atlantic": "America/Puerto_Rico",
    "UTC": "UTC",
}
ZONE_WORDS = {zone: word for word, zones in ZONES.items() for zone in zones.split()}
ZONE_CHOICES = tuple(
    "America/New_York America/Detroit America/Indiana/Indianapolis America/Chicago America/Denver America/Boise "
    "America/Phoenix America/Los_Angeles America/Anchorage Pacific/Honolulu America/Puerto_Rico UTC".split()
)
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = tuple("January February March April May June July August September October November December".split())


class Worded(StrEnum):
    """Values that are declared with their words: `PAST = "past", "Past dates"`; without words, those of the value."""

    label: str

    def __new__(cls, value: str, label: str = "", *_: object) -> Self:
        """Return a member with its label; a subclass that declares more reads it in `__init__`."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.label = label or value.replace("_", " ").capitalize()
        return member

    @classmethod
    def labels(cls) -> dict[Self, str]:
        """Return each member with its label, for a form."""
        return {member: member.label for member in cls}

    @classmethod
    def known(cls, value: str) -> Self | None:
        """Return the member that a text is the value of, if it is one's."""
        return next((member for member in cls if member == value), None)


def local(moment: datetime, zone: str) -> datetime:
    """Return an aware moment on the wall clock of an IANA zone; raise `ValueError` for a moment without offset."""
    if moment.tzinfo is None:
        raise ValueError("A moment without an offset has no local time.")
    return moment.astimezone(ZoneInfo(zone))


def zone_word(zone: str) -> str:
    """Return what people call an IANA zone: "Central", or "Berlin time" where there is no such word."""
    return ZONE_WORDS.get(zone) or zone.rpartition("/")[2].replace("_", " ") + " time"


def zone_choices(chosen: str) -> list[tuple[str, str]]:
    """Return the IANA zones to choose from with their labels, such as "Eastern (New York)", and the chosen one first.

    One that isn't among them is offered while it is chosen.
    """
    known = {zone: f"{ZONE_WORDS[zone]} ({zone.rpartition('/')[2].replace('_', ' ')})" for zone in ZONE_CHOICES}
    return list(({chosen: known.get(chosen, chosen)} | known).items()) if chosen else list(known.items())


def short_day(value: date, today: date | None = None) -> str:
    """Return "Thu, Dec 10"; with the year when it is more than six months from `today`."""
    moment = _as_date(value)
    words = f"{moment:%a, %b} {moment.day}"
    if today is None:
        return words
    first, last = _without_year(_as_date(today))
    return words if first <= moment <= last else f"{words}, {moment.year}"


@lru_cache(REMEMBERED_DAYS)
def _without_year(today: date) -> tuple[date, date]:
    """Return between which days no year is named: by dateutil, it takes longer than all else of a day's words."""
    return today - SAME_YEAR, today + SAME_YEAR


def short_days(values: Sequence[date], today: date, *, other_years: bool = False) -> list[str]:
    """Return the days of one list, all with their year when `short_day` gives it to one of them.

    With `other_years`, also when one of them is not in this year.
    """
    short = [short_day(value) for value in values]
    is_near = short == [short_day(value, today) for value in values]
    if is_near and not (other_years and any(value.year != today.year for value in values)):
        return short
    return [f"{words}, {_as_date(value).year}" for words, value in zip(short, values, strict=True)]


def clock(value: datetime | time) -> str:
    """Return "2:00 PM"."""
    return f"{value.hour % NOON or NOON}:{value.minute:02d} {'AM' if value.hour < NOON else 'PM'}"


@cache
def clock_of_half_hour(number: int) -> str:
    """Return the time at which a half hour of the day begins, in short form: "8 AM" for 16, "8:30 AM" for 17."""
    return clock(time(number // 2, number % 2 * 30)).replace(":00", "")


def time_span(starts: datetime, ends: datetime, is_all_day: bool = False) -> str:  # noqa: FBT001, FBT002 - a template filter
    """Return the times to show after the start's day; `ends` is the first moment after the event.

    "2:00-3:30 PM", "11:30 AM-1:00 PM", "10:00 PM-midnight", "6:00 PM - Sat, Dec 12, 2:00 AM", "All day", "All day to
    Sat, Dec 12"; with en dashes.
    """
    last = (ends - timedelta(microseconds=1)).date() if ends > starts else starts.date()
    if is_all_day:
        return "All day" if last <= starts.date() else f"All day to {short_day(last, starts)}"
    if last > starts.date():
        return f"{clock(starts)} {EN_DASH} {short_day(ends, starts)}, {clock(ends)}"
    if ends <= starts:
        return clock(starts)
    if ends.date() > starts.date():
        return f"{clock(starts)}{EN_DASH}midnight"
    first, second = clock(starts), clock(ends)
    return f"{first[:-3]}{EN_DASH}{second}" if first[-2:] == second[-2:] else f"{first}{EN_DASH}{second}"


def ago_words(then: datetime, now: datetime) -> str:
    """Return how long ago a moment was: "just now", "5 minutes ago", "yesterday", "12 days ago", else the day."""
    minutes = int((now - then).total_seconds() // 60)
    days = (now.astimezone(then.tzinfo).date() - then.date()).days
    if minutes < 1:
        return "just now"
    if minutes < HOUR:
        return f"{plural(minutes, 'minute')} ago"
    if days == 0 or minutes < SAME_EVENING:
        return f"{plural(minutes // HOUR, 'hour')} ago"
    if days <= COUNTED_DAYS:
        return "yesterday" if days == 1 else f"{days} days ago"
    return short_day(then, now)


def plural(count: int, singular: str, plural_form: str | None = None) -> str:
    """Return "1 person", "4 people"; without `plural_form`, the plural is `singular` and an s."""
    return f"{count:,} {singular if count == 1 else plural_form or singular + 's'}"


PHONE = re.compile(r"\s*(\+?[\d().\-\s]{7,}?)\s*(?:(?:x|ext\.?)\s*(\d{1,6})\s*)?", re.IGNORECASE)


def dialed(text: str) -> str:
    """Return a phone number as a `tel:` address takes it (RFC 3966); empty for text that is none, such as a channel."""
    match = PHONE.fullmatch(text)
    digits = "".join(character for character in match[1] if character in "+0123456789") if match else ""
    if match is None or len(digits) < FEWEST_DIGITS:
        return ""
    return f"{digits};ext={match[2]}" if match[2] else digits


def lateness(due: date, today: date) -> str:
    """Return when an open item is due: "Overdue by 4 days", "Due today", "Due in 3 days", "Due Thu, Dec 10"."""
    late = (today - due).days
    if late > 0:
        return f"Overdue by {plural(late, 'day')}"
    if late == 0:
        return "Due today"
    if late == -1:
        return "Due tomorrow"
    return f"Due in {plural(-late, 'day')}" if late >= -SOON else f"Due {short_day(due, today)}"


def labeled_lateness(due: date, today: date) -> str:
    """Return the same below the label "Due", without the word: "Overdue by 4 days", "Today", "Thu, Dec 10"."""
    words = lateness(due, today).removeprefix("Due ")
    return words[0].upper() + words[1:]


def _as_date(value: date) -> date:
    return value.date() if isinstance(value, datetime) else value


def month_day(day: date) -> str:
    """Return, for example, December 10."""
    return f"{MONTHS[day.month - 1]} {day.day}"


def long_day(day: date) -> str:
    """Return, for example, Thursday, December 10, 2026."""
    return f"{WEEKDAYS[day.weekday()]}, {month_day(day)}, {day.year}"


def short_date(day: date) -> str:
    """Return, for example, Dec 9, 2027."""
    return f"{MONTHS[day.month - 1][:3]} {day.day}, {day.year}"


def short_weekday_date(day: date) -> str:
    """Return, for example, Thu, Dec 10, 2026."""
    return f"{WEEKDAYS[day.weekday()][:3]}, {short_date(day)}"


def time_range(start: datetime, end: datetime, zone: str = "") -> str:
    """Return, for example, 2:00–3:30 PM, 11:30 AM–1:00 PM, or 6:00 PM – 2:00 AM next day; one time if they are equal.

    `zone` is the word for the time zone, which follows the last time: 2:00–3:30 PM Central.
    """
    begins, ends = clock(start), clock(end)
    till = f"{ends} {zone}".rstrip()
    if start == end:
        return till
    days_later = (end.date() - start.date()).days
    if days_later:
        return f"{begins} – {till} {'next day' if days_later == 1 else f'{days_later} days later'}"
    return f"{begins[:-3] if begins[-2:] == ends[-2:] else begins}–{till}"


ZoneName = NewType("ZoneName", str)
"""A name of the IANA database, as a series stores it."""
FIRST_YEAR, LAST_YEAR = 1970, 2199
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
NAIVE_EPOCH = EPOCH.replace(tzinfo=None)
_NAME = re.compile(r"UTC|[A-Z][A-Za-z_]{1,30}(/[A-Za-z0-9_+-]{1,30}){1,2}", re.ASCII)


@cache
def zone_names() -> frozenset[str]:
    """Return the names of all zones, found once in a process: Python looks into 600 files for it."""
    return frozenset(available_timezones())


@cache
def zone_of(name: str) -> ZoneInfo:
    """Return the zone of an IANA name. Errors: Invalid(zone) for unknown names and old abbreviations such as EST."""
    if not _NAME.fullmatch(name):
        raise Invalid(zone="Choose a time zone from the list.")
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise Invalid(zone="Choose a time zone from the list.") from error


def to_utc(local: datetime, zone: str) -> datetime:
    """Return the moment, aware in UTC, of a naive local time.

    A time that the clocks skip moves forward by the gap; of a doubled time the first one counts (RFC 5545 §3.3.5).
    Errors: Invalid(zone), Invalid(date) outside the years 1970 to 2199.
    """
    if local.tzinfo is not None:
        raise ValueError("a local time is naive: its zone comes beside it")
    first = local.replace(fold=0) if local.fold else local
    # The same as replace() and astimezone(), in a sixth of the time: a long series has hundreds of dates.
    offset = zone_of(zone).utcoffset(first) or timedelta()
    return EPOCH + (_with_sound_year(first) - NAIVE_EPOCH - offset)


def is_skipped(local: datetime, zone: str) -> bool:
    """Return whether the clocks of the zone never show this naive time, because they go forward past it."""
    return not is_shown(to_utc(local, zone), local, zone)


def is_shown(moment: datetime, local: datetime, zone: str) -> bool:
    """Return whether the clocks of the zone show this naive time at an aware moment."""
    return to_local(moment, zone).replace(tzinfo=None) == local


def is_doubled(local: datetime, zone: str) -> bool:
    """Return whether the clocks of the zone show this naive time twice, because they go back."""
    first, second = (local.replace(tzinfo=zone_of(zone), fold=fold).utcoffset() for fold in (0, 1))
    return first != second and not is_skipped(local, zone)


def to_local(moment: datetime, zone: str) -> datetime:
    """Return an aware moment as the clocks of `zone` show it, aware. Errors as in `to_utc`."""
    if moment.tzinfo is None:
        raise ValueError("a moment is aware")
    return _with_sound_year(moment).astimezone(zone_of(zone))


def _with_sound_year(moment: datetime) -> datetime:
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        raise Invalid(date=f"Choose a date between {FIRST_YEAR} and {LAST_YEAR}.")
    return moment
