"""Joint operations in JSON: list, begin, read, and change a plan, take it to its next state, and approve it."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from litestar import Response
from msgspec import UNSET

from tracker.errors import Invalid, NotFound
from tracker.ports.api.joint_operation_shapes import (
    ApprovalsShown,
    Move,
    NewPlan,
    PlanChange,
    PlannedPage,
    PlanShown,
    plan_shown,
    planned_shown,
)
from tracker.ports.api.operations import CREATED, Resource, operation
from tracker.ports.api.responses import page_response, place_in, place_words
from tracker.ports.api.shapes import PageQuery
from tracker.ports.http.dependencies import Now, Viewer
from tracker.ports.http.forms import FormRequest
from tracker.rules.identity.api_tokens import ApiScope
from tracker.rules.operations.approvals import Approval
from tracker.rules.operations.states import OperationState
from tracker.usecases.core import audit
from tracker.usecases.operations import approvals, plans
from tracker.usecases.operations.plans import PlanBasics, WholePlan, plan_basics, whole_plan
from tracker.usecases.views import listings

TAG = "Joint operations"
READ, WRITE = ApiScope.OPERATIONS_READ, ApiScope.OPERATIONS_WRITE
ETAG_OF = "If-Match takes the operation’s ETag."
NO_OPERATION = "This isn’t a joint operation that can have a plan."


async def _plan(viewer: Viewer, now: datetime, event_id: UUID) -> tuple[WholePlan, PlanShown]:
    whole = await whole_plan(viewer, event_id, now)
    return whole, plan_shown(whole)


async def _note(viewer: Viewer, plan: WholePlan, now: datetime) -> None:
    await audit.record_date_read(viewer, plan.view.occurrence, now, plan=plan.operation.version)


async def read_by(viewer: Viewer, event_id: UUID, now: datetime) -> WholePlan:
    """Return a plan, and note that it was read. Errors: NotFound."""
    whole = await whole_plan(viewer, event_id, now)
    await _note(viewer, whole, now)
    return whole


PLAN = Resource(name="plan", path="/operations/{event_id:uuid}", shape=PlanShown, see=_plan, note=_note)
reads = partial(operation, "GET", tag=TAG, scope=READ)
writes = partial(operation, tag=TAG, scope=WRITE, may_conflict=True)
changes = partial(writes, of=PLAN, is_conditional=True)
"""A change to a plan: the response is the plan after it."""


@reads(
    "/operations",
    "List joint operations",
    response=PlannedPage,
    text="Returns all operations with a plan that you can see, in the order their events were created.",
)
async def list_operations(request: FormRequest, query: PageQuery, viewer: Viewer, now: Now) -> Response[Any]:
    """Return a page of the list."""
    place = place_in(request, viewer, query.cursor)
    operations = await listings.page_of_operations(viewer, place, query.limit + 1)
    events = [planned.occurrence.event for planned in operations]
    await audit.record_series_read(viewer, events[: query.limit], now)
    return page_response(
        request,
        PlannedPage,
        query,
        operations,
        lambda planned: place_words(planned.occurrence.event.created_at, planned.occurrence.event.id),
        planned_shown,
    )


@writes(
    "POST",
    "/operations",
    "Start a plan",
    gives=PLAN,
    status=CREATED,
    text="For people who can edit the operation. Its event must have one date and be for named people only.",
)
async def begin_plan(new: NewPlan, viewer: Viewer, now: Now) -> dict[str, UUID]:
    """Begin the plan of an operation."""
    try:
        await plans.start_plan(viewer, new.event_id, now)
    except NotFound as unknown:
        raise Invalid(event_id=NO_OPERATION) from unknown
    return {"event_id": new.event_id}


@reads(PLAN.path, "Read a joint operation", of=PLAN)
async def read_plan() -> None:
    """Return one plan."""


@changes(
    "PATCH",
    PLAN.path,
    "Change a plan",
    text="Another supervisor or buffer takes an approved plan back to planning. The plan is compared again.",
)
async def change_plan(plan: WholePlan, new: PlanChange, viewer: Viewer, now: Now) -> None:
    """Change who approves a plan, its buffer, and what others are shown."""
    basics = plan_basics(plan.operation)
    changed = PlanBasics(
        supervisor_id=basics.supervisor_id if new.supervisor_id is UNSET else new.supervisor_id,
        disclosure=basics.disclosure if new.disclosure is UNSET else new.disclosure,
        buffer=basics.buffer if new.buffer_minutes is UNSET else timedelta(minutes=new.buffer_minutes),
    )
    await plans.change_plan_basics(viewer, plan.event_id, changed, now, version=plan.version)


@changes(
    "POST",
    f"{PLAN.path}/states",
    "Change a plan’s state",
    text="The plan’s `next` says which state is next, and each reason why you can’t take it there. A refusal lists "
    "them as `reasons`. To approve a plan, add an approval.",
)
async def move_plan(plan: WholePlan, new: Move, viewer: Viewer, now: Now) -> None:
    """Take a plan to another state."""
    await approvals.change_plan_state(viewer, plan.event_id, OperationState(new.to), now, version=plan.version)


@reads(
    f"{PLAN.path}/approvals",
    "List approvals",
    of=PLAN,
    response=ApprovalsShown,
    text="Who approved which version, and until when.",
)
async def list_approvals(plan: WholePlan, viewer: Viewer) -> Iterable[Approval]:
    """Return the approvals of a plan."""
    return await approvals.approvals_of(viewer, plan.event_id)


@changes(
    "POST",
    f"{PLAN.path}/approvals",
    "Approve a plan",
    text="For the approving supervisor. Approves the version that If-Match names, after comparing it with other "
    "operations again. A refusal lists each reason as `reasons`.",
)
async def approve_plan(plan: WholePlan, viewer: Viewer, now: Now) -> None:
    """Approve the version of a plan that the program read."""
    await approvals.change_plan_state(viewer, plan.event_id, OperationState.APPROVED, now, version=plan.version)
