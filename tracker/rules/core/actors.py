"""Who acts, and from where: what each entry of the audit log says of its author (NIST SP 800-53 AU-3)."""

from dataclasses import dataclass, replace
from ipaddress import IPv6Address, ip_address
from uuid import UUID

MARK = 12  # letters of the id of a session or token that the trail keeps: enough to tell them apart, and no more


def network_address(text: str) -> str:
    """Return a network address as the trail keeps it, nothing for what is none.

    A server that listens on IPv6 sees those of IPv4 mapped (RFC 4291 §2.5.5.2): they are what they were. The name of
    this machine's own network card, which may stand behind an address (§11 of RFC 4007), is left out.
    """
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return ""
    return str(address.ipv4_mapped or address) if isinstance(address, IPv6Address) else str(address)


@dataclass(frozen=True)
class Origin:
    """By which way a deed comes in, and from where; what there is not is empty."""

    source: str = "page"
    """page, link, feed, api, cli, clock"""
    address: str = ""
    """The network address; none for commands and the clock."""
    session: str = ""
    """How the id of the session begins, which is the hash of its cookie; for a program, that of its token's row."""
    request: str = ""
    """The id that the access log gives the request."""

    def within(self, session_id: str) -> "Origin":
        """Return the same in a session, or by a token, of which only the beginning of its id is kept."""
        return replace(self, session=session_id[:MARK])


ON_SITE = Origin()


@dataclass(frozen=True)
class Actor:
    """The author of a deed: a member, with their agency at that moment; without a member a stranger or the system."""

    member_id: UUID | None = None
    agency_id: UUID | None = None
    origin: Origin = ON_SITE


BY_COMMAND = Actor(origin=Origin("cli"))
"""Whoever runs the server, at its command line."""
BY_CLOCK = Actor(origin=Origin("clock"))
"""The tracker itself, when it is time."""
