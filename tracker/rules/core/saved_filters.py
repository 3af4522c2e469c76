"""Saved filters: which lists have them, and which parts of an address they keep.

A filter holds words and ids that its owner typed or chose and grants no access: its link checks permission like any
other.
"""

from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import parse_qs, urlencode
from uuid import UUID

from msgspec import Struct

LONGEST_NAME = 60  # characters
LONGEST_QUERY = 500  # characters
MOST = 50
"""Filters that one person can keep."""


class Listing(NamedTuple):
    """A page whose address holds a filter."""

    label: str
    fields: tuple[str, ...]
    """The parts that a filter keeps; never a calendar's day or a list's page, so that it opens at the present."""


LISTINGS: Mapping[str, Listing] = {
    "calendar": Listing("Calendar", ("view", "kind", "committee", "agency", "visibility", "mine", "canceled")),
    "action-items": Listing("Action items", ("group", "q", "mine", "done")),
    "messages": Listing("Messages", ("state", "kind", "person")),
    "people": Listing("Agencies and people", ("q", "left")),
    "reports": Listing("Reports", ("period", "from", "to", "kind", "committee")),
    "audit": Listing("Audit log", ("who", "what", "about", "via", "from", "to")),
}
"""Path of the page → its name and what a filter of it keeps."""


class SavedFilter(Struct, frozen=True, kw_only=True):
    """A filter as its owner sees it."""

    id: UUID
    listing: str
    name: str
    query: str

    @property
    def label(self) -> str:
        """Return the name of the page that the filter narrows."""
        return LISTINGS[self.listing].label

    @property
    def address(self) -> str:
        """Return the address of the filtered page."""
        return f"/{self.listing}?{self.query}"


def kept_query(listing: str, query: str) -> str:
    """Return what a filter keeps of an address's query, in a fixed order; empty when it narrows nothing."""
    asked = parse_qs(query)
    return urlencode([(field, text) for field in LISTINGS[listing].fields for text in asked.get(field, ())])
