"""Latitude and longitude as people write them: in degrees of WGS 84, kept in millionths of a degree."""

import re
from typing import NamedTuple

from tracker.errors import Invalid

WRITTEN = re.compile(r"\s*(-?\d{1,3}(?:\.\d{1,12})?)\s*[,;\s]\s*(-?\d{1,3}(?:\.\d{1,12})?)\s*")
NO_COORDINATES = "Enter latitude and longitude, like 39.0911, -94.4155."
MILLIONTHS = 1_000_000


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
    found = WRITTEN.fullmatch(text)
    if found is None or abs(float(found[1])) > 90 or abs(float(found[2])) > 180:  # noqa: PLR2004 - degrees
        raise Invalid(coordinates=NO_COORDINATES)
    return Coordinates(round(float(found[1]) * MILLIONTHS), round(float(found[2]) * MILLIONTHS))
