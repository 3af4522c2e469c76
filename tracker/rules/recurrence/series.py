"""Series: from the choices of a form to a rule, its dates, its RRULE, and its words in form, page, email, and history.

A rule is only what Outlook and RFC 5545 read alike, and it always has an end. A monthly rule has no day 29, 30 or 31:
RFC 5545 skips the months without that day, Outlook moves to their last day. "The last day" (BYMONTHDAY=-1) means the
same to both ([MS-OXCICAL] §2.1.3.2.2.3). Dates come by plain arithmetic on local dates: the cost grows with their
number, and is bounded. Of RRULE values (RFC 5545 §3.3.10), only the tracker's own spelling is read.
"""

import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from itertools import count, islice, takewhile

from msgspec import Struct
from msgspec.structs import force_setattr, replace

from tracker.errors import Invalid
from tracker.rules.core.wording import (
    FIRST_YEAR,
    LAST_YEAR,
    MONTHS,
    WEEKDAYS,
    Worded,
    clock,
    long_day,
    short_date,
    short_weekday_date,
    time_range,
    to_local,
    to_utc,
    zone_word,
)

MAX_DATES = 1_000
"""By its rule or added to it; canceled ones count too."""
MAX_YEARS = 5
MONDAY, SUNDAY = 0, 6
"""Weeks start on Sunday unless a series says otherwise, as on the calendar page; in RFC 5545, on Monday."""
CODES = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
"""The days of a week in RRULE, Monday first."""
LAST = -1
"""As `nth`, the last such weekday; as `monthday`, the last day of the month."""

_FIFTH = 5


class Frequency(Worded):
    """The unit in which a series repeats, the most of them from one date to the next, and how long one is at most."""

    def __init__(self, _value: str, _label: str = "", most: int = 0, length: timedelta = timedelta(0)) -> None:
        self.most, self.length = most, length

    DAILY = "daily", "day", 400, timedelta(days=1)
    WEEKLY = "weekly", "week", 52, timedelta(days=7)
    MONTHLY = "monthly", "month", 24, timedelta(days=31)
    YEARLY = "yearly", "year", MAX_YEARS, timedelta(days=366)


class Rule(Struct, frozen=True, kw_only=True):
    """How a series repeats and when it ends; valid by construction, else Invalid by field."""

    frequency: Frequency
    interval: int = 1
    weekdays: tuple[int, ...] = ()
    """The days of a weekly series, Monday = 0; sorted, each once."""
    week_starts: int = SUNDAY
    """The first day of its weeks (WKST), Monday = 0; where it makes no difference, Sunday."""
    monthday: int | None = None
    """Day of the month: 1 to 28 or LAST; in a yearly series any day that the month has every year."""
    nth: int | None = None
    """Which `weekday` of the month: 1 to 4 or LAST."""
    weekday: int | None = None
    month: int | None = None
    """Yearly only, 1 to 12."""
    until: date | None = None
    """The last local date that may belong to the series; either this or `count`."""
    count: int | None = None

    def __post_init__(self) -> None:
        """Sort the weekdays and refuse an invalid rule."""
        force_setattr(self, "weekdays", tuple(sorted(set(self.weekdays))))
        order = in_week_order(self.weekdays, self.week_starts)
        is_plain = (day for day in (SUNDAY, MONDAY) if self.interval == 1 or in_week_order(self.weekdays, day) == order)
        force_setattr(self, "week_starts", next(is_plain, self.week_starts))
        if not 1 <= self.interval <= self.frequency.most:
            raise Invalid(interval=f"Choose a number of {self.frequency.label}s from 1 to {self.frequency.most}.")
        _check_known_traps(self)
        if not _is_sound(self):
            raise Invalid(repeat="Calendar apps don’t agree on this repeat pattern. Choose another one.")
        if (self.until is None) == (self.count is None):
            raise Invalid(until="Enter either the last date or the number of dates.")
        if self.count is not None and not 1 <= self.count <= MAX_DATES:
            raise Invalid(count=f"Choose a number of dates from 1 to {MAX_DATES:,}.")


