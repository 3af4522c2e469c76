"""A service-readiness notice keeps the operation to itself: its window, and its texts."""

from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from tracker.errors import Invalid
from tracker.rules.operations.plans import telltale_names
from tracker.rules.operations.readiness import Minors, NoticeText, check_notice, is_outside_window, places_in

NOW = datetime(2027, 5, 12, 15, tzinfo=UTC)
STARTS, ENDS = datetime(2027, 5, 15, 11, tzinfo=UTC), datetime(2027, 5, 15, 17, tzinfo=UTC)
OPERATION = (STARTS, ENDS)
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
SECOND = timedelta(seconds=1)
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
        ({"starts_at": STARTS}, "starts"),
        ({"ends_at": ENDS}, "ends"),
        ({"starts_at": STARTS - timedelta(minutes=30) + SECOND}, "starts"),
        ({"ends_at": ENDS + timedelta(minutes=30) - SECOND}, "ends"),
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
def test_what_would_give_the_operation_away_or_is_of_no_use_is_refused_at_its_field(
    change: dict[str, object], field: str
) -> None:
    assert set(wrong(replace(TEXT, **change))) == {field}


def test_a_window_that_starts_and_ends_half_an_hour_away_from_the_operation_is_fine() -> None:
    half = timedelta(minutes=30)
    assert wrong(replace(TEXT, starts_at=STARTS - half, ends_at=ENDS + half)) == {}


def test_a_window_of_exactly_four_hours_is_long_enough() -> None:
    assert wrong(replace(TEXT, ends_at=TEXT.starts_at + timedelta(hours=4))) == {}


def test_only_whole_words_of_the_operation_are_refused() -> None:
    assert wrong(replace(TEXT, needs="Bluestems in a vase, a lot of them")) == {}


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
    assert is_outside_window(TEXT, (STARTS + moved, ENDS + moved)) is outside


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
