"""Where the plans of operations are, for all that a viewer may see."""

from uuid import UUID

from tracker.rules.core.viewer import Viewer
from tracker.rules.operations.states import OperationState
from tracker.tables.visible.core.rows import rows

_STATES = "SELECT p.event, p.state FROM operation_plan p JOIN event e ON e.id = p.event WHERE MAY_SEE(e)"


async def state_of(viewer: Viewer, event_id: UUID) -> OperationState | None:
    """Return the state of the plan of one event; None for an event without one."""
    found = await rows(_STATES, viewer, " AND p.event = {}", event_id)
    return OperationState(found[0]["state"]) if found else None


async def states(viewer: Viewer) -> dict[UUID, OperationState]:
    """Return the states of the plans that the viewer may see, by event."""
    return {row["event"]: OperationState(row["state"]) for row in await rows(_STATES, viewer, "")}
