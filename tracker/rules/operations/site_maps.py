"""Where the sites of a plan are: a map of circles beside known places, and how far the nearest of these is.

Both are made of our own data: no map service learns where an operation is.
"""

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from tracker.rules.operations.deconfliction import distance_ft
from tracker.rules.operations.plans import PlannedSite, Point
from tracker.rules.roster.meetings import MeetingSite

MAP_MARGIN = 1.15  # how much wider the map is than its circles
FEET_IN_A_DEGREE = 364_813  # along a meridian of that sphere
A_MILE = 5_280  # feet
FARTHEST_SHOWN = 10  # times as far as the circles reach: a known place that near widens the map
MOST_PLACES = 4
LONGEST_BAR = 0.4  # of the width of the map
BARS = (
    *((feet, f"{feet:,} feet") for feet in (50, 100, 200, 500, 1_000, 2_000)),
    (A_MILE // 2, "½ mile"),
    (A_MILE, "1 mile"),
    *((miles * A_MILE, f"{miles:,} miles") for miles in (2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000)),
)
"""The lengths that a scale bar can have, in feet, and in words."""


class SiteMark(NamedTuple):
    """One site in feet from the middle of the map, east and south, as SVG counts them."""

    number: int
    site: PlannedSite
    x: int
    y: int


class PlaceMark(NamedTuple):
    """A known place, as the sites are marked."""

    name: str
    x: int
    y: int


class SiteMap(NamedTuple):
    """The marks, and half of the width of the square that holds the circles, in feet."""

    marks: list[SiteMark]
    places: list[PlaceMark]
    half: int
    bar: tuple[int, str]
    """The scale: a length in feet, and its words."""


def draw_site_map(sites: Iterable[PlannedSite], places: Iterable[MeetingSite] = ()) -> SiteMap | None:
    """Return a map with north on top; None without sites. Exact enough for sites within a hundred miles.

    It is as wide as its circles, or as the nearest known place, if that is near enough for the circles to be seen.
    """
    shown = list(sites)
    if not shown:
        return None
    north = _middle([site.point.latitude for site in shown])
    east = _middle([site.point.longitude for site in shown])
    narrowing = math.cos(math.radians(north))

    def placed(latitude: float, longitude: float) -> tuple[int, int]:
        return (round((longitude - east) * FEET_IN_A_DEGREE * narrowing), round((north - latitude) * FEET_IN_A_DEGREE))

    marks = [
        SiteMark(number, site, *placed(site.point.latitude, site.point.longitude))
        for number, site in enumerate(shown, start=1)
    ]
    reach = max(_off(mark) + mark.site.point.radius_ft for mark in marks)
    known = [
        PlaceMark(place.name, *placed(point.latitude, point.longitude))
        for place in places
        if (point := _point(place)) is not None
    ]
    near = [mark for mark in sorted(known, key=_off) if _off(mark) <= reach * FARTHEST_SHOWN][:MOST_PLACES]
    half = math.ceil(max(reach, *(_off(mark) for mark in near[:1]), 0) * MAP_MARGIN)
    bar = max((bar for bar in BARS if bar[0] <= 2 * half * LONGEST_BAR), default=BARS[0])
    return SiteMap(marks, [mark for mark in near if _off(mark) <= half], half, bar)


def _off(mark: SiteMark | PlaceMark) -> int:
    """Return how far a mark is from the middle of the map, along the side of the square that is farther."""
    return max(abs(mark.x), abs(mark.y))


def _point(place: MeetingSite) -> Point | None:
    return Point(*place.coordinates, 0) if place.coordinates else None


def _middle(degrees: list[float]) -> float:
    return (min(degrees) + max(degrees)) / 2


def nearest_place_words(point: Point, places: Sequence[MeetingSite]) -> str:
    """Return "1.2 miles from Police academy" for the nearest of known places; empty without one."""
    distances = [(distance_ft(point, there), place.name) for place in places if (there := _point(place)) is not None]
    if not distances:
        return ""
    feet, name = min(distances)
    return f"At {name}" if feet < LEAST_APART else f"{_distance_words(feet)} from {name}"


LEAST_APART = 50  # feet


def _distance_words(feet: float) -> str:
    if feet < A_MILE / 10:
        return f"{round(feet, -1):.0f} feet"
    miles = feet / A_MILE
    words = f"{miles:.1f}" if miles < 10 else f"{miles:,.0f}"  # noqa: PLR2004 - more digits would be noise
    return f"{words} mile{'' if words == '1.0' else 's'}"
