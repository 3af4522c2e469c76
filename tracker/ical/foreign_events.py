"""The properties, rules, and times of events as other programs write them, read as those that the product supports."""

import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import date, datetime, timedelta
from typing import NamedTuple

from icalendar.prop import vDuration
from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON
from msgspec import Struct
from msgspec.structs import replace

from tracker.errors import Invalid
from tracker.ical.lines import LARGEST, Component, Property, is_web_address
from tracker.rules.core.clean_text import clean
from tracker.rules.core.wording import short_date, to_local, to_utc, zone_of
from tracker.rules.events import plans
from tracker.rules.events.events import BY_VIDEO, TEXTS, EventStatus, Kind, wrong_field_texts
from tracker.rules.recurrence.series import (
    CODES,
    LAST,
    MAX_YEARS,
    MONDAY,
    Frequency,
    Rule,
    dates_by_rule,
    day_years_after,
)

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
        return [self.stamp(Property(text, line.parameters)) for line in properties for text in line.value.split(",")]

    def start_of(self, component: Component) -> Stamp:
        """Return when an event starts. Errors: Invalid with a sentence."""
        written = component.one("DTSTART")
        if written is None:
            raise Invalid("It has no start.")
        return self.stamp(written)

    def stamp(self, written: Property) -> Stamp:
        """Return the time of a property. Errors: Invalid with a sentence."""
        match = _TIME.fullmatch(written.value)
        if match is None:
            raise Invalid(f"“{written.value[:40]}” isn't a date or time that we can read.")
        year, month, day, hour, minute, second = (int(digits or 0) for digits in match.groups()[:6])
        if not FIRST_YEAR <= year <= LAST_YEAR:
            raise Invalid(f"It is in {year}. We can import {FIRST_YEAR} to {LAST_YEAR}.")
        try:
            local = datetime(year, month, day, hour, minute, min(second, 59))  # noqa: DTZ001 - its zone is stored beside it
        except ValueError as odd:
            raise Invalid(f"“{written.value}” isn't a date on the calendar.") from odd
        is_day = match[4] is None
        tzid = "UTC" if match[7] else written.parameters.get("TZID")
        return Stamp(local, None if is_day else self._zone(tzid), is_day)

    def _zone(self, tzid: str | None) -> str | None:
        if tzid is None:
            return None
        if tzid.upper() in _UTC_NAMES:
            return "UTC"
        parts = tzid.split("/")  # some end with the common name: /mozilla.org/20050126_1/America/New_York
        endings = ("/".join(parts[-length:]) for length in (3, 2) if len(parts) > length)
        for name in filter(None, (tzid, self.known.get(tzid), WINDOWS_TO_OLSON.get(tzid), *endings)):
            with suppress(Invalid):
                zone_of(name)
                return name
        raise Invalid(f"The time zone “{tzid[:60]}” is unknown.")


def zones_of(components: Iterable[Component], home: str) -> Zones:
    """Return the IANA names of a file's zones: some programs add the common name to their own (X-LIC-LOCATION)."""
    known = {component.text("TZID"): component.text("X-LIC-LOCATION") for component in components}
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


PROPERTIES = {"title": "SUMMARY", "place": "LOCATION", "description": "DESCRIPTION"}
"""The texts of an event that a file holds, and the property of each."""
VIDEO = ("CONFERENCE", "X-GOOGLE-CONFERENCE", "X-MICROSOFT-SKYPETEAMSMEETINGURL")
"""Where files keep video links: RFC 7986 §5.11, and what Google and Microsoft write."""
KINDS = {kind.value: kind for kind in Kind if kind is not Kind.JOINT_OPERATION}
"""The kinds of imported events: an operation is for named people, and what is imported is for everyone."""


def is_private(component: Component) -> bool:
    """Return whether the event, or the date, is not for everyone; an unknown CLASS is private (RFC 5545 §3.8.1.3)."""
    secrecy = component.one("CLASS")
    return secrecy is not None and secrecy.value.upper() != "PUBLIC"


def is_canceled(component: Component) -> bool:
    """Return whether the event, or the date, is canceled."""
    status = component.one("STATUS")
    return status is not None and status.value.upper() == "CANCELLED"


def kind_of(component: Component) -> Kind:
    """Return the kind that a category of the event names, as our own feeds write it; a meeting without one."""
    return next((KINDS[name] for name in categories_of(component) if name in KINDS), Kind.MEETING)


