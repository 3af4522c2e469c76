"""Deconfliction: compare a plan with all others, keep one open conflict a pair, and record what its sides decide.

Who is notified: the lead of each side that may know of the conflict, and the deconfliction officers. The leads of an
event see which emails went out about it. So the email to an officer is filed under a side that knows of the conflict,
and there is none while neither does: the officers' page has it. There, an officer sees both sides of each open
conflict, where and when, and no content.

The places that are compared are counted, and people who reach the limit are reported to the officers.
"""

from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace
from piccolo.custom_types import Combinable

from tracker.database import writing
from tracker.database.binding import insert_row
from tracker.errors import Invalid, NotAllowed, NotFound
from tracker.rules.core.message_types import ComparisonsReported, ConflictEnded, ConflictFound, DecisionDropped
from tracker.rules.core.outbox import NewMessage
from tracker.rules.core.viewers import BY_CLOCK, Actor, Arm, Viewer
from tracker.rules.operations import deconfliction as rules
from tracker.rules.operations import plans as plan_rules
from tracker.rules.operations.deconfliction import (
    MOST_IN_AN_HOUR,
    OF_AN_AGENCY,
    ComparisonCount,
    Decision,
    Footprint,
    Outcome,
    Overlap,
)
from tracker.rules.operations.plans import Disclosure, Point
from tracker.rules.operations.states import COMPARED, STATES, OperationState
from tracker.tables.background import operations
from tracker.tables.background.operations import ComparedPlan, ConflictPair
from tracker.tables.schema.operations import ComparedPlaces, DeconflictionHit, HitDecision, OperationPlan
from tracker.tables.schema.roster import Member
from tracker.tables.visible.operations import plans as visible
from tracker.usecases.core import audit, outbox
from tracker.usecases.operations import states
from tracker.usecases.roster.accounts import coordinators
from tracker.usecases.roster.known_people import people_by_id

WORTH_AN_EMAIL = timedelta(days=1)
"""For how long it is worth an email that a conflict has ended."""
A_MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


async def compare_plan(plan_id: UUID, now: datetime) -> None:
    """Compare a plan with the others as both are now, inside the caller's `writing()`.

    A new conflict is kept once for a pair; one whose facts no longer match is closed. A time that moved raises the
    plan's version, and by more than the buffer takes it back to planning. Plans that show the other side nothing are
    left to the clock: no one may learn of one by how long a request takes.
    """
    await _compare(plan_id, plan_rules.SHOWN, now)
    await OperationPlan.update(awaits_clock=True).where(OperationPlan.id == plan_id)


async def _compare(plan_id: UUID, levels: Collection[Disclosure], now: datetime) -> None:
    """Compare a plan with the others of these levels; what was agreed about earlier facts holds no longer."""
    plan = await _follow_time((await operations.compared_plans([plan_id]))[plan_id], now)
    overlaps = await find_overlaps(plan, levels, now)
    pairs = {pair.other_side(plan.id): pair for pair in await operations.open_pairs(plan.id, levels)}
    agreed = await operations.last_agreed(plan.id)
    for other, (close, facts) in overlaps.items():
        measured: dict[str, Any] = {
            "distance_ft": close.distance_ft,
            "gap_minutes": round(close.gap / A_MINUTE),
            "facts": facts,
        }
        pair = pairs.get(other)
        if pair is None and agreed.get(other) != facts:
            first, second = sorted((plan.id, other))
            await insert_row(DeconflictionHit, first=first, second=second, found_at=now, **measured)
        elif pair and pair.facts != facts:
            await _drop_agreement(pair, now)
            await DeconflictionHit.update(**measured).where(DeconflictionHit.id == pair.id)
    moved = [pair for other, pair in pairs.items() if other not in overlaps]
    decisions = await operations.decisions_by_side([pair.id for pair in moved])
    for pair in moved:
        await _end(pair, rules.outcome_when_moved(decisions[pair.id]), now)
    await _notify_of_conflicts(await operations.open_pairs(plan.id, levels), now)


async def compare_due(now: datetime) -> None:
    """Compare what is to be compared without a request: a job of the clock."""
    await compare_moved_plans(now)
    await compare_waiting_plans(now)


