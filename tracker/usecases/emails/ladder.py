"""The people on the rungs of action items: read for all items at once, in a few queries however many there are."""

from collections.abc import Collection, Iterable
from datetime import date, datetime
from uuid import UUID

from msgspec.structs import replace
from piccolo.querystring import QueryString

from tracker.database import engine, together
from tracker.rules.actions.action_items import ActionItem
from tracker.rules.core.viewers import Role, Viewer
from tracker.rules.core.wall_clock import to_local
from tracker.rules.emails import escalation as rules
from tracker.rules.emails.escalation import Ladder, OpenItem, Rung
from tracker.tables.background.emails import due, email_pauses
from tracker.tables.background.emails.due import DueItem
from tracker.tables.background.emails.item_escalations import Escalated, escalated
from tracker.tables.background.events.events import audiences_of_each
from tracker.usecases.core.viewers import viewers_for

# A seat counts only while its holder serves at the agency that has it.
_PRIMARIES = (
    "SELECT t.committee, t.agency, h.member FROM seat_holder h JOIN seat t ON t.id = h.seat"
    " JOIN member m ON m.id = h.member AND m.agency = t.agency WHERE h.is_primary"
)
_LEADS = (
    "SELECT r.role, r.member, m.agency FROM member_role r JOIN member m ON m.id = r.member WHERE r.role IN ({}, {})"
)


async def open_items(due_items: Collection[DueItem], zone: str) -> list[OpenItem]:
    """Return items with the people who may see them, and whom they reached; `zone` is the task force's."""
    may_see, rows = await together(
        audiences_of_each({due_item.origin_event_id for due_item in due_items if due_item.origin_event_id}),
        escalated([due_item.id for due_item in due_items]),
    )
    reached: dict[UUID, list[Escalated]] = {}
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
            escalated=_last_of_each(reached.get(due_item.id, ()), due_item.agency_id),
        )
        for due_item in due_items
    ]


async def escalated_to(reader: Viewer, items: Iterable[ActionItem], now: datetime, zone: str) -> set[UUID]:
    """Return which of these items of other people have reached the reader; `zone` is the task force's."""
    others = await due.items_by_id(
        [action_item.id for action_item in items if action_item.owner_id != reader.member_id]
    )
    reached = [
        open_item
        for open_item in await open_items(others, zone)
        if any(open_item.reached_on(rung) for rung in rules.ESCALATED)
    ]
    ladder = await ladder_of(reached, (), now) if reached else Ladder()
    return {open_item.id for open_item in reached if reader.member_id in rules.reached_by(open_item, ladder)}


def _last_of_each(reached: Iterable[Escalated], agency_id: UUID) -> dict[Rung, date]:
    """Return the last day of each rung; of the agency's own, only if its owner's is still that one."""
    return {Rung(row.rung): row.day for row in reached if row.rung != Rung.AGENCY or row.agency_id == agency_id}


async def ladder_of(items: Iterable[OpenItem], without_reminders: Iterable[UUID], now: datetime) -> Ladder:
    """Return who is on the rungs of these items now, and who of them is active and gets our emails."""
    return await with_reach(await rungs(), items, without_reminders, now)


async def rungs() -> Ladder:
    """Return who is on the rungs of all items; `with_reach` adds who of them can be reached."""
    roles, primaries = await engine().read_each(
        QueryString(_LEADS, Role.AGENCY_LEAD.value, Role.COORDINATOR.value), QueryString(_PRIMARIES)
    )
    leads: dict[UUID, set[UUID]] = {}
    coordinators: set[UUID] = set()
    for row in roles:
        holders = coordinators if row["role"] == Role.COORDINATOR else leads.setdefault(row["agency"], set())
        holders.add(row["member"])
    return Ladder(
        primaries={(row["committee"], row["agency"]): row["member"] for row in primaries},
        leads={agency: frozenset(holders) for agency, holders in leads.items()},
        coordinators=frozenset(coordinators),
    )


async def with_reach(
    rungs: Ladder, items: Iterable[OpenItem], without_reminders: Iterable[UUID], now: datetime
) -> Ladder:
    """Return the rungs with who on those of these items is active and gets our emails."""
    ladder = replace(rungs, without_reminders=frozenset(without_reminders))
    people, paused = await together(viewers_for(rules.candidates(items, ladder), now), email_pauses.paused())
    return replace(ladder, reachable={one: who.audiences for one, who in people.items() if one not in paused})
