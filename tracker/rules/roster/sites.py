"""Sites: places where the task force meets, which of them the words of an event mean, and how many sit there; pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from tracker.errors import Invalid
from tracker.rules.core.wording import plural

LONGEST_NAME = 120  # characters, as are the others
LONGEST_ADDRESS = 160
LONGEST_EQUIPMENT = 160
MOST_SEATS = 9_999
SEATS_WANTED = f"Write how many seats it has: 1 to {MOST_SEATS:,}, or leave it empty."


@dataclass(frozen=True, kw_only=True)
class Site:
    """A room or a building."""

    id: UUID
    name: str
    address: str
    capacity: int | None
    """Seats; None = not known."""
    equipment: str
    is_open: bool
    """Whether it is offered for new events."""
    version: int

    @property
    def place(self) -> str:
        """What an event there says of its place."""
        return ", ".join(filter(None, (self.name, self.address)))

    @property
    def words(self) -> str:
        """What there is: "20 seats, projector"."""
        seats = plural(self.capacity, "seat") if self.capacity is not None else ""
        return ", ".join(filter(None, (seats, self.equipment)))

    @property
    def texts(self) -> tuple[str, str]:
        """Return the words for its place in small letters: the name alone, and with the address."""
        return _folded(self.name), _folded(self.place)

    def too_small(self, invited: int) -> str:
        """Return what is said when those invited and the organizer find no seat, else nothing."""
        if self.capacity is None or invited < self.capacity:
            return ""
        people = plural(invited + 1, "person", "people")
        return f"{plural(self.capacity, 'seat')}, {people}: {invited + 1 - self.capacity} too few"


@dataclass(frozen=True, kw_only=True)
class SiteFacts:
    """A site as a form says."""

    name: str
    address: str
    capacity: int | None
    equipment: str
    is_open: bool

    def check(self) -> None:
        """Raise `Invalid` with a sentence for each field that cannot be taken."""
        seats = self.capacity is None or 1 <= self.capacity <= MOST_SEATS
        wrong = {
            "name": "" if self.name else "Say how people call it, for example “5th-floor conference room”.",
            "capacity": "" if seats else SEATS_WANTED,
        }
        if found := {field: sentence for field, sentence in wrong.items() if sentence}:
            raise Invalid(**found)


@dataclass(frozen=True, kw_only=True)
class Taken:
    """Another event at a site, which the viewer may see."""

    event_id: UUID
    title: str
    is_marked: bool
    """Whether it is controlled information."""
    starts_at: datetime


@dataclass(frozen=True, kw_only=True)
class Room:
    """The site of an event, and what else is there at its times, as far as the viewer may see it."""

    site: Site
    taken: Sequence[Taken]


def site_at(place: str, sites: Iterable[Site]) -> Site | None:
    """Return the site that a place means: one that is called so, with or without its address."""
    wanted = _folded(place)
    return next((one for one in sites if wanted and wanted in one.texts), None)


def _folded(text: str) -> str:
    return " ".join(text.lower().split())
