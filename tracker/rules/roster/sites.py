"""Sites of agencies, and confidential ones."""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from msgspec import Struct

from tracker.errors import Invalid, refuse_fields
from tracker.rules.core.clean_text import name_fault

LONGEST_NAME = 120  # characters, as are the others
LONGEST_ADDRESS = 160
LONGEST_EQUIPMENT = 160
MOST_SEATS = 9_999
SEATS_WANTED = f"Enter how many people it holds, 1 to {MOST_SEATS:,}, or leave it blank."
TYPED_COORDINATES = re.compile(r"\s*(-?\d{1,3}(?:\.\d{1,12})?)\s*[,;\s]\s*(-?\d{1,3}(?:\.\d{1,12})?)\s*")
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


class MeetingSiteFacts(Struct, frozen=True, kw_only=True):
    """A site as a form describes it."""

    name: str
    address: str
    capacity: int | None
    """Capacity in people; None = not known."""
    equipment: str
    is_open: bool
    """Whether it is offered for new events."""
    coordinates: Coordinates | None = None
    """None = not known."""

    def check(self) -> None:
        """Raise `Invalid` with a sentence for each wrong field."""
        seats = self.capacity is None or 1 <= self.capacity <= MOST_SEATS
        wrong = {
            "name": name_fault(self.name) if self.name else "Enter a name, for example “5th-floor conference room”.",
            "capacity": "" if seats else SEATS_WANTED,
        }
        refuse_fields(wrong)


class MeetingSite(MeetingSiteFacts, frozen=True, kw_only=True):
    """A room or a building."""

    id: UUID
    version: int

    @property
    def place(self) -> str:
        """Return the place text of an event at this site."""
        return ", ".join(filter(None, (self.name, self.address)))

    @property
    def words(self) -> str:
        """Return what the site has: "holds 20, projector"."""
        size = f"holds {self.capacity}" if self.capacity is not None else ""
        return ", ".join(filter(None, (size, self.equipment)))

    @property
    def texts(self) -> tuple[str, str]:
        """Return the texts for its place in lower case: the name alone, and with the address."""
        return _folded(self.name), _folded(self.place)

    def too_small(self, invited: int) -> str:
        """Return the warning when the invited people and the organizer don't fit, else nothing."""
        if self.capacity is None or invited < self.capacity:
            return ""
        return f"Room holds {self.capacity}; {invited + 1} invited, including the organizer."


class SiteBooking(Struct, frozen=True, kw_only=True):
    """Another event at a site, which the viewer may see."""

    event_id: UUID
    title: str
    is_marked: bool
    """Whether it is controlled unclassified information."""
    starts_at: datetime


class Room(Struct, frozen=True, kw_only=True):
    """The site of an event, and other events there at its times, as far as the viewer may see them."""

    site: MeetingSite
    taken: Sequence[SiteBooking]


def site_at(place: str, sites: Iterable[MeetingSite]) -> MeetingSite | None:
    """Return the site that a place text names, with or without its address."""
    wanted = _folded(place)
    return next((site for site in sites if wanted and wanted in site.texts), None)


def known_place(text: str, sites: Iterable[MeetingSite]) -> MeetingSite | None:
    """Return the site that a text names by its name, its address, or both."""
    wanted = _folded(text)
    return next((site for site in sites if wanted and wanted in (*site.texts, _folded(site.address))), None)


def _folded(text: str) -> str:
    return " ".join(text.lower().split())


def coordinates_in(text: str) -> Coordinates | None:
    """Return the coordinates that a text says; None for an empty one. Errors: Invalid(coordinates)."""
    if not text.strip():
        return None
    match = TYPED_COORDINATES.fullmatch(text)
    if match is None or abs(float(match[1])) > 90 or abs(float(match[2])) > 180:  # noqa: PLR2004 - degrees
        raise Invalid(coordinates=NO_COORDINATES)
    return Coordinates(round(float(match[1]) * MILLIONTHS), round(float(match[2]) * MILLIONTHS))


LONGEST_CONFIDENTIAL_NAME = 120  # characters, as are the others
LONGEST_CONFIDENTIAL_ADDRESS = 200
LONGEST_DIRECTIONS = 1_000


class PublicSite(Struct, frozen=True, kw_only=True):
    """What everyone may know of a confidential site."""

    id: UUID
    name: str
    """The public name, for example "partner location 2"."""
    agency: str
    """Short name of the agency to ask."""


class ConfidentialSiteFacts(Struct, frozen=True, kw_only=True):
    """A confidential site as its agency describes it."""

    name: str
    address: str
    directions: str
    """How to get there: a room, a map link, coordinates."""
    is_open: bool = True
    """Whether it is offered for off-site services."""

    def check(self) -> None:
        """Raise `Invalid` with a sentence for each wrong field, also for a public name that has the address in it."""
        wrong = {
            "name": name_fault(self.name) if self.name else "Enter a public name, for example “partner location 2”.",
            "address": "" if self.address else "Enter the address. Only your agency can read it.",
        }
        if self.address and self.address.casefold() in self.name.casefold():
            wrong["name"] = "Everyone can read the public name. Leave the address out."
        refuse_fields(wrong)


class OwnSite(Struct, frozen=True, kw_only=True):
    """A confidential site as the people of its agency see it."""

    id: UUID
    facts: ConfidentialSiteFacts
    version: int
