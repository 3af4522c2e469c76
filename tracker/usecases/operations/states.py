"""The plan of an operation that a viewer may see, and what a change does to it as a whole: its version and its state.

Calendars outside of the tracker follow the state, and pages beside that of the plan show it.
"""

from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from msgspec import Struct

from tracker.database.binding import insert_row
from tracker.errors import Conflict, NotAllowed, NotFound
from tracker.rules.core.message_types import ApprovedPlanChanged, PlanMoved
from tracker.rules.core.outbox import NewMessage
from tracker.rules.core.viewers import Viewer
from tracker.rules.events.events import DateLine, Event, EventStatus, Occurrence
from tracker.rules.operations.moves import PlanMove, move_of_plan
from tracker.rules.operations.plans import Operation, check_kind, may_plan
from tracker.rules.operations.states import NOT_APPROVED, OVER, STATES, OperationState
from tracker.tables.background import operations as background
from tracker.tables.background.operations import ComparedPlan
from tracker.tables.schema import events as rows
from tracker.tables.schema.operations import Clearance, OperationApproval, OperationPlan, OperationStateChange
from tracker.tables.visible.events import events
from tracker.tables.visible.operations import plans
from tracker.usecases.core import outbox
from tracker.usecases.events.occurrences import date_seen_by
from tracker.usecases.events.scheduling import event_seen_by
from tracker.usecases.events.visibility import raise_calendar_versions

NOT_A_LEAD = "Only the operation lead, or someone else who can edit the operation, can change its plan."
PLAN_CHANGED = "The plan has changed since you opened it. Check it, and save again."


async def event_to_plan(viewer: Viewer, event_id: UUID) -> Event:
    """Return an event that has, or may get, a plan. Errors: NotFound."""
    event = await event_seen_by(viewer, event_id)
    check_kind(event)
    return event


async def operation_for(viewer: Viewer, event_id: UUID) -> Operation:
    """Return the plan of an operation. Errors: NotFound."""
    operation = await plans.operation_plan(viewer, await event_to_plan(viewer, event_id))
    if operation is None:
        raise NotFound
    return operation


class OperationView(Struct, frozen=True, kw_only=True):
    """The date of an operation and its plan, as one viewer sees them; pages add what else they show."""

    occurrence: Occurrence
    operation: Operation
    leads: bool
    """Whether the viewer is one of the people who lead it."""

    @property
    def is_over(self) -> bool:
        """Return whether the operation is over, so that its plan no longer changes."""
        return self.operation.state in OVER

    @property
    def is_approved(self) -> bool:
        """Return whether the plan was approved and hasn't returned to planning since."""
        return self.operation.state not in NOT_APPROVED

    @property
    def may_change(self) -> bool:
        """Return whether the viewer can change the plan now: the people who lead it, until the operation is over."""
        return self.leads and not self.is_over


async def operation_view(viewer: Viewer, event_id: UUID, key: str) -> OperationView:
    """Return an operation by its date, whose day is `key` (ISO). Errors: NotFound, also without a plan."""
    occurrence = await date_seen_by(viewer, event_id, key)
    check_kind(occurrence.event)
    operation = await plans.operation_plan(viewer, occurrence.event)
    if operation is None:
        raise NotFound
    return OperationView(occurrence=occurrence, operation=operation, leads=may_plan(viewer, occurrence.event))


async def operation_under_way(viewer: Viewer, event_id: UUID, version: int | None = None) -> Operation:
    """Return the plan of an operation that isn't over, in the version that the viewer read.

    Errors: NotFound, NotAllowed, Conflict when the plan has changed since.
    """
    return _under_way(await operation_for(viewer, event_id), version)


async def operation_led(viewer: Viewer, event_id: UUID, refusal: str = NOT_A_LEAD) -> Operation:
    """Return the plan of an operation that the viewer leads. Errors: NotFound, NotAllowed with this refusal."""
    operation = await operation_for(viewer, event_id)
    if not may_plan(viewer, operation.event):
        raise NotAllowed(refusal)
    return operation


async def operation_to_change(viewer: Viewer, event_id: UUID, version: int | None = None) -> Operation:
    """Return the plan of an operation that the viewer leads and that isn't over, in the version that they read.

    Errors: NotFound, NotAllowed, Conflict when the plan has changed since.
    """
    return _under_way(await operation_led(viewer, event_id), version)


def _under_way(operation: Operation, version: int | None) -> Operation:
    if operation.state in OVER:
        raise NotAllowed("The operation is over, and its plan no longer changes.")
    if version not in (None, operation.version):
        raise Conflict(PLAN_CHANGED)
    return operation


async def raise_plan_version(plan_id: UUID, now: datetime, by: UUID | None = None) -> None:
    """Raise a plan's version inside the caller's `writing()`: each agency has to acknowledge it again.

    `by` is who changed what is approved, a time that moved included; None for what an agency commits. The person whose
    approval holds is notified of what someone else changed, at most once an hour.
    """
    changed: dict[Any, Any] = {"version": OperationPlan.version + 1} | ({"changed_by": by} if by else {})
    await OperationPlan.update(changed).where(OperationPlan.id == plan_id)
    approval = await background.approval_that_holds(plan_id) if by else None
    if approval and approval.approved_by != by:
        plan = (await background.compared_plans([plan_id]))[plan_id]
        draft = NewMessage(
            content=ApprovedPlanChanged(plan=plan_id),
            recipient_id=approval.approved_by,
            key=f"approval_changed:{approval.id}:{now:%Y-%m-%dT%H}",
            event_id=plan.event_id,
            not_after=plan.ends_at,
        )
        await outbox.enqueue_all([draft], now)