async def compare_moved_plans(now: datetime) -> int:
    """Compare again the plans whose event moved or was canceled since, and return how many."""
    return await _compare_each(lambda: operations.moved_plans(now), now)


async def compare_waiting_plans(now: datetime) -> int:
    """Compare the plans that changed with those that show the other side nothing, and return how many."""
    return await _compare_each(operations.plans_for_clock, now)


async def _compare_each(due: Callable[[], Awaitable[list[UUID]]], now: datetime) -> int:
    """Compare with all others the plans that `due` returns, which is asked again when no one else can write."""
    if not await due():
        return 0
    async with writing():
        plan_ids = await due()
        for plan_id in plan_ids:
            await _compare(plan_id, frozenset(Disclosure), now)
        await OperationPlan.update(awaits_clock=False).where(OperationPlan.id.is_in(plan_ids))
    return len(plan_ids)


async def decide_conflict(
    viewer: Viewer, event_id: UUID, hit_id: UUID, decision: Decision, reason: str, now: datetime
) -> Outcome | None:
    """Record what this side decides about a conflict, and return how it ended, if it has.

    Errors: NotFound, NotAllowed, Invalid(reason).
    """
    async with writing():
        operation = await states.operation_for(viewer, event_id)
        open_hits = {hit.id: hit for hit in await visible.plan_hits(viewer, operation) if hit.is_open}
        if hit_id not in open_hits:
            raise NotFound
        if not plan_rules.may_plan(viewer, operation.event):
            raise NotAllowed("Only the operation lead, or someone else who can edit the operation, can decide this.")
        if not reason or len(reason) > plan_rules.LONGEST_REASON:
            raise Invalid(reason="Say in one sentence why, or what you agreed.")
        await _replace((HitDecision.hit == hit_id) & (HitDecision.plan == operation.id), now)
        await insert_row(
            HitDecision,
            hit=hit_id,
            plan=operation.id,
            decision=decision,
            reason=reason,
            decided_by=viewer.member_id,
            decided_at=now,
        )
        facts = {"conflict": hit_id, "decision": decision}
        await audit.record(viewer.actor, "conflict_decided", "event", event_id, facts, now)
        [pair] = [pair for pair in await operations.open_pairs(operation.id) if pair.id == hit_id]
        sides = await operations.compared_plans(pair.sides)
        knowing = [side for side in pair.sides if sides[pair.other_side(side)].shows_itself]
        outcome = rules.agreed_outcome((await operations.decisions_by_side([hit_id]))[hit_id], knowing)
        if outcome:
            await _end(pair, outcome, now)
    return outcome


async def _follow_time(plan: ComparedPlan, now: datetime) -> ComparedPlan:
    """Compare the time with that of the last comparison, also across a cancellation, and return the plan after it.

    What was approved, and what was asked outside, is compared with the time it was for, so that small moves add up. So
    is a plan that didn't move: its buffer may be shorter by now.
    """
    at = plan.starts_at, plan.ends_at
    was = plan.checked_start or plan.starts_at, plan.checked_end or plan.ends_at
    move = await states.move_ahead(plan)
    if move and move.ends_clearance:
        await states.end_clearance(plan.id, now)
        if move.is_back:
            await states.return_to_planning(plan.id, now)
            await _record_return(plan, OperationState.PLANNING, now)
    if move:
        await states.notify_of_move(plan, move, now)
    if was != at:
        await states.raise_plan_version(plan.id, now, await operations.last_mover(plan.event_id))
        if plan.state in COMPARED:
            [agency_id] = await Member.select(Member.agency).where(Member.id == plan.lead_id).output(as_list=True)
            is_limited = await _count(BY_CLOCK, plan.lead_id, agency_id, len(plan.points), now)
            if is_limited and plan.state in rules.BACK_TO_DRAFT:
                await states.enter_plan_state(plan.id, OperationState.DRAFT, now)
                await states.end_clearance(plan.id, now)
                await _record_return(plan, OperationState.DRAFT, now)
    await OperationPlan.update(checked_start=at[0], checked_end=at[1], was_off=plan.is_off).where(
        OperationPlan.id == plan.id
    )
    return (await operations.compared_plans([plan.id]))[plan.id]


