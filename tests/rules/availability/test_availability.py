"""Suggested times, shared calendars, and blackout days."""

# A local time is naive: its zone is beside it.

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from tracker.errors import Invalid
from tracker.rules.availability.shared_calendars import (
    EVERY,
    BusyKind,
    CalendarProblem,
    CalendarSpan,
    OwnSharedCalendar,
    check_calendar_address,
    is_public_address,
    kept_window,
    merge_spans,
    pause_before_next_read,
)
from tracker.rules.availability.suggested_times import (
    Availability,
    BlackoutDays,
    BusyDays,
    BusyTime,
    Candidate,
    GridCell,
    PeopleToMeet,
    Suggestion,
    blackouts_on,
    candidate_times,
    check_blackout,
    grid_row,
    suggest_times,
)
from tracker.rules.core.viewers import Arm
from tracker.rules.roster.meetings import FillableSeat, Quorum, QuorumRule

ZONE = "America/Chicago"
MONDAY = date(2027, 1, 11)
HOUR = timedelta(hours=1)
ANNA, BEN, CARL, DORA = (UUID(int=number) for number in range(1, 5))


def january_at(hour: int, day: int = 11) -> datetime:
    """Return an hour of the wall clock in January as a moment."""
    return datetime(2027, 1, day, 6, tzinfo=UTC) + timedelta(hours=hour)


def busy_time(hour: int, hours: int = 1, *, tentative: bool = False, day: int = 11) -> BusyTime:
    state = Availability.TENTATIVE if tentative else Availability.BUSY
    return BusyTime(starts_at=january_at(hour, day), ends_at=january_at(hour + hours, day), state=state, title="Call")


def choices(first: date = MONDAY, days: int = 1) -> list[Candidate]:
    return candidate_times(datetime.combine(first, time(8)), days, HOUR, ZONE)


def best(
    days: Mapping[UUID, BusyDays],
    required: Sequence[UUID],
    optional: Sequence[UUID] = (),
    chosen: Sequence[Candidate] = (),
) -> list[Suggestion]:
    return suggest_times(chosen or choices(), PeopleToMeet(required=required, optional=optional, days=days), ZONE)


def test_slots_lie_in_working_hours_of_working_days() -> None:
    slots = [slot for (slot,) in choices(date(2027, 1, 15), 5)]  # Friday; Monday is a holiday
    assert {start.date() for start, _ in slots} == {date(2027, 1, 15), date(2027, 1, 19)}
    assert (slots[0][0], slots[18][1]) == (january_at(8, 15), january_at(18, 15))


def test_a_time_at_which_everyone_is_free_comes_first() -> None:
    days = {ANNA: BusyDays([busy_time(8, 4)]), BEN: BusyDays([busy_time(13, 2)]), CARL: BusyDays([])}
    [first, *_] = best(days, [ANNA, BEN, CARL])
    assert (first.starts_at, first.missing) == (january_at(12), {})


def test_who_is_missing_is_named_and_the_optional_count_less() -> None:
    days = {ANNA: BusyDays([busy_time(8, 10)]), BEN: BusyDays([busy_time(8, 5)])}
    [first, *_] = best(days, [ANNA], [BEN])
    assert (first.starts_at, first.missing, first.optional_missing) == (january_at(13), {ANNA: 1}, {})


def test_tentative_is_better_than_busy() -> None:
    days = {ANNA: BusyDays([busy_time(8, 5), busy_time(13, 5, tentative=True)])}
    [first, *_] = best(days, [ANNA])
    assert (first.missing, first.tentative) == ({}, {ANNA: 1})


@settings(max_examples=200)
@given(
    some.lists(some.lists(some.tuples(some.integers(8, 17), some.integers(1, 6)), max_size=6), min_size=1, max_size=5)
)
def test_no_time_is_better_than_the_first_suggestion(calendars: list[list[tuple[int, int]]]) -> None:
    known = {UUID(int=number): [busy_time(*one) for one in taken] for number, taken in enumerate(calendars)}
    chosen = choices(days=2)
    [first, *_] = best({one: BusyDays(taken) for one, taken in known.items()}, list(known), chosen=chosen)

    def missing(start: datetime, end: datetime) -> int:
        return sum(any(one.starts_at < end and one.ends_at > start for one in taken) for taken in known.values())

    assert len(first.missing) == min(missing(*slot) for (slot,) in chosen)
    assert len(first.missing) == missing(first.starts_at, first.ends_at)


