"""Coordinates as people type them, and the region in which the task force works.

A sign that was forgotten, or a longitude before its latitude, puts a place on another continent, where nothing is near
it: deconfliction would find no conflict and say so. What is outside of the region is therefore asked about.
"""

import re
from typing import NamedTuple

from tracker.errors import Invalid

MILLIONTHS = 1_000_000
MOST_NORTH, MOST_EAST = 90, 180  # degrees
NO_COORDINATES = "Enter latitude and longitude, like 39.0911, -94.4155."
NORTH_SOUTH, EAST_WEST = frozenset("NS"), frozenset("EW")
LATITUDE_FIRST = "Enter the latitude first, like 39.0911, -94.4155."
MINUS = "\N{MINUS SIGN}"  # as phones and word processors write it
_HALF = rf"([NSEW])?\s*([-+{MINUS}])?\s*(\d{{1,3}}(?:\.\d{{1,12}})?)\s*°?\s*([NSEW])?"
TYPED_COORDINATES = re.compile(rf"\s*{_HALF}\s*[,;\s]\s*{_HALF}\s*", re.IGNORECASE)
"""Two numbers in degrees, each with a sign or a letter: "39.0911, -94.4155" and "39.0911° N 94.4155° W"."""


class Coordinates(NamedTuple):
    """Where a place is, in millionths of a degree (four inches)."""

    latitude_e6: int
    longitude_e6: int

    @property
    def text(self) -> str:
        """Return it as people write it: "39.0911, -94.4155"."""
        return f"{self.latitude_e6 / MILLIONTHS}, {self.longitude_e6 / MILLIONTHS}"


def coordinates_in(text: str) -> Coordinates | None:
    """Return the coordinates that a text says; None for an empty one. Errors: Invalid(coordinates)."""
    if not text.strip():
        return None
    match = TYPED_COORDINATES.fullmatch(text)
    if match is None:
        raise Invalid(coordinates=NO_COORDINATES)
    halves = _degrees(*match.groups()[:4]), _degrees(*match.groups()[4:])
    is_reversed = halves[0][0] in EAST_WEST or halves[1][0] in NORTH_SOUTH
    (north, latitude), (east, longitude) = reversed(halves) if is_reversed else halves
    if north in EAST_WEST or east in NORTH_SOUTH:
        raise Invalid(coordinates=NO_COORDINATES)
    if abs(latitude) > MOST_NORTH or abs(longitude) > MOST_EAST:
        raise Invalid(coordinates=LATITUDE_FIRST if abs(longitude) <= MOST_NORTH else NO_COORDINATES)
    return Coordinates(round(latitude * MILLIONTHS), round(longitude * MILLIONTHS))


def _degrees(before: str | None, sign: str | None, number: str, after: str | None) -> tuple[str, float]:
    """Return the letter of one half, if it has one, and its degrees; west and south are negative. Errors: Invalid."""
    if before and after:
        raise Invalid(coordinates=NO_COORDINATES)
    letter = (before or after or "").upper()
    is_negative = letter in {"S", "W"} or sign in {"-", MINUS}
    return letter, -float(number) if is_negative else float(number)


class OutsideRegion(Invalid):
    """Coordinates outside of the region; `meant` are those that may be meant, the likeliest first."""

    def __init__(self, typed: Coordinates, meant: list[Coordinates]) -> None:
        self.asked = {"asked_about": typed.text, "meant_instead": meant[0].text if meant else ""}
        asked = f" Did you mean {meant[0].text}?" if meant else " Check the minus sign: west is negative."
        super().__init__(coordinates=f"{typed.text} is outside of the task force’s region.{asked}")


class Region(NamedTuple):
    """A rectangle in degrees; one that crosses the 180th meridian has its west east of its east."""

    south: float
    west: float
    north: float
    east: float

    def holds(self, coordinates: Coordinates) -> bool:
        """Return whether a place is in it."""
        latitude, longitude = coordinates.latitude_e6 / MILLIONTHS, coordinates.longitude_e6 / MILLIONTHS
        after_west, before_east = self.west <= longitude, longitude <= self.east
        is_between = after_west and before_east if self.west <= self.east else after_west or before_east
        return self.south <= latitude <= self.north and is_between

    def check(self, coordinates: Coordinates) -> None:
        """Raise `OutsideRegion` for a place outside of it."""
        if self.holds(coordinates):
            return
        first, second = coordinates
        pairs = [(first, second)] if abs(second) > MOST_NORTH * MILLIONTHS else [(first, second), (second, first)]
        flipped = [
            Coordinates(latitude * north, longitude * east)
            for latitude, longitude in pairs
            for north, east in ((1, 1), (1, -1), (-1, 1), (-1, -1))
        ]
        raise OutsideRegion(coordinates, [meant for meant in dict.fromkeys(flipped) if self.holds(meant)])