def categories_of(component: Component) -> list[str]:
    """Return the categories of an event in small letters."""
    # The text after the last colon: a line that is otherwise odd must not stop the import.
    lists = (line.rpartition(":")[2] for line in component.lines.get("CATEGORIES", ()))
    return [name.strip().lower() for text in lists for name in text.split(",")]


def event_status_of(component: Component) -> EventStatus:
    """Return whether the event is confirmed or tentative."""
    status = component.one("STATUS")
    is_tentative = status is not None and status.value.upper() == "TENTATIVE"
    return EventStatus.TENTATIVE if is_tentative else EventStatus.CONFIRMED


def text_of(component: Component, name: str) -> str:
    """Return the text of an event's field, safe to store, and cut where it is longer than the field may be."""
    return uncut(component, name)[: TEXTS[name].longest].rstrip()


def uncut(component: Component, name: str) -> str:
    """Return the text of an event's field, safe to show, as long as the file has it."""
    text = clean(component.text(PROPERTIES[name]), LARGEST, name, multiline=TEXTS[name].is_multiline)
    is_no_place = name == "place" and text == BY_VIDEO and bool(video_link_of(component))  # as our own feeds write it
    return "" if is_no_place else text


def video_link_of(component: Component) -> str:
    """Return the first video link that an event may have; empty = none."""
    for name in VIDEO:
        for given in component.all(name):
            if is_web_address(given.value) and not wrong_field_texts({"video_link": given.value}):
                return given.value
    return ""


def span_of(text: str) -> timedelta:
    """Return a DURATION of at most 14 days. Errors: Invalid."""
    try:
        span: timedelta = vDuration.from_ical(text)  # type: ignore[no-untyped-call]  # the library says no types
    except (ValueError, OverflowError) as odd:
        raise Invalid(f"“{text[:40]}” isn't a length that we can read.") from odd
    if not timedelta(0) <= span <= plans.LONGEST:
        raise Invalid("It ends before it starts, or lasts more than 14 days.")
    return span


NOT_KEPT = "The tracker doesn't support this repeat pattern ({})."
TOO_OLD = "It has no end date and started more than five years ago. Give it an end date, or a later start."
READ = frozenset({"FREQ", "INTERVAL", "COUNT", "UNTIL", "BYDAY", "BYMONTHDAY", "BYMONTH", "BYSETPOS", "WKST"})

RuleParts = Mapping[str, str]


def rule_from(text: str, start: datetime, clock: WallClock, zones: Zones, today: date) -> tuple[Rule, str]:
    """Return the rule of a series that begins at the local `start`, and a note when the file gives it no end.

    Such a series ends a year after `today`, or after its start when that is later. Errors: Invalid with a sentence.
    """
    parts = rule_parts(text)
    if unknown := sorted(set(parts) - READ):
        raise Invalid(NOT_KEPT.format(unknown[0][:40]))
    until = None
    if "UNTIL" in parts:  # a moment, or a day: the last possible local day, because the series has its hour
        stamp = zones.stamp(Property(parts["UNTIL"], {}))
        end = clock.shows(stamp)
        until = end.date() if stamp.is_day or end.time() >= start.time() else end.date() - timedelta(days=1)
    count = _number(parts, "COUNT")
    is_endless = until is None and count is None
    if is_endless:
        latest = day_years_after(start.date(), MAX_YEARS)
        if latest < today:
            raise Invalid(TOO_OLD)
        until = min(latest, day_years_after(max(start.date(), today), 1))
    rule = _anchored(parts, start, until, count)
    if rule.until:
        rule = replace(rule, until=dates_by_rule(rule, start)[-1].date())
    dates_by_rule(rule, start)  # refuses a series that is too long, has too many dates, or does not begin at its start
    note = f"It has no end date in the file, so it ends on {short_date(rule.until)}." if rule.until else ""
    return rule, note if is_endless else ""


def rule_parts(text: str) -> dict[str, str]:
    """Return the parts of a rule by their names, all in capitals."""
    pieces = (piece.partition("=") for piece in text.rstrip(";").split(";"))
    return {name.strip().upper(): value.strip().upper() for name, _, value in pieces}


