"""When the owner of a shared calendar is busy, as Outlook, Google, Apple and others publish it; nothing else is read.

The dates of any RRULE within a window (RFC 5545 §3.3.10), even of rules that the product itself does not support.
"""

from calendar import monthrange
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import date, datetime, time, timedelta
from itertools import count
from typing import NamedTuple

from msgspec import Struct

from tracker.errors import Invalid, TooLarge
from tracker.ical.foreign_events import LAST_YEAR, READ, Stamp, Zones, is_canceled, rule_parts, span_of, zones_of
from tracker.ical.lines import Component, Property, components
from tracker.rules.availability.shared_calendars import BusyKind, CalendarSpan, ReadSpan
from tracker.rules.core.wording import to_local, to_utc
from tracker.rules.recurrence.series import CODES

MOST = 20_000  # entries of a calendar
MOST_DAYS = 1_000_000
"""The most days that the series of a calendar step through, which takes seconds; a date found costs `A_DATE` days."""
A_DATE = 10
LONGEST = timedelta(days=31)
"""The longest duration of one date of a series."""
A_DAY = timedelta(days=1)
BUSY_STATUS = {"TENTATIVE": BusyKind.TENTATIVE, "OOF": BusyKind.OUT}
"""X-MICROSOFT-CDO-BUSYSTATUS, which is more specific than STATUS ([MS-OXCICAL] 2.1.3.1.1.20.31)."""
NOT_TAKEN = frozenset({"FREE", "WORKINGELSEWHERE"})


class BusyReading(NamedTuple):
    """The busy times of a calendar's owner, and how many entries could not be read."""

    spans: list[ReadSpan]
    unread: int


def read_busy_times(content: bytes, start: datetime, end: datetime, home: str) -> BusyReading:
    """Return when the owner is busy in [start, end), aware; times without a zone are in the zone `home`.

    Bare periods (VFREEBUSY) count as unread: they have no UID, so this task force's named events would show here.
    Errors: Invalid, TooLarge when the calendar as a whole can't be read.
    """
    held = components(content, MOST)
    reader = _Reader(zones_of(held.zones, home), start, end)
    for event in held.events:
        reader.replace(event)
    for event in held.events:
        reader.take(event)
    return BusyReading(reader.spans, reader.unread + held.others["VFREEBUSY"])


def _uid(component: Component) -> str:
    return component.text("UID")


def _kind(component: Component) -> BusyKind | None:
    """Return how an event makes its owner busy; None when it does not."""
    names = ("TRANSP", "STATUS", "X-MICROSOFT-CDO-BUSYSTATUS")
    says = {name: line.value.upper() for name in names if (line := component.one(name))}
    word = says.get("X-MICROSOFT-CDO-BUSYSTATUS", "")
    if is_canceled(component) or says.get("TRANSP") == "TRANSPARENT" or word in NOT_TAKEN:
        return None
    return BUSY_STATUS.get(word) or (BusyKind.TENTATIVE if says.get("STATUS") == "TENTATIVE" else BusyKind.BUSY)


