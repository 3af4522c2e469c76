"""The directory: what is kept of people, agencies, and committees, and when an account is due."""

import re
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from msgspec import Struct, field

from tracker.errors import Invalid, NotAllowed, refuse_fields
from tracker.rules.core.clean_text import name_fault
from tracker.rules.core.viewers import Arm, Level, Role, Status, Viewer, is_recent
from tracker.rules.core.wording import zone_names
from tracker.rules.roster.meetings import NO_QUORUM, QuorumRule

SHOWN_ROLES = (Role.COORDINATOR, Role.ADMINISTRATOR, Role.AUDITOR, Role.AGENCY_LEAD, Role.COMMITTEE_CHAIR)
"""Roles with the most rights first."""
COMMITTEE_KINDS = {
    "steering": "Steering committee",
    "committee": "Committee",
    "subcommittee": "Subcommittee",
    "team": "Team",
}
LONGEST_PHONE = 40  # characters
LONGEST_ADDRESS = 200  # characters
FEWEST_DIGITS, MOST_DIGITS = 7, 15
"""Of a number without its extension (ITU-T E.164 allows at most 15)."""
PHONE_HINT = "Enter a phone number with area code, like 816-555-0100 or 816-555-0100 x12."
EMAIL_HINT = "Enter an email address like name@agency.gov."
_NUMBER = re.compile(r"(\+?[\d(][\d ().-]*)(?:(?:x|ext\.?) ?\d{1,6})?", re.IGNORECASE)
_EMAIL = re.compile(r"[a-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}")
GUEST_ROLES = "A guest can’t have a role. Remove the roles, or clear “Email only”."


class CommitteeStatus(StrEnum):
    """The state of a committee; an ended one gives no access to its former members."""

    ACTIVE = "active"
    ENDED = "ended"


class AccountState(StrEnum):
    """How a person signs in, in the order in which it is shown."""

    DEPARTED = "Left"
    SUSPENDED = "Suspended"
    EMAIL_ONLY = "Email only"
    NOT_YET = "Not signed in yet"
    OPEN = "Active"


class CommitteePlace(Struct, frozen=True, kw_only=True):
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


class AccountCard(Struct, frozen=True, kw_only=True):
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


class Profile(Struct, frozen=True, kw_only=True):
    """What members keep of themselves; the mobile number is empty also where the viewer may not see it."""

    name: str
    title: str = ""
    phone: str = ""
    mobile: str = ""
    is_mobile_private: bool = False
    zone: str


class PersonCard(Profile, frozen=True, kw_only=True):
    """A person whom the viewer may know; `account` is set only for administrators."""

    id: UUID
    email: str
    agency_id: UUID
    agency: str
    """Short name, for example KCPD."""
    agency_name: str
    arm: Arm
    status: Status
    is_guest: bool
    version: int
    roles: frozenset[Role] = frozenset()
    places: Sequence[CommitteePlace] = field(default=())
    """Places on committees that the viewer may know."""
    account: AccountCard | None = None

    @property
    def is_coordinator(self) -> bool:
        """Return whether they coordinate the task force."""
        return Role.COORDINATOR in self.roles

    @property
    def access(self) -> AccountState:
        """Return how they sign in; only their administrators see whether they have done so."""
        if self.status is not Status.ACTIVE:
            return AccountState.DEPARTED if self.status is Status.DEPARTED else AccountState.SUSPENDED
        if self.is_guest:
            return AccountState.EMAIL_ONLY
        is_known = self.account is None or self.account.signed_in_at or self.account.has_password
        return AccountState.OPEN if is_known else AccountState.NOT_YET


class AgencyContact(Struct, frozen=True, kw_only=True):
    """Whom to ask for at an agency, and where its office is; each may be empty."""

    name: str = ""
    phone: str = ""
    email: str = ""
    address: str = ""

    @property
    def is_given(self) -> bool:
        """Return whether anything is known."""
        return bool(self.name or self.phone or self.email or self.address)

    def wrong(self) -> dict[str, str]:
        """Return a sentence for each wrong field, under its name in forms."""
        return {
            "contact_phone": "" if is_phone(self.phone) else PHONE_HINT,
            "contact_email": "" if not self.email or is_email(self.email) else EMAIL_HINT,
        }


NO_CONTACT = AgencyContact()


