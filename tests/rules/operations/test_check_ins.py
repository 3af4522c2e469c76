"""Check-ins, notices of readiness, and access to operations."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from msgspec.structs import replace

from tracker.errors import Invalid, NotAllowed
from tracker.rules.core.viewers import Arm
from tracker.rules.operations.access import Grant, GrantState, check_grant
from tracker.rules.operations.check_ins import (
    BEFORE_THE_OPERATION,
    LONG_AGO,
    CheckIn,
    Direction,
    LineCorrection,
    Presence,
    Turnout,
    check_not_long_before,
    corrected_line,
    line_after_tap,
    release_effect,
    who_is_not_out,
)
from tracker.rules.operations.plans import telltale_names
from tracker.rules.operations.readiness import Minors, NoticeText, check_notice, is_outside_window, places_in
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


@pytest.mark.parametrize(
    ("turnout", "said"),
    [
        (Turnout(), ("No one checked in.", "", "")),
        (Turnout(checked_in=2), ("2 of 2 people who checked in are out.", "", "")),
        (Turnout(checked_in=3, still_in=1), ("2 of 3 people who checked in are out.", "", "")),
        (
            Turnout(checked_in=1, never_in=("A", "B")),
            ("1 of 1 person who checked in is out.", "2 never checked in: A, B.", "2 of 3 people haven’t checked in."),
        ),
    ],
)
def test_people_who_never_checked_in_are_counted_beside_those_who_are_out(
    turnout: Turnout, said: tuple[str, str, str]
) -> None:
    assert (turnout.who_is_out, turnout.who_never_came, turnout.not_in_yet) == said


def test_releasing_everyone_says_first_who_never_checked_in() -> None:
    effect = release_effect(Turnout(checked_in=1, never_in=("A",)), "Fbi lead")
    assert [caution.says for caution in effect.cautions] == ["1 never checked in: A."]
    assert "1 of 1 person who checked in is out. The operation is marked released right away." in effect.says


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


NOW = datetime(2027, 5, 12, 15, tzinfo=UTC)
READINESS_STARTS, ENDS = datetime(2027, 5, 15, 11, tzinfo=UTC), datetime(2027, 5, 15, 17, tzinfo=UTC)
OPERATION = (READINESS_STARTS, ENDS)
NAMES = telltale_names("Operation Bluestem", ("Larkspur Lot", "A"))
TEXT = NoticeText(
    starts_at=datetime(2027, 5, 15, 1, tzinfo=UTC),
    ends_at=datetime(2027, 5, 16, 1, tzinfo=UTC),
    fewest=3,
    most=6,
    languages="Spanish, Mandarin",
    minors=Minors.UNKNOWN,
    needs="A place to sleep",
    place="Partner location 2",
    contact="FBI duty desk, 816-555-0100",
)
READINESS_SECOND = timedelta(seconds=1)
RELEASE = datetime(2027, 5, 13, 17, tzinfo=UTC)


def wrong(text: NoticeText, release_at: datetime = RELEASE) -> dict[str, str]:
    try:
        check_notice(text, release_at, OPERATION, NAMES, NOW)
    except Invalid as refused:
        return dict(refused.fields)
    return {}


def test_a_window_around_the_operation_is_fine() -> None:
    assert wrong(TEXT) == {}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"starts_at": READINESS_STARTS}, "starts"),
        ({"ends_at": ENDS}, "ends"),
        ({"starts_at": READINESS_STARTS - timedelta(minutes=30) + READINESS_SECOND}, "starts"),
        ({"ends_at": ENDS + timedelta(minutes=30) - READINESS_SECOND}, "ends"),
        ({"ends_at": TEXT.starts_at + timedelta(hours=4) - timedelta(minutes=1)}, "ends"),
        ({"ends_at": TEXT.starts_at}, "ends"),
        ({"ends_at": TEXT.starts_at + timedelta(days=14, minutes=1)}, "ends"),
        ({"starts_at": NOW - timedelta(hours=5), "ends_at": NOW}, "ends"),
        ({"fewest": 7}, "fewest"),
        ({"fewest": 0, "most": 0}, "fewest"),
        ({"most": 501}, "fewest"),
        ({"languages": "L" * 201}, "languages"),
        ({"needs": "Beds for operation bluestem"}, "needs"),
        ({"needs": "Bluestem"}, "needs"),
        ({"place": "Behind Larkspur Lot"}, "place"),
        ({"place": "412 Larkspur Street"}, "place"),
        ({"needs": "Beds near 39.0911, -94.4155"}, "needs"),
        ({"contact": ""}, "contact"),
    ],
)
def test_what_would_give_the_operation_away_or_is_outdated_is_refused_at_its_field(
    change: dict[str, object], field: str
) -> None:
    assert set(wrong(replace(TEXT, **change))) == {field}


def test_a_window_that_starts_and_ends_half_an_hour_away_from_the_operation_is_fine() -> None:
    half = timedelta(minutes=30)
    assert wrong(replace(TEXT, starts_at=READINESS_STARTS - half, ends_at=ENDS + half)) == {}


def test_a_window_of_exactly_four_hours_is_long_enough() -> None:
    assert wrong(replace(TEXT, ends_at=TEXT.starts_at + timedelta(hours=4))) == {}


def test_a_part_of_a_longer_word_is_no_name_of_the_operation() -> None:
    assert wrong(replace(TEXT, needs="Bluestemmed grass in a vase, a lot of it")) == {}


def test_a_notice_is_not_released_when_its_window_is_over() -> None:
    assert set(wrong(TEXT, TEXT.ends_at)) == {"release"}


@pytest.mark.parametrize(
    ("moved", "outside"),
    [
        (timedelta(), False),
        (timedelta(hours=8), False),
        (timedelta(hours=8, minutes=1), True),
        (timedelta(hours=-10), False),
        (timedelta(hours=-10, minutes=-1), True),
    ],
)
def test_an_operation_is_outside_of_a_window_that_it_leaves_at_either_end(moved: timedelta, outside: bool) -> None:
    assert is_outside_window(TEXT.window, (READINESS_STARTS + moved, ENDS + moved)) is outside


@pytest.mark.parametrize(("fewest", "most", "words"), [(3, 6, "3–6 people"), (1, 1, "1 person"), (4, 4, "4 people")])
def test_the_expected_number_is_said_in_words(fewest: int, most: int, words: str) -> None:
    assert replace(TEXT, fewest=fewest, most=most).expected == words


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("Meet at 412 Larkspur St.", "412 Larkspur St"),
        ("1200 E. 12th Street, rear door", "1200 E. 12th Street"),
        ("come to 88 north oak trafficway blvd", "88 north oak trafficway blvd"),
        ("Shelter: 7 Harbor Way", "7 Harbor Way"),
        ("15 Old Mill Court, unit 3", "15 Old Mill Court"),
        ("2300 Martin Luther King Blvd", "2300 Martin Luther King Blvd"),
        ("corner of 12th St and Oak", "12th St"),
        ("39.0911, -94.4155", "39.0911, -94.4155"),
        ("39.0911,-94.4155", "39.0911,-94.4155"),
    ],
)
def test_an_address_is_found_in_any_usual_spelling(text: str, place: str) -> None:
    assert place in places_in(text)


@pytest.mark.parametrize(
    "text",
    [
        "Partner location 2",
        "Beds for 6, two rooms, one way to lock each",
        "HSI victim assistance specialist, 816-555-0107",
        "Spanish, Mandarin",
        "4 people in court on Monday",
        "Two vans drive 3 people to the place",
        "12 beds at the family court, 10 AM",
        "Be ready at 10 AM. Court advocates come at 2 PM.",
        "3 sets of street clothes, size M",
        "3 to 6 people from the street",
        "Case 27-118, room 4",
        "24 hours, then the next step of the way",
        "Food for 2.5 days, 98.6 degrees",
        "St. Mary’s, 2 beds",
        "",
    ],
)
def test_what_notices_say_otherwise_is_no_address(text: str) -> None:
    assert places_in(text) == ()


def grant(granted: datetime | None = None, until: datetime | None = None, ended: datetime | None = None) -> Grant:
    return Grant(
        id=UUID(int=1),
        member_id=UUID(int=2),
        person="Advocate (CAHT)",
        giver_id=UUID(int=3),
        giver="Lead (FBI)",
        reason="Interpreters",
        requested_at=NOW - HOUR,
        granted_at=granted,
        approver="",
        until=until,
        ended_at=ended,
        ended_by="",
    )


@pytest.mark.parametrize(
    ("one", "state"),
    [
        (grant(), GrantState.REQUESTED),
        (grant(granted=NOW), GrantState.GRANTED),
        (grant(granted=NOW - HOUR, until=NOW + HOUR), GrantState.GRANTED),
        (grant(granted=NOW - HOUR, until=NOW), GrantState.EXPIRED),
        (grant(until=NOW), GrantState.EXPIRED),
        (grant(granted=NOW - HOUR, ended=NOW), GrantState.WITHDRAWN),
        (grant(granted=NOW - HOUR, until=NOW + HOUR, ended=NOW), GrantState.WITHDRAWN),
        (grant(granted=NOW - 2 * HOUR, until=NOW - HOUR, ended=NOW), GrantState.EXPIRED),
    ],
)
def test_a_state_follows_from_what_happened_and_the_time(one: Grant, state: GrantState) -> None:
    assert one.state(NOW) is state


@pytest.mark.parametrize(
    ("arm", "reason", "until", "field"),
    [
        (Arm.VICTIM_SERVICES, "", None, "reason"),
        (Arm.LAW_ENFORCEMENT, "x" * 501, None, "reason"),
        (Arm.LAW_ENFORCEMENT, "", NOW, "until"),
        (Arm.LAW_ENFORCEMENT, "", NOW + timedelta(days=367), "until"),
    ],
)
def test_access_that_cannot_be_given_is_refused_at_its_field(
    arm: Arm, reason: str, until: datetime | None, field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        check_grant(arm, reason, until, NOW)
    assert list(refused.value.fields) == [field]


def test_law_enforcement_needs_no_reason() -> None:
    check_grant(Arm.LAW_ENFORCEMENT, "", NOW + HOUR, NOW)
