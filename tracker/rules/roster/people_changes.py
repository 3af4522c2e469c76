"""Changes that an administrator may make to a person, an agency, a committee or a seat, and their errors."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from tracker.errors import Invalid
from tracker.rules.core.audiences import Arm
from tracker.rules.core.names import fault
from tracker.rules.core.viewer import Level, Role, Status
from tracker.rules.core.wall_clock import zone_names
from tracker.rules.roster.contacts import NO_CONTACT, PHONE_HINT, AgencyContact, is_email, is_phone
from tracker.rules.roster.directory import COMMITTEE_KINDS, CommitteeStatus
from tracker.rules.roster.quorum import NO_QUORUM, QuorumRule

GUEST_ROLES = "A guest can’t have a role. Remove the roles, or clear “Email only”."
ADDRESS_HINT = "Enter an email address like name@agency.gov."


class PersonFacts(Struct, frozen=True, kw_only=True):
    """A person as a form describes them; `email` in lower case, texts cleaned."""

    name: str
    title: str
    email: str
    phone: str
    mobile: str = ""
    is_mobile_private: bool = False
    zone: str
    agency_id: UUID | None
    roles: frozenset[Role]
    is_guest: bool
    expires_at: datetime | None

    def check(self) -> None:
        """Raise `Invalid` with a sentence for each wrong field."""
        wrong = {
            "name": fault(self.name) if self.name else "Enter a name. A role is fine: “HSI liaison”.",
            "title": fault(self.title),
            "email": "" if is_email(self.email) else ADDRESS_HINT,
            "phone": "" if is_phone(self.phone) else PHONE_HINT,
            "mobile": "" if is_phone(self.mobile) else PHONE_HINT,
            "zone": "" if self.zone in zone_names() else "Choose a time zone from the list.",
            "agency": "" if self.agency_id else "Choose an agency.",
            "guest": GUEST_ROLES if self.is_guest and self.roles else "",
        }
        _refuse(wrong)


class AgencyFacts(Struct, frozen=True, kw_only=True):
    """An agency as a form describes it."""

    code: str
    name: str
    arm: Arm | None
    level: Level | None
    coalition_id: UUID | None
    status: Status
    contact: AgencyContact = NO_CONTACT

    def check(self) -> None:
        """Raise `Invalid` with a sentence for each wrong field."""
        wrong = {
            "code": fault(self.code) if self.code else "Give the agency a short name, for example KCPD.",
            "name": fault(self.name) if self.name else "Enter the agency’s full name.",
            "arm": "" if self.arm else "Choose an arm.",
            "level": "" if self.level else "Choose a level.",
            **self.contact.wrong(),
        }
        _refuse(wrong)


class CommitteeFacts(Struct, frozen=True, kw_only=True):
    """A committee as a form describes it; `chair_id` None = it has no chair."""

    name: str
    kind: str
    arm: Arm | None
    place: str
    chair_id: UUID | None
    status: CommitteeStatus
    quorum: QuorumRule = NO_QUORUM

    def check(self) -> None:
        """Raise `Invalid` with a sentence for each wrong field."""
        wrong = {
            "name": fault(self.name) if self.name else "Give the committee a name.",
            "kind": "" if self.kind in COMMITTEE_KINDS else "Choose what kind of committee it is.",
        }
        _refuse(wrong)
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


def _refuse(wrong: dict[str, str]) -> None:
    if found := {field: sentence for field, sentence in wrong.items() if sentence}:
        raise Invalid(**found)
