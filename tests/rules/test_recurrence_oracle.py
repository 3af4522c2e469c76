"""Random rules over five years against two foreign readers of the RRULE that we write."""

# A local time is naive: its zone stands beside it.
# ruff: noqa: DTZ001

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import recurring_ical_events
from dateutil.rrule import rrulestr
from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as some
from icalendar import Calendar

from tracker.errors import Invalid
from tracker.rules.recurrence import Repeat, Rule, dates, from_rrule, rule_for, to_rrule
from tracker.rules.wall_clock import to_utc

CHICAGO = "America/Chicago"
BOUNDED = settings(
    max_examples=400,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.filter_too_much],
)


@some.composite
def a_series(draw: some.DrawFn) -> tuple[Rule, datetime]:
    """Return a rule and its start: any choice, day and length; hours that DST skips and doubles come often."""
    day = draw(some.dates(date(2026, 1, 1), date(2028, 12, 31)))
    clock = draw(some.sampled_from([(1, 30), (2, 0), (2, 30), (0, 0), (14, 0), (20, 15), (23, 59)]))
    start = datetime(day.year, day.month, day.day, *clock)
    choice = draw(some.sampled_from([choice for choice in Repeat if choice is not Repeat.NONE]))
    interval = draw(some.one_of(some.integers(1, 3), some.integers(1, 60)))
    weekdays = {day.weekday(), *draw(some.sets(some.integers(0, 6), max_size=3))}
    is_counted = draw(some.booleans())
    ends = (
        {"count": draw(some.integers(1, 200))}
        if is_counted
        else {"until": day + timedelta(days=draw(some.integers(0, 1826)))}
    )
    try:
        rule = rule_for(choice, start, interval=interval, weekdays=weekdays, **ends)
    except Invalid:
        reject()
    assert rule is not None
    return rule, start


def as_calendar(rrule: str, start: datetime) -> Calendar:
    lines = [
        "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//test//EN", "BEGIN:VEVENT", "UID:1", "DTSTAMP:20260101T000000Z",
        f"DTSTART;TZID={CHICAGO}:{start:%Y%m%dT%H%M%S}", "DURATION:PT1H", f"RRULE:{rrule}", "END:VEVENT",
        "END:VCALENDAR", "",
    ]  # fmt: skip
    return Calendar.from_ical("\r\n".join(lines).encode())


@BOUNDED
@given(a_series())
def test_foreign_readers_find_the_same_moments(series: tuple[Rule, datetime]) -> None:
    rule, start = series
    rrule = to_rrule(rule, start, CHICAGO)
    ours = [to_utc(one, CHICAGO) for one in dates(rule, start)]
    zoned = start.replace(tzinfo=ZoneInfo(CHICAGO))
    assert [one.astimezone(UTC) for one in rrulestr(rrule, dtstart=zoned)] == ours
    found = recurring_ical_events.of(as_calendar(rrule, start)).between(
        start - timedelta(days=1), start + timedelta(days=1900)
    )
    assert sorted(one["DTSTART"].dt.astimezone(UTC) for one in found) == ours


@BOUNDED
@given(a_series())
def test_what_we_write_we_read(series: tuple[Rule, datetime]) -> None:
    rule, start = series
    assert from_rrule(to_rrule(rule, start, CHICAGO), CHICAGO) == rule


@BOUNDED
@given(some.text(max_size=60), some.sampled_from([None, CHICAGO]))
def test_any_text_is_read_or_refused_with_a_sentence(text: str, zone: str | None) -> None:
    assert complaints(f"FREQ=DAILY;{text}", zone) in (set(), {"repeat"})


def complaints(text: str, zone: str | None) -> set[str]:
    try:
        from_rrule(text, zone)
    except Invalid as refusal:
        return set(refusal.fields)
    return set()
