"""When the owner of a shared calendar is busy, as Outlook, Google, Apple and others publish it; nothing else is read.

Titles, places, texts and people of such a calendar are never read.
"""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import date, datetime, time, timedelta
from typing import NamedTuple

from tracker.errors import Invalid
from tracker.ical.components import Component, Property, components
from tracker.ical.foreign_parts import is_canceled, span_of
from tracker.ical.foreign_times import LAST_YEAR, Stamp, Zones, zones_of
from tracker.ical.unrolled import NOT_READ, Budget, starts_between
from tracker.rules.availability.shared_calendars import Found, Kind, Span
from tracker.rules.core.wall_clock import to_local, to_utc

MOST = 20_000  # entries of a calendar
MOST_DAYS = 1_000_000
"""The most days that the series of a calendar step through, which takes seconds; a date found costs `A_DATE` days."""
A_DATE = 10
LONGEST = timedelta(days=31)
"""The longest duration of one date of a series."""
A_DAY = timedelta(days=1)
BUSY_STATUS = {"TENTATIVE": Kind.TENTATIVE, "OOF": Kind.OUT}
"""X-MICROSOFT-CDO-BUSYSTATUS, which is more specific than STATUS ([MS-OXCICAL] 2.1.3.1.1.20.31)."""
NOT_TAKEN = frozenset({"FREE", "WORKINGELSEWHERE"})


class Reading(NamedTuple):
    """The busy times of a calendar's owner, and how many entries could not be read."""

    found: list[Found]
    unread: int


def read(content: bytes, start: datetime, end: datetime, home: str) -> Reading:
    """Return when the owner is busy in [start, end), aware; times without a zone are in the zone `home`.

    Bare periods (VFREEBUSY) count as unread: they have no UID, so this task force's named events would show here.
    Errors: Invalid, TooLarge when the calendar as a whole can't be read.
    """
    held = components(content, MOST)
    reader = _Reader(zones_of(held.zones, home), start, end)
    for one in held.events:
        reader.replace(one)
    for one in held.events:
        reader.take(one)
    return Reading(reader.found, reader.unread + held.others["VFREEBUSY"])


def _uid(one: Component) -> str:
    return one.text("UID")


def _kind(one: Component) -> Kind | None:
    """Return how an event makes its owner busy; None when it does not."""
    names = ("TRANSP", "STATUS", "X-MICROSOFT-CDO-BUSYSTATUS")
    says = {name: found.value.upper() for name in names if (found := one.one(name))}
    word = says.get("X-MICROSOFT-CDO-BUSYSTATUS", "")
    if is_canceled(one) or says.get("TRANSP") == "TRANSPARENT" or word in NOT_TAKEN:
        return None
    return BUSY_STATUS.get(word) or (Kind.TENTATIVE if says.get("STATUS") == "TENTATIVE" else Kind.BUSY)


class _Reader:
    """Reads the entries of one calendar."""

    def __init__(self, zones: Zones, start: datetime, end: datetime) -> None:
        self.zones = zones
        self.start, self.end = start, end
        self.found: list[Found] = []
        self.unread = 0
        self._budget = Budget(MOST_DAYS)
        self._replaced: dict[str, set[date | datetime]] = {}

    def replace(self, one: Component) -> None:
        """Record which date of a series a component replaces; `take` counts it when it can't be read."""
        with suppress(Invalid):
            for named in self._days_and_moments(one.all("RECURRENCE-ID")):
                self._replaced.setdefault(_uid(one), set()).add(named)

    def take(self, one: Component) -> None:
        """Read one event, or count it as unread. Errors: TooLarge."""
        try:
            kind = _kind(one)
            if kind is not None:
                self.found += [Found(_uid(one), span) for span in self._spans(one, kind)]
        except Invalid:
            self.unread += 1

    def _spans(self, one: Component, kind: Kind) -> Iterator[Span]:
        """Yield the dates of an event that touch the window, without those that have a component of their own."""
        first = self._start(one)
        length = self._length(one, first)
        left_out = set(self._days_and_moments(one.all("EXDATE")))
        replaced = set() if self._is_single(one) else self._replaced.get(_uid(one), set())
        starts = self._starts(one, first, length)
        self._budget.pay(A_DATE * len(starts))
        for start in starts:
            span = Span(self._moment(start), self._end(start, length), kind)
            names = {span.starts_at, start.local.date()}
            if not names & left_out and not names & replaced and self._touches(span):
                yield span

    def _starts(self, one: Component, first: Stamp, length: timedelta) -> list[Stamp]:
        extra = self.zones.stamps(one.all("RDATE"))
        rules = one.all("RRULE")
        if not rules:
            return [first, *extra]
        if len(rules) > 1 or "EXRULE" in one.lines or length > LONGEST:
            raise Invalid(NOT_READ)
        zone = self._zone(first)
        begins, ends = (to_local(moment, zone).date() for moment in (self.start - length, self.end))
        found = starts_between(
            rules[0].value,
            first.local,
            (begins - A_DAY, ends),
            lambda text: self._until(text, first, zone),
            self._budget,
        )
        return list({first: None, **{first._replace(local=local): None for local in found}, **dict.fromkeys(extra)})

    def _until(self, text: str, first: Stamp, zone: str) -> datetime:
        """Return the last possible local time: UNTIL is a moment, or a day, which is included."""
        if text[:4].isdigit() and int(text[:4]) > LAST_YEAR:
            return datetime.max  # noqa: DTZ901 - local; the year 9999 is how some programs write that there is no end
        stamp = self.zones.stamp(Property(text, {}))
        if stamp.is_day:
            return datetime.combine(stamp.local, time.max)
        return to_local(self._moment(stamp), zone).replace(tzinfo=None) if stamp.zone and first.zone else stamp.local

    def _days_and_moments(self, named: Iterable[Property]) -> Iterator[date | datetime]:
        """Yield the named dates: by their start, or by their day, as some programs write them."""
        for stamp in self.zones.stamps(named):
            yield stamp.local.date() if stamp.is_day else self._moment(stamp)

    def _start(self, one: Component) -> Stamp:
        given = one.one("DTSTART")
        if given is None:
            raise Invalid("It has no start.")
        return self.zones.stamp(given)

    def _length(self, one: Component, first: Stamp) -> timedelta:
        """Return the length of a date: days by the calendar, hours as they elapse (RFC 5545 §3.6.1)."""
        if end := one.one("DTEND"):
            last = self.zones.stamp(end)
            length = last.local - first.local if first.is_day else self._moment(last) - self._moment(first)
        elif duration := one.one("DURATION"):
            length = span_of(duration.value)
        else:
            length = timedelta(0)
        return max(length, A_DAY) if first.is_day else length

    def _end(self, start: Stamp, length: timedelta) -> datetime:
        if start.is_day:
            return self._moment(start._replace(local=start.local + length))
        return self._moment(start) + length

    def _is_single(self, one: Component) -> bool:
        """Return whether it replaces one date of a series. Errors: Invalid when it replaces all following dates too."""
        named = one.one("RECURRENCE-ID")
        if named is not None and "RANGE" in named.parameters:
            raise Invalid(NOT_READ)
        return named is not None

    def _touches(self, span: Span) -> bool:
        return span.starts_at < self.end and span.ends_at > self.start and span.ends_at > span.starts_at

    def _zone(self, stamp: Stamp) -> str:
        return stamp.zone or self.zones.home

    def _moment(self, stamp: Stamp) -> datetime:
        return to_utc(stamp.local, self._zone(stamp))