class AgencyFacts(Struct, frozen=True, kw_only=True):
    """An agency as a form describes it."""

    code: str
    name: str
    arm: Arm | None
    level: Level | None
    coalition_id: UUID | None = None
    status: Status = Status.ACTIVE
    contact: AgencyContact = NO_CONTACT

    def check(self) -> None:
        """Raise `Invalid` with a sentence for each wrong field."""
        wrong = {
            "code": name_fault(self.code) if self.code else "Give the agency a short name, for example KCPD.",
            "name": name_fault(self.name) if self.name else "Enter the agency’s full name.",
            "arm": "" if self.arm else "Choose an arm.",
            "level": "" if self.level else "Choose a level.",
            **self.contact.wrong(),
        }
        refuse_fields(wrong)


class AgencyCard(AgencyFacts, frozen=True, kw_only=True):
    """An agency, with its people and committees that the viewer may know."""

    id: UUID
    arm: Arm
    level: Level
    coalition: str | None
    """Short name of the agency whose coalition this one belongs to."""
    version: int
    count: int
    """How many of its people the viewer may know, without those who left."""
    people: Sequence[PersonCard] = ()
    """These people, on the page of the agency."""
    committees: Sequence[tuple[UUID, str]] = ()
    """Committees on which it has a seat."""


class PeopleFound(Struct, frozen=True, kw_only=True):
    """The first people that match a search, and how many do, among those the viewer may know."""

    people: Sequence[PersonCard]
    matching: int
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


def role_words(roles: frozenset[Role]) -> str:
    """Return a person's roles in words, "Member" for none."""
    return ", ".join(role.label for role in SHOWN_ROLES if role in roles) or "Member"


def contains_words(words: str, *texts: str) -> bool:
    """Return whether one of the texts contains each of the words, ignoring case."""
    text = " ".join(texts).casefold()
    return all(word in text for word in words.casefold().split())


def is_phone(text: str) -> bool:
    """Return whether a text is a phone number, or empty: digits and their usual signs, perhaps with an extension."""
    match = _NUMBER.fullmatch(text)
    digits = sum(sign.isdigit() for sign in match[1]) if match else 0
    return not text or FEWEST_DIGITS <= digits <= MOST_DIGITS


def is_email(text: str) -> bool:
    """Return whether a text is an email address in lower case."""
    return _EMAIL.fullmatch(text) is not None


def check_phones(**numbers: str) -> None:
    """Raise `Invalid` with a sentence for each field that holds no phone number."""
    refuse_fields({field: "" if is_phone(number) else PHONE_HINT for field, number in numbers.items()})


def mobile_for(viewer: Viewer, member_id: UUID, mobile: str, *, is_private: bool) -> str:
    """Return a person's mobile number as far as a viewer who may know the person sees it."""
    sees_it = not is_private or viewer.manages_accounts or viewer.member_id == member_id
    return mobile if sees_it else ""


class PersonFacts(Profile, frozen=True, kw_only=True):
    """A person as a form describes them; `email` in lower case, texts cleaned."""

    email: str
    agency_id: UUID | None
    roles: frozenset[Role] = frozenset()
    is_guest: bool = False
    expires_at: datetime | None = None

    def check(self) -> None:
        """Raise `Invalid` with a sentence for each wrong field."""
        wrong = {
            "name": name_fault(self.name) if self.name else "Enter a name. A role is fine: “HSI liaison”.",
            "title": name_fault(self.title),
            "email": "" if is_email(self.email) else EMAIL_HINT,
            "phone": "" if is_phone(self.phone) else PHONE_HINT,
            "mobile": "" if is_phone(self.mobile) else PHONE_HINT,
            "zone": "" if self.zone in zone_names() else "Choose a time zone from the list.",
            "agency": "" if self.agency_id else "Choose an agency.",
            "guest": GUEST_ROLES if self.is_guest and self.roles else "",
        }
        refuse_fields(wrong)


class CommitteeFacts(Struct, frozen=True, kw_only=True):
    """A committee as a form describes it; `chair_id` None = it has no chair."""

    name: str
    kind: str
    arm: Arm | None = None
    place: str = ""
    chair_id: UUID | None = None
    status: CommitteeStatus = CommitteeStatus.ACTIVE
    quorum: QuorumRule = NO_QUORUM

    def check(self) -> None:
        """Raise `Invalid` with a sentence for each wrong field."""
        wrong = {
            "name": name_fault(self.name) if self.name else "Give the committee a name.",
            "kind": "" if self.kind in COMMITTEE_KINDS else "Choose what kind of committee it is.",
        }
        refuse_fields(wrong)
        self.quorum.check(self.arm)


class SeatFacts(Struct, frozen=True, kw_only=True):
    """The holders of an agency's seat on a committee; the primary is not an alternate."""

    primary_id: UUID | None
    alternate_ids: frozenset[UUID]

    def check(self) -> None:
        """Raise `Invalid` unless there is a primary who is not an alternate."""
        if self.primary_id is None:
            raise Invalid(primary="Choose a primary.")
        if self.primary_id in self.alternate_ids:
            raise Invalid(alternates="The primary can’t also be an alternate.")


