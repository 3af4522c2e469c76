"""Who acts, and from where: the viewer, with the rights that they hold now.

What each entry of the audit log records about its author follows NIST SP 800-53 AU-3.
"""

from collections.abc import Set as AbstractSet
from datetime import datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from ipaddress import IPv6Address, ip_address
from typing import NamedTuple
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from tracker.rules.core import audiences
from tracker.rules.core.audiences import Arm, Capacity
from tracker.rules.core.wording import Worded

REMEMBERED_ADDRESSES = 4_096  # whose address is known by heart: each request asks
ID_BEGINNING = 12  # characters of a session or token id that the audit log keeps: just enough to tell sessions apart
PROOF_HOLDS = timedelta(minutes=15)


class Level(Worded):
    """The level of government of an agency."""

    FEDERAL = "federal"
    STATE = "state"
    LOCAL = "local"
    TRIBAL = "tribal"
    NON_GOVERNMENTAL = "non_governmental", "Non-governmental"


CAPACITIES = {
    **dict.fromkeys(Level, (Capacity.MEMBER, Capacity.GOVERNMENT)),
    Level.FEDERAL: tuple(Capacity),
    Level.NON_GOVERNMENTAL: (Capacity.MEMBER,),
}
"""In which capacities people of an agency see a named event."""


class Role(Worded):
    """A role that a member holds beyond membership; a committee chair holds it for a committee."""

    COORDINATOR = "coordinator"
    COMMITTEE_CHAIR = "committee_chair"
    AGENCY_LEAD = "agency_lead"
    ADMINISTRATOR = "administrator"
    """Manages accounts and the roster; the role gives no right to any content (NIST SP 800-53 AC-5)."""
    AUDITOR = "auditor"
    """Reads the audit log; entries that they may not open show only ids and verbs."""


SCHEDULERS = frozenset({Role.COORDINATOR, Role.COMMITTEE_CHAIR, Role.AGENCY_LEAD})


class Status(StrEnum):
    """The state of an agency or a member; only `active` has any access."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    DEPARTED = "departed"


class Emergency(NamedTuple):
    """Emergency access to operations that a person has now; `until` aware UTC."""

    id: UUID
    until: datetime


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
        return replace(self, session=session_id[:ID_BEGINNING])


ON_SITE = Origin()


class Actor(Struct, frozen=True):
    """The author of a change: a member with their agency at that time; without a member, a stranger or the system."""

    member_id: UUID | None = None
    agency_id: UUID | None = None
    origin: Origin = ON_SITE


class Viewer(Struct, frozen=True, kw_only=True):
    """A signed-in person, or the person addressed by an email, a feed or a signed link.

    `audiences` is what holds for them now; every reader compares it with the audiences of an event.
    """

    member_id: UUID
    name: str
    email: str
    agency_id: UUID
    agency: str
    """Short name of the agency, for example KCPD."""
    arm: Arm
    zone: str
    roles: frozenset[Role] = frozenset()
    chairs: frozenset[UUID] = frozenset()
    """Committees that the viewer chairs."""
    audiences: frozenset[str] = frozenset()
    is_discreet: bool = False
    """Whether emails and feeds show this person only the time; details need a sign-in."""
    signs_in: bool = True
    """Whether they have an account; a guest has none and opens only the pages behind their links."""
    origin: Origin = ON_SITE
    """The request source."""
    emergency: Emergency | None = None
    """Their emergency access to operations, in the session in which they have it. With it, they only read."""
    beside: "Viewer | None" = None
    """Another person who reads along: only what both may see is read."""

    @property
    def actor(self) -> Actor:
        """Return the viewer as the audit log names them."""
        return Actor(self.member_id, self.agency_id, self.origin)

    @property
    def is_coordinator(self) -> bool:
        """Return whether the viewer coordinates the task force."""
        return Role.COORDINATOR in self.roles

    @property
    def may_schedule(self) -> bool:
        """Return whether the viewer may schedule anything at all."""
        return not SCHEDULERS.isdisjoint(self.roles)

    @property
    def manages_accounts(self) -> bool:
        """Return whether the viewer adds people, invites them to sign in, and offboards them."""
        return not self.roles.isdisjoint((Role.COORDINATOR, Role.ADMINISTRATOR))

    @property
    def reads_audit(self) -> bool:
        """Return whether the viewer may read the audit log."""
        return not self.roles.isdisjoint((Role.COORDINATOR, Role.AUDITOR))

    @property
    def reads_all_audit(self) -> bool:
        """Return whether the viewer reads every entry; of those they may not open, ids and verbs only."""
        return Role.AUDITOR in self.roles


def is_seen_by(person: Viewer | None, may_see: AbstractSet[str]) -> bool:
    """Return whether an active person holds one of these audiences."""
    return person is not None and not person.audiences.isdisjoint(may_see)


def build_viewer(  # noqa: PLR0913 - one keyword for each fact about a person
    *,
    member_id: UUID,
    name: str,
    email: str,
    agency_id: UUID,
    agency: str,
    arm: Arm,
    level: Level,
    zone: str,
    roles: frozenset[Role],
    chairs: frozenset[UUID],
    seats: frozenset[UUID],
    all_committees: frozenset[UUID],
    grants: frozenset[UUID] = frozenset(),
    is_discreet: bool = False,
    signs_in: bool = True,
) -> Viewer:
    """Return the viewer with the audiences that hold for them.

    A coordinator holds both arms and every committee, but no named event that does not name them.
    """
    leads_all = Role.COORDINATOR in roles
    arms, committees = (tuple(Arm), all_committees) if leads_all else ((arm,), seats | chairs)
    held = audiences.person_audiences({member_id, *grants}, agency_id, arms, committees, CAPACITIES[level])
    return Viewer(
        member_id=member_id,
        name=name,
        email=email,
        agency_id=agency_id,
        agency=agency,
        arm=arm,
        zone=zone,
        roles=roles,
        chairs=chairs,
        audiences=held,
        is_discreet=is_discreet,
        signs_in=signs_in,
    )


@lru_cache(REMEMBERED_ADDRESSES)
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


BY_COMMAND = Actor(origin=Origin("cli"))
"""The person who runs the server, at its command line."""
BY_CLOCK = Actor(origin=Origin("clock"))
"""The tracker itself, acting on schedule."""


def is_recent(reauthenticated_at: datetime, now: datetime) -> bool:
    """Return whether a person who confirmed their identity at `reauthenticated_at` need not do it again."""
    return now - reauthenticated_at < PROOF_HOLDS
