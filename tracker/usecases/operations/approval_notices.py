"""Who is notified that a plan waits for approval, and of the decision: its supervisor, and its lead."""

from datetime import datetime
from uuid import UUID

from tracker.rules.core.message_types import PlanDecided, PlanSubmitted
from tracker.rules.core.outbox import Draft
from tracker.rules.operations.plans import Operation
from tracker.rules.operations.states import OperationState
from tracker.tables.background.operations import plans
from tracker.usecases.core import outbox


async def note(operation: Operation, to: OperationState, now: datetime) -> None:
    """Queue the email that a plan goes to a state, inside the caller's `writing()`: submitted, or approved."""
    if to is OperationState.SUBMITTED and operation.supervisor_id:
        await _enqueue(operation, PlanSubmitted(plan=operation.id), operation.supervisor_id, now)
    if to is OperationState.APPROVED:
        await note_decided(operation, now)


async def note_decided(operation: Operation, now: datetime) -> None:
    """Queue the email to the lead that the supervisor has decided, inside the caller's `writing()`."""
    await _enqueue(operation, PlanDecided(plan=operation.id), operation.event.lead_id, now)


async def _enqueue(
    operation: Operation, content: PlanSubmitted | PlanDecided, recipient_id: UUID, now: datetime
) -> None:
    what = "plan_submitted" if isinstance(content, PlanSubmitted) else "plan_decided"
    draft = Draft(
        content=content,
        recipient_id=recipient_id,
        key=f"{what}:{operation.id}:{recipient_id}:{now.isoformat()}",
        event_id=operation.event.id,
        not_after=(await plans.by_id([operation.id]))[operation.id].ends_at,
    )
    await outbox.enqueue_all([draft], now)
