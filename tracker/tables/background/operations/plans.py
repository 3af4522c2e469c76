"""Plans as the clock and comparisons need them: ids, states, places, and times."""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from msgspec import Struct
from piccolo.querystring import QueryString

from tracker.database import engine
from tracker.database.sql_list import sql_list
from tracker.rules.operations.deconfliction import (
    AGREED,
    MILLIONTHS_IN_1000_FEET,
    Decision,
    FactsHash,
    Outcome,
    SearchBox,
    box_around,
)
from tracker.rules.operations.plans import LONGEST_BUFFER, Disclosure
from tracker.rules.operations.sites import Point
from tracker.rules.operations.states import COMPARED, OperationState
from tracker.tables.schema.operations.plans import (
    Clearance,
    DeconflictionHit,
    HitDecision,
    OperationApproval,
    OperationPlan,
)

_PLANS = (
    "SELECT p.id, p.event AS event_id, e.lead AS lead_id, p.supervisor AS supervisor_id, p.state, p.disclosure,"
    " p.buffer_minutes, p.version, p.checked_start, p.checked_end, o.starts_at, o.ends_at,"
    " (o.is_canceled OR e.status IN ('canceled', 'draft')) AS is_off"
    " FROM operation_plan p JOIN event e ON e.id = p.event JOIN occurrence o ON o.event = e.id"
    " WHERE e.kind = 'joint_operation' AND e.rrule IS NULL AND {} ORDER BY p.id"
)
# By time first, because only there is an index that many old operations don't make larger: CROSS JOIN keeps the order.
_NEAR = (
    "SELECT DISTINCT s.plan FROM occurrence o CROSS JOIN operation_plan p CROSS JOIN operation_site s"
    " WHERE p.event = o.event AND s.plan = p.id AND o.starts_at <= {} AND o.starts_at >= {} AND o.ends_at >= {}"
    " AND NOT o.is_canceled AND p.id <> {} AND p.state IN ({}) AND p.disclosure IN ({})"
    " AND s.role <> 'off_site_services' AND ({})"
)
_REACH = "CASE WHEN s.radius_ft > {} THEN s.radius_ft ELSE {} END"
_IN_LATITUDE = f"ABS(s.latitude_e6 - {{}}) <= {_REACH} * {MILLIONTHS_IN_1000_FEET} / 1000 + 2"
_IN_LONGITUDE = f"ABS(s.longitude_e6 - {{}}) <= {_REACH} * {{}} / 1000 + 2"
_ACROSS_THE_DATE_LINE = f"ABS(s.longitude_e6 - {{}}) >= 360000000 - {_REACH} * {{}} / 1000 - 2"
_HAS_OPEN = (
    "EXISTS (SELECT 1 FROM deconfliction_hit h WHERE h.closed_at IS NULL AND (h.first = p.id OR h.second = p.id))"
)
_MOVED = (
    "p.state IN ({}) AND ((o.ends_at > {} AND (p.checked_start IS NULL OR p.checked_start <> o.starts_at"
    " OR p.checked_end <> o.ends_at OR p.was_off <> (o.is_canceled OR e.status IN ('canceled', 'draft'))))"
    f" OR (o.ends_at <= {{}} AND {_HAS_OPEN}))"
)
_WITHOUT_PLACE = (
    "p.state IN ({}) AND o.ends_at > {} AND NOT o.is_canceled AND e.status NOT IN ('canceled', 'draft') AND NOT EXISTS"
    " (SELECT 1 FROM operation_site s WHERE s.plan = p.id AND s.role <> 'off_site_services')"
)
_BY_TIME = (
    "p.state IN ({}) AND o.starts_at <= {} AND o.starts_at >= {} AND o.ends_at >= {} AND NOT o.is_canceled"
    " AND e.status NOT IN ('canceled', 'draft')"
)
_SPOTS = (
    "SELECT plan, latitude_e6, longitude_e6, radius_ft FROM operation_site"
    " WHERE role <> 'off_site_services' AND plan IN ({})"
)
_COMPARED = sql_list(sorted(COMPARED))
EVERY_LEVEL = frozenset(Disclosure)
LONGEST_OPERATION = timedelta(days=14)
"""No operation lasts longer (the rules of events refuse it)."""


class Spot(NamedTuple):
    """A site that is compared: millionths of a degree, and its radius in feet."""

    latitude_e6: int
    longitude_e6: int
    radius_ft: int


