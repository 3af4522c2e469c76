"""Changing committees and their seats; a new holder has the seat's rights at once."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from tracker.database import writing
from tracker.errors import Conflict, Invalid, NotAllowed, NotFound
from tracker.rules.core import audiences
from tracker.rules.core.viewer import Role, Status, Viewer
from tracker.rules.roster import accounts
from tracker.rules.roster.people_changes import CommitteeFacts, SeatFacts
from tracker.tables.schema.events import audience_versions
from tracker.tables.schema.roster.people import Agency, Committee, Member, MemberRole, Seat, SeatHolder
from tracker.usecases.core import audit
from tracker.usecases.roster import people
from tracker.usecases.roster.known_people import ACTIVE, Candidates

TAKEN = "Another committee already has this name."
NOT_ONESELF = "You can’t add yourself to a committee. Ask a coordinator."
FROM_THE_LIST = "Choose from the agency’s people."


async def add_committee(viewer: Viewer, facts: CommitteeFacts, reauthenticated_at: datetime, now: datetime) -> UUID:
    """Add a committee without seats and return its id. Errors: NotAllowed, Invalid by field."""
    accounts.check_manager(viewer, reauthenticated_at, now)
    facts.check()
    async with writing():
        await _check(viewer, facts, None, frozenset())
        committee_id = await people.add_committee(
            name=facts.name, kind=facts.kind, place=facts.place, arm=facts.arm, quorum=facts.quorum
        )
        await _set_chair(committee_id, facts.chair_id)
        await audit.record(viewer.actor, "added", "committee", committee_id, {}, now)
    return committee_id


def possible_chairs(viewer: Viewer) -> Candidates:
    """Return who can chair a committee, for people who manage the roster. Errors: NotAllowed."""
    if not viewer.manages_accounts:
        raise NotAllowed(accounts.MANAGERS_ONLY)
    return ACTIVE


async def change_committee(
    viewer: Viewer,
    committee_id: UUID,
    facts: CommitteeFacts,
    expected_version: int,
    reauthenticated_at: datetime,
    now: datetime,
) -> None:
    """Change a committee or its chair. Errors: NotFound, NotAllowed, Conflict, Invalid by field."""
    accounts.check_manager(viewer, reauthenticated_at, now)
    facts.check()
    async with writing():
        row = await _committee(committee_id, expected_version)
        chairs = await _chairs(committee_id)
        await _check(viewer, facts, committee_id, chairs)
        changed = {name: value for name, value in _columns(facts).items() if row[name] != value}
        wanted = frozenset({facts.chair_id}) if facts.chair_id else await _suspended(chairs)
        if wanted != chairs:
            await _set_chair(committee_id, facts.chair_id)
        await _save(committee_id, changed, expected_version + 1, chairs | wanted)
        details: dict[str, object] = {"fields": sorted(changed) + ["chair"] * (wanted != chairs)}
        if wanted != chairs:
            details |= {"chair": facts.chair_id or "", "chaired": sorted(chairs)}
        await audit.record(viewer.actor, "updated", "committee", committee_id, details, now)


async def set_seat(
    viewer: Viewer,
    committee_id: UUID,
    agency_id: UUID,
    facts: SeatFacts,
    expected_version: int,
    reauthenticated_at: datetime,
    now: datetime,
) -> None:
    """Give an agency a seat in a committee, or change who holds it. Errors: NotFound, NotAllowed, Conflict, Invalid.

    A suspended holder stays on as alternate, because forms offer only active people and so do not mean to remove them.
    """
    accounts.check_manager(viewer, reauthenticated_at, now)
    facts.check()
    assert facts.primary_id is not None  # noqa: S101 - `check` refuses facts without
    async with writing():
        await _committee(committee_id, expected_version)
        before = await _holders(committee_id, agency_id)
        alternates = facts.alternate_ids | await _suspended(before)
        after = alternates | {facts.primary_id}
        await _check_holders(viewer, agency_id, facts, before)
        await Seat.delete().where((Seat.committee == committee_id) & (Seat.agency == agency_id))
        await people.add_seat(
            committee_id=committee_id, agency_id=agency_id, primary=facts.primary_id, alternates=sorted(alternates)
        )
        await _save(committee_id, {}, expected_version + 1, before | after)
        details = {"agency": agency_id, "primary": facts.primary_id, "alternates": sorted(alternates)}
        await audit.record(viewer.actor, "seated", "committee", committee_id, details, now)


async def remove_seat(
    viewer: Viewer,
    committee_id: UUID,
    agency_id: UUID,
    expected_version: int,
    reauthenticated_at: datetime,
    now: datetime,
) -> None:
    """Remove an agency's seat in a committee. Errors: NotFound, NotAllowed, Conflict."""
    accounts.check_manager(viewer, reauthenticated_at, now)
    async with writing():
        await _committee(committee_id, expected_version)
        before = await _holders(committee_id, agency_id)
        its = (Seat.committee == committee_id) & (Seat.agency == agency_id)
        if not await Seat.exists().where(its):
            raise NotFound
        await Seat.delete().where(its)
        await _save(committee_id, {}, expected_version + 1, before)
        details = {"agency": agency_id, "held_by": sorted(before)}
        await audit.record(viewer.actor, "unseated", "committee", committee_id, details, now)


