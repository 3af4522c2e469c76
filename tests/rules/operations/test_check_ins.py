"""What a tap makes of a line of the check-in list, and what a corrected line may say."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from msgspec.structs import replace

from tracker.errors import Invalid, NotAllowed
from tracker.rules.operations.check_ins import (
    BEFORE_THE_OPERATION,
    LONG_AGO,
    CheckIn,
    Direction,
    LineCorrection,
    Presence,
    check_not_long_before,
    corrected_line,
    line_after_tap,
    who_is_not_out,
)
from tracker.rules.operations.states import OperationState

FIVE = datetime(2027, 1, 16, 11, tzinfo=UTC)
HOUR = timedelta(hours=1)
EXPECTED = CheckIn(person_id=UUID(int=1), member_id=UUID(int=1), name="Agent", agency_id=UUID(int=2), agency="FBI")
IN = replace(EXPECTED, time_in=FIVE, tapped_at=FIVE)
OUT = replace(IN, time_out=FIVE + HOUR, tapped_at=FIVE + HOUR)


@pytest.mark.parametrize(
    ("line", "tap", "was", "after"),
    [
        (EXPECTED, Direction.IN, Presence.EXPECTED, Presence.IN),
        (IN, Direction.IN, Presence.EXPECTED, Presence.IN),
        (IN, Direction.OUT, Presence.IN, Presence.OUT),
        (IN, Direction.OUT, Presence.EXPECTED, Presence.OUT),
        (OUT, Direction.OUT, Presence.IN, Presence.OUT),
        (OUT, Direction.IN, Presence.EXPECTED, Presence.OUT),
        (OUT, Direction.IN, Presence.IN, Presence.OUT),
        (OUT, Direction.IN, Presence.OUT, Presence.IN),
    ],
)
def test_what_a_tap_makes_of_a_line(line: CheckIn, tap: Direction, was: Presence, after: Presence) -> None:
    assert line_after_tap(line, tap, was, FIVE + 2 * HOUR).presence is after


def test_no_one_is_out_before_they_were_in() -> None:
    early = replace(IN, tapped_at=None)
    assert line_after_tap(early, Direction.OUT, Presence.IN, FIVE - HOUR).time_out == FIVE


def to(time_in: datetime | None, time_out: datetime | None) -> LineCorrection:
    return LineCorrection(time_in=time_in, time_out=time_out, contact="", assignment="")


@pytest.mark.parametrize(
    ("wanted", "state", "field"),
    [
        (to(FIVE + 9 * HOUR, None), OperationState.EXECUTING, "time_in"),
        (to(None, FIVE), OperationState.EXECUTING, "time_in"),
        (to(FIVE, FIVE + 9 * HOUR), OperationState.EXECUTING, "time_out"),
        (to(FIVE, FIVE - HOUR), OperationState.EXECUTING, "time_out"),
        (to(FIVE, None), OperationState.RELEASED, "time_out"),
        (to(FIVE, None), OperationState.DEBRIEFED, "time_out"),
    ],
)
def test_times_that_cannot_be_are_refused_at_their_field(
    wanted: LineCorrection, state: OperationState, field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        corrected_line(OUT, wanted, state, FIVE + 8 * HOUR)
    assert list(refused.value.fields) == [field]


def test_a_closed_operation_keeps_its_times() -> None:
    with pytest.raises(NotAllowed):
        corrected_line(OUT, to(FIVE, FIVE), OperationState.CLOSED, FIVE + 8 * HOUR)


@pytest.mark.parametrize(
    ("names", "sentence"),
    [
        (["A"], "Not checked out: A."),
        (["A", "B", "C", "D", "E"], "Not checked out: A, B, C, D, E."),
        (["A", "B", "C", "D", "E", "F", "G", "H"], "Not checked out: A, B, C, D, E, and 3 more."),
    ],
)
def test_the_first_people_are_named_and_the_others_counted(names: list[str], sentence: str) -> None:
    assert who_is_not_out(names) == sentence


STARTS = datetime(2027, 5, 15, 11, tzinfo=UTC)
SECOND, MONTH, RECORDED_TIMES_HOUR = timedelta(seconds=1), timedelta(days=30), timedelta(hours=1)


@pytest.mark.parametrize(
    ("now", "first", "sentence"),
    [
        (STARTS, STARTS - MONTH, BEFORE_THE_OPERATION),
        (STARTS + 90 * 24 * RECORDED_TIMES_HOUR, STARTS - MONTH, BEFORE_THE_OPERATION),
        (STARTS - 60 * 24 * RECORDED_TIMES_HOUR, STARTS - 60 * 24 * RECORDED_TIMES_HOUR - MONTH, LONG_AGO),
    ],
    ids=["as it starts", "months later", "months before"],
)
def test_a_time_is_at_most_thirty_days_before_the_operation_or_today(
    now: datetime, first: datetime, sentence: str
) -> None:
    check_not_long_before({"at": (first, None)}, STARTS, now)
    with pytest.raises(Invalid) as refused:
        check_not_long_before({"begun": (first - SECOND, None), "ended": (first, None)}, STARTS, now)
    assert refused.value.fields == {"begun": sentence}


def test_a_time_that_is_kept_or_left_blank_is_fine() -> None:
    long_ago = STARTS - 2 * MONTH
    check_not_long_before({"at": (long_ago, long_ago), "ended": (None, STARTS)}, STARTS, STARTS)
