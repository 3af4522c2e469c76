"""Releasing everyone from an operation, which ends when the last person has checked out."""

from datetime import datetime
from uuid import UUID

from tracker.crypto import ids
from tracker.database import writing
from tracker.errors import NotAllowed
from tracker.rules.core.viewer import Viewer
from tracker.rules.operations import accountability as rules
from tracker.rules.operations import check_ins as lists
from tracker.rules.operations.accountability import DEFAULT_WAIT
from tracker.rules.operations.plans import Operation, may_plan
from tracker.rules.operations.states import OperationState
from tracker.tables.schema.operations.releases import OperationRelease
from tracker.tables.visible.operations import check_ins, releases
from tracker.usecases.core import audit
from tracker.usecases.operations.deconfliction import settle
from tracker.usecases.operations.lookup import operation_for
from tracker.usecases.operations.steps import enter

NOT_THEIRS = "Only the operation lead, or someone else who can edit the operation, can do this."


async def order(viewer: Viewer, event_id: UUID, minutes: int | None, now: datetime) -> OperationState:
    """Release everyone, and return the state: that of the last check-out when no one is in.

    The lead is notified of people who are still in after so many minutes. Errors: NotFound, NotAllowed,
    Invalid(minutes).
    """
    async with writing():
        operation = await _led(viewer, event_id)
        wait = rules.check_wait(minutes)
        rules.check_release(operation.state, await releases.release(viewer, operation.event))
        await _insert(viewer, operation, wait, now)
        await audit.record(viewer.actor, "everyone_released", "event", event_id, {"minutes": wait}, now)
        return await follow(viewer, event_id, now)


async def withdraw(viewer: Viewer, event_id: UUID, now: datetime) -> None:
    """Take the release back while the operation is under way. Errors: NotFound, NotAllowed."""
    async with writing():
        operation = await _led(viewer, event_id)
        if operation.state is not OperationState.EXECUTING or not await releases.release(viewer, operation.event):
            raise NotAllowed("There’s no release to undo.")
        is_its = (OperationRelease.plan == operation.id) & OperationRelease.withdrawn_at.is_null()
        await OperationRelease.update({OperationRelease.withdrawn_at: now}).where(is_its)
        await audit.record(viewer.actor, "release_withdrawn", "event", event_id, {}, now)


async def note(viewer: Viewer, operation: Operation, to: OperationState, now: datetime) -> None:
    """Record that everyone is released because the operation ends, inside the caller's `writing()`."""
    ends = to in {OperationState.RELEASED, OperationState.ABORTED}
    if ends and not await releases.release(viewer, operation.event):
        await _insert(viewer, operation, DEFAULT_WAIT, now)


async def follow(viewer: Viewer, event_id: UUID, now: datetime) -> OperationState:
    """Take the plan to the state that follows from who is in, inside the caller's `writing()`, and return it."""
    operation = await operation_for(viewer, event_id)
    release = await releases.release(viewer, operation.event)
    to = rules.follows(operation.state, release, is_anyone_in=bool(await still_in(viewer, operation)))
    if to is not operation.state:
        await enter(operation.id, to, now)
        await settle(operation.id, now)
        facts = {"from": operation.state, "to": to, "version": operation.version}
        await audit.record(viewer.actor, f"operation_{to}", "event", event_id, facts, now)
    return to


async def still_in(viewer: Viewer, operation: Operation) -> tuple[str, ...]:
    """Return the names of the people who have not checked out, for a viewer who reads the check-in list."""
    if not lists.may_read(viewer):
        return ()
    lines = lists.listed([], await check_ins.recorded(viewer, operation.event))
    return tuple(one.words for one in lists.still_in(lines))


async def _led(viewer: Viewer, event_id: UUID) -> Operation:
    operation = await operation_for(viewer, event_id)
    if not may_plan(viewer, operation.event):
        raise NotAllowed(NOT_THEIRS)
    return operation


async def _insert(viewer: Viewer, operation: Operation, wait: int, now: datetime) -> None:
    await OperationRelease.insert(
        OperationRelease(
            id=ids.new_id(),
            plan=operation.id,
            wait_minutes=wait,
            ordered_at=now,
            ordered_by=viewer.member_id,
            withdrawn_at=None,
            notified_at=None,
        )
    )
