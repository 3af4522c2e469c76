"""Series in plain words: the same in form, page, email and history."""

from datetime import datetime, timedelta

from tracker.rules.core.wording import MONTHS, WEEKDAYS, clock, long_day, short_date, time_range, zone_word
from tracker.rules.recurrence.series import LAST, MONDAY, SUNDAY, Frequency, Rule, dates_by_rule, in_week_order

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
