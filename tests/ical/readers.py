"""Three programs of other people that read calendars; each says when things take place."""

import warnings
from contextlib import redirect_stderr, redirect_stdout
from datetime import UTC, date, datetime
from io import StringIO
from typing import NamedTuple
from zoneinfo import ZoneInfo

import ical.calendar_stream
import icalendar
import ics
import recurring_ical_events

SPAN = (datetime(1990, 1, 1, tzinfo=UTC), datetime(2050, 1, 1, tzinfo=UTC))


class Shown(NamedTuple):
    """One date as a reader shows it; days count from midnight UTC."""

    starts: datetime
    ends: datetime
    title: str


def by_icalendar(feed: bytes) -> list[Shown]:
    """Read with icalendar and unroll with recurring-ical-events."""
    calendar = icalendar.Calendar.from_ical(feed)
    assert [error for part in calendar.walk() for error in part.errors] == []
    dates = recurring_ical_events.of(calendar, keep_recurrence_attributes=True).between(*SPAN)
    held = [one for one in dates if one["STATUS"] != "CANCELLED"]
    return sorted(Shown(_moment(one.start), _moment(one.end), str(one["SUMMARY"])) for one in held)


def by_ical(feed: bytes) -> list[Shown]:
    """Read and unroll with ical (allenporter), the strictest of all."""
    calendar = ical.calendar_stream.IcsCalendarStream.calendar_from_ics(feed.decode())
    return sorted(
        Shown(_moment(zone.dtstart), _moment(zone.end), zone.summary or "")
        for zone in calendar.timeline_tz(ZoneInfo("UTC"))
        if zone.status != "CANCELLED"
    )


def by_ics(feed: bytes) -> list[Shown]:
    """Read with ics, which unrolls nothing: only for events that do not repeat."""
    # Its grammar wraps standard output and error once more for each line that it reads; Python 3.13 warns of its calls.
    with redirect_stdout(StringIO()), redirect_stderr(StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        calendar = ics.Calendar(feed.decode())
    return sorted(
        Shown(_moment(event.begin.datetime), _moment(event.end.datetime), event.name)
        for event in calendar.events
        if event.status != "CANCELLED"
    )


def _moment(value: date | datetime) -> datetime:
    if isinstance(value, datetime):
        return value.astimezone(UTC)
    return datetime(value.year, value.month, value.day, tzinfo=UTC)
