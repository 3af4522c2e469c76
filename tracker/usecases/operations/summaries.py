"""What pages beside that of the plan say about it: its state, and the conflicts that need a decision."""

from typing import NamedTuple
from uuid import UUID

from tracker.errors import NotFound
from tracker.rules.core.viewer import Viewer
from tracker.rules.events.event import Event, Line
from tracker.rules.operations.plans import check_kind, may_plan
from tracker.rules.operations.states import OperationState
from tracker.tables.visible.events import events
from tracker.tables.visible.operations import plans, states


class PlanSummary(NamedTuple):
    """The state of an operation's plan, None before it has one, and how many conflicts the viewer has to decide."""

    state: OperationState | None
    conflicts: int


async def in_conflict(viewer: Viewer) -> dict[UUID, tuple[Line, int]]:
    """Return the dates of operations that the viewer leads with conflicts to decide, and how many, by date."""
    counts = await plans.undecided(viewer)
    led = [line for line in await events.lines_by_id(viewer, counts) if may_plan(viewer, line)]
    return {line.id: (line, counts[line.id]) for line in led}


async def summary(viewer: Viewer, event: Event) -> PlanSummary | None:
    """Return what is known of the plan of an event that the viewer sees; None for an event that can't have one."""
    try:
        check_kind(event)
    except NotFound:
        return None
    operation = await plans.operation(viewer, event)
    if operation is None:
        return PlanSummary(None, 0)
    return PlanSummary(operation.state, sum(hit.is_open for hit in await plans.hits(viewer, operation)))


async def states_of(viewer: Viewer) -> dict[UUID, OperationState]:
    """Return where the plans of all operations are that the viewer may see, by event."""
    return await states.states(viewer)


async def state_of(viewer: Viewer, event_id: UUID) -> OperationState | None:
    """Return where the plan of one event is; None for an event without a plan, or that the viewer may not see."""
    return await states.state_of(viewer, event_id)