async def _committee(committee_id: UUID, expected_version: int) -> dict[str, Any]:
    row: dict[str, Any] | None = await Committee.select().where(Committee.id == committee_id).first()
    if row is None:
        raise NotFound
    if row["version"] != expected_version:
        raise Conflict
    return row


async def _save(committee_id: UUID, changed: dict[str, Any], version: int, concerned: Iterable[UUID]) -> None:
    values: dict[Any, Any] = {**changed, "version": version}
    await Committee.update(values).where(Committee.id == committee_id)
    await audience_versions.touch({audiences.committee(committee_id), *(audiences.member(one) for one in concerned)})


async def _check(viewer: Viewer, facts: CommitteeFacts, committee_id: UUID | None, chairs: frozenset[UUID]) -> None:
    wrong = {}
    names = await Committee.select(Committee.id, Committee.name)
    if any(row["name"].casefold() == facts.name.casefold() and row["id"] != committee_id for row in names):
        wrong["name"] = TAKEN
    if facts.chair_id and facts.chair_id not in chairs:
        if not await _active(facts.chair_id, None):
            wrong["chair"] = "Choose a person from the list."
        elif facts.chair_id == viewer.member_id and not viewer.is_coordinator:
            wrong["chair"] = NOT_ONESELF
    if wrong:
        raise Invalid(**wrong)


async def _check_holders(viewer: Viewer, agency_id: UUID, facts: SeatFacts, before: frozenset[UUID]) -> None:
    if not await Agency.exists().where((Agency.id == agency_id) & (Agency.status == Status.ACTIVE)):
        raise NotFound
    wrong = {}
    if facts.primary_id and not await _active(facts.primary_id, agency_id):
        wrong["primary"] = FROM_THE_LIST
    if not all([await _active(one, agency_id) for one in facts.alternate_ids]):
        wrong["alternates"] = FROM_THE_LIST
    is_own = viewer.member_id in (facts.alternate_ids | {facts.primary_id}) - before
    if is_own and not viewer.is_coordinator:
        wrong["primary"] = NOT_ONESELF
    if wrong:
        raise Invalid(**wrong)


async def _active(member_id: UUID, agency_id: UUID | None) -> bool:
    is_it = (Member.id == member_id) & (Member.status == Status.ACTIVE)
    return bool(await Member.exists().where(is_it & (Member.agency == agency_id) if agency_id else is_it))


async def _holders(committee_id: UUID, agency_id: UUID) -> frozenset[UUID]:
    its = (SeatHolder.seat.committee == committee_id) & (SeatHolder.seat.agency == agency_id)
    return frozenset(await SeatHolder.select(SeatHolder.member).where(its).output(as_list=True))


async def suspended_holders(committee_id: UUID, agency_id: UUID) -> frozenset[UUID]:
    """Return the suspended holders of an agency's seat in a committee; the caller may manage the roster."""
    return await _suspended(await _holders(committee_id, agency_id))


async def _suspended(member_ids: frozenset[UUID]) -> frozenset[UUID]:
    if not member_ids:
        return member_ids
    are_it = Member.id.is_in(sorted(member_ids)) & (Member.status == Status.SUSPENDED)
    return frozenset(await Member.select(Member.id).where(are_it).output(as_list=True))


async def _chairs(committee_id: UUID) -> frozenset[UUID]:
    is_chair = (MemberRole.role == Role.COMMITTEE_CHAIR) & (MemberRole.committee == committee_id)
    return frozenset(await MemberRole.select(MemberRole.member).where(is_chair).output(as_list=True))


async def _set_chair(committee_id: UUID, member_id: UUID | None) -> None:
    await MemberRole.delete().where((MemberRole.role == Role.COMMITTEE_CHAIR) & (MemberRole.committee == committee_id))
    if member_id:
        await people.make_chair(committee_id=committee_id, member_id=member_id)


def _columns(facts: CommitteeFacts) -> dict[str, Any]:
    return {
        "name": facts.name,
        "kind": facts.kind,
        "arm": facts.arm,
        "place": facts.place,
        "status": facts.status,
        "quorum": facts.quorum.seats,
        "both_arms": facts.quorum.both_arms,
    }
