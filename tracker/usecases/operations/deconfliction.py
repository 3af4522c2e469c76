"""Deconfliction: compare a plan with all others, keep one open conflict a pair, and record what its sides decide."""

from collections.abc import Awaitable, Callable, Collection, Mapping
from datetime import datetime, timedelta
from uuid import UUID

from piccolo.custom_types import Combinable

from tracker.crypto import ids
from tracker.database import writing
from tracker.errors import Invalid, NotAllowed, NotFound
from tracker.rules.core.actors import BY_CLOCK
from tracker.rules.core.viewer import Viewer
from tracker.rules.operations import hits as rules
from tracker.rules.operations.comparisons import BACK_TO_DRAFT
from tracker.rules.operations.deconfliction import (
    LONGEST_BUFFER,
    SHOWN,
    Disclosure,
    Footprint,
    Overlap,
    facts_of,
    overlap,
)
from tracker.rules.operations.hits import Decision, Outcome
from tracker.rules.operations.plans import LONGEST_REASON, may_plan, moved_too_far
from tracker.rules.operations.sites import Point
from tracker.rules.operations.states import COMPARED, FALLS_BACK, OperationState
from tracker.tables.background.operations import plans
from tracker.tables.background.operations.plans import Pair, Planned
from tracker.tables.schema.operations.plans import DeconflictionHit, HitDecision, OperationPlan
from tracker.tables.visible.operations import plans as visible
from tracker.usecases.core import audit
from tracker.usecases.operations import comparisons
from tracker.usecases.operations.lookup import operation_for
from tracker.usecases.operations.notices import notify, notify_dropped, notify_ended
from tracker.usecases.operations.steps import back_to_planning, end_clearance, enter, new_version

NO_REASON = "Say in one sentence why, or what you agreed."


async def settle(plan_id: UUID, now: datetime) -> None:
    """Compare a plan with the others as both are now, inside the caller's `writing()`.

    A new conflict is kept once for a pair; one whose facts no longer match is closed. A time that moved raises the
    plan's version, and by more than the buffer takes it back to planning. Plans that show the other side nothing are
    left to the clock: no one may learn of one by how long a request takes.
    """
    await _compare(plan_id, SHOWN, now)
    await OperationPlan.update({OperationPlan.awaits_clock: True}).where(OperationPlan.id == plan_id)


async def _compare(plan_id: UUID, levels: Collection[Disclosure], now: datetime) -> None:
    """Compare a plan with the others of these levels."""
    plan = await _follow_time((await plans.by_id([plan_id]))[plan_id], now)
    found = await overlaps(plan, levels, now)
    pairs = {_other(pair, plan.id): pair for pair in await plans.open_pairs(plan.id, levels)}
    agreed = await plans.last_agreed(plan.id)
    for other, (close, facts) in found.items():
        if other in pairs:
            await _keep_up(pairs[other], close, facts, now)
        elif agreed.get(other) != facts:
            await _open(plan.id, other, close, facts, now)
    await _close([pair for other, pair in pairs.items() if other not in found], now)
    await notify(await plans.open_pairs(plan.id, levels), now)


async def compare_due(now: datetime) -> None:
    """Compare what is to be compared without a request: a job of the clock."""
    await settle_moved(now)
    await settle_waiting(now)


async def settle_moved(now: datetime) -> int:
    """Compare again the plans whose event moved or was canceled since, and return how many."""
    return await _settle_each(lambda: plans.moved(now), now)


async def settle_waiting(now: datetime) -> int:
    """Compare the plans that changed with those that show the other side nothing, and return how many."""
    return await _settle_each(plans.waiting, now)


async def _settle_each(due: Callable[[], Awaitable[list[UUID]]], now: datetime) -> int:
    """Compare with all others the plans that `due` returns, which is asked again when no one else can write."""
    if not await due():
        return 0
    async with writing():
        found = await due()
        for plan_id in found:
            await _compare(plan_id, frozenset(Disclosure), now)
        await OperationPlan.update({OperationPlan.awaits_clock: False}).where(OperationPlan.id.is_in(found))
    return len(found)


