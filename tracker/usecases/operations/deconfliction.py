"""Deconfliction: compare a plan with all others, keep one open conflict a pair, and record what its sides decide.

Who is notified: the lead of each side that may know of the conflict, and the deconfliction officers. The leads of an
event see which emails went out about it. So the email to an officer is filed under a side that knows of the conflict,
and there is none while neither does: the officers' page has it.

The places that are compared are counted, and people who reach the limit are reported to the officers.
"""

from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from datetime import datetime, timedelta
from uuid import UUID

from piccolo.custom_types import Combinable

from tracker.crypto import ids
from tracker.database import writing
from tracker.errors import Invalid, NotAllowed, NotFound
from tracker.rules.core.message_types import ComparisonsReported, ConflictEnded, ConflictFound, DecisionDropped
from tracker.rules.core.outbox import NewMessage
from tracker.rules.core.viewers import BY_CLOCK, Actor, Arm, Viewer
from tracker.rules.operations import deconfliction as rules
from tracker.rules.operations.deconfliction import (
    BACK_TO_DRAFT,
    ComparisonCount,
    Decision,
    Footprint,
    Outcome,
    Overlap,
    hash_of_facts,
    overlap_of,
)
from tracker.rules.operations.plans import (
    LONGEST_BUFFER,
    LONGEST_REASON,
    SHOWN,
    Disclosure,
    Point,
    may_plan,
    moved_too_far,
)
from tracker.rules.operations.states import COMPARED, FALLS_BACK, STATES, OperationState
from tracker.tables.background import operations
from tracker.tables.background.operations import ComparedPlan, ConflictPair
from tracker.tables.schema.operations.plans import ComparedPlaces, DeconflictionHit, HitDecision, OperationPlan
from tracker.tables.schema.roster import Member
from tracker.tables.visible.operations import plans as visible
from tracker.usecases.core import audit, outbox
from tracker.usecases.operations.states import (
    end_clearance,
    enter_plan_state,
    operation_for,
    raise_plan_version,
    return_to_planning,
)
from tracker.usecases.roster.accounts import coordinators

NO_DECISION_REASON = "Say in one sentence why, or what you agreed."
WORTH_AN_EMAIL = timedelta(days=1)
"""For how long it is worth an email that a conflict has ended."""
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


async def compare_plan(plan_id: UUID, now: datetime) -> None:
    """Compare a plan with the others as both are now, inside the caller's `writing()`.

    A new conflict is kept once for a pair; one whose facts no longer match is closed. A time that moved raises the
    plan's version, and by more than the buffer takes it back to planning. Plans that show the other side nothing are
    left to the clock: no one may learn of one by how long a request takes.
    """
    await _compare(plan_id, SHOWN, now)
    await OperationPlan.update({OperationPlan.awaits_clock: True}).where(OperationPlan.id == plan_id)


async def _compare(plan_id: UUID, levels: Collection[Disclosure], now: datetime) -> None:
    """Compare a plan with the others of these levels."""
    plan = await _follow_time((await operations.compared_plans([plan_id]))[plan_id], now)
    found = await find_overlaps(plan, levels, now)
    pairs = {_other_side(pair, plan.id): pair for pair in await operations.open_pairs(plan.id, levels)}
    agreed = await operations.last_agreed(plan.id)
    for other, (close, facts) in found.items():
        if other in pairs:
            await _keep_up(pairs[other], close, facts, now)
        elif agreed.get(other) != facts:
            await _open(plan.id, other, close, facts, now)
    await _close([pair for other, pair in pairs.items() if other not in found], now)
    await notify_of_conflicts(await operations.open_pairs(plan.id, levels), now)


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
        found = await due()
        for plan_id in found:
            await _compare(plan_id, frozenset(Disclosure), now)
        await OperationPlan.update({OperationPlan.awaits_clock: False}).where(OperationPlan.id.is_in(found))
    return len(found)