def test_the_first_day_begins_at_the_typed_hour_and_equal_times_come_nearest_to_it() -> None:
    from_two = candidate_times(datetime.combine(MONDAY, time(14)), 2, HOUR, ZONE)
    suggestions = suggest_times(from_two, PeopleToMeet(required=[ANNA], optional=[], days={}), ZONE, time(14))
    assert [one.starts_at for one in suggestions] == [
        january_at(14),
        january_at(14, 12),
        january_at(11, 12) + timedelta(minutes=30),
    ]


def test_of_a_series_the_hour_comes_first_at_which_most_dates_are_free() -> None:
    mondays = [MONDAY, MONDAY + timedelta(days=7), MONDAY + timedelta(days=14)]
    weekly = candidate_times(datetime.combine(MONDAY, time(9)), 1, HOUR, ZONE, lambda _: mondays)
    days = {ANNA: BusyDays([busy_time(9, 2, day=day) for day in (11, 18)] + [busy_time(11, 7, day=25)])}
    [first, *_] = suggest_times(weekly, PeopleToMeet(required=[ANNA], optional=[], days=days), ZONE, time(9))
    assert (first.starts_at, first.free, first.dates, first.missing) == (january_at(11), 2, 3, {ANNA: 1})


def test_blackout_days_are_suggested_only_when_there_is_no_other() -> None:
    away = BusyTime(starts_at=january_at(0), ends_at=january_at(24), state=Availability.BLACKOUT, title="Range week")
    days = {ANNA: BusyDays([away]), BEN: BusyDays([busy_time(8, 10, day=12)])}
    people = PeopleToMeet(required=[ANNA, BEN], optional=[], days=days)
    assert {one.starts_at.day for one in suggest_times(choices(days=2), people, ZONE)} == {12}
    [first, *_] = suggest_times(choices(), people, ZONE)
    assert (first.missing, first.why, first.blackouts) == ({ANNA: 1}, {ANNA: Availability.BLACKOUT}, 1)
    optional = PeopleToMeet(required=[BEN], optional=[ANNA], days=days)
    assert suggest_times(choices(days=2), optional, ZONE)[0].starts_at.day == 11


def test_a_blackout_day_is_one_cell_with_its_reason() -> None:
    away = BusyTime(starts_at=january_at(0), ends_at=january_at(24), state=Availability.BLACKOUT, title="Range week")
    assert grid_row(BusyDays([away, busy_time(9)]), MONDAY, ZONE) == [
        GridCell(span=20, state=Availability.BLACKOUT, reason="Range week")
    ]


def test_a_time_with_a_quorum_comes_before_one_at_which_fewer_are_missing() -> None:
    # At eight Carl alone is missing, and with him his arm; later both others are, and their alternate is not.
    seats = (
        FillableSeat(agency_id=uuid4(), arm=Arm.LAW_ENFORCEMENT, holders=frozenset({ANNA, DORA})),
        FillableSeat(agency_id=uuid4(), arm=Arm.VICTIM_SERVICES, holders=frozenset({CARL})),
    )
    days = {ANNA: BusyDays([busy_time(9, 9)]), BEN: BusyDays([busy_time(9, 9)]), CARL: BusyDays([busy_time(8)])}
    people = PeopleToMeet(
        required=[ANNA, BEN, CARL],
        optional=[],
        days=days,
        quorum=Quorum(rule=QuorumRule(seats=2, both_arms=True), seats=seats),
    )
    [first, *_] = suggest_times(choices(), people, ZONE)
    assert (first.starts_at, set(first.missing), first.quorum and first.quorum.words) == (
        january_at(9),
        {ANNA, BEN},
        "Quorum: 2 of 2 seats (2 needed)",
    )


