"""Confidential sites, such as shelters: only their agency has the address, and others read a public name."""

from uuid import UUID

from msgspec import Struct

from tracker.errors import Invalid
from tracker.rules.core.clean_text import name_fault

LONGEST_NAME = 120  # characters, as are the others
LONGEST_ADDRESS = 200
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
        if found := {field: sentence for field, sentence in wrong.items() if sentence}:
            raise Invalid(**found)


class OwnSite(Struct, frozen=True, kw_only=True):
    """A confidential site as the people of its agency see it."""

    id: UUID
    facts: ConfidentialSiteFacts
    version: int