class ComparedPlan(Struct, frozen=True, kw_only=True):
    """One plan; times aware UTC."""

    id: UUID
    event_id: UUID
    lead_id: UUID
    supervisor_id: UUID | None
    state: OperationState
    disclosure: Disclosure
    buffer_minutes: int
    version: int
    checked_start: datetime | None
    checked_end: datetime | None
    starts_at: datetime
    ends_at: datetime
    is_off: bool
    spots: frozenset[Spot]


class ConflictPair(Struct, frozen=True, kw_only=True):
    """A conflict: its two plans, and what was measured."""

    id: UUID
    first: UUID
    second: UUID
    distance_ft: int
    gap_minutes: int
    found_at: datetime
    facts: FactsHash
    first_knows: bool
    second_knows: bool
    closed_at: datetime | None
    outcome: Outcome | None


async def compared_plans(plan_ids: Iterable[UUID]) -> dict[UUID, ComparedPlan]:
    """Return these plans by id."""
    wanted = sorted(plan_ids)
    return {plan.id: plan for plan in await _plans("p.id IN ({})", sql_list(wanted))} if wanted else {}


async def plans_near(plan: ComparedPlan, levels: Collection[Disclosure]) -> list[ComparedPlan]:
    """Return the plans of these levels that are compared and whose time and place could be close to those of `plan`."""
    if not plan.spots:
        return []
    earliest, latest = plan.starts_at - LONGEST_BUFFER, plan.ends_at + LONGEST_BUFFER
    conditions = [_in(box_around(Point(*spot))) for spot in sorted(plan.spots)]
    boxes = QueryString(" OR ".join(["{}"] * len(conditions)), *conditions)
    when = latest, earliest - LONGEST_OPERATION, earliest
    rows = await engine().run_querystring(
        QueryString(_NEAR, *when, plan.id, _COMPARED, sql_list(sorted(levels)), boxes)
    )
    is_on = "p.id IN ({}) AND e.status NOT IN ('canceled', 'draft')"
    return await _plans(is_on, sql_list([row["plan"] for row in rows])) if rows else []


async def plans_without_place(now: datetime) -> list[ComparedPlan]:
    """Return the plans without a site that is compared, and all that could be in the way of one by their time."""
    plans = await _plans(_WITHOUT_PLACE, _COMPARED, now - LONGEST_BUFFER)
    if not plans:
        return []
    earliest = min(compared_plan.starts_at for compared_plan in plans) - LONGEST_BUFFER
    latest = max(compared_plan.ends_at for compared_plan in plans) + LONGEST_BUFFER
    return await _plans(_BY_TIME, _COMPARED, latest, earliest - LONGEST_OPERATION, max(earliest, now - LONGEST_BUFFER))


def _in(box: SearchBox) -> QueryString:
    """Return the condition that a site is in a box."""
    reach = box.radius_ft, box.radius_ft
    latitude = QueryString(_IN_LATITUDE, box.latitude_e6, *reach)
    if box.longitude_in_1000_feet is None:
        return latitude
    east = box.longitude_e6, *reach, box.longitude_in_1000_feet
    beside = QueryString(_IN_LONGITUDE, *east), QueryString(_ACROSS_THE_DATE_LINE, *east)
    return QueryString("({} AND ({} OR {}))", latitude, *beside)


async def moved_plans(now: datetime) -> list[UUID]:
    """Return the plans that were moved, canceled, or restored since they were last compared, or are long over."""
    return [plan.id for plan in await _plans(_MOVED, _COMPARED, now, now - LONGEST_BUFFER)]


async def plans_for_clock() -> list[UUID]:
    """Return the plans that changed and were not compared yet with those that show the other side nothing."""
    plan = OperationPlan
    return sorted(await plan.select(plan.id).where(plan.awaits_clock == True).output(as_list=True))  # noqa: E712 - a column


async def has_plan(event_id: UUID) -> bool:
    """Return whether an event has a plan: then it stays an operation with one date."""
    found: bool = await OperationPlan.exists().where(OperationPlan.event == event_id)
    return found


async def times_relied_on(plan_id: UUID) -> list[tuple[datetime, datetime]]:
    """Return for which times of the operation its valid deconfliction number or waiver, and approval, were given."""
    number, approval = Clearance, OperationApproval
    numbers = number.select(number.starts_at, number.ends_at).where(
        (number.plan == plan_id) & number.replaced_at.is_null()
    )
    approvals = approval.select(approval.starts_at, approval.ends_at).where(
        (approval.plan == plan_id) & approval.ended_at.is_null()
    )
    return [(row["starts_at"], row["ends_at"]) for row in [*await numbers, *await approvals]]