def check_number_of_dates(number: int) -> None:
    """Raise `Invalid` for a series with more dates than one may have, those that were added to it included."""
    if number > MAX_DATES:
        raise Invalid(
            date=f"A series can have at most {MAX_DATES:,} dates, and this one would have {number:,}. "
            "End it earlier, or split it into two series."
        )


def in_week_order(weekdays: Iterable[int], week_starts: int) -> tuple[int, ...]:
    """Return days of the week (Monday = 0) in the order of a week that starts on `week_starts`."""
    return tuple(sorted(weekdays, key=lambda day: (day - week_starts) % 7))


def nth_weekday(year: int, month: int, weekday: int, nth: int) -> date:
    """Return the nth (1 to 4, or LAST) weekday (Monday = 0) of a month."""
    edge = last_day_of_month(year, month) if nth == LAST else date(year, month, 7 * nth)
    return edge - timedelta(days=(edge.weekday() - weekday) % 7)


def last_day_of_month(year: int, month: int) -> date:
    """Return the last day of a month."""
    return date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)


def _check_known_traps(rule: Rule) -> None:
    if rule.frequency is Frequency.WEEKLY and not rule.weekdays:
        raise Invalid(weekdays="Choose at least one day of the week.")
    if rule.nth == _FIFTH and rule.weekday is not None and rule.weekday in range(7):
        name = WEEKDAYS[rule.weekday]
        raise Invalid(repeat=f"Not every month has a fifth {name}. Choose the last {name}.")
    if rule.frequency is Frequency.MONTHLY and rule.monthday in (29, 30, 31):
        raise Invalid(repeat=f"Not every month has a day {rule.monthday}. Choose the last day or a weekday.")
    if rule.frequency is Frequency.YEARLY and (rule.month, rule.monthday) == (2, 29):
        raise Invalid(repeat="Not every year has a February 29. Choose February 28 or a weekday.")


def _is_sound(rule: Rule) -> bool:
    if rule.frequency is Frequency.DAILY:
        return _is_every_day(rule) and not rule.weekdays
    if rule.frequency is Frequency.WEEKLY:
        return _is_every_day(rule) and {*rule.weekdays, rule.week_starts} <= set(range(7))
    is_yearly, is_of_month = rule.frequency is Frequency.YEARLY, rule.month in range(1, 13)
    days = (
        range(1, last_day_of_month(2001, rule.month).day + 1) if is_of_month and rule.month else (LAST, *range(1, 29))
    )
    is_by_weekday = rule.nth in (LAST, 1, 2, 3, 4) and rule.weekday in range(7) and rule.monthday is None
    is_by_monthday = rule.monthday in days and rule.nth is rule.weekday is None
    has_its_month = is_of_month if is_yearly else rule.month is None
    return has_its_month and not rule.weekdays and (is_by_weekday or is_by_monthday)


def _is_every_day(rule: Rule) -> bool:
    return rule.monthday is rule.nth is rule.weekday is rule.month is None


ONE_DAY = timedelta(days=1)


class RepeatChoice(StrEnum):
    """The choices of the form; day, weekday and month of a choice are those of the first date."""

    NONE = "none"
    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY_DAY = "monthly_day"
    MONTHLY_LAST_DAY = "monthly_last_day"
    MONTHLY_NTH = "monthly_nth"
    MONTHLY_LAST = "monthly_last"
    YEARLY = "yearly"
    YEARLY_NTH = "yearly_nth"
    YEARLY_LAST = "yearly_last"