async def decide(
    viewer: Viewer, event_id: UUID, hit_id: UUID, decision: Decision, reason: str, now: datetime
) -> Outcome | None:
    """Record what this side decides about a conflict, and return how it ended, if it has.

    Errors: NotFound, NotAllowed, Invalid(reason).
    """
    async with writing():
        operation = await operation_for(viewer, event_id)
        hit = next((one for one in await visible.hits(viewer, operation) if one.id == hit_id and one.is_open), None)
        if hit is None:
            raise NotFound
        if not may_plan(viewer, operation.event):
            raise NotAllowed("Only the operation lead, or someone else who can edit the operation, can decide this.")
        if not reason or len(reason) > LONGEST_REASON:
            raise Invalid(reason=NO_REASON)
        await _replace((HitDecision.hit == hit.id) & (HitDecision.plan == operation.id), now)
        await HitDecision.insert(
            HitDecision(
                id=ids.new_id(),
                hit=hit.id,
                plan=operation.id,
                decision=decision,
                reason=reason,
                decided_by=viewer.member_id,
                decided_at=now,
            )
        )
        facts = {"conflict": hit.id, "decision": decision}
        await audit.record(viewer.actor, "conflict_decided", "event", event_id, facts, now)
        [pair] = [one for one in await plans.open_pairs(operation.id) if one.id == hit.id]
        outcome = rules.agreed((await plans.decisions([hit.id]))[hit.id], await _sides_that_know(pair))
        if outcome:
            await _end(pair, outcome, now)
    return outcome


async def _sides_that_know(pair: Pair) -> list[UUID]:
    """Return the sides of a conflict to which the other one shows that there is a conflict."""
    sides = await plans.by_id([pair.first, pair.second])
    others = {pair.first: pair.second, pair.second: pair.first}
    return [side for side, other in others.items() if sides[other].disclosure is not Disclosure.SILENT]


async def _follow_time(plan: Planned, now: datetime) -> Planned:
    """Compare the time with that of the last comparison, also across a cancellation, and return the plan after it.

    What was approved, and what was asked outside, is compared with the time it was for, so that small moves add up. So
    is a plan that didn't move: its buffer may be shorter by now.
    """
    at = plan.starts_at, plan.ends_at
    was = plan.checked_start or plan.starts_at, plan.checked_end or plan.ends_at
    earlier = [was, *await plans.times_relied_on(plan.id)]
    if any(moved_too_far(one, at, timedelta(minutes=plan.buffer_minutes)) for one in earlier):
        await end_clearance(plan.id, now)
        if plan.state in FALLS_BACK:
            await back_to_planning(plan.id, now)
            await _record_return(plan, OperationState.PLANNING, now)
    if was != at:
        await new_version(plan.id)
        if plan.state in COMPARED and await comparisons.count_moved(plan.lead_id, len(plan.spots), now):
            await _stop_comparing(plan, now)
    await OperationPlan.update(
        {OperationPlan.checked_start: at[0], OperationPlan.checked_end: at[1], OperationPlan.was_off: plan.is_off}
    ).where(OperationPlan.id == plan.id)
    return (await plans.by_id([plan.id]))[plan.id]


async def _stop_comparing(plan: Planned, now: datetime) -> None:
    """Make a plan a draft again whose lead has had too many places compared; not once its operation has begun."""
    if plan.state in BACK_TO_DRAFT:
        await enter(plan.id, OperationState.DRAFT, now)
        await end_clearance(plan.id, now)
        await _record_return(plan, OperationState.DRAFT, now)


async def _record_return(plan: Planned, to: OperationState, now: datetime) -> None:
    facts = {"from": plan.state, "to": to, "version": plan.version}
    await audit.record(BY_CLOCK, f"operation_{to}", "event", plan.event_id, facts, now)


