"""When people are free: working hours, suggestions against a plain search, and a day in half hours."""

# A local time is naive: its zone is beside it.

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID, uuid4

from hypothesis import given, settings
from hypothesis import strategies as some

from tracker.rules.availability.suggested_times import (
    Availability,
    BusyDays,
    BusyTime,
    Candidate,
    GridCell,
    PeopleToMeet,
    Suggestion,
    candidate_times,
    grid_row,
    suggest_times,
)
from tracker.rules.core.viewers import Arm
from tracker.rules.roster.quorum import FillableSeat, Quorum, QuorumRule

ZONE = "America/Chicago"
MONDAY = date(2027, 1, 11)
HOUR = timedelta(hours=1)
ANNA, BEN, CARL, DORA = (UUID(int=number) for number in range(1, 5))


def at(hour: int, day: int = 11) -> datetime:
    """Return an hour of the wall clock in January as a moment."""
    return datetime(2027, 1, day, 6, tzinfo=UTC) + timedelta(hours=hour)


def busy(hour: int, hours: int = 1, *, tentative: bool = False, day: int = 11) -> BusyTime:
    state = Availability.TENTATIVE if tentative else Availability.BUSY
    return BusyTime(starts_at=at(hour, day), ends_at=at(hour + hours, day), state=state, title="Call")


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
    assert (slots[0][0], slots[18][1]) == (at(8, 15), at(18, 15))


def test_a_time_at_which_everybody_is_free_comes_first() -> None:
    days = {ANNA: BusyDays([busy(8, 4)]), BEN: BusyDays([busy(13, 2)]), CARL: BusyDays([])}
    [first, *_] = best(days, [ANNA, BEN, CARL])
    assert (first.starts_at, first.missing) == (at(12), {})


def test_who_is_missing_is_named_and_the_optional_count_less() -> None:
    days = {ANNA: BusyDays([busy(8, 10)]), BEN: BusyDays([busy(8, 5)])}
    [first, *_] = best(days, [ANNA], [BEN])
    assert (first.starts_at, first.missing, first.optional_missing) == (at(13), {ANNA: 1}, {})


def test_tentative_is_better_than_busy() -> None:
    days = {ANNA: BusyDays([busy(8, 5), busy(13, 5, tentative=True)])}
    [first, *_] = best(days, [ANNA])
    assert (first.missing, first.tentative) == ({}, {ANNA: 1})


@settings(max_examples=200)
@given(
    some.lists(some.lists(some.tuples(some.integers(8, 17), some.integers(1, 6)), max_size=6), min_size=1, max_size=5)
)
def test_no_time_is_better_than_the_first_suggestion(calendars: list[list[tuple[int, int]]]) -> None:
    known = {UUID(int=number): [busy(*one) for one in taken] for number, taken in enumerate(calendars)}
    chosen = choices(days=2)
    [first, *_] = best({one: BusyDays(taken) for one, taken in known.items()}, list(known), chosen=chosen)

    def missing(start: datetime, end: datetime) -> int:
        return sum(any(one.starts_at < end and one.ends_at > start for one in taken) for taken in known.values())

    assert len(first.missing) == min(missing(*slot) for (slot,) in chosen)
    assert len(first.missing) == missing(first.starts_at, first.ends_at)


def test_the_first_day_begins_at_the_typed_hour_and_equal_times_come_nearest_to_it() -> None:
    from_two = candidate_times(datetime.combine(MONDAY, time(14)), 2, HOUR, ZONE)
    found = suggest_times(from_two, PeopleToMeet(required=[ANNA], optional=[], days={}), ZONE, time(14))
    assert [one.starts_at for one in found] == [at(14), at(14, 12), at(11, 12) + timedelta(minutes=30)]


def test_of_a_series_the_hour_comes_first_at_which_most_dates_are_free() -> None:
    mondays = [MONDAY, MONDAY + timedelta(days=7), MONDAY + timedelta(days=14)]
    weekly = candidate_times(datetime.combine(MONDAY, time(9)), 1, HOUR, ZONE, lambda _: mondays)
    days = {ANNA: BusyDays([busy(9, 2, day=day) for day in (11, 18)] + [busy(11, 7, day=25)])}
    [first, *_] = suggest_times(weekly, PeopleToMeet(required=[ANNA], optional=[], days=days), ZONE, time(9))
    assert (first.starts_at, first.free, first.dates, first.missing) == (at(11), 2, 3, {ANNA: 1})


def test_blackout_days_are_suggested_only_when_there_is_no_other() -> None:
    away = BusyTime(starts_at=at(0), ends_at=at(24), state=Availability.BLACKOUT, title="Range week")
    days = {ANNA: BusyDays([away]), BEN: BusyDays([busy(8, 10, day=12)])}
    people = PeopleToMeet(required=[ANNA, BEN], optional=[], days=days)
    assert {one.starts_at.day for one in suggest_times(choices(days=2), people, ZONE)} == {12}
    [first, *_] = suggest_times(choices(), people, ZONE)
    assert (first.missing, first.why, first.blackouts) == ({ANNA: 1}, {ANNA: Availability.BLACKOUT}, 1)
    optional = PeopleToMeet(required=[BEN], optional=[ANNA], days=days)
    assert suggest_times(choices(days=2), optional, ZONE)[0].starts_at.day == 11


def test_a_blackout_day_is_one_cell_with_its_reason() -> None:
    away = BusyTime(starts_at=at(0), ends_at=at(24), state=Availability.BLACKOUT, title="Range week")
    assert grid_row(BusyDays([away, busy(9)]), MONDAY, ZONE) == [
        GridCell(span=20, state=Availability.BLACKOUT, reason="Range week")
    ]


def test_a_time_with_a_quorum_comes_before_one_at_which_fewer_are_missing() -> None:
    # At eight Carl alone is missing, and with him his arm; later both others are, and their alternate is not.
    seats = (
        FillableSeat(agency_id=uuid4(), arm=Arm.LAW_ENFORCEMENT, holders=frozenset({ANNA, DORA})),
        FillableSeat(agency_id=uuid4(), arm=Arm.VICTIM_SERVICES, holders=frozenset({CARL})),
    )
    days = {ANNA: BusyDays([busy(9, 9)]), BEN: BusyDays([busy(9, 9)]), CARL: BusyDays([busy(8)])}
    people = PeopleToMeet(
        required=[ANNA, BEN, CARL],
        optional=[],
        days=days,
        quorum=Quorum(rule=QuorumRule(seats=2, both_arms=True), seats=seats),
    )
    [first, *_] = suggest_times(choices(), people, ZONE)
    assert (first.starts_at, set(first.missing), first.quorum and first.quorum.words) == (
        at(9),
        {ANNA, BEN},
        "Quorum: 2 of 2 seats (2 needed)",
    )


def test_a_day_that_begins_no_such_series_is_left_out() -> None:
    assert candidate_times(datetime.combine(MONDAY, time(9)), 3, HOUR, ZONE, lambda _: ()) == []


def test_a_day_is_told_in_half_hours_and_what_is_taken_is_one_cell() -> None:
    cells = grid_row(BusyDays([busy(9), busy(10, tentative=True)]), MONDAY, ZONE)
    assert cells[:5] == [
        GridCell(span=1, state=Availability.FREE),
        GridCell(span=1, state=Availability.FREE),
        GridCell(span=2, state=Availability.BUSY),
        GridCell(span=2, state=Availability.TENTATIVE),
        GridCell(span=1, state=Availability.FREE),
    ]
    assert sum(cell.span for cell in cells) == 20
