"""Random rules over five years against two foreign readers of the RRULE that we write."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import recurring_ical_events
from dateutil.rrule import rrulestr
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from icalendar import Calendar

from tests.rules.recurrence.any_series import a_series
from tracker.errors import Invalid
from tracker.rules.core.wording import to_utc
from tracker.rules.recurrence.series import Rule, dates_by_rule, from_rrule, to_rrule

CHICAGO = "America/Chicago"
BOUNDED = settings(
    max_examples=400,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.filter_too_much],
)


def as_calendar(rrule: str, start: datetime) -> Calendar:
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//test//EN",
        "BEGIN:VEVENT",
        "UID:1",
        "DTSTAMP:20260101T000000Z",
        f"DTSTART;TZID={CHICAGO}:{start:%Y%m%dT%H%M%S}",
        "DURATION:PT1H",
        f"RRULE:{rrule}",
        "END:VEVENT",
        "END:VCALENDAR",
        "",
    ]
    return Calendar.from_ical("\r\n".join(lines).encode())


@BOUNDED
@given(a_series())
def test_foreign_readers_find_the_same_moments(series: tuple[Rule, datetime]) -> None:
    rule, start = series
    rrule = to_rrule(rule, start, CHICAGO)
    ours = [to_utc(one, CHICAGO) for one in dates_by_rule(rule, start)]
    zoned = start.replace(tzinfo=ZoneInfo(CHICAGO))
    assert [one.astimezone(UTC) for one in rrulestr(rrule, dtstart=zoned)] == ours
    dates = recurring_ical_events.of(as_calendar(rrule, start)).between(
        start - timedelta(days=1), start + timedelta(days=1900)
    )
    assert sorted(one["DTSTART"].dt.astimezone(UTC) for one in dates) == ours


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