async def decide_conflict(
    viewer: Viewer, event_id: UUID, hit_id: UUID, decision: Decision, reason: str, now: datetime
) -> Outcome | None:
    """Record what this side decides about a conflict, and return how it ended, if it has.

    Errors: NotFound, NotAllowed, Invalid(reason).
    """
    async with writing():
        operation = await operation_for(viewer, event_id)
        hit = next(
            (hit for hit in await visible.plan_hits(viewer, operation) if hit.id == hit_id and hit.is_open), None
        )
        if hit is None:
            raise NotFound
        if not may_plan(viewer, operation.event):
            raise NotAllowed("Only the operation lead, or someone else who can edit the operation, can decide this.")
        if not reason or len(reason) > LONGEST_REASON:
            raise Invalid(reason=NO_DECISION_REASON)
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
        [pair] = [pair for pair in await operations.open_pairs(operation.id) if pair.id == hit.id]
        outcome = rules.agreed_outcome(
            (await operations.decisions_by_side([hit.id]))[hit.id], await _sides_that_know(pair)
        )
        if outcome:
            await _end(pair, outcome, now)
    return outcome


async def _sides_that_know(pair: ConflictPair) -> list[UUID]:
    """Return the sides of a conflict to which the other one shows that there is a conflict."""
    sides = await operations.compared_plans([pair.first, pair.second])
    others = {pair.first: pair.second, pair.second: pair.first}
    return [side for side, other in others.items() if sides[other].disclosure is not Disclosure.SILENT]


async def _follow_time(plan: ComparedPlan, now: datetime) -> ComparedPlan:
    """Compare the time with that of the last comparison, also across a cancellation, and return the plan after it.

    What was approved, and what was asked outside, is compared with the time it was for, so that small moves add up. So
    is a plan that didn't move: its buffer may be shorter by now.
    """
    at = plan.starts_at, plan.ends_at
    was = plan.checked_start or plan.starts_at, plan.checked_end or plan.ends_at
    earlier = [was, *await operations.times_relied_on(plan.id)]
    if any(moved_too_far(one, at, timedelta(minutes=plan.buffer_minutes)) for one in earlier):
        await end_clearance(plan.id, now)
        if plan.state in FALLS_BACK:
            await return_to_planning(plan.id, now)
            await _record_return(plan, OperationState.PLANNING, now)
    if was != at:
        await raise_plan_version(plan.id)
        if plan.state in COMPARED and await count_moved_comparisons(plan.lead_id, len(plan.spots), now):
            await _stop_comparing(plan, now)
    await OperationPlan.update(
        {OperationPlan.checked_start: at[0], OperationPlan.checked_end: at[1], OperationPlan.was_off: plan.is_off}
    ).where(OperationPlan.id == plan.id)
    return (await operations.compared_plans([plan.id]))[plan.id]


async def _stop_comparing(plan: ComparedPlan, now: datetime) -> None:
    """Make a plan a draft again whose lead has had too many places compared; not once its operation has begun."""
    if plan.state in BACK_TO_DRAFT:
        await enter_plan_state(plan.id, OperationState.DRAFT, now)
        await end_clearance(plan.id, now)
        await _record_return(plan, OperationState.DRAFT, now)


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
    theirs = {
        other.id: footprint_of(other) for other in await operations.plans_near(plan, levels) if not _is_over(other, now)
    }
    return {
        other: (close, hash_of_facts(footprint, its))
        for other, its in theirs.items()
        if (close := overlap_of(footprint, its))
    }


def _is_over(plan: ComparedPlan, now: datetime) -> bool:
    """Return whether no buffer reaches from its end to now."""
    return plan.ends_at + LONGEST_BUFFER <= now


def footprint_of(plan: ComparedPlan) -> Footprint:
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


async def _keep_up(pair: ConflictPair, close: Overlap, facts: str, now: datetime) -> None:
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


async def _drop(pair: ConflictPair, now: datetime) -> None:
    """Keep what was agreed about earlier facts as history, and notify the leads: no decision ends unnoticed."""
    if not rules.TOGETHER & {*(await operations.decisions_by_side([pair.id]))[pair.id].values()}:
        return
    of_facts = [decision.value for decision in rules.TOGETHER]
    await _replace((HitDecision.hit == pair.id) & HitDecision.decision.is_in(of_facts), now)
    if await notify_of_dropped_decision(pair, now):
        await DeconflictionHit.update({DeconflictionHit.dropped_at: now}).where(DeconflictionHit.id == pair.id)


async def _replace(decisions: Combinable, now: datetime) -> None:
    """Keep decisions that no longer hold as history."""
    await HitDecision.update({HitDecision.replaced_at: now}).where(decisions & HitDecision.replaced_at.is_null())


