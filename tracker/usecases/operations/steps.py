"""What a change does to a plan as a whole: a new version, or the way back to planning."""

from datetime import datetime
from uuid import UUID

from tracker.crypto import ids
from tracker.rules.operations.states import OperationState
from tracker.tables.background.operations import plans
from tracker.tables.schema.operations.activity_log import OperationStateChange
from tracker.tables.schema.operations.plans import Clearance, OperationApproval, OperationPlan
from tracker.usecases.operations import in_calendars


async def new_version(plan_id: UUID) -> None:
    """Raise a plan's version inside the caller's `writing()`: each agency has to acknowledge it again."""
    await OperationPlan.update({OperationPlan.version: OperationPlan.version + 1}).where(OperationPlan.id == plan_id)


async def enter(plan_id: UUID, state: OperationState, now: datetime, by: UUID | None = None) -> None:
    """Set the state of a plan inside the caller's `writing()`; calendars show it if they show another status now.

    `by` is the member who takes it there, None for the tracker itself.
    """
    before = (await plans.by_id({plan_id}))[plan_id]
    await OperationPlan.update({OperationPlan.state: state}).where(OperationPlan.id == plan_id)
    entered = OperationStateChange(
        id=ids.new_id(), plan=plan_id, was=before.state, state=state, entered_at=now, entered_by=by
    )
    await OperationStateChange.insert(entered)
    await in_calendars.show(before.event_id, before.state, state, now)


async def back_to_planning(plan_id: UUID, now: datetime, by: UUID | None = None) -> None:
    """Take a plan back to planning inside the caller's `writing()`; its approval and deconfliction number end."""
    await enter(plan_id, OperationState.PLANNING, now, by)
    await end_clearance(plan_id, now, by)


async def end_clearance(plan_id: UUID, now: datetime, by: UUID | None = None) -> None:
    """End the deconfliction number or waiver, and the approval that relied on it, inside the caller's `writing()`.

    `by` is the member whose change ends it, None for the tracker itself.
    """
    await Clearance.update({Clearance.replaced_at: now, Clearance.ended_by: by}).where(
        (Clearance.plan == plan_id) & Clearance.replaced_at.is_null()
    )
    await OperationApproval.update({OperationApproval.ended_at: now}).where(
        (OperationApproval.plan == plan_id) & OperationApproval.ended_at.is_null()
    )
