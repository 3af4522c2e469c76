"""The map of a plan's sites, and the words for the nearest known place."""

from uuid import UUID, uuid4

import pytest

from tracker.rules.operations.plans import PlannedSite, SiteRole, point_at
from tracker.rules.operations.site_maps import draw_site_map, nearest_place_words
from tracker.rules.roster.coordinates import Coordinates
from tracker.rules.roster.meetings import MeetingSite

MOTEL = PlannedSite(role=SiteRole.TARGET, place="Motel", point=point_at(39.0911, -94.4155, 1_320))


def known(name: str, latitude: float | None, longitude: float | None = None) -> MeetingSite:
    coordinates = (
        None if latitude is None or longitude is None else Coordinates(round(latitude * 1e6), round(longitude * 1e6))
    )
    return MeetingSite(
        id=UUID(int=uuid4().int),
        version=1,
        name=name,
        address="",
        capacity=None,
        equipment="",
        is_open=True,
        coordinates=coordinates,
    )


def test_there_is_no_map_without_sites() -> None:
    assert draw_site_map([], [known("Academy", 39.1, -94.4)]) is None


def test_the_map_is_as_wide_as_its_circles_and_has_a_scale_that_fits() -> None:
    drawn = draw_site_map([MOTEL])
    assert drawn is not None
    assert drawn.half == 1_518  # 1,320 feet, and some room
    assert drawn.bar == (1_000, "1,000 feet")


def test_a_known_place_near_the_sites_widens_the_map_and_is_marked_where_it_is() -> None:
    drawn = draw_site_map([MOTEL], [known("Academy", 39.1011, -94.4155), known("Far", 39.9, -94.4155)])
    assert drawn is not None
    [academy] = drawn.places
    assert (academy.name, academy.x, academy.y) == ("Academy", 0, -3_648)  # a hundredth of a degree north
    assert drawn.half > 3_648


def test_a_place_without_coordinates_is_neither_on_the_map_nor_near() -> None:
    drawn = draw_site_map([MOTEL], [known("Academy", None)])
    assert drawn is not None
    assert drawn.places == []
    assert nearest_place_words(MOTEL.point, [known("Academy", None)]) == ""


@pytest.mark.parametrize(
    ("latitude", "words"),
    [
        (39.0911, "At Academy"),
        (39.0921, "360 feet from Academy"),
        (39.1056, "1.0 mile from Academy"),
        (39.12, "2.0 miles from Academy"),
        (42.0, "201 miles from Academy"),
    ],
)
def test_the_nearest_known_place_is_named_with_its_distance(latitude: float, words: str) -> None:
    assert nearest_place_words(MOTEL.point, [known("Farther", 45, -94), known("Academy", latitude, -94.4155)]) == words
