"""The directory, as the pages of agencies, people and committees show it: values that their viewer may know."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from msgspec import Struct, field

from tracker.rules.core.audiences import Arm
from tracker.rules.core.viewer import Level, Role, Status
from tracker.rules.roster.contacts import NO_CONTACT, AgencyContact
from tracker.rules.roster.quorum import NO_QUORUM, QuorumRule


class CommitteeStatus(StrEnum):
    """The state of a committee; an ended one gives no access to its former members."""

    ACTIVE = "active"
    ENDED = "ended"


class Access(StrEnum):
    """How a person signs in, in the order in which it is shown."""

    DEPARTED = "Left"
    SUSPENDED = "Suspended"
    EMAIL_ONLY = "Email only"
    NOT_YET = "Not signed in yet"
    OPEN = "Active"


class Place(Struct, frozen=True, kw_only=True):
    """A person's place on a committee: primary or alternate of their agency's seat, chair, or both."""

    committee_id: UUID
    committee: str
    is_primary: bool = False
    is_chair: bool = False
    has_seat: bool = True

    @property
    def words(self) -> str:
        """Return the label of the place."""
        seat = ("primary" if self.is_primary else "alternate") if self.has_seat else ""
        return ", ".join(filter(None, ("chair" if self.is_chair else "", seat)))


class Account(Struct, frozen=True, kw_only=True):
    """What only administrators see of an account."""

    has_two_steps: bool
    has_password: bool
    signed_in_at: datetime | None
    expires_at: datetime | None
    locked_at: datetime | None
    reviewed_at: datetime | None
    joined_at: datetime
    fetched_at: datetime | None
    """When a calendar last fetched one of the feeds; None when none did."""
    feeds: int


class PersonCard(Struct, frozen=True, kw_only=True):
    """A person whom the viewer may know; `account` is set only for administrators."""

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
    """Places on committees that the viewer may know."""
    account: Account | None = None
    mobile: str = ""
    """Empty also where the viewer may not see it."""
    is_mobile_private: bool = False

    @property
    def is_coordinator(self) -> bool:
        """Return whether they coordinate the task force."""
        return Role.COORDINATOR in self.roles

    @property
    def access(self) -> Access:
        """Return how they sign in; only their administrators see whether they have done so."""
        if self.status is not Status.ACTIVE:
            return Access.DEPARTED if self.status is Status.DEPARTED else Access.SUSPENDED
        if self.is_guest:
            return Access.EMAIL_ONLY
        is_known = self.account is None or self.account.signed_in_at or self.account.has_password
        return Access.OPEN if is_known else Access.NOT_YET


class AgencyCard(Struct, frozen=True, kw_only=True):
    """An agency, with its people and committees that the viewer may know."""

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
    """How many of its people the viewer may know, without those who left."""
    people: Sequence[PersonCard] = ()
    """These people, on the page of the agency."""
    committees: Sequence[tuple[UUID, str]] = ()
    """Committees on which it has a seat."""
    contact: AgencyContact = NO_CONTACT


class Found(Struct, frozen=True, kw_only=True):
    """The first people that match a search, and how many do, among those the viewer may know."""

    people: Sequence[PersonCard]
    found: int
    known: int
    agencies: int
    """How many agencies the known people serve at."""


class PersonFound(Struct, frozen=True, kw_only=True):
    """A person whom the viewer may know, as search lists them."""

    id: UUID
    name: str
    title: str
    email: str
    agency: str
    """Short name, for example KCPD."""


class AgencyFound(Struct, frozen=True, kw_only=True):
    """An agency where the viewer may know someone, as search lists it."""

    id: UUID
    code: str
    name: str


class CommitteeFound(Struct, frozen=True, kw_only=True):
    """A committee that the viewer may know, as search lists it."""

    id: UUID
    name: str
    place: str


class SeatCard(Struct, frozen=True, kw_only=True):
    """An agency's seat on a committee; without a primary it is vacant."""

    id: UUID
    agency_id: UUID
    agency: str
    primary: PersonCard | None
    alternates: Sequence[PersonCard]


class CommitteeCard(Struct, frozen=True, kw_only=True):
    """A committee with its seats, for its members and for those who manage the roster."""

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
        """Return how many seats have no primary."""
        return sum(seat.primary is None for seat in self.seats)


ROLE_WORDS = {
    Role.COORDINATOR: "Coordinator",
    Role.ADMINISTRATOR: "Administrator",
    Role.AUDITOR: "Auditor",
    Role.AGENCY_LEAD: "Agency lead",
    Role.COMMITTEE_CHAIR: "Committee chair",
}
"""Roles with the most rights first."""
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
    """Return a person's roles in words, "Member" for none."""
    return ", ".join(words for role, words in ROLE_WORDS.items() if role in roles) or "Member"


def holds(words: str, *texts: str) -> bool:
    """Return whether one of the texts contains each of the words, ignoring case."""
    text = " ".join(texts).casefold()
    return all(word in text for word in words.casefold().split())
