"""Who takes a plan to its next state, asks a system outside, waives it, and acknowledges a version."""

from datetime import datetime
from uuid import UUID

from tracker.crypto import ids
from tracker.database import writing
from tracker.errors import Conflict, Invalid, NotAllowed
from tracker.rules.core.viewer import Viewer
from tracker.rules.operations.after_actions import without_owner
from tracker.rules.operations.approvals import Approval, is_supervisor
from tracker.rules.operations.comparisons import of_move
from tracker.rules.operations.guards import Facts, refusals, too_early
from tracker.rules.operations.plans import LONGEST_REASON, Operation, OutsideCheck
from tracker.rules.operations.states import FALLS_BACK, OperationState
from tracker.tables.background.operations import plans as times
from tracker.tables.schema.operations import plans as rows
from tracker.tables.visible.operations import after, listing, plans
from tracker.usecases.core import audit
from tracker.usecases.operations import approval_notices, comparisons, releases
from tracker.usecases.operations.deconfliction import settle
from tracker.usecases.operations.lookup import event_for, operation_for, operation_to_change, operation_under_way
from tracker.usecases.operations.plans import supervisors
from tracker.usecases.operations.steps import back_to_planning, end_clearance, enter

NO_WAIVER = "Only the approving supervisor, who doesn’t lead the operation, can waive the deconfliction number."
NOT_COMMITTED = "Your agency has no resources in this plan."


async def refused(viewer: Viewer, operation: Operation, to: OperationState, now: datetime) -> tuple[str, ...]:
    """Return why the viewer can't take the plan to a state now, a sentence for each reason."""
    hits = await plans.hits(viewer, operation)
    starts_at = (await times.by_id([operation.id]))[operation.id].starts_at
    facts = Facts(
        has_supervisor=operation.supervisor_id in await supervisors(operation),
        open_hits=sum(one.is_open for one in hits),
        still_in=await releases.still_in(viewer, operation),
        without_owner=without_owner(await after.after_actions(viewer, operation.event)),
        too_early=too_early(starts_at, operation.event.zone, now),
    )
    return refusals(viewer, operation, to, facts)


async def approvals_of(viewer: Viewer, event_id: UUID) -> list[Approval]:
    """Return who approved the plan, in which version and until when, newest first. Errors: NotFound."""
    return await listing.approvals(viewer, await event_for(viewer, event_id))


async def move(
    viewer: Viewer, event_id: UUID, to: OperationState, now: datetime, *, version: int | None = None
) -> None:
    """Take a plan, in the version that the viewer read, to another state, after comparing it again.

    Errors: NotFound, Conflict when the plan has changed since, NotAllowed with every reason.
    """
    async with writing():
        found = await operation_for(viewer, event_id)
        await settle(found.id, now)
        operation = await operation_for(viewer, event_id)
        if version is not None and version != operation.version:
            raise Conflict(f"The plan has changed. Read version {operation.version} first.")
        if reasons := await refused(viewer, operation, to, now):
            raise NotAllowed(*reasons)
        if limited := await comparisons.count(viewer, of_move(operation, to), now):
            raise NotAllowed(limited)
        if to is OperationState.PLANNING and operation.state in FALLS_BACK:
            await back_to_planning(operation.id, now, viewer.member_id)
        else:
            await enter(operation.id, to, now, viewer.member_id)
        if to is OperationState.STOOD_DOWN:
            await end_clearance(operation.id, now, viewer.member_id)
        if to is OperationState.APPROVED:
            await _approve(viewer, operation, now)
        await releases.note(viewer, operation, to, now)
        await approval_notices.note(operation, to, now)
        await settle(operation.id, now)
        facts = {"from": operation.state, "to": to, "version": operation.version}
        await audit.record(viewer.actor, f"operation_{to}", "event", event_id, facts, now)


async def record_number(viewer: Viewer, event_id: UUID, asked: OutsideCheck, now: datetime) -> None:
    """Record the number that a system outside gave; an earlier one is kept as history.

    Errors: NotFound, NotAllowed, Invalid(number, submitted_on).
    """
    async with writing():
        operation = await operation_to_change(viewer, event_id)
        asked.check(now)
        submitted_at = asked.submitted_at or now
        await _clear(viewer, operation, now, submitted_at=submitted_at, asked=asked)
        facts = {"system": asked.system, "number": asked.number, "result": asked.result, "submitted": submitted_at}
        await audit.record(viewer.actor, "outside_number_recorded", "event", event_id, facts, now)


async def waive(viewer: Viewer, event_id: UUID, reason: str, now: datetime) -> None:
    """Waive the deconfliction number, as the approving supervisor. Errors: NotFound, NotAllowed, Invalid(waiver)."""
    async with writing():
        operation = await operation_under_way(viewer, event_id)
        if not is_supervisor(viewer, operation):
            raise NotAllowed(NO_WAIVER)
        if not reason or len(reason) > LONGEST_REASON:
            raise Invalid(waiver=f"Give the reason in up to {LONGEST_REASON} characters.")
        await _clear(viewer, operation, now, submitted_at=now, reason=reason)
        await audit.record(viewer.actor, "outside_check_waived", "event", event_id, {}, now)


async def acknowledge(viewer: Viewer, event_id: UUID, version: int, now: datetime) -> None:
    """Acknowledge the plan for the viewer's agency, in the version that the viewer read.

    Errors: NotFound, NotAllowed, Conflict when the plan has changed since.
    """
    async with writing():
        operation = await operation_under_way(viewer, event_id)
        if version != operation.version:
            raise Conflict(f"The plan has changed. Read version {operation.version} before you acknowledge it.")
        if viewer.agency_id not in {one.agency_id for one in operation.commitments}:
            raise NotAllowed(NOT_COMMITTED)
        its = (rows.OperationAgency.plan == operation.id) & (rows.OperationAgency.agency == viewer.agency_id)
        await rows.OperationAgency.update(
            {
                rows.OperationAgency.acknowledged: version,
                rows.OperationAgency.acknowledged_by: viewer.member_id,
                rows.OperationAgency.acknowledged_at: now,
            }
        ).where(its)
        await audit.record(viewer.actor, "plan_acknowledged", "event", event_id, {"version": version}, now)


async def _approve(viewer: Viewer, operation: Operation, now: datetime) -> None:
    at = (await times.by_id([operation.id]))[operation.id]
    await rows.OperationApproval.insert(
        rows.OperationApproval(
            id=ids.new_id(),
            plan=operation.id,
            version=operation.version,
            starts_at=at.starts_at,
            ends_at=at.ends_at,
            approved_by=viewer.member_id,
            approved_at=now,
        )
    )


async def _clear(
    viewer: Viewer,
    operation: Operation,
    now: datetime,
    *,
    submitted_at: datetime,
    asked: OutsideCheck | None = None,
    reason: str = "",
) -> None:
    """Keep a number from outside, or the reason of a waiver, in place of what held before."""
    current = (rows.Clearance.plan == operation.id) & rows.Clearance.replaced_at.is_null()
    await rows.Clearance.update({rows.Clearance.replaced_at: now, rows.Clearance.ended_by: viewer.member_id}).where(
        current
    )
    at = (await times.by_id([operation.id]))[operation.id]
    await rows.Clearance.insert(
        rows.Clearance(
            id=ids.new_id(),
            plan=operation.id,
            system=asked.system if asked else None,
            number=asked.number if asked else "",
            result=asked.result if asked else None,
            reason=reason,
            starts_at=at.starts_at,
            ends_at=at.ends_at,
            submitted_at=submitted_at,
            submitted_by=viewer.member_id,
            recorded_at=now,
        )
    )
