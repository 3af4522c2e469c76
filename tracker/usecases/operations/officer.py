"""What the deconfliction officer sees: both sides of each open conflict, where and when, and no content."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from tracker.errors import NotFound
from tracker.rules.core.audiences import Arm
from tracker.rules.core.viewer import Viewer
from tracker.rules.operations import deconfliction as rules
from tracker.rules.operations.deconfliction import Disclosure
from tracker.rules.operations.hits import Decision
from tracker.rules.operations.sites import Point
from tracker.tables.background.operations import plans
from tracker.tables.background.operations.plans import Planned
from tracker.usecases.core import access_records, names
from tracker.usecases.operations import comparisons
from tracker.usecases.operations.comparisons import Searcher
from tracker.usecases.operations.deconfliction import footprint
from tracker.usecases.roster.people import people_by_id


class OfficerSide(Struct, frozen=True, kw_only=True):
    """One side of a conflict: whom to call, when, and where."""

    lead: str
    """Also of someone who has left or is suspended."""
    agency: str
    email: str
    """Empty for someone without an active account."""
    disclosure: Disclosure
    starts_at: datetime
    ends_at: datetime
    points: tuple[Point, ...]
    decision: Decision | None


class Case(Struct, frozen=True, kw_only=True):
    """An open conflict."""

    found_at: datetime
    distance_ft: int
    gap: timedelta
    sides: tuple[OfficerSide, OfficerSide]


class Unplaced(Struct, frozen=True, kw_only=True):
    """An operation without a place that is known, and those that are at the same time."""

    side: OfficerSide
    others: tuple[OfficerSide, ...]


def is_officer(viewer: Viewer) -> bool:
    """Return whether the viewer is a deconfliction officer: a coordinator of law enforcement."""
    return viewer.is_coordinator and viewer.arm is Arm.LAW_ENFORCEMENT


async def searchers(viewer: Viewer, now: datetime) -> list[Searcher]:
    """Return who has compared many places within 24 hours. Errors: NotFound for anyone else."""
    if not is_officer(viewer):
        raise NotFound
    return await comparisons.searchers(now)


async def cases(viewer: Viewer, now: datetime) -> list[Case]:
    """Return every open conflict, oldest first, and note that it was read. Errors: NotFound for anyone else."""
    if not is_officer(viewer):
        raise NotFound
    pairs = await plans.every_open_pair()
    planned = await plans.by_id({one for pair in pairs for one in (pair.first, pair.second)})
    sides = await _sides(planned.values())
    decisions = await plans.decisions([pair.id for pair in pairs])
    if pairs:
        facts = {"conflicts": sorted(str(pair.id) for pair in pairs)}
        await access_records.note(viewer, "conflicts_read", "deconfliction", "open", facts, now)

    def side(plan_id: UUID, decided: Mapping[UUID, Decision]) -> OfficerSide:
        return replace(sides[plan_id], decision=decided.get(plan_id))

    return [
        Case(
            found_at=pair.found_at,
            distance_ft=pair.distance_ft,
            gap=timedelta(minutes=pair.gap_minutes),
            sides=(side(pair.first, decisions[pair.id]), side(pair.second, decisions[pair.id])),
        )
        for pair in pairs
    ]


async def unplaced(viewer: Viewer, now: datetime) -> list[Unplaced]:
    """Return the operations whose place is unknown while others are at the same time, and note that they were read.

    Errors: NotFound for anyone but a deconfliction officer.
    """
    if not is_officer(viewer):
        raise NotFound
    planned = {one.id: one for one in await plans.without_place(now)}
    found = rules.unplaced({one: footprint(plan) for one, plan in planned.items()})
    if not found:
        return []
    sides = await _sides(planned.values())
    await access_records.note(viewer, "conflicts_read", "deconfliction", "unplaced", {"without_place": len(found)}, now)
    return [Unplaced(side=sides[one], others=tuple(sides[other] for other in others)) for one, others in found.items()]


async def _sides(planned: Collection[Planned]) -> dict[UUID, OfficerSide]:
    """Return these plans as an officer sees them, by id, without a decision."""
    lead_ids = {one.lead_id for one in planned}
    known, active = await names.people(lead_ids), await people_by_id(lead_ids)
    return {
        plan.id: OfficerSide(
            lead=known[plan.lead_id][0],
            agency=known[plan.lead_id][1],
            email=active[plan.lead_id].email if plan.lead_id in active else "",
            disclosure=plan.disclosure,
            starts_at=plan.starts_at,
            ends_at=plan.ends_at,
            points=tuple(sorted(Point(*spot) for spot in plan.spots)),
            decision=None,
        )
        for plan in planned
    }
