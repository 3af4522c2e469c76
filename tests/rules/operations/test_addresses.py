"""Texts that tell where something is, and texts of notices that don't."""

import pytest

from tracker.rules.operations.readiness import places_in


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
