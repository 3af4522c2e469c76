"""Who takes a plan to its next state, sends it back, asks a system outside, waives it, and acknowledges a version.

The supervisor is notified of a plan that waits for approval, and its lead of the decision.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from tracker.database import writing
from tracker.database.binding import insert_row
from tracker.errors import Conflict, Invalid, NotAllowed
from tracker.rules.core.email_declarations import tag_of
from tracker.rules.core.message_types import ApprovalContent, PlanDecided, PlanSubmitted
from tracker.rules.core.outbox import NewMessage
from tracker.rules.core.viewers import Arm, Viewer
from tracker.rules.events.events import Event
from tracker.rules.operations import approvals as rules
from tracker.rules.operations.approvals import (
    Approval,
    Refusal,
    StateFacts,
    is_supervisor,
    state_refusals,
    why_too_early,
)
from tracker.rules.operations.deconfliction import count_for_state
from tracker.rules.operations.next_steps import step_sentence
from tracker.rules.operations.plans import LONGEST_REASON, DeconflictionCheck, Operation
from tracker.rules.operations.records import titles_without_owner
from tracker.rules.operations.states import FALLS_BACK, STATES, OperationState
from tracker.tables.background.events.invitees import invitees_of
from tracker.tables.schema import operations as rows
from tracker.tables.schema.operations import OperationReturn
from tracker.tables.visible.operations import plans
from tracker.tables.visible.operations import records as operation_day
from tracker.usecases.core import audit, outbox
from tracker.usecases.operations import check_ins, deconfliction, states
from tracker.usecases.operations.deconfliction import compare_plan
from tracker.usecases.roster.known_people import people_by_id


async def reasons_not_to_enter(
    viewer: Viewer, operation: Operation, to: OperationState, now: datetime
) -> tuple[Refusal, ...]:
    """Return why the viewer can't take the plan to a state now, and what settles each reason."""
    facts = StateFacts(
        has_supervisor=operation.supervisor_id in await possible_supervisors(operation),
        open_hits=sum(hit.is_open for hit in await plans.plan_hits(viewer, operation)),
        still_in=await check_ins.people_still_in(viewer, operation),
        without_owner=titles_without_owner(await operation_day.after_action_items(viewer, operation.event)),
        too_early=why_too_early(operation.starts_at, operation.event.zone, now),
    )
    return state_refusals(viewer, operation, to, facts)


async def approvals_of(viewer: Viewer, event_id: UUID) -> list[Approval]:
    """Return who approved the plan, in which version and until when, newest first. Errors: NotFound."""
    return await plans.plan_approvals(viewer, await states.event_to_plan(viewer, event_id))


async def possible_supervisors(operation: Operation) -> dict[UUID, str]:
    """Return who can be named to approve a plan: people of law enforcement on the operation, but its lead."""
    known = await people_by_id(await invitees_of(operation.event.id))
    return {
        person.id: f"{person.name} ({person.agency})"
        for person in known.values()
        if person.arm is Arm.LAW_ENFORCEMENT and person.id != operation.event.lead_id
    }


async def change_plan_state(
    viewer: Viewer, event_id: UUID, to: OperationState, now: datetime, *, version: int | None = None
) -> str:
    """Take a plan, in the version that the viewer read, to another state, after comparing it again.

    Returns what to say then: who gets an email, and who never checked in.
    Errors: NotFound, Conflict when the plan has changed since, NotAllowed with every reason.
    """
    async with writing():
        await compare_plan((await states.operation_for(viewer, event_id)).id, now)
        operation = await states.operation_for(viewer, event_id)
        if version is not None and version != operation.version:
            raise Conflict(f"The plan has changed. Read version {operation.version} first.")
        if reasons := await reasons_not_to_enter(viewer, operation, to, now):
            raise NotAllowed(*(reason.says for reason in reasons))
        if limited := await deconfliction.count_comparisons(viewer, count_for_state(operation, to), now):
            raise NotAllowed(limited)
        if to is OperationState.PLANNING and operation.state in FALLS_BACK:
            await states.return_to_planning(operation.id, now, viewer.member_id)
        else:
            await states.enter_plan_state(operation.id, to, now, viewer.member_id)
        if to is OperationState.STOOD_DOWN:
            await states.end_clearance(operation.id, now, viewer.member_id)
        if to is OperationState.SUBMITTED and operation.supervisor_id:
            await _enqueue_about_plan(operation, PlanSubmitted(plan=operation.id), operation.supervisor_id, now)
        if to is OperationState.APPROVED:
            approval = {"version": operation.version, "approved_by": viewer.member_id, "approved_at": now}
            span = {"starts_at": operation.starts_at, "ends_at": operation.ends_at}
            await insert_row(rows.OperationApproval, plan=operation.id, **approval, **span)
            await _enqueue_about_plan(operation, PlanDecided(plan=operation.id), operation.event.lead_id, now)
        await check_ins.record_ending_release(viewer, operation, to, now)
        await compare_plan(operation.id, now)
        facts = {"from": operation.state, "to": to, "version": operation.version}
        await audit.record(viewer.actor, STATES[to].verb, "event", event_id, facts, now)
        return step_sentence(operation, to, await check_ins.turnout(viewer, operation))


