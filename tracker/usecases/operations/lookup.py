"""The plan of an operation that a viewer may see."""

from uuid import UUID

from tracker.errors import NotAllowed, NotFound
from tracker.rules.core.viewer import Viewer
from tracker.rules.events.event import Event
from tracker.rules.operations.plans import Operation, check_kind, may_plan
from tracker.rules.operations.states import OVER
from tracker.tables.visible.events import events
from tracker.tables.visible.operations import plans

NOT_THEIRS = "Only the people who lead the operation can change its plan."
IS_OVER = "The operation is over, and its plan no longer changes."


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


async def operation_under_way(viewer: Viewer, event_id: UUID) -> Operation:
    """Return the plan of an operation that isn't over. Errors: NotFound, NotAllowed."""
    return _under_way(await operation_for(viewer, event_id))


async def operation_to_change(viewer: Viewer, event_id: UUID) -> Operation:
    """Return the plan of an operation that the viewer leads and that isn't over. Errors: NotFound, NotAllowed."""
    operation = await operation_for(viewer, event_id)
    if not may_plan(viewer, operation.event):
        raise NotAllowed(NOT_THEIRS)
    return _under_way(operation)


def _under_way(operation: Operation) -> Operation:
    if operation.state in OVER:
        raise NotAllowed(IS_OVER)
    return operation
