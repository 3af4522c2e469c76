"""Who is who, as the pages of agencies, people and committees show it: values that hold what their viewer may know."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from tracker.rules.core.audiences import Arm
from tracker.rules.core.viewer import Level, Role, Status
from tracker.rules.roster.quorum import NO_QUORUM, QuorumRule


class CommitteeStatus(StrEnum):
    """The state of a committee; an ended one opens nothing to those who sat in it."""

    ACTIVE = "active"
    ENDED = "ended"


class Access(StrEnum):
    """How somebody comes in, in the order in which it is told."""

    DEPARTED = "Left"
    SUSPENDED = "Suspended"
    EMAIL_ONLY = "Email only"
    NOT_YET = "Not signed in yet"
    OPEN = "Signs in"


@dataclass(frozen=True, kw_only=True)
class Place:
    """How somebody sits in a committee: as primary or alternate of their agency's seat, as its chair, or both."""

    committee_id: UUID
    committee: str
    is_primary: bool = False
    is_chair: bool = False
    has_seat: bool = True

    @property
    def words(self) -> str:
        """What it is called."""
        seat = ("primary" if self.is_primary else "alternate") if self.has_seat else ""
        return ", ".join(filter(None, ("chair" if self.is_chair else "", seat)))


@dataclass(frozen=True, kw_only=True)
class Account:
    """What only those who keep accounts see of somebody's."""

    has_two_steps: bool
    has_password: bool
    signed_in_at: datetime | None
    expires_at: datetime | None
    locked_at: datetime | None
    reviewed_at: datetime | None
    joined_at: datetime
    fetched_at: datetime | None
    """When a calendar fetched one of the feeds last; None when none did."""
    feeds: int


@dataclass(frozen=True, kw_only=True)
class PersonCard:
    """Somebody whom the viewer may know; `account` only for those who keep accounts."""

    id: UUID
    name: str
    title: str
    email: str
    phone: str
    zone: str
    agency_id: UUID
    agency: str
    """Short name, for example KCPD."""
    agency_name: str
    arm: Arm
    status: Status
    is_guest: bool
    version: int
    roles: frozenset[Role] = frozenset()
    places: Sequence[Place] = field(default=())
    """Those in committees that the viewer may know."""
    account: Account | None = None

    @property
    def is_coordinator(self) -> bool:
        """Whether they coordinate the task force."""
        return Role.COORDINATOR in self.roles

    @property
    def access(self) -> Access:
        """How they come in; of others than their keepers nobody learns whether they did."""
        if self.status is not Status.ACTIVE:
            return Access.DEPARTED if self.status is Status.DEPARTED else Access.SUSPENDED
        if self.is_guest:
            return Access.EMAIL_ONLY
        is_known = self.account is None or self.account.signed_in_at or self.account.has_password
        return Access.OPEN if is_known else Access.NOT_YET


@dataclass(frozen=True, kw_only=True)
class AgencyCard:
    """An agency, with the people and committees of it that the viewer may know."""

    id: UUID
    code: str
    name: str
    arm: Arm
    level: Level
    coalition_id: UUID | None
    coalition: str | None
    """Short name of the agency whose coalition this one belongs to."""
    status: Status
    version: int
    count: int
    """How many people the viewer may know there, those who left not counted."""
    people: Sequence[PersonCard] = ()
    """These people, on the page of the agency."""
    committees: Sequence[tuple[UUID, str]] = ()
    """Committees in which it has a seat."""


@dataclass(frozen=True, kw_only=True)
class Found:
    """The first of the people that somebody looks for, and how many there are; all among those they may know."""

    people: Sequence[PersonCard]
    found: int
    known: int
    agencies: int
    """How many agencies the known people serve at."""


@dataclass(frozen=True, kw_only=True)
class SeatCard:
    """An agency's seat in a committee; without a primary it is vacant."""

    id: UUID
    agency_id: UUID
    agency: str
    primary: PersonCard | None
    alternates: Sequence[PersonCard]


@dataclass(frozen=True, kw_only=True)
class CommitteeCard:
    """A committee with its seats, for those who sit in it and those who keep the roster."""

    id: UUID
    name: str
    kind: str
    arm: Arm | None
    place: str
    status: CommitteeStatus
    version: int
    quorum: QuorumRule = NO_QUORUM
    chairs: Sequence[PersonCard] = ()
    seats: Sequence[SeatCard] = ()

    @property
    def vacant(self) -> int:
        """How many seats have no primary."""
        return sum(seat.primary is None for seat in self.seats)


ROLE_WORDS = {
    Role.COORDINATOR: "Coordinator",
    Role.ADMINISTRATOR: "Administrator",
    Role.AUDITOR: "Auditor",
    Role.AGENCY_LEAD: "Agency lead",
    Role.COMMITTEE_CHAIR: "Committee chair",
}
"""Most trusted first."""
ARM_WORDS = {Arm.LAW_ENFORCEMENT: "Law enforcement", Arm.VICTIM_SERVICES: "Victim services"}
LEVEL_WORDS = {
    Level.FEDERAL: "Federal",
    Level.STATE: "State",
    Level.LOCAL: "Local",
    Level.TRIBAL: "Tribal",
    Level.NON_GOVERNMENTAL: "Non-governmental",
}
COMMITTEE_KINDS = {
    "steering": "Steering committee",
    "committee": "Committee",
    "subcommittee": "Subcommittee",
    "team": "Team",
}


def role_words(roles: frozenset[Role]) -> str:
    """Return what somebody is trusted with, "Member" for no more than being one."""
    return ", ".join(words for role, words in ROLE_WORDS.items() if role in roles) or "Member"


def holds(words: str, *texts: str) -> bool:
    """Whether each of the words stands in one of the texts, in any letters."""
    text = " ".join(texts).casefold()
    return all(word in text for word in words.casefold().split())