def rule_for_choice(
    choice: str,
    start: datetime,
    *,
    interval: int = 1,
    weekdays: Iterable[int] = (),
    week_starts: int = SUNDAY,
    until: date | None = None,
    count: int | None = None,
) -> Rule | None:
    """Return the rule of a `RepeatChoice` for a series whose first date is `start` (naive); None for a single event.

    A weekly series without weekdays takes the day of `start`; one of every few weeks counts weeks from `week_starts`
    (Monday = 0). Without an end the series lasts a year (a monthly one twelve months), a yearly one five; `until`
    becomes the last date of the series. Errors: Invalid by repeat, interval, weekdays, until, count or date.
    """
    if choice not in set(RepeatChoice):
        raise Invalid(repeat="Choose how the event repeats.")
    check_start(start)
    if choice == RepeatChoice.NONE:
        return None
    unit, _, where = choice.partition("_")
    frequency = Frequency(unit)
    day = start.date()
    is_yearly, is_monthly = frequency is Frequency.YEARLY, frequency is Frequency.MONTHLY
    if until is None and count is None:
        until = day_years_after(day - ONE_DAY, MAX_YEARS if is_yearly else 1)
        if is_monthly:  # to the end of its twelfth month, which may have a later weekday
            until = day_years_after(day.replace(day=1), 1) - ONE_DAY
    nth = {"nth": (day.day + 6) // 7, "last": LAST}.get(where)
    rule = Rule(
        frequency=frequency,
        interval=interval,
        until=until,
        count=count,
        weekdays=tuple(weekdays) or (day.weekday(),) if frequency is Frequency.WEEKLY else (),
        week_starts=week_starts,
        monthday=(LAST if where == "last_day" else day.day) if nth is None and (is_monthly or is_yearly) else None,
        nth=nth,
        weekday=day.weekday() if nth is not None else None,
        month=day.month if is_yearly else None,
    )
    last = dates_by_rule(rule, start)[-1].date()
    return replace(rule, until=last) if until else rule


def choice_of(rule: Rule) -> RepeatChoice:
    """Return the choice that gives this rule."""
    if rule.frequency in (Frequency.DAILY, Frequency.WEEKLY):
        return RepeatChoice(rule.frequency.value)
    if rule.nth is not None:
        return RepeatChoice(f"{rule.frequency}_{'last' if rule.nth == LAST else 'nth'}")
    if rule.frequency is Frequency.YEARLY:
        return RepeatChoice.YEARLY
    return RepeatChoice.MONTHLY_LAST_DAY if rule.monthday == LAST else RepeatChoice.MONTHLY_DAY


CACHED = 64  # series whose dates are remembered: one page or change asks for them several times


@lru_cache(CACHED)
def dates_by_rule(rule: Rule | None, start: datetime, limit: int = MAX_DATES) -> tuple[datetime, ...]:
    """Return all local starts (naive) of a series, `start` first; only `start` without a rule.

    Nothing is cut off silently: Invalid(date) when the start does not fit the rule, Invalid(until) or Invalid(count)
    when the series would end before it starts, exceed five years, or have more than `limit` dates.
    """
    check_start(start)
    if rule is None:
        return (start,)
    first = start.date()
    if rule.until and rule.until < first:
        raise Invalid(until="The series ends before it starts.")
    latest = day_years_after(first, MAX_YEARS)
    if rule.until and rule.until > latest:
        raise Invalid(until=f"A series can last at most {MAX_YEARS} years. End it by {short_date(latest)}.")
    fitting = next(_days(replace(rule, interval=1), first))
    if fitting != first:
        raise Invalid(
            date=f"{short_weekday_date(first)} isn’t a date of this series. "
            f"The first date that fits is {short_weekday_date(fitting)}."
        )
    end = rule.until or latest
    days = tuple(islice(takewhile(lambda day: day <= end, _days(rule, first)), rule.count or limit + 1))
    if rule.count and len(days) < rule.count:
        raise Invalid(count=f"A series can last at most {MAX_YEARS} years. Choose at most {len(days):,} dates.")
    if len(days) > limit:
        sentence = f"A series can have at most {limit:,} dates. End it by {short_date(days[limit - 1])}."
        raise Invalid(**{"count" if rule.count else "until": sentence})
    return tuple(datetime.combine(day, start.time()) for day in days)


def until_before(rule: Rule, start: datetime, *, split: datetime) -> Rule:
    """Return the rule that ends a series before the local start `split`. Errors: Invalid(date) when no date is left."""
    kept = [moment for moment in dates_by_rule(rule, start) if moment < split]
    if not kept:
        raise Invalid(date="This is the first date of the series. Change the whole series instead.")
    return replace(rule, until=kept[-1].date(), count=None)


def check_start(start: datetime) -> None:
    """Raise Invalid(date) for a first date outside the years in which a series may start."""
    if start.tzinfo is not None:
        raise ValueError("a series starts at a naive local time: its zone comes beside it")
    if not FIRST_YEAR <= start.year <= LAST_YEAR - MAX_YEARS:
        raise Invalid(date=f"Choose a date between {FIRST_YEAR} and {LAST_YEAR - MAX_YEARS}.")


def day_years_after(day: date, years: int) -> date:
    """Return the same day some years later; February 28 for a February 29 that the year does not have."""
    is_leap_day = (day.month, day.day) == (2, 29)
    return last_day_of_month(day.year + years, 2) if is_leap_day else day.replace(year=day.year + years)


def _days(rule: Rule, first: date) -> Iterator[date]:
    """Yield the dates of the pattern on and after `first`, without end."""
    days: Iterator[date]
    if rule.frequency is Frequency.DAILY:
        days = (first + timedelta(days=number) for number in count(step=rule.interval))
    elif rule.frequency is Frequency.WEEKLY:
        week = first - timedelta(days=(first.weekday() - rule.week_starts) % 7)
        offsets = [(day - rule.week_starts) % 7 for day in in_week_order(rule.weekdays, rule.week_starts)]
        days = (week + timedelta(days=7 * weeks + day) for weeks in count(step=rule.interval) for day in offsets)
    else:
        step = rule.interval * (12 if rule.frequency is Frequency.YEARLY else 1)
        months = count(first.year * 12 + (rule.month or first.month) - 1, step)
        days = (_day_in_month(rule, month // 12, month % 12 + 1) for month in months)
    return (day for day in days if day >= first)


def _day_in_month(rule: Rule, year: int, month: int) -> date:
    if rule.nth is not None and rule.weekday is not None:
        return nth_weekday(year, month, rule.weekday, rule.nth)
    if rule.monthday is None or rule.monthday == LAST:
        return last_day_of_month(year, month)
    return date(year, month, rule.monthday)


_LONGEST_COUNT = 999  # [MS-OXCICAL] §2.1.3.2.2 reads at most three digits
_SPELLING = re.compile(
    r"(?P<pattern>FREQ=(?P<frequency>DAILY|WEEKLY|MONTHLY|YEARLY)"
    r"(;INTERVAL=(?P<interval>[0-9]{1,3}))?"
    r"(;BYMONTH=(?P<month>[0-9]{1,2}))?"
    r"(;BYMONTHDAY=(?P<monthday>-1|[0-9]{1,2}))?"
    r"(;BYDAY=((?P<nth>-1|[1-4])(?P<weekday>[A-Z]{2})|(?P<weekdays>[A-Z]{2}(,[A-Z]{2}){0,6})))?"
    r"(;WKST=(?P<week_starts>[A-Z]{2}))?)"
    r";(COUNT=(?P<count>[0-9]{1,3})|UNTIL=(?P<until>[0-9]{8}(T[0-9]{6}Z)?))",
    re.ASCII,
)


def to_rrule(rule: Rule, start: datetime, zone: str | None) -> str:
    """Return the RRULE value of a series; `zone` is None for all-day events, whose UNTIL is a date.

    UNTIL is the last start of the series itself, in UTC if there is a zone, so that no reader loses or adds a date.
    Errors as in `dates_by_rule`, and Invalid(zone).
    """
    last = dates_by_rule(rule, start)[-1]
    if rule.count and rule.count <= _LONGEST_COUNT:
        return f"{_pattern(rule)};COUNT={rule.count}"
    until = f"{last:%Y%m%d}" if zone is None else f"{to_utc(last, zone):%Y%m%dT%H%M%SZ}"
    return f"{_pattern(rule)};UNTIL={until}"


def from_rrule(text: str, zone: str | None) -> Rule:
    """Return the rule of an RRULE value that `to_rrule` wrote for this zone. Errors: Invalid(repeat) for other text."""
    match, rule = _SPELLING.fullmatch(text), None
    with suppress(Invalid, ValueError):
        rule = match and Rule(
            frequency=Frequency(match["frequency"].lower()),
            interval=_number_in(match["interval"]) or 1,
            weekdays=tuple(CODES.index(code) for code in (match["weekdays"] or "").split(",") if code),
            week_starts=CODES.index(match["week_starts"] or CODES[MONDAY]),
            monthday=_number_in(match["monthday"]),
            nth=_number_in(match["nth"]),
            weekday=CODES.index(match["weekday"]) if match["weekday"] else None,
            month=_number_in(match["month"]),
            until=_last_date(match["until"], zone) if match["until"] else None,
            count=_number_in(match["count"]),
        )
    if match is None or rule is None or _pattern(rule) != match["pattern"]:
        raise Invalid(repeat="The tracker doesn’t support this repeat pattern.")
    return rule


def _pattern(rule: Rule) -> str:
    parts = [f"FREQ={rule.frequency.upper()}"]
    if rule.interval > 1:
        parts.append(f"INTERVAL={rule.interval}")
    if rule.month:
        parts.append(f"BYMONTH={rule.month}")
    if rule.monthday:
        parts.append(f"BYMONTHDAY={rule.monthday}")
    if rule.weekdays:
        parts.append(f"BYDAY={','.join(CODES[day] for day in rule.weekdays)}")
    if rule.nth and rule.weekday is not None:
        parts.append(f"BYDAY={rule.nth}{CODES[rule.weekday]}")
    if rule.interval > 1 and in_week_order(rule.weekdays, rule.week_starts) != in_week_order(rule.weekdays, MONDAY):
        parts.append(f"WKST={CODES[rule.week_starts]}")  # without it, weeks start on Monday
    return ";".join(parts)


def _number_in(digits: str | None) -> int | None:
    return int(digits) if digits else None


def _last_date(until: str, zone: str | None) -> date:
    if zone is None:
        return datetime.strptime(until, "%Y%m%d").replace(tzinfo=UTC).date()
    return to_local(datetime.strptime(until, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC), zone).date()


ANY_DISTANCE = timedelta.max
ONLY_ON_ITS_DAY = timedelta(0)


def reach_of_matches(before: Rule, after: Rule | None) -> timedelta:
    """Return how far from its day a date may go: less than one interval, if both rules have the same rhythm.

    The same rhythm means as many dates in as many days, weeks, months or years: from Wednesdays to Thursdays, from the
    first Monday to the last Friday. Between any other two rules no date corresponds to another by its place in order,
    so a date stays on its day, or is not in the new rule.
    """
    rhythms = {(rule.frequency, rule.interval, len(rule.weekdays)) for rule in (before, after) if rule}
    if after is None or len(rhythms) > 1:
        return ONLY_ON_ITS_DAY
    return before.frequency.length * before.interval


def match_starts(
    before: Iterable[datetime], added: Iterable[datetime], after: Iterable[datetime], within: timedelta
) -> dict[datetime, datetime]:
    """Return the new local start for each earlier one that has a successor.

    A date that has a new one on its day stays on its day. The others follow in order, each to the next free one less
    than `within` away. Dates in `added` are those that people added beside the rule: they stay on their day only.
    """
    by_rule, beside, new = sorted(before), sorted(added), sorted(after)
    on_day = {start.date(): start for start in new}
    kept = {start: on_day[start.date()] for start in (*beside, *by_rule) if start.date() in on_day}
    left = [start for start in by_rule if start not in kept]
    taken = set(kept.values())
    free = [start for start in new if start not in taken]
    here, there = 0, 0
    while here < len(left) and there < len(free):
        was, becomes = left[here], free[there]
        if abs(becomes.date() - was.date()) < within:
            kept[was] = becomes
            here, there = here + 1, there + 1
        elif becomes < was:
            there += 1
        else:
            here += 1
    return kept


_ORDINALS = {1: "first", 2: "second", 3: "third", 4: "fourth", LAST: "last"}
_WORKDAYS = (0, 1, 2, 3, 4)


def series_sentence(
    rule: Rule | None, start: datetime, duration: timedelta, zone: str, *, is_all_day: bool = False
) -> str:
    """Return when an event takes place, as one sentence.

    `start` is naive in `zone`; `duration` is on the wall clock. Errors as in `dates_by_rule`, and Invalid(zone).
    """
    all_dates = dates_by_rule(rule, start)
    if rule is None:
        end, last = start + duration, start + timedelta(days=max(1, duration.days) - 1)
        if is_all_day:
            once = f"{long_day(start)} – {long_day(last)}" if last != start else long_day(start)
            return f"Happens once: {once}, all day."
        if start.date() == end.date():
            return f"Happens once: {long_day(start)}, {time_range(start, end, zone_word(zone))}."
        ends = f"{long_day(end)}, {clock(end)} {zone_word(zone)}"
        return f"Happens once: {long_day(start)}, {clock(start)} – {ends}."
    times = "once" if len(all_dates) == 1 else f"{len(all_dates):,} times"
    repeated = pattern_and_hours(rule, start, duration, zone, is_all_day=is_all_day)
    return f"{repeated}, until {short_date(all_dates[-1])} ({times})."


def pattern_and_hours(rule: Rule, start: datetime, duration: timedelta, zone: str, *, is_all_day: bool) -> str:
    """Return how a series repeats and at which hours, without its end; arguments as in `series_sentence`."""
    days = max(1, duration.days)
    all_day = "all day" if days == 1 else f"all day for {days} days"
    hours = all_day if is_all_day else time_range(start, start + duration, zone_word(zone))
    return f"{pattern_words(rule)}, {hours}"


def pattern_words(rule: Rule) -> str:
    """Return how a series repeats, without its end: "Every 2 months on the second Thursday"."""
    unit = rule.frequency.label
    every = f"Every {unit}" if rule.interval == 1 else f"Every {rule.interval} {unit}s"
    match rule.frequency:
        case Frequency.DAILY:
            return every
        case Frequency.WEEKLY:
            orders = {in_week_order(rule.weekdays, day) for day in (SUNDAY, MONDAY, rule.week_starts)}
            if rule.interval == 1 or len(orders) == 1:
                return f"{every} {_days_of_week(rule.weekdays)}"
            # On which day weeks start decides which dates there are.
            days = _days_of_week(in_week_order(rule.weekdays, rule.week_starts))
            return f"{every} {days} (weeks start on {WEEKDAYS[rule.week_starts]})"
        case Frequency.MONTHLY | Frequency.YEARLY:
            return f"{every} on {_day_of_month(rule)}"


def _days_of_week(weekdays: tuple[int, ...]) -> str:
    if len(weekdays) == len(WEEKDAYS):
        return "on every day"
    if weekdays == _WORKDAYS:
        return "Monday through Friday"
    *most, last = (WEEKDAYS[day] for day in weekdays)
    return f"on {', '.join(most)} and {last}" if most else f"on {last}"


def _day_of_month(rule: Rule) -> str:
    """Return "day 10", "the last day", "the second Thursday"; in a yearly rule "December 10", "… of December"."""
    month = MONTHS[rule.month - 1] if rule.month else ""
    if rule.nth is not None and rule.weekday is not None:
        day = f"the {_ORDINALS[rule.nth]} {WEEKDAYS[rule.weekday]}"
        return f"{day} of {month}" if month else day
    if month:
        return f"{month} {rule.monthday}"
    return "the last day" if rule.monthday == LAST else f"day {rule.monthday}"
