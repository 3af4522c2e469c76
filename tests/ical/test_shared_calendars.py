"""What a published calendar says of its owner: the word and the hours, as Outlook, Google and others write them."""

# Local times are naive: the zone of the event is beside them.
# ruff: noqa: DTZ001, DTZ007

from datetime import UTC, date, datetime, timedelta

import pytest
from dateutil.rrule import rrulestr
from hypothesis import assume, given, settings
from hypothesis import strategies as some

from tests.ical.files import ZONE, calendar, vevent
from tests.processor_time import within
from tracker.errors import Invalid, TooLarge
from tracker.ical.foreign_events import CODES
from tracker.ical.shared_calendars import Budget, read_busy_times, starts_between
from tracker.rules.availability.shared_calendars import BusyKind, CalendarSpan

START, END = datetime(2026, 12, 15, 6, tzinfo=UTC), datetime(2027, 6, 17, 5, tzinfo=UTC)
TEN = datetime(2027, 1, 12, 16, tzinfo=UTC)  # in Chicago
HOUR = timedelta(hours=1)


def spans(*components: str) -> list[CalendarSpan]:
    """Read a calendar of these components, all of which can be read."""
    reading = read_busy_times(calendar(*components), START, END, ZONE)
    assert reading.unread == 0
    return sorted(one.span for one in reading.spans)


@pytest.mark.parametrize(
    ("lines", "kind"),
    [
        ((), BusyKind.BUSY),
        (("TRANSP:OPAQUE", "STATUS:CONFIRMED"), BusyKind.BUSY),
        (("TRANSP:TRANSPARENT",), None),
        (("STATUS:TENTATIVE",), BusyKind.TENTATIVE),
        (("STATUS:CANCELLED",), None),
        (("X-MICROSOFT-CDO-BUSYSTATUS:TENTATIVE",), BusyKind.TENTATIVE),
        (("X-MICROSOFT-CDO-BUSYSTATUS:OOF", "TRANSP:OPAQUE"), BusyKind.OUT),
        (("X-MICROSOFT-CDO-BUSYSTATUS:BUSY", "STATUS:TENTATIVE"), BusyKind.TENTATIVE),
        (("X-MICROSOFT-CDO-BUSYSTATUS:FREE",), None),
        (("X-MICROSOFT-CDO-BUSYSTATUS:WORKINGELSEWHERE",), None),
        (("CLASS:PRIVATE",), BusyKind.BUSY),
    ],
)
def test_an_event_takes_its_owner_as_it_says(lines: tuple[str, ...], kind: BusyKind | None) -> None:
    assert spans(vevent(*lines)) == ([CalendarSpan(TEN, TEN + HOUR, kind)] if kind else [])


def test_a_day_is_the_whole_day_of_the_task_force() -> None:
    [one] = spans(vevent("DTSTART;VALUE=DATE:20270112", "DTEND;VALUE=DATE:20270114"))
    assert (one.starts_at, one.ends_at) == (datetime(2027, 1, 12, 6, tzinfo=UTC), datetime(2027, 1, 14, 6, tzinfo=UTC))


def test_a_series_keeps_its_hour_and_leaves_out_what_it_leaves_out() -> None:
    found = spans(
        vevent("RRULE:FREQ=MONTHLY;BYDAY=2TU", "EXDATE;TZID=America/Chicago:20270209T100000"),
        vevent(
            "RECURRENCE-ID;TZID=America/Chicago:20270413T100000",
            "DTSTART;TZID=America/Chicago:20270415T130000",
            "DURATION:PT30M",
        ),
        vevent("RECURRENCE-ID;TZID=America/Chicago:20270511T100000", "STATUS:CANCELLED"),
    )
    assert [f"{one.starts_at:%m-%d %H:%M}" for one in found] == [
        "01-12 16:00",
        "03-09 16:00",
        "04-15 18:00",
        "06-08 15:00",
    ]


def test_a_series_without_an_end_that_began_long_ago_is_read_in_the_window_only() -> None:
    found = spans(vevent("DTSTART:19950102T160000Z", "DTEND:19950102T170000Z", "RRULE:FREQ=WEEKLY;BYDAY=MO,WE"))
    assert len(found) == 53
    assert all(one.ends_at > START and one.starts_at < END for one in found)