class _Reader:
    """Reads the entries of one calendar."""

    def __init__(self, zones: Zones, start: datetime, end: datetime) -> None:
        self.zones = zones
        self.start, self.end = start, end
        self.spans: list[ReadSpan] = []
        self.unread = 0
        self._budget = Budget(MOST_DAYS)
        self._replaced: dict[str, set[date | datetime]] = {}

    def replace(self, component: Component) -> None:
        """Record which date of a series a component replaces; `take` counts it when it can't be read."""
        with suppress(Invalid):
            for named in self._days_and_moments(component.all("RECURRENCE-ID")):
                self._replaced.setdefault(_uid(component), set()).add(named)

    def take(self, component: Component) -> None:
        """Read one event, or count it as unread. Errors: TooLarge."""
        try:
            kind = _kind(component)
            if kind is not None:
                self.spans += [ReadSpan(_uid(component), span) for span in self._spans(component, kind)]
        except Invalid:
            self.unread += 1

    def _spans(self, component: Component, kind: BusyKind) -> Iterator[CalendarSpan]:
        """Yield the dates of an event that touch the window, without those that have a component of their own."""
        first = self.zones.start_of(component)
        length = self._length(component, first)
        left_out = set(self._days_and_moments(component.all("EXDATE")))
        replaced = set() if self._is_single(component) else self._replaced.get(_uid(component), set())
        starts = self._starts(component, first, length)
        self._budget.pay(A_DATE * len(starts))
        for start in starts:
            begins = self._moment(start)
            ends = self._moment(start._replace(local=start.local + length)) if start.is_day else begins + length
            is_in_window = self.start < ends > begins < self.end
            if is_in_window and not {begins, start.local.date()} & (left_out | replaced):
                yield CalendarSpan(begins, ends, kind)

    def _starts(self, component: Component, first: Stamp, length: timedelta) -> list[Stamp]:
        extra = self.zones.stamps(component.all("RDATE"))
        rules = component.all("RRULE")
        if not rules:
            return [first, *extra]
        if len(rules) > 1 or "EXRULE" in component.lines or length > LONGEST:
            raise Invalid(NOT_READ)
        zone = self._zone(first)
        begins, ends = (to_local(moment, zone).date() for moment in (self.start - length, self.end))
        moments = starts_between(
            rules[0].value,
            first.local,
            (begins - A_DAY, ends),
            lambda text: self._until(text, first, zone),
            self._budget,
        )
        return list({first: None, **{first._replace(local=local): None for local in moments}, **dict.fromkeys(extra)})

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

    def _length(self, component: Component, first: Stamp) -> timedelta:
        """Return the length of a date: days by the calendar, hours as they elapse (RFC 5545 §3.6.1)."""
        if end := component.one("DTEND"):
            last = self.zones.stamp(end)
            length = last.local - first.local if first.is_day else self._moment(last) - self._moment(first)
        elif duration := component.one("DURATION"):
            length = span_of(duration.value)
        else:
            length = timedelta(0)
        return max(length, A_DAY) if first.is_day else length

    def _is_single(self, component: Component) -> bool:
        """Return whether it replaces one date of a series. Errors: Invalid when it replaces all following dates too."""
        named = component.one("RECURRENCE-ID")
        if named is not None and "RANGE" in named.parameters:
            raise Invalid(NOT_READ)
        return named is not None

    def _zone(self, stamp: Stamp) -> str:
        return stamp.zone or self.zones.home

    def _moment(self, stamp: Stamp) -> datetime:
        return to_utc(stamp.local, self._zone(stamp))


MOST_VALUES = 31  # in one part of a rule
NOT_READ = "We can't read its repeat pattern."
LAST_DAY = date(2100, 12, 31)
ONE_DAY = timedelta(days=1)

Until = Callable[[str], datetime]
UnrolledParts = Mapping[str, str]


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
    moments = []
    for number, day in enumerate(_days(rule, first.date(), window, budget)):
        moment = datetime.combine(day, first.time())
        if (rule.count and number >= rule.count) or (rule.until and moment > rule.until) or day > end:
            break
        if day >= start:
            moments.append(moment)
    return moments