async def _close(pairs: list[ConflictPair], now: datetime) -> None:
    decisions = await operations.decisions_by_side([pair.id for pair in pairs])
    for pair in pairs:
        await _end(pair, rules.outcome_when_moved(decisions[pair.id]), now)


async def _end(pair: ConflictPair, outcome: Outcome, now: datetime) -> None:
    """End a conflict, keep who led the sides that show themselves, and notify those who were shown it."""
    sides, hit = await operations.compared_plans([pair.first, pair.second]), DeconflictionHit
    leads = {one: plan.lead_id if plan.disclosure in SHOWN else None for one, plan in sides.items()}
    await hit.update(
        {
            hit.outcome: outcome,
            hit.closed_at: now,
            hit.first_lead: leads[pair.first],
            hit.second_lead: leads[pair.second],
        }
    ).where(hit.id == pair.id)
    await notify_of_ended_conflict(pair, sides, now)


def _other_side(pair: ConflictPair, plan_id: UUID) -> UUID:
    return pair.second if pair.first == plan_id else pair.first


def _minutes(close: Overlap) -> int:
    return round(close.gap / timedelta(minutes=1))


async def notify_of_conflicts(pairs: Iterable[ConflictPair], now: datetime) -> None:
    """Queue the emails about these conflicts inside the caller's `writing()`; a second one to the same person isn't."""
    conflict_pairs = list(pairs)
    if not conflict_pairs:
        return
    planned = await operations.compared_plans({one for pair in conflict_pairs for one in (pair.first, pair.second)})
    informed = await deconfliction_officers()
    drafts = [
        draft
        for pair in conflict_pairs
        for draft in (
            *_to_lead(pair, planned[pair.first], planned[pair.second]),
            *_to_lead(pair, planned[pair.second], planned[pair.first]),
            *_to_officers(pair, planned[pair.first], planned[pair.second], informed),
        )
    ]
    await outbox.enqueue_all(drafts, now)
    await _remember_who_knows(conflict_pairs, planned)


async def notify_of_ended_conflict(pair: ConflictPair, sides: Mapping[UUID, ComparedPlan], now: datetime) -> None:
    """Queue the emails to the leads who were shown a conflict that it has ended, inside the caller's `writing()`."""
    were_shown = [one for one, knew in ((pair.first, pair.first_knows), (pair.second, pair.second_knows)) if knew]
    drafts = [
        NewMessage(
            content=ConflictEnded(hit=pair.id),
            recipient_id=sides[one].lead_id,
            key=f"conflict_ended:{pair.id}:{one}",
            event_id=sides[one].event_id,
            not_after=max(sides[one].ends_at, now + WORTH_AN_EMAIL),
        )
        for one in were_shown
    ]
    await outbox.enqueue_all(drafts, now)


async def notify_of_dropped_decision(pair: ConflictPair, now: datetime) -> bool:
    """Queue the emails that what was decided about a conflict no longer counts, inside the caller's `writing()`.

    Only leads who were shown it before get one, and not while the other side shows nothing. Return whether both do.
    """
    sides = await operations.compared_plans([pair.first, pair.second])
    knew = ((pair.first, pair.second, pair.first_knows), (pair.second, pair.first, pair.second_knows))
    known_to = [one for one, other, was_shown in knew if was_shown and sides[other].disclosure is not Disclosure.SILENT]
    drafts = [
        NewMessage(
            content=DecisionDropped(hit=pair.id),
            recipient_id=sides[one].lead_id,
            key=f"decision_dropped:{pair.id}:{one}:{now.isoformat()}",
            event_id=sides[one].event_id,
            not_after=sides[one].ends_at,
        )
        for one in known_to
    ]
    await outbox.enqueue_all(drafts, now)
    return len(known_to) == len(sides)


async def _remember_who_knows(pairs: Iterable[ConflictPair], planned: Mapping[UUID, ComparedPlan]) -> None:
    """Remember which sides were shown a conflict: they see later how it ended."""
    hit = DeconflictionHit
    conflict_pairs = [pair for pair in pairs if not (pair.first_knows and pair.second_knows)]
    for column, others in (
        (hit.first_knows, {pair.id: pair.second for pair in conflict_pairs}),
        (hit.second_knows, {pair.id: pair.first for pair in conflict_pairs}),
    ):
        shown = [one for one, other in others.items() if planned[other].disclosure is not Disclosure.SILENT]
        if shown:
            await hit.update({column: True}).where(hit.id.is_in(shown))


