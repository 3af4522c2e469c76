"""How action items reach others than their owners: the people on the rungs, and the days that committees chose.

The people are read for all items at once, in a few queries however many there are.
"""

from collections.abc import Collection, Iterable
from datetime import datetime
from functools import reduce
from operator import or_
from uuid import UUID

from msgspec.structs import replace
from piccolo.querystring import QueryString

from tracker.crypto import ids
from tracker.database import engine, together, writing
from tracker.database.binding import bulk_insert
from tracker.rules.actions import ActionItem
from tracker.rules.core.viewers import Role, Viewer
from tracker.rules.core.wording import to_local
from tracker.rules.emails import escalations as rules
from tracker.rules.emails.escalations import CommitteeDays, Escalation, Escalations, OpenItem, PeopleOnRungs, Rung
from tracker.tables.background.emails import due
from tracker.tables.background.emails.due import DueItem, EscalatedItem, escalated_items
from tracker.tables.background.events.events import audiences_of_each
from tracker.tables.schema.emails import CommitteeEscalation, ItemEscalation
from tracker.usecases.core import audit
from tracker.usecases.core.viewers import reach_of
from tracker.usecases.emails.preferences import led_committee
from tracker.usecases.roster.committees import CommitteeChoice

# A seat counts only while its holder serves at the agency that has it.
_PRIMARIES = (
    "SELECT t.committee, t.agency, h.member FROM seat_holder h JOIN seat t ON t.id = h.seat"
    " JOIN member m ON m.id = h.member AND m.agency = t.agency WHERE h.is_primary"
)
_LEADS = (
    "SELECT r.role, r.member, m.agency FROM member_role r JOIN member m ON m.id = r.member WHERE r.role IN ({}, {})"
)


async def read_escalations(usual: Escalation) -> Escalations:
    """Return the days of every committee over those of the task force."""
    of_committee = {
        row["committee"]: CommitteeDays(agency=row["agency"], coordinator=row["coordinator"])
        for row in await CommitteeEscalation.select()
    }
    return Escalations(usual=usual, of_committee=of_committee)


async def keep_escalated(before: Collection[OpenItem], after: Collection[OpenItem]) -> None:
    """Keep on which days these items escalated, and no longer what they reached in vain.

    The caller is inside `writing()`.
    """
    gone = [
        (ItemEscalation.item == now.id) & (ItemEscalation.rung == rung) & (ItemEscalation.day == day)
        for was, now in zip(before, after, strict=True)
        for rung, day in was.escalated.items()
        if rung not in now.escalated
    ]
    if gone:
        await ItemEscalation.delete().where(reduce(or_, gone))
    rows = [
        {"id": ids.new_id(), "item": now.id, "rung": rung, "agency": now.agency_id, "day": day}
        for was, now in zip(before, after, strict=True)
        for rung, day in now.escalated.items()
        if was.escalated.get(rung) != day
    ]
    await bulk_insert(ItemEscalation, rows, " ON CONFLICT (item, rung, agency) DO UPDATE SET day = excluded.day")


async def committee_escalation_days(committee_id: UUID) -> CommitteeDays:
    """Return the days that a committee chose."""
    rows = await CommitteeEscalation.select().where(CommitteeEscalation.committee == committee_id)
    return CommitteeDays(agency=rows[0]["agency"], coordinator=rows[0]["coordinator"]) if rows else CommitteeDays()


async def committee_escalation(viewer: Viewer, committee_id: UUID) -> tuple[CommitteeChoice, CommitteeDays]:
    """Return a committee and the days that it chose, for a person who may set them. Errors: NotFound, NotAllowed."""
    return await led_committee(viewer, committee_id), await committee_escalation_days(committee_id)