async def enter_plan_state(plan_id: UUID, state: OperationState, now: datetime, by: UUID | None = None) -> None:
    """Set the state of a plan inside the caller's `writing()`; calendars show it if they show another status now.

    `by` is the member who takes it there, None for the tracker itself.
    """
    before = (await background.compared_plans({plan_id}))[plan_id]
    await OperationPlan.update(state=state).where(OperationPlan.id == plan_id)
    await insert_row(OperationStateChange, plan=plan_id, was=before.state, state=state, entered_at=now, entered_by=by)
    await show_state_in_calendars(before.event_id, before.state, state, now)


async def return_to_planning(plan_id: UUID, now: datetime, by: UUID | None = None) -> None:
    """Take a plan back to planning inside the caller's `writing()`; its approval and deconfliction number end."""
    await enter_plan_state(plan_id, OperationState.PLANNING, now, by)
    await end_clearance(plan_id, now, by)


async def end_clearance(plan_id: UUID, now: datetime, by: UUID | None = None) -> None:
    """End the deconfliction number or waiver, and the approval that relied on it, inside the caller's `writing()`.

    `by` is the member whose change ends it, None for the tracker itself.
    """
    await Clearance.update(replaced_at=now, ended_by=by).where(
        (Clearance.plan == plan_id) & Clearance.replaced_at.is_null()
    )
    await OperationApproval.update(ended_at=now).where(
        (OperationApproval.plan == plan_id) & OperationApproval.ended_at.is_null()
    )


async def move_ahead(plan: ComparedPlan) -> PlanMove | None:
    """Return what the time that a plan has now does to it; None when it was compared at that time already."""
    at = plan.starts_at, plan.ends_at
    return move_of_plan(
        plan.state,
        before=(plan.checked_start or plan.starts_at, plan.checked_end or plan.ends_at),
        after=at,
        relied_on=await background.times_relied_on(plan.id),
        buffer=timedelta(minutes=plan.buffer_minutes),
        window=await background.window_of_notice(plan.id),
    )


async def notify_of_move(plan: ComparedPlan, move: PlanMove, now: datetime) -> None:
    """Queue the email to the lead, if a move leaves something to do, inside the caller's `writing()`."""
    if move.is_back or move.window:
        draft = NewMessage(
            content=PlanMoved(plan=plan.id),
            recipient_id=plan.lead_id,
            key=f"plan_moved:{plan.id}:{now.isoformat()}",
            event_id=plan.event_id,
            not_after=plan.ends_at,
        )
        await outbox.enqueue_all([draft], now)


async def move_in_words(viewer: Viewer, event_id: UUID) -> str:
    """Return what the time of an event, as it is now, does to its plan and notice; or "".

    The clock does it soon after the event was saved.
    """
    event = await events.event_by_id(viewer, event_id)
    plan = await background.plan_of_event(event_id) if event else None
    move = await move_ahead(plan) if plan else None
    if event is None or move is None:
        return ""
    return move.words("You" if event.lead_id == viewer.member_id else event.lead, event.zone)


async def show_state_in_calendars(
    event_id: UUID, before: OperationState | None, after: OperationState, now: datetime
) -> None:
    """Let feeds show the new status of an operation, if it has one, inside the caller's `writing()`.

    DTSTAMP and LAST-MODIFIED move with each new status. SEQUENCE rises only when the operation is stood down or
    planned again, as for any event that is canceled or restored (RFC 5546 §2.1.4). The event's
    version stays: no one edited it.
    """
    was, becomes = before and STATES[before].status, STATES[after].status
    if was is becomes:
        return
    changed: dict[Any, Any] = {"changed_at": now}
    if EventStatus.CANCELED in (was, becomes):
        changed["sequence"] = rows.Event.sequence + 1
        await rows.Occurrence.update(sequence=rows.Occurrence.sequence + 1).where(rows.Occurrence.event == event_id)
    await rows.Event.update(changed).where(rows.Event.id == event_id)
    await raise_calendar_versions(event_id)


class PlanSummary(NamedTuple):
    """The state of an operation's plan, None before it has one, and what the viewer has to do."""

    state: OperationState | None
    conflicts: int
    """How many the viewer has to decide."""
    may_start: bool = False
    """Whether it has none, and the viewer can start it."""


async def conflicts_to_decide(viewer: Viewer) -> dict[UUID, tuple[DateLine, int]]:
    """Return the dates of operations that the viewer leads with conflicts to decide, and how many, by date."""
    counts = await plans.undecided_conflicts(viewer)
    led = [line for line in await events.lines_by_id(viewer, counts) if may_plan(viewer, line)]
    return {line.id: (line, counts[line.id]) for line in led}


async def plan_summary(viewer: Viewer, event: Event) -> PlanSummary | None:
    """Return what is known of the plan of an event that the viewer sees; None for an event that can't have one."""
    try:
        check_kind(event)
    except NotFound:
        return None
    operation = await plans.operation_plan(viewer, event)
    if operation is None:
        return PlanSummary(None, 0, may_plan(viewer, event) and event.status is not EventStatus.DRAFT)
    return PlanSummary(operation.state, sum(hit.is_open for hit in await plans.plan_hits(viewer, operation)))


async def plan_states(viewer: Viewer) -> dict[UUID, OperationState]:
    """Return where the plans of all operations are that the viewer may see, by event."""
    return await plans.every_plan_state(viewer)


async def plan_state(viewer: Viewer, event_id: UUID) -> OperationState | None:
    """Return where the plan of one event is; None for an event without a plan, or that the viewer may not see."""
    return await plans.state_of_plan(viewer, event_id)
