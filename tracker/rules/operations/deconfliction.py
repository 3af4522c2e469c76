"""Whether two operations are in each other's way, and what each side is shown of the other.

We compare operations of this task force only. RISSafe, Case Explorer, and SAFETNet compare with everyone else's.
"""

import hashlib
import math
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import NamedTuple, NewType
from uuid import UUID

from geographiclib.geodesic import Geodesic
from msgspec import Struct

from tracker.rules.operations.sites import Point

EARTH = Geodesic(6_371_008.8, 0)
"""A sphere of the mean radius of the Earth (IUGG, R1, in meters): distances are great circles, within 0.6 %."""
METERS_IN_A_FOOT = 0.3048
FEET_IN_A_DEGREE = 364_813  # along a meridian of that sphere
MILLIONTHS_IN_1000_FEET = 2_742  # of a degree along a meridian, rounded up
NEAR_A_POLE = 80  # degrees of latitude beyond which any longitude can be near
SHORTEST_BUFFER, LONGEST_BUFFER, DEFAULT_BUFFER = timedelta(0), timedelta(hours=24), timedelta(minutes=60)


FactsHash = NewType("FactsHash", str)
"""A hash of when and where two operations are, and of who knows it, without a way back."""


class Disclosure(StrEnum):
    """What the other side of a conflict is shown of an operation (three levels, as practiced under 28 CFR 23)."""

    OPEN = "open"
    """Who to call, and the times and places of the operation."""
    CONTACT_ONLY = "contact_only"
    """Agency, name, and phone of its lead."""
    SILENT = "silent"
    """Nothing: the other side's pages, emails, and answers are those of no conflict."""


SHOWN = frozenset(Disclosure) - {Disclosure.SILENT}
"""The levels at which the other side of a conflict knows of it."""
DISCLOSURE_WORDS = {
    Disclosure.OPEN: "Contact, times, and distance",
    Disclosure.CONTACT_ONLY: "Contact only",
    Disclosure.SILENT: "Nothing",
}


class Footprint(Struct, frozen=True, kw_only=True):
    """When and where an operation is, as far as others could get in its way; times aware UTC."""

    starts_at: datetime
    ends_at: datetime
    buffer: timedelta
    points: tuple[Point, ...]
    is_silent: bool = False
    """Whether the other side of a conflict is shown nothing of it."""


class Overlap(NamedTuple):
    """How close two operations come."""

    distance_ft: int
    """Between their nearest sites, rounded to the foot."""
    gap: timedelta
    """Between the end of one and the start of the other; zero when they overlap."""


class Box(NamedTuple):
    """What a background reader asks the database before distances are measured; none that is near is outside of it."""

    latitude_e6: int
    longitude_e6: int
    radius_ft: int
    """Of the site in the middle; a site with a larger radius of its own reaches further."""
    longitude_in_1000_feet: int | None
    """Millionths of a degree of longitude; None near a pole, where longitude says nothing."""


def box_around(point: Point) -> Box:
    """Return the box outside of which no site is near a point."""
    if abs(point.latitude) > NEAR_A_POLE:
        return Box(point.latitude_e6, point.longitude_e6, point.radius_ft, None)
    # A circle reaches a little further east than r / cos(latitude): asin(sin r / cos latitude), within 0.1 %.
    stretched = MILLIONTHS_IN_1000_FEET * 1.001 / math.cos(math.radians(point.latitude))
    return Box(point.latitude_e6, point.longitude_e6, point.radius_ft, math.ceil(stretched))


def gap_between(one: Footprint, other: Footprint) -> timedelta | None:
    """Return the time between two operations, zero when they overlap; None when it's longer than the larger buffer."""
    gap = max(one.starts_at - other.ends_at, other.starts_at - one.ends_at, timedelta(0))
    return gap if gap <= max(one.buffer, other.buffer) else None


def unplaced(footprints: Mapping[UUID, Footprint]) -> dict[UUID, list[UUID]]:
    """Return the operations without a place that is known, each with those that could be in its way by their time.

    Where it is can't be compared, so neither side is shown anything; the officer can ask for the place.
    """
    found = {
        one: [other for other, its in footprints.items() if other != one and gap_between(mine, its) is not None]
        for one, mine in footprints.items()
        if not mine.points
    }
    return {one: others for one, others in found.items() if others}


def overlap(one: Footprint, other: Footprint) -> Overlap | None:
    """Return how close two operations come, or None if they are not in each other's way.

    They are when a pair of sites is within the larger of their radii, and the gap in time is at most the larger buffer.
    It doesn't matter which of the two comes first.
    """
    gap = gap_between(one, other)
    if gap is None:
        return None
    near = [
        feet
        for mine in one.points
        for theirs in other.points
        if (feet := distance_ft(mine, theirs)) <= max(mine.radius_ft, theirs.radius_ft)
    ]
    return Overlap(round(min(near)), gap) if near else None


def facts_of(one: Footprint, other: Footprint) -> FactsHash:
    """Return the same hash for the same two footprints, in either order."""
    sides = sorted("|".join(_texts(each)) for each in (one, other))
    return FactsHash(hashlib.sha256("\n".join(sides).encode()).hexdigest())


def _texts(one: Footprint) -> Iterator[str]:
    """Yield what makes a footprint, each part in one spelling."""
    yield from (moment.astimezone(UTC).isoformat() for moment in (one.starts_at, one.ends_at))
    yield str(one.buffer // timedelta(minutes=1))
    yield str(int(one.is_silent))
    yield from (",".join(map(str, point)) for point in sorted(one.points))


def distance_ft(one: Point, other: Point) -> float:
    """Return the great-circle distance between two points, in feet."""
    line = EARTH.Inverse(one.latitude, one.longitude, other.latitude, other.longitude, Geodesic.DISTANCE)
    meters: float = line["s12"]
    return meters / METERS_IN_A_FOOT
