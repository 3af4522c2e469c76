"""The plan of an operation that a viewer may see."""

from uuid import UUID

from tracker.errors import Conflict, NotAllowed, NotFound
from tracker.rules.core.viewer import Viewer
from tracker.rules.events.event import Event
from tracker.rules.operations.plans import Operation, check_kind, may_plan
from tracker.rules.operations.states import OVER
from tracker.tables.visible.events import events
from tracker.tables.visible.operations import plans

NOT_THEIRS = "Only the operation lead, or someone else who can edit the operation, can change its plan."
IS_OVER = "The operation is over, and its plan no longer changes."
CHANGED = "The plan has changed since you opened it. Check it, and save again."


async def event_for(viewer: Viewer, event_id: UUID) -> Event:
    """Return an event that has, or may get, a plan. Errors: NotFound."""
    event = await events.event(viewer, event_id)
    if event is None:
        raise NotFound
    check_kind(event)
    return event


async def operation_for(viewer: Viewer, event_id: UUID) -> Operation:
    """Return the plan of an operation. Errors: NotFound."""
    operation = await plans.operation(viewer, await event_for(viewer, event_id))
    if operation is None:
        raise NotFound
    return operation


async def operation_under_way(viewer: Viewer, event_id: UUID, version: int | None = None) -> Operation:
    """Return the plan of an operation that isn't over, in the version that the viewer read.

    Errors: NotFound, NotAllowed, Conflict when the plan has changed since.
    """
    return _under_way(await operation_for(viewer, event_id), version)


async def operation_to_change(viewer: Viewer, event_id: UUID, version: int | None = None) -> Operation:
    """Return the plan of an operation that the viewer leads and that isn't over, in the version that they read.

    Errors: NotFound, NotAllowed, Conflict when the plan has changed since.
    """
    operation = await operation_for(viewer, event_id)
    if not may_plan(viewer, operation.event):
        raise NotAllowed(NOT_THEIRS)
    return _under_way(operation, version)


def _under_way(operation: Operation, version: int | None) -> Operation:
    if operation.state in OVER:
        raise NotAllowed(IS_OVER)
    if version not in (None, operation.version):
        raise Conflict(CHANGED)
    return operation
