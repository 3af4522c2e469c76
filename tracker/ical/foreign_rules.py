"""RRULE as other programs write it (RFC 5545 §3.3.10), read as a rule that the product supports, or refused.

Rules of a file are never expanded as they are: `rules.recurrence` counts the dates, and stops at its limits.
"""

from collections.abc import Mapping
from datetime import date, datetime, timedelta

from msgspec.structs import replace

from tracker.errors import Invalid
from tracker.ical.components import Property
from tracker.ical.foreign_times import WallClock, Zones
from tracker.rules.core.date_words import short_date
from tracker.rules.recurrence import LAST, MAX_YEARS, MONDAY, Frequency, Rule, dates
from tracker.rules.recurrence.dates import years_after

NOT_KEPT = "The tracker doesn't support this repeat pattern ({})."
TOO_OLD = "It has no end date and started more than five years ago. Give it an end date, or a later start."
CODES = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
READ = frozenset({"FREQ", "INTERVAL", "COUNT", "UNTIL", "BYDAY", "BYMONTHDAY", "BYMONTH", "BYSETPOS", "WKST"})

Parts = Mapping[str, str]


def rule_from(text: str, start: datetime, clock: WallClock, zones: Zones, today: date) -> tuple[Rule, str]:
    """Return the rule of a series that begins at the local `start`, and a note when the file gives it no end.

    Such a series ends a year after `today`, or after its start when that is later. Errors: Invalid with a sentence.
    """
    parts = _parts(text)
    until = _until(parts["UNTIL"], start, clock, zones) if "UNTIL" in parts else None
    count = _number(parts, "COUNT")
    is_endless = until is None and count is None
    rule = _anchored(parts, start, until or (_usual_end(start, today) if is_endless else None), count)
    if rule.until:
        rule = replace(rule, until=dates(rule, start)[-1].date())
    dates(rule, start)  # refuses a series that is too long, has too many dates, or does not begin at its start
    return (
        rule,
        f"It has no end date in the file, so it ends on {short_date(rule.until)}." if is_endless and rule.until else "",
    )


def _parts(text: str) -> Parts:
    parts = {}
    for piece in text.rstrip(";").split(";"):
        name, _, value = piece.partition("=")
        parts[name.strip().upper()] = value.strip().upper()
    if unknown := sorted(set(parts) - READ):
        raise Invalid(NOT_KEPT.format(unknown[0][:40]))
    return parts


def _anchored(parts: Parts, start: datetime, until: date | None, count: int | None) -> Rule:
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
        return Rule(
            frequency=Frequency.WEEKLY,
            interval=interval,
            weekdays=days,
            week_starts=_week_starts(parts),
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


def _frequency(parts: Parts) -> Frequency:
    found = next((one for one in Frequency if one.value.upper() == parts.get("FREQ")), None)
    if found is None:
        raise Invalid(NOT_KEPT.format(f"FREQ={parts.get('FREQ', '')[:40]}"))
    return found


def _month(parts: Parts, start: datetime, frequency: Frequency) -> int | None:
    """Return the month of a yearly rule; elsewhere BYMONTH would skip months."""
    if frequency is not Frequency.YEARLY:
        if "BYMONTH" in parts:
            raise Invalid(NOT_KEPT.format("some months only"))
        return None
    if "BYMONTH" not in parts and "BYDAY" in parts:
        raise Invalid(NOT_KEPT.format("weekdays of a year"))
    return _number(parts, "BYMONTH") or start.month


def _one_weekday(parts: Parts, by_day: list[tuple[int, int]]) -> tuple[int, int]:
    """Return which weekday of a month: "2TU", or "TU" with BYSETPOS=2 as Outlook writes it."""
    if len(by_day) != 1 or "BYMONTHDAY" in parts:
        raise Invalid(NOT_KEPT.format("several days of a month"))
    nth, weekday = by_day[0]
    place = _number(parts, "BYSETPOS") or 0
    if bool(nth) == bool(place):
        raise Invalid(NOT_KEPT.format("several days of a month"))
    return nth or place, weekday


def _weekdays(parts: Parts) -> list[tuple[int, int]]:
    """Return (which one of the month, 0 = each; weekday) for each part of BYDAY."""
    found = []
    for piece in parts.get("BYDAY", "").split(","):
        number, code = piece[:-2], piece[-2:]
        if not piece:
            continue
        if code not in CODES or (number and number.lstrip("+-") not in "12345"):
            raise Invalid(NOT_KEPT.format(f"BYDAY={piece[:20]}"))
        found.append((int(number or 0), CODES.index(code)))
    return found


def _week_starts(parts: Parts) -> int:
    """Return the first day of the week, Monday = 0 and the default (RFC 5545 §3.3.10)."""
    code = parts.get("WKST", CODES[MONDAY])
    if code not in CODES:
        raise Invalid(NOT_KEPT.format(f"WKST={code[:10]}"))
    return CODES.index(code)


def _number(parts: Parts, name: str) -> int | None:
    if name not in parts:
        return None
    digits = parts[name].lstrip("+")
    if not digits.removeprefix("-").isascii() or not digits.removeprefix("-").isdigit() or len(digits) > 6:  # noqa: PLR2004 - digits
        raise Invalid(NOT_KEPT.format(f"{name}={parts[name][:20]}"))
    number = int(digits)
    if number == 0 or (number < 0 and (name not in ("BYMONTHDAY", "BYSETPOS") or number != LAST)):
        raise Invalid(NOT_KEPT.format(f"{name}={number}"))
    return number


def _until(text: str, start: datetime, clock: WallClock, zones: Zones) -> date:
    """Return the last possible local day: UNTIL is a moment, and the series has its hour."""
    stamp = zones.stamp(Property(text, {}))
    end = clock.shows(stamp)
    if stamp.is_day or end.time() >= start.time():
        return end.date()
    return end.date() - timedelta(days=1)


def _usual_end(start: datetime, today: date) -> date:
    latest = years_after(start.date(), MAX_YEARS)
    if latest < today:
        raise Invalid(TOO_OLD)
    return min(latest, years_after(max(start.date(), today), 1))
