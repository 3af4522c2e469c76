"""The phases of an operation: planned by the people who lead it, and timed by them on the day."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from msgspec.structs import replace

from tracker.crypto import ids
from tracker.database import writing
from tracker.errors import Conflict, Invalid, NotAllowed, NotFound
from tracker.rules.core.viewer import Viewer
from tracker.rules.operations.phases import MOST_PHASES, TIMED, Phase, PhasePlan, check_plan, check_times
from tracker.rules.operations.plans import Operation, may_plan
from tracker.rules.operations.recorded_times import check_not_long_before
from tracker.tables.background.operations import plans as background
from tracker.tables.schema.operations.phases import OperationPhase
from tracker.tables.visible.operations import phases
from tracker.usecases.core import audit
from tracker.usecases.operations.lookup import NOT_THEIRS, operation_for, operation_to_change
from tracker.usecases.operations.steps import new_version

NOT_YET = "Times are recorded once the plan is approved, until the operation is closed."
A_MINUTE = timedelta(minutes=1)


async def add(viewer: Viewer, event_id: UUID, plan: PhasePlan, now: datetime, *, version: int | None = None) -> None:
    """Plan a phase; each agency has to acknowledge the plan again.

    Errors: NotFound, NotAllowed, Conflict when the plan has changed since, Invalid by field.
    """
    async with writing():
        operation = await operation_to_change(viewer, event_id, version)
        if len(await phases.phases(viewer, operation.event)) >= MOST_PHASES:
            raise Invalid(name=f"An operation has at most {MOST_PHASES} phases.")
        fields = await _fields(operation, plan)
        await OperationPhase.insert(OperationPhase(fields, id=ids.new_id(), plan=operation.id))
        await new_version(operation.id)
        await audit.record(viewer.actor, "phase_added", "event", event_id, {}, now)


async def change(
    viewer: Viewer, event_id: UUID, phase_id: UUID, plan: PhasePlan, now: datetime, *, version: int | None = None
) -> None:
    """Plan a phase differently; each agency has to acknowledge the plan again, unless nothing is different.

    Errors: NotFound, NotAllowed, Conflict when the plan has changed since, Invalid by field.
    """
    async with writing():
        operation = await operation_to_change(viewer, event_id, version)
        phase = await _phase(viewer, operation, phase_id)
        fields = await _fields(operation, plan)
        if (plan.name, plan.starts_at, plan.ends_at) == (phase.name, phase.starts_at, phase.ends_at):
            return
        await OperationPhase.update(fields).where(OperationPhase.id == phase_id)
        await new_version(operation.id)
        await audit.record(viewer.actor, "phase_changed", "event", event_id, {"phase": phase_id}, now)


async def remove(viewer: Viewer, event_id: UUID, phase_id: UUID, now: datetime, *, version: int | None = None) -> Phase:
    """Remove a phase and return it; each agency has to acknowledge the plan again.

    Errors: NotFound, NotAllowed, Conflict when the plan has changed since.
    """
    async with writing():
        operation = await operation_to_change(viewer, event_id, version)
        phase = await _phase(viewer, operation, phase_id)
        await OperationPhase.delete().where(OperationPhase.id == phase_id)
        await new_version(operation.id)
        await audit.record(viewer.actor, "phase_removed", "event", event_id, {"phase": phase_id}, now)
    return phase


async def begin(viewer: Viewer, event_id: UUID, phase_id: UUID, now: datetime) -> Phase:
    """Record that a phase begins now, and return it. Errors: NotFound, NotAllowed, Conflict if it has begun."""
    async with writing():
        phase = await _timed(viewer, event_id, phase_id)
        if phase.begun_at:
            raise Conflict(f"{phase.name} has already started.")
        return await _record(viewer, event_id, replace(phase, begun_at=now), now)


async def end(viewer: Viewer, event_id: UUID, phase_id: UUID, now: datetime) -> Phase:
    """Record that a phase ends now, and return it. Errors: NotFound, NotAllowed, Conflict unless it is under way."""
    async with writing():
        phase = await _timed(viewer, event_id, phase_id)
        if not phase.begun_at or phase.ended_at:
            raise Conflict(f"{phase.name} has already ended." if phase.ended_at else f"{phase.name} hasn’t started.")
        return await _record(viewer, event_id, replace(phase, ended_at=now), now)


async def undo(viewer: Viewer, event_id: UUID, phase_id: UUID, moment: datetime, now: datetime) -> Phase:
    """Take back that a phase began or ended at `moment`, and return it.

    Errors: NotFound, NotAllowed, Conflict when it is something else by now.
    """
    async with writing():
        phase = await _timed(viewer, event_id, phase_id)
        if phase.ended_at == moment:
            return await _record(viewer, event_id, replace(phase, ended_at=None), now)
        if phase.begun_at == moment and phase.ended_at is None:
            return await _record(viewer, event_id, replace(phase, begun_at=None), now)
        raise Conflict(f"The times of {phase.name} have changed since.")


async def correct(
    viewer: Viewer,
    event_id: UUID,
    phase_id: UUID,
    begun_at: datetime | None,
    ended_at: datetime | None,
    now: datetime,
    *,
    seen: int | None = None,
) -> Phase:
    """Record other times for a phase, and return it; `seen` is the version of its times that the viewer started from.

    Errors: NotFound, NotAllowed, Conflict when its times have changed since, Invalid by field.
    """
    async with writing():
        phase = await _timed(viewer, event_id, phase_id)
        if seen not in (None, phase.version):
            raise Conflict(f"The times of {phase.name} have changed since.")
        check_times(begun_at, ended_at, now)
        typed = {"begun": (begun_at, phase.begun_at), "ended": (ended_at, phase.ended_at)}
        check_not_long_before(typed, await _start_of(viewer, event_id), now)
        return await _record(viewer, event_id, replace(phase, begun_at=begun_at, ended_at=ended_at), now)


def may_time(viewer: Viewer, operation: Operation) -> bool:
    """Return whether the viewer can record now when phases begin and end."""
    return may_plan(viewer, operation.event) and operation.state in TIMED


async def _timed(viewer: Viewer, event_id: UUID, phase_id: UUID) -> Phase:
    operation = await operation_for(viewer, event_id)
    if not may_plan(viewer, operation.event):
        raise NotAllowed(NOT_THEIRS)
    if not may_time(viewer, operation):
        raise NotAllowed(NOT_YET)
    return await _phase(viewer, operation, phase_id)


async def _start_of(viewer: Viewer, event_id: UUID) -> datetime:
    plan_id = (await operation_for(viewer, event_id)).id
    return (await background.by_id([plan_id]))[plan_id].starts_at


async def _phase(viewer: Viewer, operation: Operation, phase_id: UUID) -> Phase:
    found = (await phases.phases(viewer, operation.event)).get(phase_id)
    if found is None:
        raise NotFound
    return found


async def _record(viewer: Viewer, event_id: UUID, phase: Phase, now: datetime) -> Phase:
    await OperationPhase.update(
        {
            OperationPhase.begun_at: phase.begun_at,
            OperationPhase.ended_at: phase.ended_at,
            OperationPhase.version: OperationPhase.version + 1,
        }
    ).where(OperationPhase.id == phase.id)
    facts = {"phase": phase.id, "begun": phase.begun_at, "ended": phase.ended_at}
    await audit.record(viewer.actor, "phase_timed", "event", event_id, facts, now)
    return phase


async def _fields(operation: Operation, plan: PhasePlan) -> dict[Any, Any]:
    """Return the columns of a phase, its times counted from the start of the operation. Errors: Invalid by field."""
    at = (await background.by_id([operation.id]))[operation.id]
    check_plan(plan, at.starts_at, at.ends_at)
    return {
        OperationPhase.name: plan.name,
        OperationPhase.start_minutes: (plan.starts_at - at.starts_at) // A_MINUTE,
        OperationPhase.end_minutes: None if plan.ends_at is None else (plan.ends_at - at.starts_at) // A_MINUTE,
    }