def test_a_day_that_begins_no_such_series_is_left_out() -> None:
    assert candidate_times(datetime.combine(MONDAY, time(9)), 3, HOUR, ZONE, lambda _: ()) == []


def test_a_day_is_said_in_half_hours_and_what_is_taken_is_one_cell() -> None:
    cells = grid_row(BusyDays([busy_time(9), busy_time(10, tentative=True)]), MONDAY, ZONE)
    assert cells[:5] == [
        GridCell(span=1, state=Availability.FREE),
        GridCell(span=1, state=Availability.FREE),
        GridCell(span=2, state=Availability.BUSY),
        GridCell(span=2, state=Availability.TENTATIVE),
        GridCell(span=1, state=Availability.FREE),
    ]
    assert sum(cell.span for cell in cells) == 20


OUTLOOK = "https://outlook.office365.com/owa/calendar/abc@agency.example/def/calendar.ics"
NOW = datetime(2026, 12, 15, 15, tzinfo=UTC)
ODD = [
    "",
    "calendar.ics",
    "http://calendar.example/a.ics",
    "ftp://calendar.example/a.ics",
    "file:///etc/passwd",
    "https://localhost/a.ics",
    "https://intranet/a.ics",
    "https://127.0.0.1/a.ics",
    "https://[::1]/a.ics",
    "https://2130706433/a.ics",
    "https://0x7f.0.0.1/a.ics",
    "https://127.1/a.ics",
    "https://calendar.example:8443/a",
    "https://calendar.example:22/a",
    "https://calendar.example:0443/a",
    "https://me:secret@calendar.example/a.ics",
    "https://calendar.example@evil.example/a",
    "https://calendar.example\\@127.0.0.1/a",
    "https://calendar.example./a",
    "https://calen dar.example/a",
    "https://calendar.example/a\r\nHost: evil",
    "https://calendar.example/\tb",
    "https://kalender.exämple/a",
    "https://calendar.example/é",
    "https://",
    "https://:443/",
    "https://a_b.example/",
    "https://calendar.example:x/",
    "https://-a.example/",
    f"https://calendar.example/{'a' * 2_000}",
]