def test_a_date_that_began_before_the_window_is_still_taken() -> None:
    [first, *_] = spans(vevent("DTSTART:20261214T120000Z", "DTEND:20261215T120000Z", "RRULE:FREQ=YEARLY"))
    assert first == CalendarSpan(START - timedelta(hours=18), START + timedelta(hours=6), BusyKind.BUSY)


def test_periods_that_do_not_say_of_what_they_are_count_as_unread() -> None:
    periods = "BEGIN:VFREEBUSY\r\nFREEBUSY:20270112T160000Z/20270112T170000Z\r\nEND:VFREEBUSY"
    assert read_busy_times(calendar(periods), START, END, ZONE) == ([], 1)


@pytest.mark.parametrize("until", ["99991231T235959Z", "99991231"])
def test_a_series_until_the_year_9999_has_no_end(until: str) -> None:
    assert len(spans(vevent(f"RRULE:FREQ=MONTHLY;BYDAY=2TU;UNTIL={until}"))) == 6


def test_an_empty_calendar_is_that_of_somebody_who_is_free() -> None:
    assert read_busy_times(calendar(), START, END, ZONE) == ([], 0)


def test_what_cannot_be_read_is_counted_and_the_rest_is_read() -> None:
    reading = read_busy_times(calendar(vevent("RRULE:FREQ=SECONDLY", uid="odd"), vevent()), START, END, ZONE)
    assert (len(reading.spans), reading.unread) == (1, 1)


