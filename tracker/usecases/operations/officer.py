"""What the deconfliction officer sees: both sides of each open conflict, where and when, and no content.

They also see the operations that can't be compared, and the people who had many places compared.
"""

from collections import Counter
from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from tracker.errors import NotFound
from tracker.rules.core.viewers import Arm, Viewer
from tracker.rules.operations import deconfliction as rules
from tracker.rules.operations.deconfliction import MOST_IN_AN_HOUR, OF_AN_AGENCY, Decision
from tracker.rules.operations.plans import Disclosure, Point
from tracker.tables.background import operations
from tracker.tables.background.operations import ComparedPlan
from tracker.tables.schema.operations.plans import ComparedPlaces
from tracker.usecases.core import audit
from tracker.usecases.operations.deconfliction import DAY, footprint_of
from tracker.usecases.roster.known_people import people_by_id


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


class OfficerConflict(Struct, frozen=True, kw_only=True):
    """An open conflict."""

    found_at: datetime
    distance_ft: int
    gap: timedelta
    sides: tuple[OfficerSide, ...]


class UnplacedOperation(Struct, frozen=True, kw_only=True):
    """An operation without a place that is known, and those that are at the same time."""

    side: OfficerSide
    others: tuple[OfficerSide, ...]


def is_officer(viewer: Viewer) -> bool:
    """Return whether the viewer is a deconfliction officer: a coordinator of law enforcement."""
    return viewer.is_coordinator and viewer.arm is Arm.LAW_ENFORCEMENT


class Searcher(Struct, frozen=True, kw_only=True):
    """Someone who has had as many places compared within 24 hours as a limit allows in an hour."""

    name: str
    agency: str
    places: int
    last_at: datetime


async def people_who_search(viewer: Viewer, now: datetime) -> list[Searcher]:
    """Return who has compared many places within 24 hours, most places first. Errors: NotFound for anyone else."""
    if not is_officer(viewer):
        raise NotFound
    row = ComparedPlaces
    columns = row.member, row.agency, row.places, row.compared_at
    compared = await row.select(*columns).where(row.compared_at > now - DAY).order_by(row.compared_at)
    people, agencies, last = Counter[UUID](), Counter[UUID](), {}
    for record in compared:
        people[record["member"]] += record["places"]
        agencies[record["agency"]] += record["places"]
        last[record["member"]] = record["compared_at"]
    seen = {
        record["member"]
        for record in compared
        if people[record["member"]] >= MOST_IN_AN_HOUR or agencies[record["agency"]] >= OF_AN_AGENCY * MOST_IN_AN_HOUR
    }
    named = await audit.names_of_people(seen)
    return [
        Searcher(**named[member_id]._asdict(), places=places, last_at=last[member_id])
        for member_id, places in people.most_common()
        if member_id in seen
    ]


async def open_conflicts(viewer: Viewer, now: datetime) -> list[OfficerConflict]:
    """Return every open conflict, oldest first, and note that it was read. Errors: NotFound for anyone else."""
    if not is_officer(viewer):
        raise NotFound
    pairs = await operations.every_open_pair()
    planned = await operations.compared_plans({side for pair in pairs for side in pair.sides})
    sides = await _officer_sides(planned.values())
    decisions = await operations.decisions_by_side([pair.id for pair in pairs])
    if pairs:
        facts = {"conflicts": sorted(str(pair.id) for pair in pairs)}
        await audit.record_read(viewer, "conflicts_read", "deconfliction", "open", facts, now)
    return [
        OfficerConflict(
            found_at=pair.found_at,
            distance_ft=pair.distance_ft,
            gap=timedelta(minutes=pair.gap_minutes),
            sides=tuple(replace(sides[side], decision=decisions[pair.id].get(side)) for side in pair.sides),
        )
        for pair in pairs
    ]


async def unplaced_operations(viewer: Viewer, now: datetime) -> list[UnplacedOperation]:
    """Return the operations whose place is unknown while others are at the same time, and note that they were read.

    Errors: NotFound for anyone but a deconfliction officer.
    """
    if not is_officer(viewer):
        raise NotFound
    planned = await operations.plans_without_place(now)
    unplaced = rules.find_unplaced({plan.id: footprint_of(plan) for plan in planned})
    if not unplaced:
        return []
    sides = await _officer_sides(planned)
    facts = {"without_place": len(unplaced)}
    await audit.record_read(viewer, "conflicts_read", "deconfliction", "unplaced", facts, now)
    return [
        UnplacedOperation(side=sides[plan_id], others=tuple(sides[other] for other in others))
        for plan_id, others in unplaced.items()
    ]


async def _officer_sides(planned: Collection[ComparedPlan]) -> dict[UUID, OfficerSide]:
    """Return these plans as an officer sees them, by id, without a decision."""
    lead_ids = {plan.lead_id for plan in planned}
    known, active = await audit.names_of_people(lead_ids), await people_by_id(lead_ids)
    return {
        plan.id: OfficerSide(
            lead=known[plan.lead_id].name,
            agency=known[plan.lead_id].agency,
            email=active[plan.lead_id].email if plan.lead_id in active else "",
            disclosure=plan.disclosure,
            starts_at=plan.starts_at,
            ends_at=plan.ends_at,
            points=tuple(sorted(plan.points)),
            decision=None,
        )
        for plan in planned
    }
