"""The whole plan of an operation as one thing, for programs."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from tracker.rules.core.viewer import Viewer
from tracker.rules.operations.phases import Phase
from tracker.rules.operations.plans import Operation
from tracker.tables.visible.operations import phases
from tracker.usecases.operations.plan_page import PlanView, plan_of


class WholePlan(Struct, frozen=True, kw_only=True):
    """A plan, what a viewer may do with it, and its phases by id."""

    view: PlanView
    operation: Operation
    phases: dict[UUID, Phase]


async def whole_plan(viewer: Viewer, event_id: UUID, now: datetime) -> WholePlan:
    """Return the plan of an operation. Errors: NotFound, also for an operation without one."""
    view, operation = await plan_of(viewer, event_id, now)
    return WholePlan(view=view, operation=operation, phases=await phases.phases(viewer, operation.event))
