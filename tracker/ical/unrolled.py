"""The dates that any RRULE gives within a window (RFC 5545 §3.3.10), even for rules that the product does not support.

Periods (days, weeks, months, years) are visited in order, and the matching days of each are picked. The cost is that of
the window, or with COUNT that of the years before it, and a budget limits a whole calendar. Why not dateutil, which
can't be stopped between two dates: docs/decisions/0005-dependencies.md.
"""

from calendar import monthrange
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from itertools import count
from typing import NamedTuple

from msgspec import Struct

from tracker.errors import Invalid, TooLarge
from tracker.ical.foreign_rules import CODES, READ

MOST_VALUES = 31  # in one part of a rule
NOT_READ = "We can't read its repeat pattern."
LAST_DAY = date(2100, 12, 31)
A_DAY = timedelta(days=1)

Until = Callable[[str], datetime]
Parts = Mapping[str, str]


class Budget:
    """How many days the series of one calendar may step through together."""

    def __init__(self, days: int) -> None:
        self._left = days

    def pay(self, days: int) -> None:
        """Spend some days. Errors: TooLarge when none are left."""
        self._left -= days
        if self._left < 0:
            raise TooLarge("The calendar has more series than we can read.")


class _Nth(NamedTuple):
    """A weekday and its ordinal in the month or year; 0 = each."""

    nth: int
    weekday: int


class _Rule(Struct, frozen=True, kw_only=True):
    frequency: str
    interval: int
    count: int | None
    until: datetime | None
    weekdays: tuple[_Nth, ...]
    monthdays: tuple[int, ...]
    months: tuple[int, ...]
    places: tuple[int, ...]
    week_starts: int


def starts_between(
    text: str, first: datetime, window: tuple[date, date], until: Until, budget: Budget
) -> list[datetime]:
    """Return the local starts (naive) of a series that begins at `first`, on the days of a window, both ends included.

    `until` reads the value of UNTIL as a local time. Errors: Invalid for an unsupported rule, such as an hourly one;
    TooLarge.
    """
    rule, (start, end) = _rule(text, first, until), window
    if rule.until and rule.until.date() < start:
        return []
    found = []
    for number, day in enumerate(_days(rule, first.date(), window, budget)):
        one = datetime.combine(day, first.time())
        if (rule.count and number >= rule.count) or (rule.until and one > rule.until) or day > end:
            break
        if day >= start:
            found.append(one)
    return found


