"""Times as other programs write them: their zones, and the same times on the clocks of an event's zone.

A time without a zone is in the task force's zone. A time in UTC is converted to it; in a series written in UTC the hour
on the clock stays the same all year, as the author of the series meant it.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON
from msgspec import Struct

from tracker.errors import Invalid
from tracker.ical.components import Component, Property
from tracker.rules.core.wall_clock import to_local, to_utc, zone_of

FIRST_YEAR, LAST_YEAR = 1990, 2100
_TIME = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})(?:T([0-9]{2})([0-9]{2})([0-9]{2})(Z?))?", re.ASCII)
_UTC_NAMES = frozenset({"UTC", "GMT", "ETC/UTC", "ETC/GMT", "Z"})


class Stamp(NamedTuple):
    """A time in the file: naive, with the name of its zone (None = no zone), or a day."""

    local: datetime
    zone: str | None
    is_day: bool

    @property
    def is_utc(self) -> bool:
        """Return whether it was written in UTC."""
        return self.zone == "UTC"


class Zones(Struct, frozen=True):
    """The IANA names of a file's zones; `home` is the task force's."""

    home: str
    known: Mapping[str, str]

    def stamps(self, properties: Iterable[Property]) -> list[Stamp]:
        """Return the times of properties that may hold several, separated by commas. Errors: Invalid."""
        return [self.stamp(Property(text, one.parameters)) for one in properties for text in one.value.split(",")]

    def stamp(self, one: Property) -> Stamp:
        """Return the time of a property. Errors: Invalid with a sentence."""
        found = _TIME.fullmatch(one.value)
        if found is None:
            raise Invalid(f"“{one.value[:40]}” isn't a date or time that we can read.")
        year, month, day, hour, minute, second = (int(digits or 0) for digits in found.groups()[:6])
        if not FIRST_YEAR <= year <= LAST_YEAR:
            raise Invalid(f"It is in {year}. We can import {FIRST_YEAR} to {LAST_YEAR}.")
        try:
            local = datetime(year, month, day, hour, minute, min(second, 59))  # noqa: DTZ001 - its zone is stored beside it
        except ValueError as odd:
            raise Invalid(f"“{one.value}” isn't a date on the calendar.") from odd
        is_day = found[4] is None
        return Stamp(local, None if is_day else self._zone("UTC" if found[7] else one.parameters.get("TZID")), is_day)

    def _zone(self, tzid: str | None) -> str | None:
        if tzid is None:
            return None
        if tzid.upper() in _UTC_NAMES:
            return "UTC"
        for name in (tzid, self.known.get(tzid, ""), WINDOWS_TO_OLSON.get(tzid, ""), *_endings(tzid)):
            if name and _is_zone(name):
                return name
        raise Invalid(f"The time zone “{tzid[:60]}” is unknown.")


def zones_of(components: Iterable[Component], home: str) -> Zones:
    """Return the IANA names of a file's zones: some programs add the common name to their own (X-LIC-LOCATION)."""
    known = {one.text("TZID"): one.text("X-LIC-LOCATION") for one in components}
    return Zones(home, {tzid: name for tzid, name in known.items() if tzid and name})


class WallClock(Struct, frozen=True):
    """The clocks of one event's zone; `shift` converts the UTC times of a series written in UTC to them."""

    zone: str
    home: str
    shift: timedelta | None = None

    def shows(self, stamp: Stamp) -> datetime:
        """Return the time on these clocks at a time of the file. Errors: Invalid."""
        if stamp.is_utc and self.shift is not None:
            return stamp.local + self.shift
        own = stamp.zone or self.home
        if stamp.is_day or own == self.zone:
            return stamp.local
        there = to_local(to_utc(stamp.local, own), self.zone)
        if there.fold:
            raise Invalid("It is in the hour that repeats when clocks change in the fall, so its time can't be kept.")
        return there.replace(tzinfo=None)

    def after(self, start: datetime, span: timedelta) -> datetime:
        """Return the end of a DURATION: its days by the calendar, its hours as they elapse (RFC 5545 §3.3.6).

        Errors: Invalid.
        """
        days, hours = timedelta(days=span.days), timedelta(seconds=span.seconds)
        if not hours:
            return start + days
        moment = to_utc(start + days, self.zone) + hours
        return WallClock(self.zone, self.home).shows(Stamp(moment.replace(tzinfo=None), "UTC", is_day=False))


def clock_of(start: Stamp, home: str, *, is_series: bool) -> WallClock:
    """Return the clocks of an event with this start."""
    if start.zone is None or start.is_utc:
        plain = WallClock(home, home)
        shift = plain.shows(start) - start.local if start.is_utc and is_series else None
        return WallClock(home, home, shift)
    return WallClock(start.zone, home)


def _endings(tzid: str) -> Iterable[str]:
    """Yield possible common names at the end of a long one: /mozilla.org/20050126_1/America/New_York."""
    parts = tzid.split("/")
    return ("/".join(parts[-length:]) for length in (3, 2) if len(parts) > length)


def _is_zone(name: str) -> bool:
    try:
        zone_of(name)
    except Invalid:
        return False
    return True
