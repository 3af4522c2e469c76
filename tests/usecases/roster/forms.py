"""What the tests of keeping the roster share: facts of people, agencies and committees, as forms would give them."""

from typing import Any
from uuid import UUID

from tests.cast import ZONE, Cast
from tracker.rules.core.viewers import Arm, Level, Status, Viewer
from tracker.rules.roster.directory import AgencyFacts, CommitteeFacts, CommitteeStatus, PersonFacts
from tracker.tables.schema.core.tables import AuditEntry
from tracker.tables.schema.roster import Member
from tracker.usecases.roster import directory


def person_facts(cast: Cast, **facts: Any) -> PersonFacts:
    """Return someone new at KCPD; `facts` replace fields."""
    return PersonFacts(
        **{
            "name": "KCPD clerk",
            "title": "",
            "email": "clerk@kcpd.example",
            "phone": "",
            "zone": ZONE,
            "agency_id": cast.agencies["KCPD"],
            "roles": frozenset(),
            "is_guest": False,
            "expires_at": None,
            **facts,
        }
    )


async def facts_of_member(cast: Cast, who: Viewer, **facts: Any) -> PersonFacts:
    """Return what is known of someone, with some of it changed."""
    known = await directory.person_for(cast.coordinator, who.member_id)
    return PersonFacts(
        **{
            "name": known.name,
            "title": known.title,
            "email": known.email,
            "phone": known.phone,
            "zone": known.zone,
            "agency_id": known.agency_id,
            "roles": who.roles - {"committee_chair"},
            "is_guest": known.is_guest,
            "expires_at": known.account.expires_at if known.account else None,
            **facts,
        }
    )


def agency_facts(**facts: Any) -> AgencyFacts:
    """Return a new agency."""
    return AgencyFacts(
        **{
            "code": "MSHP",
            "name": "Missouri State Highway Patrol",
            "arm": Arm.LAW_ENFORCEMENT,
            "level": Level.STATE,
            "coalition_id": None,
            "status": Status.ACTIVE,
            **facts,
        }
    )


def committee_facts(**facts: Any) -> CommitteeFacts:
    """Return a new committee."""
    return CommitteeFacts(
        **{
            "name": "Training Team",
            "kind": "team",
            "arm": None,
            "place": "",
            "chair_id": None,
            "status": CommitteeStatus.ACTIVE,
            **facts,
        }
    )


async def column_of_member(member_id: UUID, name: str) -> Any:
    """Return what one column of a member holds."""
    [row] = await Member.select().where(Member.id == member_id)
    return row[name]


async def audit_verbs(subject_id: UUID) -> list[str]:
    """Return what the audit log says was done to something."""
    rows: list[str] = (
        await AuditEntry.select(AuditEntry.verb)
        .where(AuditEntry.subject_id == str(subject_id))
        .order_by(AuditEntry.seq)
        .output(as_list=True)
    )
    return rows
