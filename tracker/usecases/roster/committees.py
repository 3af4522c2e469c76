"""Committees, their seats, and the reminders of their events."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from msgspec import Struct
from piccolo.querystring import QueryString

from tracker.crypto import ids
from tracker.database import engine, writing
from tracker.errors import NotAllowed, NotFound, refuse_fields
from tracker.rules.core import viewers
from tracker.rules.core.viewers import Arm, Role, Status, Viewer, committee_audience
from tracker.rules.roster import directory
from tracker.rules.roster.directory import CommitteeFacts, SeatFacts
from tracker.rules.roster.meetings import FillableSeat, Quorum, QuorumRule, ReminderPolicy
from tracker.tables.schema import events
from tracker.tables.schema.events import policy_in_row
from tracker.tables.schema.roster import Agency, Committee, Member, MemberRole, Seat, SeatHolder
from tracker.usecases.core import audit
from tracker.usecases.roster import directory_rows
from tracker.usecases.roster.directory_rows import row_to_change
from tracker.usecases.roster.known_people import ACTIVE, Candidates

TAKEN = "Another committee already has this name."
NOT_ONESELF = "You can’t add yourself to a committee. Ask a coordinator."
FROM_THE_LIST = "Choose from the agency’s people."
ACTIVE_COMMITTEES = "SELECT b.id, b.name, b.place FROM committee b WHERE b.status = 'active' ORDER BY b.name"
"""The query for the active committees, by name; its reader leaves out those that the viewer may not know."""
_HOLDERS = "SELECT t.committee, h.member, h.is_primary FROM seat_holder h JOIN seat t ON t.id = h.seat"


async def add_committee(viewer: Viewer, facts: CommitteeFacts, reauthenticated_at: datetime, now: datetime) -> UUID:
    """Add a committee without seats and return its id. Errors: NotAllowed, Invalid by field."""
    directory.check_manager(viewer, reauthenticated_at, now)
    facts.check()
    async with writing():
        await _check_committee(viewer, facts, None, frozenset())
        committee_id = await insert_committee(facts)
        if facts.chair_id:
            await make_chair(committee_id=committee_id, member_id=facts.chair_id)
        await audit.record(viewer.actor, "added", "committee", committee_id, {}, now)
    return committee_id


def possible_chairs(viewer: Viewer) -> Candidates:
    """Return who can chair a committee, for people who manage the roster. Errors: NotAllowed."""
    if not viewer.manages_accounts:
        raise NotAllowed(directory.MANAGERS_ONLY)
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
    directory.check_manager(viewer, reauthenticated_at, now)
    facts.check()
    async with writing():
        row = await row_to_change(Committee, committee_id, expected_version)
        is_chair = (MemberRole.role == Role.COMMITTEE_CHAIR) & (MemberRole.committee == committee_id)
        chairs = frozenset(await MemberRole.select(MemberRole.member).where(is_chair).output(as_list=True))
        await _check_committee(viewer, facts, committee_id, chairs)
        changed = {name: value for name, value in _committee_columns(facts).items() if row[name] != value}
        wanted = frozenset({facts.chair_id}) if facts.chair_id else await _suspended(chairs)
        if wanted != chairs:
            await MemberRole.delete().where(is_chair)
            if facts.chair_id:
                await make_chair(committee_id=committee_id, member_id=facts.chair_id)
        await _save_committee(committee_id, changed, expected_version + 1, chairs | wanted)
        details: dict[str, object] = {"fields": sorted(changed) + ["chair"] * (wanted != chairs)}
        if wanted != chairs:
            details |= {"chair": facts.chair_id or "", "chaired": sorted(chairs)}
        await audit.record(viewer.actor, "updated", "committee", committee_id, details, now)


async def assign_seat(
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
    directory.check_manager(viewer, reauthenticated_at, now)
    facts.check()
    assert facts.primary_id is not None  # noqa: S101 - `check` refuses facts without
    async with writing():
        await row_to_change(Committee, committee_id, expected_version)
        if not await Agency.exists().where((Agency.id == agency_id) & (Agency.status == Status.ACTIVE)):
            raise NotFound
        before = await _holders(committee_id, agency_id)
        alternates = facts.alternate_ids | await _suspended(before)
        after = alternates | {facts.primary_id}
        are_active = all([await _is_active(alternate_id, agency_id) for alternate_id in facts.alternate_ids])
        is_own = viewer.member_id in (facts.alternate_ids | {facts.primary_id}) - before
        wrong = {
            "primary": "" if await _is_active(facts.primary_id, agency_id) else FROM_THE_LIST,
            "alternates": "" if are_active else FROM_THE_LIST,
        }
        if is_own and not viewer.is_coordinator:
            wrong["primary"] = NOT_ONESELF
        refuse_fields(wrong)
        await Seat.delete().where((Seat.committee == committee_id) & (Seat.agency == agency_id))
        await insert_seat(
            committee_id=committee_id, agency_id=agency_id, primary=facts.primary_id, alternates=sorted(alternates)
        )
        await _save_committee(committee_id, {}, expected_version + 1, before | after)
        details = {"agency": agency_id, "primary": facts.primary_id, "alternates": sorted(alternates)}
        await audit.record(viewer.actor, "seated", "committee", committee_id, details, now)


async def delete_seat(
    viewer: Viewer,
    committee_id: UUID,
    agency_id: UUID,
    expected_version: int,
    reauthenticated_at: datetime,
    now: datetime,
) -> None:
    """Remove an agency's seat in a committee. Errors: NotFound, NotAllowed, Conflict."""
    directory.check_manager(viewer, reauthenticated_at, now)
    async with writing():
        await row_to_change(Committee, committee_id, expected_version)
        before = await _holders(committee_id, agency_id)
        condition = (Seat.committee == committee_id) & (Seat.agency == agency_id)
        if not await Seat.exists().where(condition):
            raise NotFound
        await Seat.delete().where(condition)
        await _save_committee(committee_id, {}, expected_version + 1, before)
        details = {"agency": agency_id, "held_by": sorted(before)}
        await audit.record(viewer.actor, "unseated", "committee", committee_id, details, now)


