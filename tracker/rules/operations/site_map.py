"""A map of an operation's sites as circles, drawn from our own data: no map service learns where they are."""

import math
from collections.abc import Iterable
from typing import NamedTuple

from tracker.rules.operations.deconfliction import FEET_IN_A_DEGREE
from tracker.rules.operations.sites import Site

MARGIN = 1.15  # how much wider the map is than its circles


class Mark(NamedTuple):
    """One site in feet from the middle of the map, east and south, as SVG counts them."""

    number: int
    site: Site
    x: int
    y: int


class SiteMap(NamedTuple):
    """The marks, and half of the width of the square that holds their circles, in feet."""

    marks: list[Mark]
    half: int


def site_map(sites: Iterable[Site]) -> SiteMap | None:
    """Return a map with north on top; None without sites. Exact enough for sites within a hundred miles."""
    shown = list(sites)
    if not shown:
        return None
    north = _middle([one.point.latitude for one in shown])
    east = _middle([one.point.longitude for one in shown])
    narrowing = math.cos(math.radians(north))
    marks = [
        Mark(
            number,
            one,
            round((one.point.longitude - east) * FEET_IN_A_DEGREE * narrowing),
            round((north - one.point.latitude) * FEET_IN_A_DEGREE),
        )
        for number, one in enumerate(shown, start=1)
    ]
    reach = max(max(abs(mark.x), abs(mark.y)) + mark.site.point.radius_ft for mark in marks)
    return SiteMap(marks, math.ceil(reach * MARGIN))


def _middle(degrees: list[float]) -> float:
    return (min(degrees) + max(degrees)) / 2