def _days(rule: _Rule, first: date, window: tuple[date, date], budget: Budget) -> Iterator[date]:
    """Yield the days of a rule in order: from `first` on when they are counted, else from just before the window."""
    skipped = 0 if rule.count else max(0, _periods_before(rule, first, window[0]) // rule.interval - 1)
    for number in count(skipped * rule.interval, rule.interval):
        period = _period(rule, first, number)
        if not period or period[0] > window[1]:
            return
        budget.pay(len(period))
        yield from (day for day in _picked(rule, period) if day >= first)


def _periods_before(rule: _Rule, first: date, day: date) -> int:
    match rule.frequency:
        case "DAILY":
            return (day - first).days
        case "WEEKLY":
            return (day - first).days // 7
        case "MONTHLY":
            return (day.year - first.year) * 12 + day.month - first.month
        case _:
            return day.year - first.year


def _period(rule: _Rule, first: date, number: int) -> Sequence[date]:
    """Return the days of the period that many periods after that of `first`; none after the last year."""
    try:
        match rule.frequency:
            case "DAILY":
                begins, ends = first + number * A_DAY, first + (number + 1) * A_DAY
            case "WEEKLY":
                begins = first - (first.weekday() - rule.week_starts) % 7 * A_DAY + 7 * number * A_DAY
                ends = begins + 7 * A_DAY
            case "MONTHLY":
                years, month = divmod(first.month - 1 + number, 12)
                begins = date(first.year + years, month + 1, 1)
                ends = begins + monthrange(begins.year, begins.month)[1] * A_DAY
            case _:
                begins, ends = date(first.year + number, 1, 1), date(first.year + number + 1, 1, 1)
    except (ValueError, OverflowError):
        return ()
    return [begins + passed * A_DAY for passed in range((ends - begins).days)] if begins <= LAST_DAY else ()


def _picked(rule: _Rule, period: Sequence[date]) -> list[date]:
    days = [day for day in period if _fits(rule, day)]
    if not rule.places:
        return days
    places = {place - 1 if place > 0 else len(days) + place for place in rule.places}
    return [day for number, day in enumerate(days) if number in places]


def _fits(rule: _Rule, day: date) -> bool:
    if rule.months and day.month not in rule.months:
        return False
    length = monthrange(day.year, day.month)[1]
    if rule.monthdays and not {day.day, day.day - length - 1} & set(rule.monthdays):
        return False
    return not rule.weekdays or any(_is_weekday(rule, one, day, length) for one in rule.weekdays)


def _is_weekday(rule: _Rule, one: _Nth, day: date, length: int) -> bool:
    if day.weekday() != one.weekday:
        return False
    if rule.frequency == "YEARLY" and not rule.months:
        passed, length = day.timetuple().tm_yday, (date(day.year + 1, 1, 1) - date(day.year, 1, 1)).days
    else:
        passed = day.day
    return one.nth in (0, (passed + 6) // 7, -((length - passed) // 7 + 1))


def _rule(text: str, first: datetime, until: Until) -> _Rule:
    """Read a rule, with the defaults from its first date. Errors: Invalid."""
    parts = _parts(text)
    frequency, weekdays = parts.get("FREQ", ""), _weekdays(parts)
    monthdays, months = _numbers(parts, "BYMONTHDAY", 31), _numbers(parts, "BYMONTH", 12)
    if frequency == "WEEKLY" and not weekdays:
        weekdays = (_Nth(0, first.weekday()),)
    if frequency == "YEARLY" and not months and not (weekdays and not monthdays):
        months = (first.month,) if not monthdays else tuple(range(1, 13))
    if frequency in ("MONTHLY", "YEARLY") and not weekdays and not monthdays:
        monthdays = (first.day,)
    return _Rule(
        frequency=frequency,
        interval=_number(parts, "INTERVAL") or 1,
        count=_number(parts, "COUNT"),
        until=until(parts["UNTIL"]) if "UNTIL" in parts else None,
        weekdays=weekdays,
        monthdays=monthdays,
        months=months,
        places=_numbers(parts, "BYSETPOS", 366),
        week_starts=CODES.index(parts["WKST"]) if parts.get("WKST") in CODES else 0,
    )


def _parts(text: str) -> Parts:
    parts = {}
    for piece in text.rstrip(";").split(";"):
        name, _, value = piece.partition("=")
        parts[name.strip().upper()] = value.strip().upper()
    frequency = parts.get("FREQ", "")
    if set(parts) - READ or frequency not in ("DAILY", "WEEKLY", "MONTHLY", "YEARLY"):
        raise Invalid(NOT_READ)
    if frequency in ("DAILY", "WEEKLY") and any(piece.lstrip("+-")[:1].isdigit() for piece in _listed(parts, "BYDAY")):
        raise Invalid(NOT_READ)
    return parts


def _listed(parts: Parts, name: str) -> list[str]:
    found = [piece for piece in parts.get(name, "").split(",") if piece]
    if len(found) > MOST_VALUES:
        raise Invalid(NOT_READ)
    return found


def _weekdays(parts: Parts) -> tuple[_Nth, ...]:
    found = []
    for piece in _listed(parts, "BYDAY"):
        number, code = piece[:-2], piece[-2:]
        if code not in CODES:
            raise Invalid(NOT_READ)
        found.append(_Nth(_whole(number, 53) if number else 0, CODES.index(code)))
    return tuple(found)


def _numbers(parts: Parts, name: str, largest: int) -> tuple[int, ...]:
    return tuple(_whole(piece, largest) for piece in _listed(parts, name))


def _number(parts: Parts, name: str) -> int | None:
    return abs(_whole(parts[name], 100_000)) if name in parts else None


def _whole(text: str, largest: int) -> int:
    digits = text.removeprefix("+").removeprefix("-")
    is_number = digits.isascii() and digits.isdigit() and len(digits) <= 6 and 1 <= int(digits) <= largest  # noqa: PLR2004 - digits
    if not is_number:
        raise Invalid(NOT_READ)
    return -int(digits) if "-" in text else int(digits)