async def open_pairs(plan_id: UUID, levels: Collection[Disclosure] = EVERY_LEVEL) -> list[ConflictPair]:
    """Return the conflicts of a plan with plans of these levels that have no decision yet."""
    hit, wanted = DeconflictionHit, [level.value for level in levels]
    is_first = (hit.first == plan_id) & hit.second.disclosure.is_in(wanted)
    is_second = (hit.second == plan_id) & hit.first.disclosure.is_in(wanted)
    return await _pairs((is_first | is_second) & hit.closed_at.is_null())


async def last_agreed(plan_id: UUID) -> dict[UUID, FactsHash]:
    """Return, for each other plan, the facts about which both sides agreed last."""
    is_its = (DeconflictionHit.first == plan_id) | (DeconflictionHit.second == plan_id)
    conflict_pairs = await _pairs(is_its & DeconflictionHit.outcome.is_in([outcome.value for outcome in AGREED]))
    return {
        conflict_pair.second if conflict_pair.first == plan_id else conflict_pair.first: conflict_pair.facts
        for conflict_pair in conflict_pairs
    }


async def every_open_pair() -> list[ConflictPair]:
    """Return every conflict that has no decision yet, oldest first."""
    return await _pairs(DeconflictionHit.closed_at.is_null())


async def decisions_by_side(hit_ids: Iterable[UUID]) -> dict[UUID, dict[UUID, Decision]]:
    """Return what each side decided last, by conflict and plan."""
    found: dict[UUID, dict[UUID, Decision]] = {hit_id: {} for hit_id in hit_ids}
    if found:
        hold = HitDecision.hit.is_in(list(found)) & HitDecision.replaced_at.is_null()
        for row in await HitDecision.select(HitDecision.hit, HitDecision.plan, HitDecision.decision).where(hold):
            found[row["hit"]][row["plan"]] = Decision(row["decision"])
    return found


async def _pairs(where: Any) -> list[ConflictPair]:
    rows = (
        await DeconflictionHit.select(
            DeconflictionHit.id,
            DeconflictionHit.first,
            DeconflictionHit.second,
            DeconflictionHit.distance_ft,
            DeconflictionHit.gap_minutes,
            DeconflictionHit.found_at,
            DeconflictionHit.facts,
            DeconflictionHit.first_knows,
            DeconflictionHit.second_knows,
            DeconflictionHit.closed_at,
            DeconflictionHit.outcome,
        )
        .where(where)
        .order_by(DeconflictionHit.found_at)
    )
    return msgspec.convert(rows, list[ConflictPair], strict=False)


async def _plans(where: str, *arguments: Any) -> list[ComparedPlan]:
    rows = await engine().run_querystring(QueryString(_PLANS, QueryString(where, *arguments)))
    spots: dict[UUID, list[Spot]] = {row["id"]: [] for row in rows}
    if spots:
        for row in await engine().run_querystring(QueryString(_SPOTS, sql_list(sorted(spots)))):
            spots[row["plan"]].append(Spot(row["latitude_e6"], row["longitude_e6"], row["radius_ft"]))
    plans = [{**row, "spots": spots[row["id"]]} for row in rows]
    return msgspec.convert(plans, list[ComparedPlan], strict=False)


_WAITING = (
    "SELECT r.id, r.ordered_at, r.wait_minutes, p.event, e.lead FROM operation_release r"
    " JOIN operation_plan p ON p.id = r.plan JOIN event e ON e.id = p.event"
    " WHERE r.withdrawn_at IS NULL AND r.notified_at IS NULL AND p.state IN ('executing', 'aborted')"
    " AND EXISTS (SELECT 1 FROM operation_check_in c WHERE c.plan = p.id AND c.replaced_by IS NULL"
    " AND c.time_in IS NOT NULL AND c.time_out IS NULL) ORDER BY r.id"
)


class OverdueRelease(NamedTuple):
    """A release after which someone is still in, and the lead wasn't notified."""

    id: UUID
    event_id: UUID
    lead_id: UUID


async def overdue_releases(now: datetime) -> list[OverdueRelease]:
    """Return the releases whose time to check out is over."""
    rows = await engine().run_querystring(QueryString(_WAITING))
    return [
        OverdueRelease(row["id"], row["event"], row["lead"])
        for row in rows
        if row["ordered_at"] + timedelta(minutes=row["wait_minutes"]) <= now
    ]
