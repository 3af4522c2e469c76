"""Rules as RRULE values (RFC 5545 §3.3.10) and back; only the tracker's own spelling is read."""

import re
from datetime import UTC, date, datetime

from tracker.errors import Invalid
from tracker.rules.core.wall_clock import to_local, to_utc
from tracker.rules.recurrence.dates import dates
from tracker.rules.recurrence.rule import MONDAY, Frequency, Rule, in_week_order

_CODES = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
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
    Errors as in `dates`, and Invalid(zone).
    """
    last = dates(rule, start)[-1]
    if rule.count and rule.count <= _LONGEST_COUNT:
        return f"{_pattern(rule)};COUNT={rule.count}"
    until = f"{last:%Y%m%d}" if zone is None else f"{to_utc(last, zone):%Y%m%dT%H%M%SZ}"
    return f"{_pattern(rule)};UNTIL={until}"


def from_rrule(text: str, zone: str | None) -> Rule:
    """Return the rule of an RRULE value that `to_rrule` wrote for this zone. Errors: Invalid(repeat) for other text."""
    found = _SPELLING.fullmatch(text)
    rule = _rule(found, zone) if found else None
    if found is None or rule is None or _pattern(rule) != found["pattern"]:
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
        parts.append(f"BYDAY={','.join(_CODES[day] for day in rule.weekdays)}")
    if rule.nth and rule.weekday is not None:
        parts.append(f"BYDAY={rule.nth}{_CODES[rule.weekday]}")
    if rule.interval > 1 and in_week_order(rule.weekdays, rule.week_starts) != in_week_order(rule.weekdays, MONDAY):
        parts.append(f"WKST={_CODES[rule.week_starts]}")  # without it, weeks start on Monday
    return ";".join(parts)


def _rule(found: re.Match[str], zone: str | None) -> Rule | None:
    try:
        return Rule(
            frequency=Frequency(found["frequency"].lower()),
            interval=_number(found["interval"]) or 1,
            weekdays=tuple(_CODES.index(code) for code in (found["weekdays"] or "").split(",") if code),
            week_starts=_CODES.index(found["week_starts"] or _CODES[MONDAY]),
            monthday=_number(found["monthday"]),
            nth=_number(found["nth"]),
            weekday=_CODES.index(found["weekday"]) if found["weekday"] else None,
            month=_number(found["month"]),
            until=_last_date(found["until"], zone) if found["until"] else None,
            count=_number(found["count"]),
        )
    except (Invalid, ValueError):
        return None


def _number(digits: str | None) -> int | None:
    return int(digits) if digits else None


def _last_date(until: str, zone: str | None) -> date:
    if zone is None:
        return datetime.strptime(until, "%Y%m%d").replace(tzinfo=UTC).date()
    return to_local(datetime.strptime(until, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC), zone).date()