@pytest.mark.parametrize("text", ODD)
def test_only_a_whole_https_address_by_name_is_taken(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        check_calendar_address(text, "tracker.example")
    assert refused.value.fields.keys() == {"address"}


def test_an_address_is_refused_with_one_sentence_whatever_it_leads_to() -> None:
    said = set()
    for text in ODD:
        with pytest.raises(Invalid) as refused:
            check_calendar_address(text, "tracker.example")
        said.add(refused.value.fields["address"])
    assert len(said) == 1
    assert "on the public internet" in said.pop()


def test_an_address_is_taken_as_calendar_programs_give_it() -> None:
    assert check_calendar_address(f" {OUTLOOK} ", "") == OUTLOOK
    assert (
        check_calendar_address("webcal://p01-caldav.iCloud.com/published/2/x", "")
        == "https://p01-caldav.icloud.com/published/2/x"
    )
    assert check_calendar_address("https://calendar.example:443?key=1#part", "") == "https://calendar.example/?key=1"


def test_the_trackers_own_address_is_refused() -> None:
    with pytest.raises(Invalid, match="the tracker itself"):
        check_calendar_address("https://Tracker.example/feeds/x.ics", "tracker.example")


def test_a_calendar_is_tried_again_ever_more_seldom() -> None:
    pauses = [pause_before_next_read(number) for number in range(1, 9)]
    assert pauses == sorted(pauses)
    assert (pauses[0], pauses[-1], pause_before_next_read(0)) == (timedelta(minutes=15), timedelta(days=1), EVERY)


def test_its_owner_reads_what_to_do_in_the_name_of_their_program() -> None:
    shared = OwnSharedCalendar(
        host="outlook.office365.com",
        added_at=NOW,
        read_at=None,
        failing_since=NOW,
        problem=CalendarProblem.UNREACHABLE,
        unread=0,
        spans=0,
    )
    assert shared.trouble("Thu, Dec 10") == (
        "We haven’t been able to read your calendar since Thu, Dec 10. "
        "Publish it again in Outlook, and paste the new address here."
    )


def test_spans_of_one_kind_that_touch_become_one_and_end_with_the_window() -> None:
    start, end = kept_window(NOW, "America/Chicago")
    hour = timedelta(hours=1)
    spans = [
        CalendarSpan(start - hour, start + hour, BusyKind.BUSY),
        CalendarSpan(start + hour, start + 2 * hour, BusyKind.BUSY),
        CalendarSpan(start + hour, start + 3 * hour, BusyKind.OUT),
        CalendarSpan(end - hour, end + hour, BusyKind.TENTATIVE),
        CalendarSpan(end, end + hour, BusyKind.BUSY),
    ]
    assert merge_spans(spans, start, end) == [
        CalendarSpan(start, start + 2 * hour, BusyKind.BUSY),
        CalendarSpan(start + hour, start + 3 * hour, BusyKind.OUT),
        CalendarSpan(end - hour, end, BusyKind.TENTATIVE),
    ]


INSIDE = """
127.0.0.1 127.255.255.254 0.0.0.0 0.1.2.3 10.0.0.1 10.255.255.255 100.64.0.1 100.127.255.255 169.254.169.254
172.16.0.1 172.31.255.255 192.0.0.192 192.0.2.1 192.88.99.1 192.168.1.1 198.18.0.1 198.51.100.7 203.0.113.9
224.0.0.1 239.255.255.255 240.0.0.1 255.255.255.255 168.63.129.16
:: ::1 ::127.0.0.1 ::ffff:127.0.0.1 ::ffff:10.0.0.1 ::ffff:8.8.8.8 64:ff9b::7f00:1 64:ff9b::a00:1 64:ff9b:1::1
100::1 2001::1 2001:10::1 2001:db8::1 2002:7f00:1::1 2002:a00:1::1 3fff::1 5f00::1 fc00::1 fd00:ec2::254 fe80::1
fe80::1%eth0 fec0::1 ff02::1
""".split()
NO_ADDRESS = ["", "localhost", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "8.8.8.8 ", "[::1]", "1.2.3.4.5"]


@pytest.mark.parametrize("address", INSIDE)
def test_what_is_not_of_the_public_internet_is_refused(address: str) -> None:
    assert not is_public_address(address)


@pytest.mark.parametrize("text", NO_ADDRESS)
def test_what_is_no_numeric_address_is_refused(text: str) -> None:
    assert not is_public_address(text)


@pytest.mark.parametrize("address", ["8.8.8.8", "52.96.0.1", "100.63.255.255", "172.32.0.1", "2607:f8b0::1", "2a00::1"])
def test_what_is_of_the_public_internet_is_taken(address: str) -> None:
    assert is_public_address(address)


TODAY = date(2026, 12, 15)
RANGE_WEEK = BlackoutDays(
    id=UUID(int=1),
    agency_id=UUID(int=2),
    agency="FBI",
    first=date(2027, 1, 11),
    last=date(2027, 1, 15),
    reason="Range week",
)


def test_one_day_needs_no_last_one() -> None:
    assert check_blackout(TODAY, None, TODAY) == (TODAY, TODAY)


@pytest.mark.parametrize(
    ("first", "last", "field"),
    [
        (None, TODAY, "first"),
        (TODAY, TODAY - timedelta(days=1), "last"),
        (TODAY - timedelta(days=2), None, "first"),
        (TODAY, TODAY + timedelta(days=92), "last"),
        (TODAY + timedelta(days=800), None, "last"),
    ],
)
def test_days_that_cannot_be_taken_are_refused_at_their_field(
    first: date | None, last: date | None, field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        check_blackout(first, last, TODAY)
    assert list(refused.value.fields) == [field]


def test_a_span_is_said_by_its_first_and_last_day() -> None:
    assert RANGE_WEEK.words(TODAY) == "Mon, Jan 11 \N{EN DASH} Fri, Jan 15"


def test_an_agency_is_named_once_a_day() -> None:
    days = [date(2027, 1, 18), date(2027, 1, 12)]
    assert blackouts_on([RANGE_WEEK, RANGE_WEEK], days) == [(date(2027, 1, 12), RANGE_WEEK)]
