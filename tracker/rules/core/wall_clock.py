"""Wall clocks: convert a local time in a named zone to a moment, and back."""

import re
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import NewType
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from tracker.errors import Invalid

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