def _days(rule: _Rule, first: date, window: tuple[date, date], budget: Budget) -> Iterator[date]:
    """Yield the days of a rule in order: from `first` on when they are counted, else from just before the window."""
    begins, ends = window
    periods_before = {
        "DAILY": (begins - first).days,
        "WEEKLY": (begins - first).days // 7,
        "MONTHLY": (begins.year - first.year) * 12 + begins.month - first.month,
        "YEARLY": begins.year - first.year,
    }
    skipped = 0 if rule.count else max(0, periods_before[rule.frequency] // rule.interval - 1)
    for number in count(skipped * rule.interval, rule.interval):
        period = _period(rule, first, number)
        if not period or period[0] > ends:
            return
        budget.pay(len(period))
        days = [day for day in period if _fits(rule, day)]
        if rule.places:
            places = {place - 1 if place > 0 else len(days) + place for place in rule.places}
            days = [day for place, day in enumerate(days) if place in places]
        yield from (day for day in days if day >= first)


def _period(rule: _Rule, first: date, number: int) -> Sequence[date]:
    """Return the days of the period that many periods after that of `first`; none after the last year."""
    try:
        match rule.frequency:
            case "DAILY":
                begins, ends = first + number * ONE_DAY, first + (number + 1) * ONE_DAY
            case "WEEKLY":
                begins = first - (first.weekday() - rule.week_starts) % 7 * ONE_DAY + 7 * number * ONE_DAY
                ends = begins + 7 * ONE_DAY
            case "MONTHLY":
                years, month = divmod(first.month - 1 + number, 12)
                begins = date(first.year + years, month + 1, 1)
                ends = begins + monthrange(begins.year, begins.month)[1] * ONE_DAY
            case _:
                begins, ends = date(first.year + number, 1, 1), date(first.year + number + 1, 1, 1)
    except (ValueError, OverflowError):
        return ()
    return [begins + passed * ONE_DAY for passed in range((ends - begins).days)] if begins <= LAST_DAY else ()


def _fits(rule: _Rule, day: date) -> bool:
    if rule.months and day.month not in rule.months:
        return False
    length = monthrange(day.year, day.month)[1]
    if rule.monthdays and not {day.day, day.day - length - 1} & set(rule.monthdays):
        return False
    return not rule.weekdays or any(_is_weekday(rule, weekday, day, length) for weekday in rule.weekdays)


def _is_weekday(rule: _Rule, nth: _Nth, day: date, length: int) -> bool:
    if day.weekday() != nth.weekday:
        return False
    if rule.frequency == "YEARLY" and not rule.months:
        passed, length = day.timetuple().tm_yday, (date(day.year + 1, 1, 1) - date(day.year, 1, 1)).days
    else:
        passed = day.day
    return nth.nth in (0, (passed + 6) // 7, -((length - passed) // 7 + 1))


def _rule(text: str, first: datetime, until: Until) -> _Rule:
    """Read a rule, with the defaults from its first date. Errors: Invalid."""
    parts = rule_parts(text)
    frequency = parts.get("FREQ", "")
    if set(parts) - READ or frequency not in ("DAILY", "WEEKLY", "MONTHLY", "YEARLY"):
        raise Invalid(NOT_READ)
    weekdays = _weekdays(parts)
    if frequency in ("DAILY", "WEEKLY") and any(weekday.nth for weekday in weekdays):
        raise Invalid(NOT_READ)
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


def _listed(parts: UnrolledParts, name: str) -> list[str]:
    texts = [piece for piece in parts.get(name, "").split(",") if piece]
    if len(texts) > MOST_VALUES:
        raise Invalid(NOT_READ)
    return texts


def _weekdays(parts: UnrolledParts) -> tuple[_Nth, ...]:
    weekdays = []
    for piece in _listed(parts, "BYDAY"):
        number, code = piece[:-2], piece[-2:]
        if code not in CODES:
            raise Invalid(NOT_READ)
        weekdays.append(_Nth(_whole(number, 53) if number else 0, CODES.index(code)))
    return tuple(weekdays)


def _numbers(parts: UnrolledParts, name: str, largest: int) -> tuple[int, ...]:
    return tuple(_whole(piece, largest) for piece in _listed(parts, name))


def _number(parts: UnrolledParts, name: str) -> int | None:
    return abs(_whole(parts[name], 100_000)) if name in parts else None


def _whole(text: str, largest: int) -> int:
    digits = text.removeprefix("+").removeprefix("-")
    is_number = digits.isascii() and digits.isdigit() and len(digits) <= 6 and 1 <= int(digits) <= largest  # noqa: PLR2004 - digits
    if not is_number:
        raise Invalid(NOT_READ)
    return -int(digits) if "-" in text else int(digits)
