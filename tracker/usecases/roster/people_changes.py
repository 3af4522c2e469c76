"""Adding a person to the roster and changing one, with what only a coordinator may do kept apart."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from tracker.database import writing
from tracker.errors import Conflict, Invalid
from tracker.rules.core import audiences
from tracker.rules.core.account_messages import AccountChange
from tracker.rules.core.viewer import Role, Status, Viewer
from tracker.rules.roster import accounts
from tracker.rules.roster.people_changes import PersonFacts
from tracker.tables.schema.events import audience_versions
from tracker.tables.schema.roster.people import Agency, Member, SeatHolder
from tracker.usecases.core import audit
from tracker.usecases.identity.one_time_links import end_links
from tracker.usecases.roster import account_notifications, directory, people
from tracker.usecases.roster.close_account import clear_credentials, coordinators

TAKEN = "Someone else already has this email address."
ONLY_COORDINATORS = "Only a coordinator can add or remove the coordinator role."
ONLY_COORDINATORS_MOVE = (
    "Only a coordinator can move a person to the other arm because they would see different events."
)
OVER = "Choose today or a later date."


async def add_person(viewer: Viewer, facts: PersonFacts, reauthenticated_at: datetime, now: datetime) -> UUID:
    """Add a person and return their id. No one is notified, and the person cannot sign in before they get a link.

    Errors: NotAllowed, Invalid by field.
    """
    accounts.check_manager(viewer, reauthenticated_at, now)
    facts.check()
    async with writing():
        await _check(viewer, facts, None, frozenset(), None, now)
        member_id = await people.add_member(
            agency_id=_agency(facts),
            name=facts.name,
            email=facts.email,
            now=now,
            zone=facts.zone,
            title=facts.title,
            phone=facts.phone,
            roles=facts.roles,
        )
        values: dict[Any, Any] = {
            Member.mobile: facts.mobile,
            Member.is_mobile_private: facts.is_mobile_private,
            Member.is_guest: facts.is_guest,
            Member.expires_at: facts.expires_at,
        }
        await Member.update(values).where(Member.id == member_id)
        details = {"roles": sorted(facts.roles), "is_guest": facts.is_guest}
        await audit.record(viewer.actor, "added", "member", member_id, details, now)
    return member_id


async def change_person(
    viewer: Viewer,
    member_id: UUID,
    facts: PersonFacts,
    expected_version: int,
    reauthenticated_at: datetime,
    now: datetime,
) -> None:
    """Change a person. Errors: NotFound, NotAllowed, Conflict when they have changed since that version, Invalid."""
    accounts.check_manager(viewer, reauthenticated_at, now)
    facts.check()
    async with writing():
        person = await directory.person(viewer, member_id)
        held = person.roles & accounts.GRANTED
        accounts.check_account(viewer, member_id, held)
        if person.version != expected_version:
            raise Conflict
        [row] = await Member.select(*_columns(facts)).where(Member.id == member_id)
        await _check(viewer, facts, member_id, held, row["expires_at"], now)
        if not viewer.is_coordinator and await is_other_arm(row["agency"], _agency(facts)):
            raise Invalid(agency=ONLY_COORDINATORS_MOVE)
        changed = {name: value for name, value in _columns(facts).items() if row[name] != value}
        if "email" in changed:
            await account_notifications.notify(viewer, member_id, AccountChange.ADDRESS, now)
            await end_links(member_id)  # the reader of the old mailbox could sign in with one
        await _save(member_id, changed, expected_version + 1)
        await people.set_roles(member_id, facts.roles, held)
        if "is_guest" in changed and facts.is_guest:
            await clear_credentials(member_id, now)
        await audience_versions.touch([audiences.member(member_id)])
        details: dict[str, object] = {"fields": sorted(changed) + ["roles"] * (held != facts.roles)}
        if held != facts.roles:
            details |= {"gained": sorted(facts.roles - held), "lost": sorted(held - facts.roles)}
        await audit.record(viewer.actor, "updated", "member", member_id, details, now)


async def is_other_arm(agency_id: UUID, other_id: UUID) -> bool:
    """Return whether two agencies belong to different arms."""
    arms = Agency.select(Agency.arm).where(Agency.id.is_in([agency_id, other_id])).output(as_list=True)
    return len(set(await arms)) > 1


async def _check(
    viewer: Viewer,
    facts: PersonFacts,
    member_id: UUID | None,
    held: Iterable[Role],
    ends: datetime | None,
    now: datetime,
) -> None:
    """Raise `Invalid` when other rows forbid the change; inside the caller's transaction."""
    was, will = Role.COORDINATOR in held, Role.COORDINATOR in facts.roles
    agency = await Agency.select(Agency.status).where(Agency.id == facts.agency_id).first()
    taken = await Member.select(Member.id).where(Member.email == facts.email).first()
    wrong = {
        "email": TAKEN if taken and taken["id"] != member_id else "",
        "agency": "" if agency and agency["status"] == Status.ACTIVE else "Choose an agency from the list.",
        "roles": ONLY_COORDINATORS if was != will and not viewer.is_coordinator else "",
        "ends": OVER if facts.expires_at and facts.expires_at != ends and facts.expires_at <= now else "",
    }
    if was and not will and not await coordinators() - {member_id}:
        wrong["roles"] = accounts.LAST_COORDINATOR
    if found := {field: sentence for field, sentence in wrong.items() if sentence}:
        raise Invalid(**found)


async def _save(member_id: UUID, changed: dict[str, Any], version: int) -> None:
    values: dict[Any, Any] = {**changed, "version": version}
    await Member.update(values).where(Member.id == member_id)
    if "agency" in changed:
        # The seat of the former agency stays there.
        theirs = SeatHolder.member == member_id
        held = await SeatHolder.select(SeatHolder.seat.committee).where(theirs).output(as_list=True)
        await SeatHolder.delete().where(theirs)
        await people.note_change_in(held)


def _columns(facts: PersonFacts) -> dict[str, Any]:
    return {
        "name": facts.name,
        "title": facts.title,
        "email": facts.email,
        "phone": facts.phone,
        "mobile": facts.mobile,
        "is_mobile_private": facts.is_mobile_private,
        "zone": facts.zone,
        "agency": facts.agency_id,
        "is_guest": facts.is_guest,
        "expires_at": facts.expires_at,
    }


def _agency(facts: PersonFacts) -> UUID:
    assert facts.agency_id is not None  # noqa: S101 - `check` refuses facts without an agency
    return facts.agency_id
