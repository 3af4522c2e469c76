"""Who looks and acts, and the audiences that they hold."""

from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from datetime import datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from ipaddress import IPv6Address, ip_address
from itertools import product
from typing import NamedTuple, NewType
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

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


class Capacity(StrEnum):
    """In what capacity a person on a named event's list sees it: as a person, or while they serve at such an agency."""

    MEMBER = "member"
    FEDERAL = "federal"
    GOVERNMENT = "government"


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


class Arm(Worded):
    """The two arms of the task force, both led by the U.S. Attorney's Office."""

    LAW_ENFORCEMENT = "law_enforcement"
    VICTIM_SERVICES = "victim_services"


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


Audience = NewType("Audience", str)
"""An audience as the row of an event stores it."""
EVERYONE = "all"


class Visibility(StrEnum):
    """Who may see an event, as a coordinator chooses it."""

    ALL = "all"
    LAW_ENFORCEMENT = "law_enforcement"
    VICTIM_SERVICES = "victim_services"
    COMMITTEE = "committee"
    NAMED = "named"


def arm_audience(name: Arm) -> str:
    """Return the audience of everyone who serves in one arm."""
    return f"arm:{name}"


def agency_audience(agency_id: UUID) -> str:
    """Return the audience of everyone who serves at one agency."""
    return f"agency:{agency_id}"


def committee_audience(committee_id: UUID) -> str:
    """Return the audience of everyone who holds a seat on one committee, alternates included."""
    return f"committee:{committee_id}"


def member_audience(member_id: UUID) -> str:
    """Return the audience of one person."""
    return named_audience(member_id, Capacity.MEMBER)


def named_audience(member_id: UUID, capacity: Capacity) -> str:
    """Return the audience of one person while they serve in this capacity."""
    return f"{capacity}:{member_id}"


def emergency_audience(access_id: UUID) -> str:
    """Return the audience of one emergency access to operations (decision 31)."""
    return f"emergency:{access_id}"


def audiences_of_one(member_id: UUID) -> frozenset[str]:
    """Return every audience that can consist of this one person."""
    return frozenset(named_audience(member_id, capacity) for capacity in Capacity)


def event_audiences(
    visibility: Visibility, committee_id: UUID | None, people: Iterable[UUID], capacity: Capacity = Capacity.MEMBER
) -> frozenset[str]:
    """Return the audiences of an event; `people` are on the list of a named event and see it as `capacity`."""
    match visibility:
        case Visibility.ALL:
            return frozenset({EVERYONE})
        case Visibility.LAW_ENFORCEMENT | Visibility.VICTIM_SERVICES:
            return frozenset({arm_audience(Arm(visibility))})
        case Visibility.COMMITTEE if committee_id is not None:
            return frozenset({committee_audience(committee_id)})
        case _:
            return frozenset(named_audience(person, capacity) for person in people)


def widens_audiences(before: AbstractSet[str], after: Iterable[str]) -> bool:
    """Return whether the audiences `after` may hold people who are in none of those `before`.

    Audiences are compared by name, not by who is in them. A person in one capacity is part of that person.
    """
    persons = ((audience, f"{Capacity.MEMBER}:{audience.partition(':')[2]}") for audience in after)
    return EVERYONE not in before and any(before.isdisjoint(either) for either in persons)


def person_audiences(
    names: AbstractSet[UUID], agency_id: UUID, arms: Iterable[Arm], committees: Iterable[UUID], level: Level
) -> frozenset[str]:
    """Return the audiences that hold for an active person: committees, arms, agency, and the person in each capacity.

    `names` are the id of the person, and of their accesses that end by themselves and haven't yet. A coordinator holds
    both arms and every committee, but no named event that does not name them.
    """
    oneself = {named_audience(name, capacity) for name, capacity in product(names, CAPACITIES[level])}
    return frozenset(
        {EVERYONE, agency_audience(agency_id), *oneself}
        | {arm_audience(arm) for arm in arms}
        | {committee_audience(committee) for committee in committees}
    )