async def return_plan(
    viewer: Viewer, event_id: UUID, comment: str, now: datetime, *, version: int | None = None
) -> None:
    """Take a submitted plan, in the version that the viewer read, back to planning, and notify its lead.

    The deconfliction number holds as long as the sites and the time stay.
    Errors: NotFound, NotAllowed, Conflict when the plan has changed or was decided since, Invalid(comment).
    """
    async with writing():
        operation = await states.operation_for(viewer, event_id)
        if not rules.is_supervisor(viewer, operation):
            raise NotAllowed("Only the approving supervisor can send the plan back.")
        if operation.state is not OperationState.SUBMITTED:
            raise Conflict("The plan isn’t waiting for approval.")
        if version not in (None, operation.version):
            raise Conflict(f"The plan has changed. Read version {operation.version} first.")
        rules.check_return_comment(comment)
        await insert_row(
            OperationReturn,
            plan=operation.id,
            version=operation.version,
            comment=comment,
            returned_by=viewer.member_id,
            returned_at=now,
        )
        await states.enter_plan_state(operation.id, OperationState.PLANNING, now, viewer.member_id)
        await _enqueue_about_plan(operation, PlanDecided(plan=operation.id), operation.event.lead_id, now)
        await audit.record(viewer.actor, "plan_returned", "event", event_id, {"version": operation.version}, now)


async def returns_of(viewer: Viewer, event_id: UUID) -> list[rules.PlanReturn]:
    """Return what was sent back, newest first, for the people who lead and the supervisor. Errors: NotFound."""
    return await plans.plan_returns(viewer, await states.operation_for(viewer, event_id))


async def record_deconfliction_number(viewer: Viewer, event_id: UUID, asked: DeconflictionCheck, now: datetime) -> None:
    """Record the number that a system outside gave; an earlier one is kept as history.

    Errors: NotFound, NotAllowed, Invalid(number, submitted_on).
    """
    async with writing():
        operation = await states.operation_to_change(viewer, event_id)
        asked.check(now)
        submitted_at = asked.submitted_at or now
        facts: dict[str, Any] = {"system": asked.system, "number": asked.number, "result": asked.result}
        await _replace_clearance(viewer, operation, now, submitted_at=submitted_at, **facts)
        facts |= {"submitted": submitted_at}
        await audit.record(viewer.actor, "outside_number_recorded", "event", event_id, facts, now)


async def waive_deconfliction(
    viewer: Viewer, event_id: UUID, reason: str, now: datetime, *, version: int | None = None
) -> None:
    """Waive the deconfliction number of the version that the viewer read, as the approving supervisor.

    Errors: NotFound, NotAllowed, Conflict when the plan has changed since, Invalid(waiver).
    """
    async with writing():
        operation = await states.operation_under_way(viewer, event_id, version)
        if not is_supervisor(viewer, operation):
            raise NotAllowed(
                "Only the approving supervisor, who doesn’t lead the operation, can waive the deconfliction number."
            )
        if own_part := rules.own_part_in(viewer, operation):
            raise NotAllowed(own_part)
        if not reason or len(reason) > LONGEST_REASON:
            raise Invalid(waiver=f"Give the reason in up to {LONGEST_REASON} characters.")
        await _replace_clearance(viewer, operation, now, submitted_at=now, reason=reason)
        await audit.record(viewer.actor, "outside_check_waived", "event", event_id, {}, now)


async def acknowledge_plan_version(viewer: Viewer, event_id: UUID, version: int, now: datetime) -> None:
    """Acknowledge the plan for the viewer's agency, in the version that the viewer read.

    Errors: NotFound, NotAllowed, Conflict when the plan has changed since.
    """
    async with writing():
        operation = await states.operation_under_way(viewer, event_id)
        if version != operation.version:
            raise Conflict(f"The plan has changed. Read version {operation.version} before you acknowledge it.")
        if viewer.agency_id not in {commitment.agency_id for commitment in operation.commitments}:
            raise NotAllowed("Your agency has no resources in this plan.")
        condition = (rows.OperationAgency.plan == operation.id) & (rows.OperationAgency.agency == viewer.agency_id)
        await rows.OperationAgency.update(
            acknowledged=version, acknowledged_by=viewer.member_id, acknowledged_at=now
        ).where(condition)
        await audit.record(viewer.actor, "plan_acknowledged", "event", event_id, {"version": version}, now)


async def _replace_clearance(viewer: Viewer, operation: Operation, now: datetime, **result: Any) -> None:
    """Keep a number from outside, or the reason of a waiver, in place of what held before."""
    current = (rows.Clearance.plan == operation.id) & rows.Clearance.replaced_at.is_null()
    await rows.Clearance.update(replaced_at=now, ended_by=viewer.member_id).where(current)
    await insert_row(
        rows.Clearance,
        plan=operation.id,
        starts_at=operation.starts_at,
        ends_at=operation.ends_at,
        submitted_by=viewer.member_id,
        recorded_at=now,
        **result,
    )


async def _enqueue_about_plan(
    operation: Operation, content: ApprovalContent, recipient_id: UUID, now: datetime
) -> None:
    """Queue an email about a plan: after the operation, there's nothing left to decide or to prepare."""
    await enqueue_for_approval(operation.event, content, [recipient_id], now, not_after=operation.ends_at)


async def enqueue_for_approval(
    event: Event,
    content: ApprovalContent,
    recipients: Iterable[UUID],
    now: datetime,
    *,
    not_after: datetime | None = None,
) -> None:
    """Queue an email about a plan that waits for a decision, or about what was decided, for each recipient."""
    what = f"{tag_of(content)}:{event.id}:{now.isoformat()}"
    drafts = [
        NewMessage(
            content=content, recipient_id=recipient, key=f"{what}:{recipient}", event_id=event.id, not_after=not_after
        )
        for recipient in recipients
    ]
    await outbox.enqueue_all(drafts, now)