async def _save_committee(committee_id: UUID, changed: dict[str, Any], version: int, concerned: Iterable[UUID]) -> None:
    values: dict[Any, Any] = {**changed, "version": version}
    await Committee.update(values).where(Committee.id == committee_id)
    await events.raise_audience_versions(
        {viewers.committee_audience(committee_id), *map(viewers.member_audience, concerned)}
    )


async def _check_committee(
    viewer: Viewer, facts: CommitteeFacts, committee_id: UUID | None, chairs: frozenset[UUID]
) -> None:
    wrong = {}
    names = await Committee.select(Committee.id, Committee.name)
    if any(row["name"].casefold() == facts.name.casefold() and row["id"] != committee_id for row in names):
        wrong["name"] = TAKEN
    if facts.chair_id and facts.chair_id not in chairs:
        if not await _is_active(facts.chair_id, None):
            wrong["chair"] = "Choose a person from the list."
        elif facts.chair_id == viewer.member_id and not viewer.is_coordinator:
            wrong["chair"] = NOT_ONESELF
    refuse_fields(wrong)


async def _is_active(member_id: UUID, agency_id: UUID | None) -> bool:
    is_active = (Member.id == member_id) & (Member.status == Status.ACTIVE)
    return bool(await Member.exists().where(is_active & (Member.agency == agency_id) if agency_id else is_active))


async def _holders(committee_id: UUID, agency_id: UUID) -> frozenset[UUID]:
    of_seat = (SeatHolder.seat.committee == committee_id) & (SeatHolder.seat.agency == agency_id)
    return frozenset(await SeatHolder.select(SeatHolder.member).where(of_seat).output(as_list=True))


async def suspended_holders(committee_id: UUID, agency_id: UUID) -> frozenset[UUID]:
    """Return the suspended holders of an agency's seat in a committee; the caller may manage the roster."""
    return await _suspended(await _holders(committee_id, agency_id))


async def _suspended(member_ids: frozenset[UUID]) -> frozenset[UUID]:
    if not member_ids:
        return member_ids
    are_suspended = Member.id.is_in(sorted(member_ids)) & (Member.status == Status.SUSPENDED)
    return frozenset(await Member.select(Member.id).where(are_suspended).output(as_list=True))


def _committee_columns(facts: CommitteeFacts) -> dict[str, Any]:
    return {
        "name": facts.name,
        "kind": facts.kind,
        "arm": facts.arm,
        "place": facts.place,
        "status": facts.status,
        "quorum": facts.quorum.seats,
        "both_arms": facts.quorum.both_arms,
    }


class CommitteeChoice(Struct, frozen=True, kw_only=True):
    """A committee that the viewer may choose for an event, with the people who hold its seats."""

    id: UUID
    name: str
    place: str
    members: frozenset[UUID]
    primaries: frozenset[UUID]


async def committee_choices(viewer: Viewer) -> list[CommitteeChoice]:
    """Return the active committees that the viewer chairs or sits in; all of them for a coordinator."""
    rows, holders = await engine().read_each(QueryString(ACTIVE_COMMITTEES), QueryString(_HOLDERS))
    members, primaries = defaultdict[UUID, set[UUID]](set), defaultdict[UUID, set[UUID]](set)
    for holder in holders:
        members[holder["committee"]].add(holder["member"])
        if holder["is_primary"]:
            primaries[holder["committee"]].add(holder["member"])
    return [
        CommitteeChoice(
            id=row["id"],
            name=row["name"],
            place=row["place"],
            members=frozenset(members[row["id"]]),
            primaries=frozenset(primaries[row["id"]]),
        )
        for row in rows
        if viewers.committee_audience(row["id"]) in viewer.audiences
    ]


async def committee_names(viewer: Viewer) -> dict[UUID, str]:
    """Return the names of the same committees, in their order."""
    rows = await engine().run_querystring(QueryString(ACTIVE_COMMITTEES))
    return {row["id"]: row["name"] for row in rows if viewers.committee_audience(row["id"]) in viewer.audiences}


