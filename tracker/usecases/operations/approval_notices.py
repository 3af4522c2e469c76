"""Who is notified that a plan, or access to an operation, waits for approval, and of the decision."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from tracker.rules.core.message_types import (
    AccessDecided,
    AccessRequested,
    ApprovalContent,
    PlanDecided,
    PlanSubmitted,
    tag_of,
)
from tracker.rules.core.outbox import Draft
from tracker.rules.core.viewer import Viewer
from tracker.rules.events.event import Event
from tracker.rules.operations.grants import Grant, may_approve
from tracker.rules.operations.plans import Operation
from tracker.rules.operations.states import OperationState
from tracker.tables.background.events.invitees import invitees_of
from tracker.tables.background.operations import plans
from tracker.usecases.core import outbox
from tracker.usecases.core.viewers import viewers_for


async def note(operation: Operation, to: OperationState, now: datetime) -> None:
    """Queue the email that a plan goes to a state, inside the caller's `writing()`: submitted, or approved."""
    if to is OperationState.SUBMITTED and operation.supervisor_id:
        await _about_plan(operation, PlanSubmitted(plan=operation.id), operation.supervisor_id, now)
    if to is OperationState.APPROVED:
        await note_decided(operation, now)


async def note_decided(operation: Operation, now: datetime) -> None:
    """Queue the email to the lead that the supervisor has decided, inside the caller's `writing()`."""
    await _about_plan(operation, PlanDecided(plan=operation.id), operation.event.lead_id, now)


async def note_requested(event: Event, grant: Grant, now: datetime) -> None:
    """Queue the emails to everyone who can approve a request for access, inside the caller's `writing()`."""
    await _enqueue(event, AccessRequested(grant=grant.id), await second_people(event, grant, now), now)


async def note_access_decided(viewer: Viewer, event: Event, grant: Grant, now: datetime) -> None:
    """Queue the email to the person who requested access, inside the caller's `writing()`; not about their own deed."""
    if viewer.member_id != grant.giver_id:
        await _enqueue(event, AccessDecided(grant=grant.id), [grant.giver_id], now)


async def second_people(event: Event, grant: Grant, now: datetime) -> list[UUID]:
    """Return who on the operation can approve a request for access."""
    on_it = (await viewers_for(await invitees_of(event.id), now)).values()
    return sorted(one.member_id for one in on_it if may_approve(one, event.lead_id, grant))


async def _about_plan(operation: Operation, content: ApprovalContent, recipient_id: UUID, now: datetime) -> None:
    """Queue an email about a plan: after the operation, there's nothing left to decide or to prepare."""
    ends_at = (await plans.by_id([operation.id]))[operation.id].ends_at
    await _enqueue(operation.event, content, [recipient_id], now, not_after=ends_at)


async def _enqueue(
    event: Event,
    content: ApprovalContent,
    recipients: Iterable[UUID],
    now: datetime,
    *,
    not_after: datetime | None = None,
) -> None:
    what = f"{tag_of(content)}:{event.id}:{now.isoformat()}"
    drafts = [
        Draft(content=content, recipient_id=one, key=f"{what}:{one}", event_id=event.id, not_after=not_after)
        for one in recipients
    ]
    await outbox.enqueue_all(drafts, now)