def test_what_is_no_calendar_is_refused() -> None:
    for content in (b"<html>Sign in</html>", b"", b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n" * 9):
        with pytest.raises(Invalid):
            read_busy_times(content, START, END, ZONE)


def test_many_old_series_that_are_over_are_read() -> None:
    ends = ("COUNT=10", "UNTIL=20110101T000000Z")
    old = [
        vevent("DTSTART:20100104T100000Z", "DURATION:PT1H", f"RRULE:FREQ=WEEKLY;{end}", uid=f"{end}{number}")
        for number in range(1_000)
        for end in ends
    ]
    assert spans(*old) == []


def is_too_large(content: bytes) -> bool:
    """Return whether a calendar is refused because reading it would take too long."""
    try:
        read_busy_times(content, START, END, ZONE)
    except TooLarge:
        return True
    return False


EIGHT_YEARS_AGO = "DTSTART:20190101T100000Z", "DTEND:20190101T110000Z"


@pytest.mark.parametrize(
    "bomb",
    [
        [vevent(*EIGHT_YEARS_AGO, "RRULE:FREQ=DAILY;COUNT=99999", uid=str(one)) for one in range(1_000)],
        [vevent("RRULE:FREQ=DAILY", uid=str(one)) for one in range(1_000)],
        [vevent(*EIGHT_YEARS_AGO, "RRULE:FREQ=YEARLY;BYDAY=MO", uid=str(one)) for one in range(3_000)],
        [vevent("RDATE:" + ",".join(["20270113T160000Z"] * 4_000), uid=str(one)) for one in range(27)],
    ],
)
def test_a_calendar_that_would_take_long_is_refused_before_it_does(bomb: list[str]) -> None:
    content = calendar(*bomb)
    assert within(8_000, lambda: is_too_large(content))


def test_dates_with_components_of_their_own_cost_no_more_than_others() -> None:
    named = "RECURRENCE-ID:20270113T160000Z"
    changes = [vevent(named, uid="a") for _ in range(5_000)]
    content = calendar(*[vevent(uid="a")] * 2_000, *changes)
    assert len(within(8_000, lambda: read_busy_times(content, START, END, ZONE)).spans) == 7_000


FIRST = datetime(2026, 1, 6, 9, 30)
UNROLLED_START, UNROLLED_END = date(2027, 1, 1), date(2027, 6, 30)
DAYS = some.lists(some.sampled_from(CODES), min_size=1, max_size=4, unique=True).map(",".join)
NTH = some.tuples(some.sampled_from(["1", "2", "-1", "-2", "5"]), some.sampled_from(CODES)).map("".join)
MONTHDAY = some.lists(some.sampled_from([1, 13, 15, 28, -1, -2]), min_size=1, max_size=3, unique=True)
MONTHS = some.lists(some.integers(1, 12), min_size=1, max_size=3, unique=True)


def until(text: str) -> datetime:
    return datetime.strptime(text, "%Y%m%dT%H%M%S")


def listed(name: str, numbers: list[int]) -> str:
    return f"{name}={','.join(map(str, numbers))}"


ENDS = some.one_of(
    some.just(""),
    some.integers(1, 200).map(lambda number: f"COUNT={number}"),
    some.integers(1, 900).map(lambda days: f"UNTIL={FIRST + timedelta(days=days):%Y%m%dT%H%M%S}"),
)
WEEKS = some.sampled_from(CODES).map(lambda code: f"WKST={code}")
EVERY = some.sampled_from([1, 2, 3, 4, 7]).map(lambda number: f"INTERVAL={number}")
PICKS = {
    "DAILY": [some.just("")],
    "WEEKLY": [some.just(""), DAYS.map(lambda days: f"BYDAY={days}")],
    "MONTHLY": [
        some.just(""),
        NTH.map(lambda day: f"BYDAY={day}"),
        MONTHDAY.map(lambda days: listed("BYMONTHDAY", days)),
        some.tuples(DAYS, some.sampled_from([1, 2, -1])).map(lambda one: f"BYDAY={one[0]};BYSETPOS={one[1]}"),
    ],
    "YEARLY": [
        some.just(""),
        MONTHS.map(lambda months: listed("BYMONTH", months)),
        some.tuples(NTH, MONTHS).map(lambda one: f"BYDAY={one[0]};{listed('BYMONTH', one[1])}"),
        NTH.map(lambda day: f"BYDAY={day}"),
        MONTHDAY.map(lambda days: listed("BYMONTHDAY", days)),
    ],
}
RULES = (
    some.sampled_from(sorted(PICKS))
    .flatmap(lambda word: some.tuples(some.just(f"FREQ={word}"), some.one_of(PICKS[word]), EVERY, WEEKS, ENDS))
    .map(lambda parts: ";".join(part for part in parts if part))
)


@settings(max_examples=300)
@given(RULES, some.integers(0, 27))
def test_the_dates_are_those_of_dateutil(rule: str, later: int) -> None:
    first = FIRST + timedelta(days=later)
    wanted = rrulestr(rule, dtstart=first).between(datetime(2027, 1, 1), datetime(2027, 6, 30, 23, 59), inc=True)
    assume(len(wanted) < 400)
    assert starts_between(rule, first, (UNROLLED_START, UNROLLED_END), until, Budget(10_000)) == wanted


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=SECONDLY",
        "FREQ=MINUTELY",
        "FREQ=HOURLY",
        "FREQ=DAILY;INTERVAL=0",
        "FREQ=DAILY;COUNT=0",
        "FREQ=ODD",
        "INTERVAL=1",
        "FREQ=DAILY;BYHOUR=1,2",
        "FREQ=DAILY;INTERVAL=99999999",
        "FREQ=MONTHLY;BYDAY=XX",
        "FREQ=MONTHLY;BYMONTHDAY=32",
        "FREQ=MONTHLY;BYMONTHDAY=one",
        "FREQ=YEARLY;BYWEEKNO=1",
        "FREQ=WEEKLY;BYDAY=1MO",
        f"FREQ=MONTHLY;BYMONTHDAY={','.join(['1'] * 40)}",
    ],
)
def test_a_rule_that_is_not_read_is_refused(rule: str) -> None:
    with pytest.raises(Invalid):
        starts_between(rule, FIRST, (UNROLLED_START, UNROLLED_END), until, Budget(10_000))


@pytest.mark.parametrize(
    "rule",
    ["FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", "FREQ=MONTHLY;BYMONTHDAY=31;COUNT=9"],
)
def test_a_rule_that_gives_nothing_ends_as_soon_as_any_other(rule: str) -> None:
    within(
        500,
        lambda: starts_between(rule, datetime(1990, 2, 28, 9), (UNROLLED_START, UNROLLED_END), until, Budget(20_000)),
    )