async def overlaps(plan: Planned, levels: Collection[Disclosure], now: datetime) -> Mapping[UUID, tuple[Overlap, str]]:
    """Return the plans of these levels that are in the way of a plan, how close they are, and a hash of the facts."""
    if plan.is_off or plan.state not in COMPARED or _is_over(plan, now):
        return {}
    mine = footprint(plan)
    theirs = {other.id: footprint(other) for other in await plans.near(plan, levels) if not _is_over(other, now)}
    return {other: (close, facts_of(mine, its)) for other, its in theirs.items() if (close := overlap(mine, its))}


def _is_over(plan: Planned, now: datetime) -> bool:
    """Return whether no buffer reaches from its end to now."""
    return plan.ends_at + LONGEST_BUFFER <= now


def footprint(plan: Planned) -> Footprint:
    """Return when and where a plan is."""
    return Footprint(
        starts_at=plan.starts_at,
        ends_at=plan.ends_at,
        buffer=timedelta(minutes=plan.buffer_minutes),
        points=tuple(Point(*spot) for spot in plan.spots),
        is_silent=plan.disclosure is Disclosure.SILENT,
    )


async def _open(plan_id: UUID, other: UUID, close: Overlap, facts: str, now: datetime) -> None:
    first, second = sorted((plan_id, other))
    await DeconflictionHit.insert(
        DeconflictionHit(
            id=ids.new_id(),
            first=first,
            second=second,
            distance_ft=close.distance_ft,
            gap_minutes=_minutes(close),
            facts=facts,
            found_at=now,
        )
    )


async def _keep_up(pair: Pair, close: Overlap, facts: str, now: datetime) -> None:
    """Follow facts that changed while a conflict is open: what was agreed about the earlier ones holds no longer."""
    if pair.facts == facts:
        return
    await _drop(pair, now)
    await DeconflictionHit.update(
        {
            DeconflictionHit.distance_ft: close.distance_ft,
            DeconflictionHit.gap_minutes: _minutes(close),
            DeconflictionHit.facts: facts,
        }
    ).where(DeconflictionHit.id == pair.id)


async def _drop(pair: Pair, now: datetime) -> None:
    """Keep what was agreed about earlier facts as history, and notify the leads: no decision ends unnoticed."""
    if not rules.TOGETHER & {*(await plans.decisions([pair.id]))[pair.id].values()}:
        return
    of_facts = [one.value for one in rules.TOGETHER]
    await _replace((HitDecision.hit == pair.id) & HitDecision.decision.is_in(of_facts), now)
    if await notify_dropped(pair, now):
        await DeconflictionHit.update({DeconflictionHit.dropped_at: now}).where(DeconflictionHit.id == pair.id)


async def _replace(decisions: Combinable, now: datetime) -> None:
    """Keep decisions that no longer hold as history."""
    await HitDecision.update({HitDecision.replaced_at: now}).where(decisions & HitDecision.replaced_at.is_null())


async def _close(pairs: list[Pair], now: datetime) -> None:
    decisions = await plans.decisions([pair.id for pair in pairs])
    for pair in pairs:
        await _end(pair, rules.ended(decisions[pair.id]), now)


async def _end(pair: Pair, outcome: Outcome, now: datetime) -> None:
    """End a conflict, keep who led the sides that show themselves, and notify those who were shown it."""
    sides, hit = await plans.by_id([pair.first, pair.second]), DeconflictionHit
    leads = {one: plan.lead_id if plan.disclosure in SHOWN else None for one, plan in sides.items()}
    await hit.update(
        {
            hit.outcome: outcome,
            hit.closed_at: now,
            hit.first_lead: leads[pair.first],
            hit.second_lead: leads[pair.second],
        }
    ).where(hit.id == pair.id)
    await notify_ended(pair, sides, now)


def _other(pair: Pair, plan_id: UUID) -> UUID:
    return pair.second if pair.first == plan_id else pair.first


def _minutes(close: Overlap) -> int:
    return round(close.gap / timedelta(minutes=1))
