"""Series as other programs write them, at random: every rule that the product keeps, in any spelling, and edited."""

# Local times are naive: the zone of the event is beside them.
# ruff: noqa: DTZ001

from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random
from typing import NamedTuple
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr

CODES = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
WORKDAYS = CODES[:5]
FIRST_DAY = datetime(2026, 12, 20)
DAYS = 800
"""Series begin within so many days."""
ZONES = {
    "America/Chicago": "America/Chicago",
    "Central Standard Time": "America/Chicago",
    "America/New_York": "America/New_York",
    "Europe/Berlin": "Europe/Berlin",
    "Australia/Sydney": "Australia/Sydney",
}
"""What files call a zone, and its common name."""
A_DAY = timedelta(days=1)
LONGEST = {"FREQ=DAILY": 60, "FREQ=WEEKLY": 40, "FREQ=MONTHLY": 15, "FREQ=YEARLY": 4}
"""The most dates of a series that is counted."""


class Clock(NamedTuple):
    """How a series writes its times: in a zone, or as days."""

    tzid: str | None

    def line(self, name: str, *moments: datetime) -> str:
        """Return a property of one or more times."""
        if self.tzid is None:
            return f"{name};VALUE=DATE:{','.join(f'{one:%Y%m%d}' for one in moments)}"
        return f"{name};TZID={self.tzid}:{','.join(f'{one:%Y%m%dT%H%M%S}' for one in moments)}"

    def until(self, moment: datetime) -> str:
        """Return the value of UNTIL: a day, or a moment in UTC (RFC 5545 §3.3.10)."""
        if self.tzid is None:
            return f"{moment:%Y%m%d}"
        return f"{moment.replace(tzinfo=ZoneInfo(ZONES[self.tzid])).astimezone(ZoneInfo('UTC')):%Y%m%dT%H%M%SZ}"

    def dates(self, rule: str, start: datetime) -> list[datetime]:
        """Return the local starts of a rule, by dateutil."""
        zone = ZoneInfo(ZONES[self.tzid]) if self.tzid else None
        return [one.replace(tzinfo=None) for one in rrulestr(rule, dtstart=start.replace(tzinfo=zone))]


def foreign_series(chance: Random, number: int) -> str:
    """Return one series with its changed dates, as components of a file."""
    clock = Clock(chance.choice([*ZONES, None]))
    start = FIRST_DAY + chance.randrange(DAYS) * A_DAY
    if clock.tzid:
        start += timedelta(hours=chance.randint(6, 17), minutes=chance.choice([0, 15, 30]))
    length = chance.randint(1, 3) * A_DAY if clock.tzid is None else chance.randint(1, 16) * timedelta(minutes=15)
    pattern = _pattern(chance, start)
    rule = _spelled(chance, [*pattern, _end(chance, pattern[0], start, clock)])
    starts = clock.dates(rule, start)
    left_out, changed = _picked(chance, starts)
    extra = [start + days * A_DAY for days in (1_690, 1_700) if chance.random() < 0.2]
    left_out += extra[1:]
    changed += [start + 1_695 * A_DAY] if chance.random() < 0.1 else []
    head = [f"UID:series-{number}@elsewhere.example", f"SUMMARY:Series {number}", "STATUS:CONFIRMED"]
    lines = [
        *head,
        clock.line("DTSTART", start),
        clock.line("DTEND", start + length),
        f"RRULE:{rule}",
        *([clock.line("EXDATE", *left_out)] if left_out else []),
        *([clock.line("RDATE", *extra)] if extra else []),
    ]
    return "\r\n".join([_component(lines), *(_change(chance, clock, head, one, length) for one in changed)])


