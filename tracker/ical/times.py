"""Dates and times as iCalendar writes them: in the zone of their event, valid even when the law on DST changes."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from tracker.ical import lines

# Outlook refuses TZID=UTC, and some readers do not find the date that a RECURRENCE-ID with a Z names.
TZID_OF_UTC = "Etc/UTC"
ONE_DAY = timedelta(days=1)


def stamp(name: str, moment: datetime) -> bytes:
    """Return a property in UTC (RFC 5545 §3.3.5 form 2), to the second."""
    return lines.plain(name, f"{moment.astimezone(UTC):%Y%m%dT%H%M%SZ}")


def time(name: str, value: datetime, zone: ZoneInfo) -> bytes:
    """Return a property on the clocks of the zone (form 3); `value` is a moment, or naive on those clocks.

    The second occurrence of a doubled hour can only be written in UTC.
    """
    local = value.astimezone(zone) if value.tzinfo else value
    if local.tzinfo and local.fold:
        return stamp(name, local)
    return lines.plain(f"{name};TZID={tzid(zone.key)}", f"{local:%Y%m%dT%H%M%S}")


def tzid(zone: str) -> str:
    """Return the TZID of an IANA zone."""
    return TZID_OF_UTC if zone == "UTC" else zone


def day(name: str, value: datetime, zone: ZoneInfo) -> bytes:
    """Return a property of type DATE (§3.3.4): the day on which `value` falls in the zone."""
    return lines.plain(f"{name};VALUE=DATE", f"{_day(value, zone):%Y%m%d}")


def first_day_after(starts: datetime, ends: datetime, zone: ZoneInfo) -> datetime:
    """Return the end of an all-day event, naive: the day after its last one, at least one after its first."""
    last = max(_day(ends - timedelta.resolution, zone), _day(starts, zone))
    return datetime(last.year, last.month, last.day) + ONE_DAY  # noqa: DTZ001 - a day, not a moment


def _day(value: datetime, zone: ZoneInfo) -> date:
    return value.astimezone(zone).date() if value.tzinfo else value.date()


def span(length: timedelta) -> str:
    """Return a DURATION value of whole minutes (§3.3.6), negative for one that comes before."""
    minutes = abs(length) // timedelta(minutes=1)
    hours, rest = divmod(minutes, 60)
    return f"{'-' if length < timedelta(0) else ''}PT{f'{hours}H' if hours else ''}{f'{rest}M' if rest else ''}"