async def save_committee_escalation(viewer: Viewer, committee_id: UUID, days: CommitteeDays, now: datetime) -> None:
    """Set the days of a committee, from the next morning on. Errors: NotFound, NotAllowed."""
    row = CommitteeEscalation(
        id=ids.new_id(), committee=committee_id, agency=days.agency, coordinator=days.coordinator, changed_at=now
    )
    async with writing():
        await led_committee(viewer, committee_id)
        await CommitteeEscalation.insert(row).on_conflict(
            target=CommitteeEscalation.committee,
            action="DO UPDATE",
            values=[CommitteeEscalation.agency, CommitteeEscalation.coordinator, CommitteeEscalation.changed_at],
        )
        facts = {"agency": days.agency, "coordinator": days.coordinator}
        await audit.record(viewer.actor, "changed", "committee_escalation", committee_id, facts, now)


async def open_items(due_items: Collection[DueItem], zone: str) -> list[OpenItem]:
    """Return items with the people who may see them, and whom they reached; `zone` is the task force's."""
    may_see, rows = await together(
        audiences_of_each({due_item.origin_event_id for due_item in due_items if due_item.origin_event_id}),
        escalated_items([due_item.id for due_item in due_items]),
    )
    reached: dict[UUID, list[EscalatedItem]] = {}
    for row in rows:
        reached.setdefault(row.item_id, []).append(row)
    return [
        OpenItem(
            id=due_item.id,
            owner_id=due_item.owner_id,
            agency_id=due_item.agency_id,
            committee_id=due_item.committee_id,
            assigned_by_id=due_item.assigned_by_id,
            due=due_item.due,
            blocked_on=to_local(due_item.blocked_at, zone).date() if due_item.blocked_at else None,
            audiences=frozenset(may_see[due_item.origin_event_id] if due_item.origin_event_id else {due_item.audience}),
            escalated={
                Rung(row.rung): row.day
                for row in reached.get(due_item.id, ())
                if row.rung != Rung.AGENCY or row.agency_id == due_item.agency_id
            },
        )
        for due_item in due_items
    ]


async def items_escalated_to(reader: Viewer, items: Iterable[ActionItem], now: datetime, zone: str) -> set[UUID]:
    """Return which of these items of other people have reached the reader; `zone` is the task force's."""
    others = await due.due_items_by_id(
        [action_item.id for action_item in items if action_item.owner_id != reader.member_id]
    )
    reached = [
        open_item
        for open_item in await open_items(others, zone)
        if any(open_item.reached_on(rung) for rung in rules.ESCALATED)
    ]
    ladder = await read_rungs_of(reached, (), now) if reached else PeopleOnRungs()
    return {open_item.id for open_item in reached if reader.member_id in rules.people_escalated_to(open_item, ladder)}


async def read_rungs_of(items: Iterable[OpenItem], without_reminders: Iterable[UUID], now: datetime) -> PeopleOnRungs:
    """Return who is on the rungs of these items now, and who of them is active and gets our emails."""
    return await add_reachable_people(await read_all_rungs(), items, without_reminders, now)


async def read_all_rungs() -> PeopleOnRungs:
    """Return who is on the rungs of all items; `add_reachable_people` adds who of them can be reached."""
    roles, primaries = await engine().read_each(
        QueryString(_LEADS, Role.AGENCY_LEAD.value, Role.COORDINATOR.value), QueryString(_PRIMARIES)
    )
    leads: dict[UUID, set[UUID]] = {}
    coordinators: set[UUID] = set()
    for row in roles:
        holders = coordinators if row["role"] == Role.COORDINATOR else leads.setdefault(row["agency"], set())
        holders.add(row["member"])
    return PeopleOnRungs(
        primaries={(row["committee"], row["agency"]): row["member"] for row in primaries},
        leads={agency: frozenset(holders) for agency, holders in leads.items()},
        coordinators=frozenset(coordinators),
    )


async def add_reachable_people(
    rungs: PeopleOnRungs, items: Iterable[OpenItem], without_reminders: Iterable[UUID], now: datetime
) -> PeopleOnRungs:
    """Return the rungs with who on those of these items is active and gets our emails."""
    ladder = replace(rungs, without_reminders=frozenset(without_reminders))
    reach = await reach_of(rules.rung_candidates(items, ladder), (), now)
    reachable = {member: who.audiences for member, who in reach.people.items() if member not in reach.paused}
    return replace(ladder, reachable=reachable)
