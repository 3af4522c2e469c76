"""Who acts: the viewer, with the rights that hold for them now."""

from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID

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
"""As what people of an agency see a named event."""


class Role(StrEnum):
    """What a member is trusted with beyond being one; a committee chair is one for a committee."""

    COORDINATOR = "coordinator"
    COMMITTEE_CHAIR = "committee_chair"
    AGENCY_LEAD = "agency_lead"
    ADMINISTRATOR = "administrator"
    """Keeps accounts and the roster; no right to any content comes with it (NIST SP 800-53 AC-5)."""
    AUDITOR = "auditor"
    """Reads the audit log; what they may not open shows as ids and verbs."""


SCHEDULERS = frozenset({Role.COORDINATOR, Role.COMMITTEE_CHAIR, Role.AGENCY_LEAD})


class Status(StrEnum):
    """The state of an agency or a member; only `active` opens any door."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    DEPARTED = "departed"


@dataclass(frozen=True, kw_only=True)
class Viewer:
    """A signed-in person, or the person a mail, a feed or a signed link speaks to.

    `audiences` is what holds for them at this moment; every reader meets it with the audiences of an event.
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
    """Committees whose chair the viewer is."""
    audiences: frozenset[str] = field(default=frozenset())
    is_discreet: bool = False
    """Whether mails and feeds tell this person the time and nothing else; details are behind the sign-in."""
    signs_in: bool = True
    """Whether they have an account; a guest has none, and opens nothing but the pages behind their links."""
    origin: Origin = field(default=ON_SITE, compare=False)
    """By which way they act, and from where; they are the same person anywhere."""

    @property
    def actor(self) -> Actor:
        """Who they are to the audit log."""
        return Actor(self.member_id, self.agency_id, self.origin)

    @property
    def is_coordinator(self) -> bool:
        """Whether the viewer coordinates the task force."""
        return Role.COORDINATOR in self.roles

    @property
    def may_schedule(self) -> bool:
        """Whether the viewer may schedule anything at all."""
        return not SCHEDULERS.isdisjoint(self.roles)

    @property
    def manages_accounts(self) -> bool:
        """Whether the viewer adds people, lets them in and shows them out."""
        return not self.roles.isdisjoint((Role.COORDINATOR, Role.ADMINISTRATOR))

    @property
    def reads_audit(self) -> bool:
        """Whether the viewer may read the audit log."""
        return not self.roles.isdisjoint((Role.COORDINATOR, Role.AUDITOR))

    @property
    def reads_all_audit(self) -> bool:
        """Whether the viewer reads every entry: of what they may not open, ids and verbs."""
        return Role.AUDITOR in self.roles


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
    is_discreet: bool = False,
) -> Viewer:
    """Return the viewer with the audiences that hold for them.

    A coordinator holds both arms and every committee, but no named event that does not name them.
    """
    leads_all = Role.COORDINATOR in roles
    arms, committees = (tuple(Arm), all_committees) if leads_all else ((arm,), seats | chairs)
    held = audiences.of_person(member_id, agency_id, arms, committees, STANDINGS[level])
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
    )