async def _record_return(plan: ComparedPlan, to: OperationState, now: datetime) -> None:
    facts = {"from": plan.state, "to": to, "version": plan.version}
    await audit.record(BY_CLOCK, STATES[to].verb, "event", plan.event_id, facts, now)


async def find_overlaps(
    plan: ComparedPlan, levels: Collection[Disclosure], now: datetime
) -> Mapping[UUID, tuple[Overlap, str]]:
    """Return the plans of these levels that are in the way of a plan, how close they are, and a hash of the facts."""
    if plan.is_off or plan.state not in COMPARED or _is_over(plan, now):
        return {}
    footprint = footprint_of(plan)
    near = [other for other in await operations.plans_near(plan, levels) if not _is_over(other, now)]
    footprints = {other.id: footprint_of(other) for other in near}
    return {
        plan_id: (close, rules.hash_of_facts(footprint, other))
        for plan_id, other in footprints.items()
        if (close := rules.overlap_of(footprint, other))
    }


def _is_over(plan: ComparedPlan, now: datetime) -> bool:
    """Return whether no buffer reaches from its end to now."""
    return plan.ends_at + plan_rules.LONGEST_BUFFER <= now


def footprint_of(plan: ComparedPlan) -> Footprint:
    """Return when and where a plan is."""
    return Footprint(
        starts_at=plan.starts_at,
        ends_at=plan.ends_at,
        buffer=timedelta(minutes=plan.buffer_minutes),
        points=tuple(plan.points),
        is_silent=not plan.shows_itself,
    )


async def _drop_agreement(pair: ConflictPair, now: datetime) -> None:
    """Keep what was agreed about earlier facts as history, and notify the leads: no decision ends unnoticed.

    Only leads who were shown the conflict before get an email, and not while the other side shows nothing.
    """
    if not rules.TOGETHER & {*(await operations.decisions_by_side([pair.id]))[pair.id].values()}:
        return
    of_facts = [decision.value for decision in rules.TOGETHER]
    await _replace((HitDecision.hit == pair.id) & HitDecision.decision.is_in(of_facts), now)
    sides = await operations.compared_plans(pair.sides)
    knowing = [side for side in pair.knowing if sides[pair.other_side(side)].shows_itself]
    drafts = [
        NewMessage(
            content=DecisionDropped(hit=pair.id),
            recipient_id=sides[side].lead_id,
            key=f"decision_dropped:{pair.id}:{side}:{now.isoformat()}",
            event_id=sides[side].event_id,
            not_after=sides[side].ends_at,
        )
        for side in knowing
    ]
    await outbox.enqueue_all(drafts, now)
    if len(knowing) == len(pair.sides):
        await DeconflictionHit.update(dropped_at=now).where(DeconflictionHit.id == pair.id)


async def _replace(decisions: Combinable, now: datetime) -> None:
    """Keep decisions that no longer hold as history."""
    await HitDecision.update(replaced_at=now).where(decisions & HitDecision.replaced_at.is_null())


async def _end(pair: ConflictPair, outcome: Outcome, now: datetime) -> None:
    """End a conflict, keep who led the sides that show themselves, and notify those who were shown it."""
    sides = await operations.compared_plans(pair.sides)
    first_lead, second_lead = (sides[side].lead_id if sides[side].shows_itself else None for side in pair.sides)
    await DeconflictionHit.update(outcome=outcome, closed_at=now, first_lead=first_lead, second_lead=second_lead).where(
        DeconflictionHit.id == pair.id
    )
    drafts = [
        NewMessage(
            content=ConflictEnded(hit=pair.id),
            recipient_id=sides[side].lead_id,
            key=f"conflict_ended:{pair.id}:{side}",
            event_id=sides[side].event_id,
            not_after=max(sides[side].ends_at, now + WORTH_AN_EMAIL),
        )
        for side in pair.knowing
    ]
    await outbox.enqueue_all(drafts, now)