class SeatHeld(NamedTuple):
    """A seat of an agency on a committee, and its primary."""

    committee_id: UUID
    agency_id: UUID
    member_id: UUID


async def seats_held() -> frozenset[SeatHeld]:
    """Return the seats of all committees that have a primary."""
    first = SeatHolder.is_primary.eq(value=True)
    rows = await SeatHolder.select(SeatHolder.seat.committee, SeatHolder.seat.agency, SeatHolder.member).where(first)
    return frozenset(SeatHeld(row["seat.committee"], row["seat.agency"], row["member"]) for row in rows)


async def primaries_of(committee_id: UUID) -> frozenset[UUID]:
    """Return the primaries of a committee's seats."""
    return frozenset(seat_held.member_id for seat_held in await seats_held() if seat_held.committee_id == committee_id)


async def quorum_of(viewer: Viewer, committee_id: UUID | None) -> Quorum | None:
    """Return a committee's quorum rule and seat holders; None when it has no rule, or the viewer may not know it."""
    is_known = committee_id is not None and committee_audience(committee_id) in viewer.audiences
    return await quorum_today(committee_id) if is_known else None


async def quorum_today(committee_id: UUID | None) -> Quorum | None:
    """Return the same for a record, no matter who makes it; None when the committee has no rule."""
    if committee_id is None:
        return None
    row = await Committee.select(Committee.quorum, Committee.both_arms).where(Committee.id == committee_id).first()
    rule = QuorumRule(seats=row["quorum"], both_arms=bool(row["both_arms"])) if row else QuorumRule()
    if not rule.is_asked:
        return None
    holders: dict[tuple[UUID, UUID, Arm], set[UUID]] = {}
    for row in await directory_rows.seat_rows():
        if row["committee"] == committee_id:
            seat = row["seat"], row["agency"], Arm(row["arm"])
            holders.setdefault(seat, set()).update({row["member"]} - {None})
    seats = [
        FillableSeat(agency_id=agency_id, arm=arm, holders=frozenset(held))
        for (_, agency_id, arm), held in holders.items()
    ]
    return Quorum(rule=rule, seats=seats)


async def insert_committee(facts: CommitteeFacts) -> UUID:
    """Add a committee without seats, and without its chair."""
    committee = Committee(id=ids.new_id(), **_committee_columns(facts))
    await Committee.insert(committee)
    return committee.id


async def insert_seat(*, committee_id: UUID, agency_id: UUID, primary: UUID, alternates: Iterable[UUID] = ()) -> UUID:
    """Give an agency a seat in a committee, with its primary and alternates."""
    seat = Seat(id=ids.new_id(), committee=committee_id, agency=agency_id)
    await Seat.insert(seat)
    for member_id in (primary, *alternates):
        await add_seat_holder(seat_id=seat.id, member_id=member_id, is_primary=member_id == primary)
    return seat.id


async def add_seat_holder(*, seat_id: UUID, member_id: UUID, is_primary: bool) -> None:
    """Add a member to a seat, as its primary or an alternate."""
    await SeatHolder.insert(SeatHolder(id=ids.new_id(), seat=seat_id, member=member_id, is_primary=is_primary))


async def make_chair(*, committee_id: UUID, member_id: UUID) -> None:
    """Make a member the chair of a committee."""
    await MemberRole.insert(
        MemberRole(id=ids.new_id(), member=member_id, role=Role.COMMITTEE_CHAIR, committee=committee_id)
    )


async def touch_committees(committee_ids: Iterable[UUID]) -> None:
    """Raise the versions of committees whose seats or chairs changed, for open forms and members' calendars."""
    changed = sorted(set(committee_ids))
    if changed:
        await Committee.update({Committee.version: Committee.version + 1}).where(Committee.id.is_in(changed))
        await events.raise_audience_versions(map(viewers.committee_audience, changed))


_POLICIES = (
    "SELECT p.committee, p.leads AS reminder_leads, p.ask_leads, p.ask_after, p.sends_thanks"
    " FROM committee_preference p WHERE NOT p.is_usual"
    " UNION ALL SELECT NULL, d.reminder_leads, d.ask_leads, d.ask_after, d.sends_thanks FROM deployment d"
)


class ReminderPolicies(NamedTuple):
    """The policy of the task force, and those of the committees that chose one."""

    usual: ReminderPolicy
    of_committee: Mapping[UUID, ReminderPolicy]

    def of(self, committee_id: UUID | None) -> ReminderPolicy:
        """Return the policy with which an event of a committee, or of none, begins."""
        return self.of_committee.get(committee_id, self.usual) if committee_id else self.usual


async def reminder_policies() -> ReminderPolicies:
    """Return the policies, by one query."""
    policies = {row["committee"]: policy_in_row(row) for row in await engine().run_querystring(QueryString(_POLICIES))}
    return ReminderPolicies(usual=policies.pop(None), of_committee=policies)


async def policy_of_committee(committee_id: UUID | None) -> ReminderPolicy:
    """Return the policy with which an event of a committee, or of none, begins."""
    return (await reminder_policies()).of(committee_id)