def _to_lead(pair: ConflictPair, compared_plan: ComparedPlan, other: ComparedPlan) -> list[NewMessage]:
    """Return the email to the lead of one side, unless the other side discloses nothing."""
    is_told = other.disclosure is not Disclosure.SILENT
    return [_conflict_email(pair, compared_plan, compared_plan.lead_id, for_officer=False)] if is_told else []


def _to_officers(
    pair: ConflictPair, compared_plan: ComparedPlan, other: ComparedPlan, informed: Iterable[UUID]
) -> list[NewMessage]:
    knows = next(
        (
            plan
            for plan, its in ((compared_plan, other), (other, compared_plan))
            if its.disclosure is not Disclosure.SILENT
        ),
        None,
    )
    return [_conflict_email(pair, knows, officer, for_officer=True) for officer in informed] if knows else []


def _conflict_email(
    pair: ConflictPair, compared_plan: ComparedPlan, recipient_id: UUID, *, for_officer: bool
) -> NewMessage:
    return NewMessage(
        content=ConflictFound(hit=pair.id, for_officer=for_officer),
        recipient_id=recipient_id,
        key=f"conflict_found:{pair.id}:{recipient_id}:{'officer' if for_officer else 'lead'}",
        event_id=compared_plan.event_id,
        not_after=compared_plan.ends_at,
    )


async def deconfliction_officers() -> list[UUID]:
    """Return the deconfliction officers: the coordinators of law enforcement who are active."""
    arms = await audit.arms_of_people(await coordinators())
    return sorted(one for one, arm in arms.items() if arm is Arm.LAW_ENFORCEMENT)


async def count_comparisons(viewer: Viewer, places: int, now: datetime) -> str:
    """Count places that are to be compared for the viewer, inside the caller's `writing()`.

    Returns why they are not compared now, and what to do; empty when they are. Who reaches the limit is reported.
    """
    return await _count(viewer.actor, viewer.member_id, viewer.agency_id, places, now)


async def count_moved_comparisons(lead_id: UUID, places: int, now: datetime) -> str:
    """Count the places of an operation that the clock found moved, for its lead, as `count_comparisons` does."""
    [agency_id] = await Member.select(Member.agency).where(Member.id == lead_id).output(as_list=True)
    return await _count(BY_CLOCK, lead_id, agency_id, places, now)


async def _count_used(member_id: UUID, agency_id: UUID, now: datetime) -> tuple[ComparisonCount, ComparisonCount]:
    """Return what a person and their agency have used."""
    row = ComparedPlaces
    columns = row.member, row.agency, row.places, row.compared_at
    is_theirs = (row.member == member_id) | (row.agency == agency_id)
    rows = await row.select(*columns).where(is_theirs & (row.compared_at > now - DAY))

    def used(column: str, one: UUID) -> ComparisonCount:
        records = [each for each in rows if each[column] == one]
        return ComparisonCount(
            sum(each["places"] for each in records if each["compared_at"] > now - HOUR),
            sum(each["places"] for each in records),
        )

    return used("member", member_id), used("agency", agency_id)


async def _count(actor: Actor, member_id: UUID, agency_id: UUID, places: int, now: datetime) -> str:
    if not places:
        return ""
    if refused := rules.comparison_refusal(*await _count_used(member_id, agency_id, now)):
        return refused
    row = ComparedPlaces
    await row.delete().where(row.compared_at <= now - DAY)
    await row.insert(row(id=ids.new_id(), member=member_id, agency=agency_id, places=places, compared_at=now))
    used = await _count_used(member_id, agency_id, now)
    if rules.comparison_refusal(*used):
        await _report_limit(actor, member_id, used[0], now)
    return ""


async def _report_limit(actor: Actor, member_id: UUID, used: ComparisonCount, now: datetime) -> None:
    """Queue one email to each officer about a person and day, and record it."""
    drafts = [
        NewMessage(
            content=ComparisonsReported(),
            recipient_id=officer,
            key=f"comparisons_reported:{member_id}:{now.date()}:{officer}",
            not_after=now + DAY,
        )
        for officer in await deconfliction_officers()
    ]
    await outbox.enqueue_all(drafts, now)
    facts = {"member": member_id, "places": used.in_a_day}
    await audit.record(actor, "comparisons_limited", "deconfliction", "limit", facts, now)