IDLE = timedelta(days=90)  # without a sign-in, an account is suspended (CJIS AC-2)
REVIEW = timedelta(days=365)  # an account is reviewed at least this often
MANAGERS_ONLY = "Only a coordinator or an administrator can change people, agencies, committees, and sites."
PROVE_FIRST = "Confirm it’s you. You last confirmed more than 15 minutes ago."
OWN_ACCOUNT = "You can’t change your own account. Ask a coordinator or another administrator."
COORDINATORS = "Only a coordinator can change another coordinator’s account."
LAST_COORDINATOR = "There’s no other coordinator. Give someone else that role first."
GRANTED = frozenset({Role.COORDINATOR, Role.ADMINISTRATOR, Role.AUDITOR, Role.AGENCY_LEAD})
"""Roles that a person is given; a committee's chair is chosen with the committee."""


def check_manager(viewer: Viewer, reauthenticated_at: datetime, now: datetime) -> None:
    """Raise `NotAllowed` unless the viewer manages accounts and has recently confirmed their identity."""
    if not viewer.manages_accounts:
        raise NotAllowed(MANAGERS_ONLY)
    if not is_recent(reauthenticated_at, now):
        raise NotAllowed(PROVE_FIRST)


def check_account(viewer: Viewer, member_id: UUID, roles: AbstractSet[Role]) -> None:
    """Raise `NotAllowed` when an administrator may not change this account.

    Managing accounts gives administrators no further rights: neither through their own account nor a coordinator's.
    """
    if viewer.is_coordinator:
        return
    if viewer.member_id == member_id:
        raise NotAllowed(OWN_ACCOUNT)
    if Role.COORDINATOR in roles:
        raise NotAllowed(COORDINATORS)


def may_change_account(viewer: Viewer, member_id: UUID, roles: AbstractSet[Role]) -> bool:
    """Return whether an administrator may change this account."""
    try:
        check_account(viewer, member_id, roles)
    except NotAllowed:
        return False
    return viewer.manages_accounts


def is_account_over(expires_at: datetime | None, now: datetime) -> bool:
    """Return whether an account's last day has passed: it has no access, even before the clock has suspended it."""
    return expires_at is not None and expires_at <= now


def is_idle(signed_in_at: datetime | None, reopened_at: datetime | None, now: datetime) -> bool:
    """Return whether an account was not used for 90 days; an account that never signed in is not counted."""
    used = [moment for moment in (signed_in_at, reopened_at) if moment]
    return bool(used) and max(used) <= now - IDLE


def needs_review(reviewed_at: datetime | None, joined_at: datetime, now: datetime) -> bool:
    """Return whether an administrator should confirm that an account is still needed."""
    return (reviewed_at or joined_at) <= now - REVIEW


LINK_WORKS_FOR = timedelta(hours=1)
REMOVAL_UNDO_FOR = timedelta(seconds=60)
"""How long the removal of an address can be undone."""
FORGOTTEN_AFTER = timedelta(days=7)
"""When an address is deleted that was removed or not confirmed."""
MOST = 5
"""Addresses of one person."""
MOST_AN_HOUR = 5
"""Links that one person can have sent in an hour: anyone could be annoyed by them."""
LONGEST = 254  # characters
OWN = "This is already your account’s address."
TWICE = "You’ve already added this address."
FULL = f"You can add up to {MOST} addresses. Remove one first."
TOO_MANY = "You’ve asked for too many links. Try again in an hour."


class Alias(Struct, frozen=True, kw_only=True):
    """An address as its owner sees it."""

    id: UUID
    address: str
    added_at: datetime
    is_confirmed: bool

    def is_waiting(self, now: datetime) -> bool:
        """Return whether its link still works."""
        return not self.is_confirmed and now < self.added_at + LINK_WORKS_FOR


def check_alias(address: str, own: str, aliases: list[Alias], asked_lately: int) -> None:
    """Raise `Invalid(address)` unless a person may add an address; its other owners play no part."""
    if not is_email(address) or len(address) > LONGEST:
        raise Invalid(address=EMAIL_HINT)
    if address == own:
        raise Invalid(address=OWN)
    if any(alias.address == address and alias.is_confirmed for alias in aliases):
        raise Invalid(address=TWICE)
    if len([alias for alias in aliases if alias.address != address]) >= MOST:
        raise Invalid(address=FULL)
    if asked_lately >= MOST_AN_HOUR:
        raise Invalid(address=TOO_MANY)
