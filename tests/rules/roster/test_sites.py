"""Sites: which one the words of a place mean, and whether everyone finds a seat."""

from uuid import UUID

import pytest

from tracker.errors import Invalid
from tracker.rules.roster.sites import MeetingSite, MeetingSiteFacts, site_at

ROOM = MeetingSite(
    id=UUID(int=1),
    name="5th-floor conference room",
    address="400 E 9th St, Kansas City",
    capacity=12,
    equipment="Projector",
    is_open=True,
    version=1,
)


@pytest.mark.parametrize(
    "place",
    [
        "5th-floor conference room",
        " 5th-Floor  Conference Room",
        "5th-floor conference room, 400 E 9th St, Kansas City",
    ],
)
def test_a_place_means_a_site_by_its_name_with_or_without_the_address(place: str) -> None:
    assert site_at(place, [ROOM]) is ROOM


@pytest.mark.parametrize("place", ["", "5th-floor", "By video", "6th-floor conference room"])
def test_other_words_mean_no_site(place: str) -> None:
    assert site_at(place, [ROOM]) is None


def test_the_organizer_needs_a_seat_too() -> None:
    assert ROOM.too_small(11) == ""
    assert ROOM.too_small(12) == "Room holds 12; 13 invited, including the organizer."


def test_a_site_says_what_there_is() -> None:
    assert ROOM.words == "holds 12, Projector"


def test_a_site_has_a_name_and_a_seat() -> None:
    with pytest.raises(Invalid) as refused:
        MeetingSiteFacts(name="", address="", capacity=0, equipment="", is_open=True).check()
    assert set(refused.value.fields) == {"name", "capacity"}