def _pattern(chance: Random, start: datetime) -> list[str]:
    """Return the parts of a rule of which `start` is a date."""
    own = CODES[start.weekday()]
    match chance.choice(["DAILY", "WORKDAYS", "WEEKLY", "WEEKLY", "WEEKLY", "MONTHLY", "YEARLY"]):
        case "DAILY":
            return ["FREQ=DAILY", *_interval(chance, 9)]
        case "WORKDAYS":
            return ["FREQ=DAILY", f"BYDAY={','.join(sorted({*WORKDAYS, own}))}"]
        case "WEEKLY":
            days = {own, *chance.sample(CODES, chance.randint(0, 3))}
            by_day = [f"BYDAY={','.join(sorted(days))}"] if len(days) > 1 or chance.random() < 0.5 else []
            return ["FREQ=WEEKLY", *_interval(chance, 5), *by_day, *_week_start(chance)]
        case "MONTHLY":
            return ["FREQ=MONTHLY", *_interval(chance, 3), *_day_of_month(chance, start, is_yearly=False)]
        case _:
            return ["FREQ=YEARLY", f"BYMONTH={start.month}", *_day_of_month(chance, start, is_yearly=True)]


def _interval(chance: Random, most: int) -> list[str]:
    return [f"INTERVAL={chance.randint(1, most)}"] if chance.random() < 0.7 else []


def _week_start(chance: Random) -> list[str]:
    """Return no part as often as one: then weeks start on Monday."""
    return [f"WKST={chance.choice(CODES)}"] if chance.random() < 0.5 else []


def _day_of_month(chance: Random, start: datetime, *, is_yearly: bool) -> list[str]:
    """Return a day of the month in one of its spellings; "2TU" and "TU" with BYSETPOS=2 are the same."""
    own, nth = CODES[start.weekday()], (start.day + 6) // 7
    is_last_week, is_last_day = (start + 7 * A_DAY).month != start.month, (start + A_DAY).day == 1
    places = [place for place, is_there in ((nth, nth <= 4), (-1, is_last_week)) if is_there]
    spellings = [one for place in places for one in ([f"BYDAY={place}{own}"], [f"BYDAY={own}", f"BYSETPOS={place}"])]
    if start.day <= 28:
        spellings += [[f"BYMONTHDAY={start.day}"], []]
    if is_last_day and not is_yearly:
        spellings.append(["BYMONTHDAY=-1"])
    return chance.choice(spellings)


def _end(chance: Random, frequency: str, start: datetime, clock: Clock) -> str:
    """Return an end that lies within the five years of the longest series."""
    if chance.random() < 0.5:
        return f"COUNT={chance.randint(2, LONGEST[frequency])}"
    return f"UNTIL={clock.until(start + chance.randint(0, 200) * A_DAY)}"


def _spelled(chance: Random, parts: list[str]) -> str:
    """Return a rule with its parts in any order after FREQ."""
    rest = parts[1:]
    chance.shuffle(rest)
    return ";".join([parts[0], *rest])


def _picked(chance: Random, starts: Sequence[datetime]) -> tuple[list[datetime], list[datetime]]:
    """Return dates to leave out and others to change; the first one stays."""
    later = list(starts[1:])
    chance.shuffle(later)
    left_out, changed = (chance.randint(0, min(2, len(later) // 3)) for _ in range(2))
    return later[:left_out], later[left_out : left_out + changed]


def _change(chance: Random, clock: Clock, head: Sequence[str], start: datetime, length: timedelta) -> str:
    named = clock.line("RECURRENCE-ID", start)
    if chance.random() < 0.3:
        return _component([head[0], head[1], "STATUS:CANCELLED", named, clock.line("DTSTART", start)])
    moved = start + chance.randint(1, 3) * (A_DAY if clock.tzid is None else timedelta(minutes=45))
    title = f"{head[1]}, moved"
    return _component(
        [head[0], title, head[2], named, clock.line("DTSTART", moved), clock.line("DTEND", moved + length)]
    )


def _component(lines: Sequence[str]) -> str:
    return "\r\n".join(["BEGIN:VEVENT", *lines, "DTSTAMP:20261201T000000Z", "END:VEVENT"])