def _anchored(parts: RuleParts, start: datetime, until: date | None, count: int | None) -> Rule:
    frequency = _frequency(parts)
    interval = _number(parts, "INTERVAL") or 1
    by_day = _weekdays(parts)
    if frequency in (Frequency.DAILY, Frequency.WEEKLY):
        if {"BYMONTHDAY", "BYMONTH", "BYSETPOS"} & set(parts) or any(nth for nth, _ in by_day):
            raise Invalid(NOT_KEPT.format("parts of a month"))
        days = tuple(day for _, day in by_day)
        if frequency is Frequency.DAILY and not days:
            return Rule(frequency=frequency, interval=interval, until=until, count=count)
        if frequency is Frequency.DAILY and interval > 1:
            raise Invalid(NOT_KEPT.format("certain days every few days"))
        days = days or (start.weekday(),)
        code = parts.get("WKST", CODES[MONDAY])  # the default (RFC 5545 §3.3.10)
        if code not in CODES:
            raise Invalid(NOT_KEPT.format(f"WKST={code[:10]}"))
        return Rule(
            frequency=Frequency.WEEKLY,
            interval=interval,
            weekdays=days,
            week_starts=CODES.index(code),
            until=until,
            count=count,
        )
    month = _month(parts, start, frequency)
    if by_day:
        nth, weekday = _one_weekday(parts, by_day)
        return Rule(
            frequency=frequency, interval=interval, nth=nth, weekday=weekday, month=month, until=until, count=count
        )
    if "BYSETPOS" in parts:
        raise Invalid(NOT_KEPT.format("BYSETPOS"))
    monthday = _number(parts, "BYMONTHDAY") or start.day
    return Rule(frequency=frequency, interval=interval, monthday=monthday, month=month, until=until, count=count)


def _frequency(parts: RuleParts) -> Frequency:
    frequency = next((choice for choice in Frequency if choice.value.upper() == parts.get("FREQ")), None)
    if frequency is None:
        raise Invalid(NOT_KEPT.format(f"FREQ={parts.get('FREQ', '')[:40]}"))
    return frequency


def _month(parts: RuleParts, start: datetime, frequency: Frequency) -> int | None:
    """Return the month of a yearly rule; elsewhere BYMONTH would skip months."""
    if frequency is not Frequency.YEARLY:
        if "BYMONTH" in parts:
            raise Invalid(NOT_KEPT.format("some months only"))
        return None
    if "BYMONTH" not in parts and "BYDAY" in parts:
        raise Invalid(NOT_KEPT.format("weekdays of a year"))
    return _number(parts, "BYMONTH") or start.month


def _one_weekday(parts: RuleParts, by_day: list[tuple[int, int]]) -> tuple[int, int]:
    """Return which weekday of a month: "2TU", or "TU" with BYSETPOS=2 as Outlook writes it."""
    if len(by_day) != 1 or "BYMONTHDAY" in parts:
        raise Invalid(NOT_KEPT.format("several days of a month"))
    nth, weekday = by_day[0]
    place = _number(parts, "BYSETPOS") or 0
    if bool(nth) == bool(place):
        raise Invalid(NOT_KEPT.format("several days of a month"))
    return nth or place, weekday


def _weekdays(parts: RuleParts) -> list[tuple[int, int]]:
    """Return (which one of the month, 0 = each; weekday) for each part of BYDAY."""
    weekdays = []
    for piece in parts.get("BYDAY", "").split(","):
        number, code = piece[:-2], piece[-2:]
        if not piece:
            continue
        if code not in CODES or (number and number.lstrip("+-") not in "12345"):
            raise Invalid(NOT_KEPT.format(f"BYDAY={piece[:20]}"))
        weekdays.append((int(number or 0), CODES.index(code)))
    return weekdays


def _number(parts: RuleParts, name: str) -> int | None:
    if name not in parts:
        return None
    digits = parts[name].lstrip("+")
    if not digits.removeprefix("-").isascii() or not digits.removeprefix("-").isdigit() or len(digits) > 6:  # noqa: PLR2004 - digits
        raise Invalid(NOT_KEPT.format(f"{name}={parts[name][:20]}"))
    number = int(digits)
    if number == 0 or (number < 0 and (name not in ("BYMONTHDAY", "BYSETPOS") or number != LAST)):
        raise Invalid(NOT_KEPT.format(f"{name}={number}"))
    return number
