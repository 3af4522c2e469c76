"""Adding and changing agencies, for administrators."""

from datetime import datetime
from typing import Any
from uuid import UUID

from tracker.crypto import ids
from tracker.database import writing
from tracker.errors import Conflict, Invalid, NotFound
from tracker.rules.core import audiences
from tracker.rules.core.audiences import Arm
from tracker.rules.core.viewers import Level, Role, Status, Viewer
from tracker.rules.roster import accounts
from tracker.rules.roster.directory import NO_CONTACT, AgencyContact, AgencyFacts
from tracker.tables.schema.events import events
from tracker.tables.schema.roster import Agency, Member, MemberRole
from tracker.usecases.core import audit
from tracker.usecases.roster.ended_access import close_account, coordinators

TAKEN = "Another agency already has this short name."
ONLY_COORDINATORS_MOVE_AGENCIES = (
    "Only a coordinator can move an agency to the other arm. Its people would see different events."
)
OWN = "You’re at this agency, so you would lock yourself out."
WITH_COORDINATOR = "A coordinator is at this agency, and only a coordinator can lock them out."
STILL_SERVE = (
    "{count} {verb} still at this agency. Remove each person from the task force first so their work is reassigned."
)


async def add_agency(viewer: Viewer, facts: AgencyFacts, reauthenticated_at: datetime, now: datetime) -> UUID:
    """Add an agency and return its id. Errors: NotAllowed, Invalid by field."""
    accounts.check_manager(viewer, reauthenticated_at, now)
    facts.check()
    async with writing():
        await _check(viewer, facts, None)
        assert facts.arm is not None and facts.level is not None  # noqa: S101, PT018 - `check` refuses facts without
        agency_id = await insert_agency(
            name=facts.name,
            code=facts.code,
            arm=facts.arm,
            level=facts.level,
            coalition=facts.coalition_id,
            contact=facts.contact,
        )
        await audit.record(viewer.actor, "added", "agency", agency_id, {}, now)
    return agency_id


async def change_agency(
    viewer: Viewer,
    agency_id: UUID,
    facts: AgencyFacts,
    expected_version: int,
    reauthenticated_at: datetime,
    now: datetime,
) -> None:
    """Change an agency. Errors: NotFound, NotAllowed, Conflict when it has changed since that version, Invalid."""
    accounts.check_manager(viewer, reauthenticated_at, now)
    facts.check()
    async with writing():
        row = await Agency.select().where(Agency.id == agency_id).first()
        if row is None:
            raise NotFound
        if row["version"] != expected_version:
            raise Conflict
        await _check(viewer, facts, row)
        changed = {name: value for name, value in _columns(facts).items() if row[name] != value}
        values: dict[Any, Any] = {**changed, "version": expected_version + 1}
        await Agency.update(values).where(Agency.id == agency_id)
        members = await Member.select(Member.id).where(Member.agency == agency_id).output(as_list=True)
        if changed.get("status", Status.ACTIVE) != Status.ACTIVE:
            for member_id in members:
                await close_account(member_id)
        await events.raise_audience_versions(audiences.member_audience(member) for member in members)
        details = {"fields": sorted(changed), "status": facts.status}
        await audit.record(viewer.actor, "updated", "agency", agency_id, details, now)


async def _check(viewer: Viewer, facts: AgencyFacts, row: dict[str, Any] | None) -> None:
    """Raise `Invalid` when other rows forbid the change; inside the caller's transaction."""
    others = [one for one in await Agency.select(Agency.id, Agency.code) if row is None or one["id"] != row["id"]]
    wrong = {
        "code": TAKEN if facts.code.casefold() in {row["code"].casefold() for row in others} else "",
        "coalition": ""
        if facts.coalition_id is None or facts.coalition_id in {row["id"] for row in others}
        else "Choose another agency from the list.",
    }
    if row is not None:
        wrong["arm"] = ONLY_COORDINATORS_MOVE_AGENCIES if row["arm"] != facts.arm and not viewer.is_coordinator else ""
        wrong["status"] = await _why_not(viewer, row, facts.status)
    if found := {field: sentence for field, sentence in wrong.items() if sentence}:
        raise Invalid(**found)


async def _why_not(viewer: Viewer, row: dict[str, Any], status: Status) -> str:
    """Return why an agency's status cannot change to this one, or ""."""
    if status == row["status"] or status is Status.ACTIVE:
        return ""
    if viewer.agency_id == row["id"]:
        return OWN
    here = (
        await Member.select(Member.id)
        .where((Member.agency == row["id"]) & (Member.status != Status.DEPARTED))
        .output(as_list=True)
    )
    if not await coordinators() - set(here):
        return accounts.LAST_COORDINATOR
    is_one = (MemberRole.role == Role.COORDINATOR) & MemberRole.member.is_in(here or [row["id"]])
    if not viewer.is_coordinator and await MemberRole.exists().where(is_one):
        return WITH_COORDINATOR
    if status is Status.DEPARTED and here:
        count, verb = ("1 person", "is") if len(here) == 1 else (f"{len(here)} people", "are")
        return STILL_SERVE.format(count=count, verb=verb)
    return ""


def _columns(facts: AgencyFacts) -> dict[str, Any]:
    return {
        "code": facts.code,
        "name": facts.name,
        "arm": facts.arm,
        "level": facts.level,
        "coalition": facts.coalition_id,
        "status": facts.status,
        "contact_name": facts.contact.name,
        "contact_phone": facts.contact.phone,
        "contact_email": facts.contact.email,
        "address": facts.contact.address,
    }


async def insert_agency(
    *, name: str, code: str, arm: Arm, level: Level, coalition: UUID | None = None, contact: AgencyContact = NO_CONTACT
) -> UUID:
    """Add an agency; the caller is inside a transaction and has checked the names."""
    agency = Agency(
        id=ids.new_id(),
        name=name,
        code=code,
        arm=arm,
        level=level,
        coalition=coalition,
        status="active",
        contact_name=contact.name,
        contact_phone=contact.phone,
        contact_email=contact.email,
        address=contact.address,
    )
    await Agency.insert(agency)
    return agency.id