async def _notify_of_conflicts(pairs: Collection[ConflictPair], now: datetime) -> None:
    """Queue the emails about these conflicts, none a second time to the same person; remember who was shown them."""
    if not pairs:
        return
    planned = await operations.compared_plans({side for pair in pairs for side in pair.sides})
    officers, drafts = await deconfliction_officers(), []
    for pair in pairs:
        knowing = [planned[side] for side in pair.sides if planned[pair.other_side(side)].shows_itself]
        drafts += [_conflict_email(pair, plan, plan.lead_id, for_officer=False) for plan in knowing]
        drafts += [
            _conflict_email(pair, plan, officer, for_officer=True) for plan in knowing[:1] for officer in officers
        ]
    await outbox.enqueue_all(drafts, now)
    announced = [pair for pair in pairs if not (pair.first_knows and pair.second_knows)]
    for column, shown in (
        (DeconflictionHit.first_knows, [pair.id for pair in announced if planned[pair.second].shows_itself]),
        (DeconflictionHit.second_knows, [pair.id for pair in announced if planned[pair.first].shows_itself]),
    ):
        if shown:
            await DeconflictionHit.update({column: True}).where(DeconflictionHit.id.is_in(shown))


def _conflict_email(pair: ConflictPair, plan: ComparedPlan, recipient_id: UUID, *, for_officer: bool) -> NewMessage:
    """Return an email, which is filed under a plan whose side knows of the conflict."""
    return NewMessage(
        content=ConflictFound(hit=pair.id, for_officer=for_officer),
        recipient_id=recipient_id,
        key=f"conflict_found:{pair.id}:{recipient_id}:{'officer' if for_officer else 'lead'}",
        event_id=plan.event_id,
        not_after=plan.ends_at,
    )


async def deconfliction_officers() -> list[UUID]:
    """Return the deconfliction officers: the coordinators of law enforcement who are active."""
    arms = await audit.arms_of_people(await coordinators())
    return sorted(member_id for member_id, arm in arms.items() if arm is Arm.LAW_ENFORCEMENT)


async def count_comparisons(viewer: Viewer, places: int, now: datetime) -> str:
    """Count places that are to be compared for the viewer, inside the caller's `writing()`.

    Returns why they are not compared now, and what to do; empty when they are. Who reaches the limit is reported.
    """
    return await _count(viewer.actor, viewer.member_id, viewer.agency_id, places, now)


async def _count_used(member_id: UUID, agency_id: UUID, now: datetime) -> tuple[ComparisonCount, ComparisonCount]:
    """Return what a person and their agency have used."""
    row = ComparedPlaces
    columns = row.member, row.agency, row.places, row.compared_at
    is_theirs = (row.member == member_id) | (row.agency == agency_id)
    rows = await row.select(*columns).where(is_theirs & (row.compared_at > now - DAY))

    def used(column: str, user_id: UUID) -> ComparisonCount:
        records = [record for record in rows if record[column] == user_id]
        return ComparisonCount(
            sum(record["places"] for record in records if record["compared_at"] > now - HOUR),
            sum(record["places"] for record in records),
        )

    return used("member", member_id), used("agency", agency_id)


async def _count(actor: Actor, member_id: UUID, agency_id: UUID, places: int, now: datetime) -> str:
    if not places:
        return ""
    if refused := rules.comparison_refusal(*await _count_used(member_id, agency_id, now)):
        return refused
    row = ComparedPlaces
    await row.delete().where(row.compared_at <= now - DAY)
    await insert_row(row, member=member_id, agency=agency_id, places=places, compared_at=now)
    used = await _count_used(member_id, agency_id, now)
    if rules.comparison_refusal(*used):
        drafts = [
            NewMessage(
                content=ComparisonsReported(),
                recipient_id=officer,
                key=f"comparisons_reported:{member_id}:{now.date()}:{officer}",  # one about a person and day
                not_after=now + DAY,
            )
            for officer in await deconfliction_officers()
        ]
        await outbox.enqueue_all(drafts, now)
        facts = {"member": member_id, "places": used[0].in_a_day}
        await audit.record(actor, "comparisons_limited", "deconfliction", "limit", facts, now)
    return ""


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
