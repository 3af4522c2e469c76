"""Who acts, and from where: what each entry of the audit log records about its author (NIST SP 800-53 AU-3)."""

from functools import lru_cache
from ipaddress import IPv6Address, ip_address
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

CLIENTS = 4_096  # whose address is known by heart: each request asks
MARK = 12  # characters of a session or token id that the audit log keeps: just enough to tell sessions apart


@lru_cache(CLIENTS)
def network_address(text: str) -> str:
    """Return a network address as the audit log keeps it; empty when the text isn't an address.

    A server that listens on IPv6 sees IPv4 clients under mapped addresses (RFC 4291 §2.5.5.2); they are returned as
    IPv4. A zone id, which names a network card of this machine (RFC 4007 §11), is removed.
    """
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return ""
    return str(address.ipv4_mapped or address) if isinstance(address, IPv6Address) else str(address)


class Origin(Struct, frozen=True):
    """The source of a request; unknown parts are empty."""

    source: str = "page"
    """page, link, feed, api, email, cli, clock"""
    address: str = ""
    """The network address; none for commands and the clock."""
    session: str = ""
    """The first characters of the session's id (a hash of its cookie), or of a token's row id."""
    request: str = ""
    """The id of the request in the access log."""

    @property
    def channel(self) -> str:
        """Return how a person's own words came: a link in an email (link), email, a program (api), or site."""
        return self.source if self.source in {"link", "email", "api"} else "site"

    def within(self, session_id: str) -> "Origin":
        """Return this origin with the first characters of a session or token id."""
        return replace(self, session=session_id[:MARK])


ON_SITE = Origin()


class Actor(Struct, frozen=True):
    """The author of a change: a member with their agency at that time; without a member, a stranger or the system."""

    member_id: UUID | None = None
    agency_id: UUID | None = None
    origin: Origin = ON_SITE


BY_COMMAND = Actor(origin=Origin("cli"))
"""The person who runs the server, at its command line."""
BY_CLOCK = Actor(origin=Origin("clock"))
"""The tracker itself, acting on schedule."""
