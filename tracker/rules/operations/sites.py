"""Places of an operation, in degrees of WGS 84: what is checked when one is entered, and a map of them.

The map shows circles, drawn from our own data: no map service learns where they are.
"""

import math
from collections.abc import Iterable
from enum import StrEnum
from typing import NamedTuple

from msgspec import Struct

from tracker.errors import Invalid

LONGEST_PLACE = 200  # characters
NO_PLACE = f"Enter the place in up to {LONGEST_PLACE} characters."
LEAST_RADIUS, GREATEST_RADIUS = 50, 52_800  # feet; ten miles
WRONG_RADIUS = f"Enter a radius from {LEAST_RADIUS} to {GREATEST_RADIUS:,} feet."
DEFAULT_RADIUS = 1_320  # feet: a quarter of a mile
MOST_SITES = 20
MILLIONTHS = 1_000_000
MAP_MARGIN = 1.15  # how much wider the map is than its circles
FEET_IN_A_DEGREE = 364_813  # along a meridian of that sphere


class SiteRole(StrEnum):
    """What a place is for."""

    TARGET = "target"
    STAGING = "staging"
    COMMAND_POST = "command_post"
    OFF_SITE_SERVICES = "off_site_services"
    """Where victim services get ready; it is never compared with other operations."""


SITE_WORDS = {
    SiteRole.TARGET: "Target",
    SiteRole.STAGING: "Staging area",
    SiteRole.COMMAND_POST: "Command post",
    SiteRole.OFF_SITE_SERVICES: "Off-site services",
}


class Point(NamedTuple):
    """Where a site is, in millionths of a degree (four inches), and how far around it another one is in the way."""

    latitude_e6: int
    longitude_e6: int
    radius_ft: int

    @property
    def latitude(self) -> float:
        """Return the latitude in degrees."""
        return self.latitude_e6 / MILLIONTHS

    @property
    def longitude(self) -> float:
        """Return the longitude in degrees."""
        return self.longitude_e6 / MILLIONTHS


class PlannedSite(Struct, frozen=True, kw_only=True):
    """A place of an operation."""

    role: SiteRole
    place: str
    """In words, for people on the operation only."""
    point: Point

    @property
    def is_compared(self) -> bool:
        """Return whether other operations near it are a conflict."""
        return self.role is not SiteRole.OFF_SITE_SERVICES


def point_at(latitude: float, longitude: float, radius_ft: int) -> Point:
    """Return the point at these degrees. Errors: Invalid by field."""
    wrong: dict[str, str] = {}
    if not _within(latitude, 90):
        wrong["latitude"] = "Enter a latitude from -90 to 90, like 39.0911."
    if not _within(longitude, 180):
        wrong["longitude"] = "Enter a longitude from -180 to 180, like -94.4155."
    if not LEAST_RADIUS <= radius_ft <= GREATEST_RADIUS:
        wrong["radius"] = WRONG_RADIUS
    if wrong:
        raise Invalid(**wrong)
    return Point(round(latitude * MILLIONTHS), round(longitude * MILLIONTHS), radius_ft)


def _within(degrees: float, most: int) -> bool:
    return math.isfinite(degrees) and abs(degrees) <= most


class SiteMark(NamedTuple):
    """One site in feet from the middle of the map, east and south, as SVG counts them."""

    number: int
    site: PlannedSite
    x: int
    y: int


class SiteMap(NamedTuple):
    """The marks, and half of the width of the square that holds their circles, in feet."""

    marks: list[SiteMark]
    half: int


def draw_site_map(sites: Iterable[PlannedSite]) -> SiteMap | None:
    """Return a map with north on top; None without sites. Exact enough for sites within a hundred miles."""
    shown = list(sites)
    if not shown:
        return None
    north = _middle([planned_site.point.latitude for planned_site in shown])
    east = _middle([planned_site.point.longitude for planned_site in shown])
    narrowing = math.cos(math.radians(north))
    marks = [
        SiteMark(
            number,
            planned_site,
            round((planned_site.point.longitude - east) * FEET_IN_A_DEGREE * narrowing),
            round((north - planned_site.point.latitude) * FEET_IN_A_DEGREE),
        )
        for number, planned_site in enumerate(shown, start=1)
    ]
    reach = max(max(abs(mark.x), abs(mark.y)) + mark.site.point.radius_ft for mark in marks)
    return SiteMap(marks, math.ceil(reach * MAP_MARGIN))


def _middle(degrees: list[float]) -> float:
    return (min(degrees) + max(degrees)) / 2
