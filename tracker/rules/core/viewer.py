"""Who acts: the viewer, with the rights that they hold now."""

from collections.abc import Set as AbstractSet
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from msgspec import Struct

from tracker.rules.core import audiences
from tracker.rules.core.actors import ON_SITE, Actor, Origin
from tracker.rules.core.audiences import Arm, Standing


class Level(StrEnum):
    """The level of government of an agency."""

    FEDERAL = "federal"
    STATE = "state"
    LOCAL = "local"
    TRIBAL = "tribal"
    NON_GOVERNMENTAL = "non_governmental"


STANDINGS = {
    **dict.fromkeys(Level, (Standing.MEMBER, Standing.GOVERNMENT)),
    Level.FEDERAL: tuple(Standing),
    Level.NON_GOVERNMENTAL: (Standing.MEMBER,),
}
"""In which capacities people of an agency see a named event."""


class Role(StrEnum):
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


def sees(person: Viewer | None, may_see: AbstractSet[str]) -> bool:
    """Return whether an active person holds one of these audiences."""
    return person is not None and not person.audiences.isdisjoint(may_see)


def viewer_of(  # noqa: PLR0913 - one keyword for each fact about a person
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
    held = audiences.of_person({member_id, *grants}, agency_id, arms, committees, STANDINGS[level])
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
