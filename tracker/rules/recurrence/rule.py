"""The rule of a series: only what Outlook and RFC 5545 read alike, and always with an end.

A monthly rule has no day 29, 30 or 31: RFC 5545 skips the months without that day, Outlook moves to their last day.
"The last day" (BYMONTHDAY=-1) means the same to both ([MS-OXCICAL] §2.1.3.2.2.3).
"""

from collections.abc import Iterable
from datetime import date, timedelta
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import force_setattr

from tracker.errors import Invalid
from tracker.rules.core.wording import WEEKDAYS

MAX_DATES = 1_000
"""By its rule or added to it; canceled ones count too."""
MAX_YEARS = 5
MONDAY, SUNDAY = 0, 6
"""Weeks start on Sunday unless a series says otherwise, as on the calendar page; in RFC 5545, on Monday."""
LAST = -1
"""As `nth`, the last such weekday; as `monthday`, the last day of the month."""

_FIFTH = 5


class Frequency(StrEnum):
    """The unit in which a series repeats."""

    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"
    YEARLY = "yearly"


UNITS = {Frequency.DAILY: "day", Frequency.WEEKLY: "week", Frequency.MONTHLY: "month", Frequency.YEARLY: "year"}
MAX_INTERVAL = {Frequency.DAILY: 400, Frequency.WEEKLY: 52, Frequency.MONTHLY: 24, Frequency.YEARLY: MAX_YEARS}
"""Days, weeks, months, years."""


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
        force_setattr(self, "week_starts", _plainest_start(self))
        _check_interval(self)
        _check_known_traps(self)
        if not _is_sound(self):
            raise Invalid(repeat="Calendar apps don’t agree on this repeat pattern. Choose another one.")
        _check_end(self)


def check_number(number: int) -> None:
    """Raise `Invalid` for a series with more dates than one may have, those that were added to it included."""
    if number > MAX_DATES:
        raise Invalid(
            date=f"A series can have at most {MAX_DATES:,} dates, and this one would have {number:,}. "
            "End it earlier, or split it into two series."
        )


def week_start_matters(rule: Rule) -> bool:
    """Return whether a rule has other dates when weeks start on Sunday than when they start on Monday or on its day."""
    orders = {in_week_order(rule.weekdays, day) for day in (SUNDAY, MONDAY, rule.week_starts)}
    return rule.interval > 1 and len(orders) > 1


def in_week_order(weekdays: Iterable[int], week_starts: int) -> tuple[int, ...]:
    """Return days of the week (Monday = 0) in the order of a week that starts on `week_starts`."""
    return tuple(sorted(weekdays, key=lambda day: (day - week_starts) % 7))


def nth_weekday(year: int, month: int, weekday: int, nth: int) -> date:
    """Return the nth (1 to 4, or LAST) weekday (Monday = 0) of a month."""
    edge = last_day(year, month) if nth == LAST else date(year, month, 7 * nth)
    return edge - timedelta(days=(edge.weekday() - weekday) % 7)


def last_day(year: int, month: int) -> date:
    """Return the last day of a month."""
    return date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)


def _plainest_start(rule: Rule) -> int:
    """Return Sunday or Monday where weeks from there give the same dates, so that rules with equal dates are equal."""
    order = in_week_order(rule.weekdays, rule.week_starts)
    is_plain = (day for day in (SUNDAY, MONDAY) if rule.interval == 1 or in_week_order(rule.weekdays, day) == order)
    return next(is_plain, rule.week_starts)


def _check_interval(rule: Rule) -> None:
    most = MAX_INTERVAL[rule.frequency]
    if not 1 <= rule.interval <= most:
        raise Invalid(interval=f"Choose a number of {UNITS[rule.frequency]}s from 1 to {most}.")


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
    if rule.weekdays or not (_is_by_weekday(rule) or _is_by_monthday(rule)):
        return False
    return rule.month in range(1, 13) if rule.frequency is Frequency.YEARLY else rule.month is None


def _is_every_day(rule: Rule) -> bool:
    return rule.monthday is rule.nth is rule.weekday is rule.month is None


def _is_by_weekday(rule: Rule) -> bool:
    return rule.nth in (LAST, 1, 2, 3, 4) and rule.weekday in range(7) and rule.monthday is None


def _is_by_monthday(rule: Rule) -> bool:
    is_yearly = rule.frequency is Frequency.YEARLY and rule.month in range(1, 13)
    allowed = range(1, last_day(2001, rule.month).day + 1) if is_yearly and rule.month else (LAST, *range(1, 29))
    return rule.monthday in allowed and rule.nth is rule.weekday is None


def _check_end(rule: Rule) -> None:
    if (rule.until is None) == (rule.count is None):
        raise Invalid(until="Enter either the last date or the number of dates.")
    if rule.count is not None and not 1 <= rule.count <= MAX_DATES:
        raise Invalid(count=f"Choose a number of dates from 1 to {MAX_DATES:,}.")
