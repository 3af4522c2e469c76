"""Joint operations in JSON: list, begin, read, and change a plan, take it to its next state, and approve it."""

from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

from litestar import HttpMethod, Response
from msgspec import UNSET

from tracker.errors import Invalid, NotFound
from tracker.ports.api.joint_operation_bodies import Move, NewPlan, PlanChange
from tracker.ports.api.joint_operation_shapes import (
    ApprovalsShown,
    PlannedPage,
    PlanShown,
    approval_shown,
    plan_shown,
    planned_shown,
)
from tracker.ports.api.operations import BASE, Operation, operation
from tracker.ports.api.reading import body_of, query_of
from tracker.ports.api.responses import check_match, json_response, list_response, next_page, place_in, place_words
from tracker.ports.api.shapes import PageQuery
from tracker.ports.http.dependencies import Now, PathId, Viewer
from tracker.ports.http.forms import FormRequest
from tracker.rules.identity.api_tokens import ApiScope
from tracker.rules.operations import plans as rules
from tracker.rules.operations.states import OperationState
from tracker.usecases.core import audit
from tracker.usecases.operations import approvals, plans
from tracker.usecases.operations.plans import PlanBasics, WholePlan, plan_basics, whole_plan
from tracker.usecases.views import listings

TAG = "Joint operations"
READ, WRITE = ApiScope.OPERATIONS_READ, ApiScope.OPERATIONS_WRITE
PLAN = "/operations/{event_id:uuid}"
ETAG_OF = "If-Match takes the operation’s ETag."
NO_OPERATION = "This isn’t a joint operation that can have a plan."

reads = partial(Operation, tag=TAG, scope=READ)
changes = partial(Operation, tag=TAG, scope=WRITE, response=PlanShown, is_conditional=True, may_conflict=True)
"""The document's description of a change to a plan: the response is the plan after it."""


@operation(
    HttpMethod.GET,
    "/operations",
    reads(
        summary="List joint operations",
        query=PageQuery,
        response=PlannedPage,
        text="Returns all operations with a plan that you can see, in the order their events were created.",
    ),
)
async def list_operations(request: FormRequest, viewer: Viewer, now: Now) -> Response[Any]:
    """Return a page of the list."""
    query = query_of(request, PageQuery)
    planned_operations = await listings.page_of_operations(
        viewer, place_in(request, viewer, query.cursor), query.limit + 1
    )
    events = [planned_operation.occurrence.event for planned_operation in planned_operations]
    following = next_page(request, events, query.limit, lambda event: place_words(event.created_at, event.id))
    await audit.record_series_read(viewer, events[: query.limit], now)
    items = tuple(map(planned_shown, planned_operations[: query.limit]))
    return list_response(request, PlannedPage(items=items, next=following), following)


@operation(
    HttpMethod.POST,
    "/operations",
    Operation(
        summary="Start a plan",
        tag=TAG,
        scope=WRITE,
        body=NewPlan,
        response=PlanShown,
        status=201,
        may_conflict=True,
        text="For people who can edit the operation. Its event must have one date and be for named people only.",
    ),
)
async def begin_plan(request: FormRequest, viewer: Viewer, now: Now) -> Response[Any]:
    """Begin the plan of an operation."""
    new = await body_of(request, NewPlan)
    try:
        await plans.start_plan(viewer, new.event_id, now)
    except NotFound as unknown:
        raise Invalid(event_id=NO_OPERATION) from unknown
    location = f"{BASE}/operations/{new.event_id}"
    return await plan_reply(request, viewer, now, new.event_id, status=201, Location=location)


@operation(HttpMethod.GET, PLAN, reads(summary="Read a joint operation", response=PlanShown))
async def read_plan(event_id: PathId, request: FormRequest, viewer: Viewer, now: Now) -> Response[Any]:
    """Return one plan."""
    return await plan_reply(request, viewer, now, event_id)


@operation(
    HttpMethod.PATCH,
    PLAN,
    changes(
        summary="Change a plan",
        body=PlanChange,
        text="Another supervisor or buffer takes an approved plan back to planning. The plan is compared again.",
    ),
)
async def change_plan(event_id: PathId, request: FormRequest, viewer: Viewer, now: Now) -> Response[Any]:
    """Change who approves a plan, its buffer, and what others are shown."""
    plan = await matched_plan(request, viewer, event_id, now)
    change = await body_of(request, PlanChange)
    await plans.change_plan_basics(viewer, event_id, _basics(plan, change), now, version=plan.version)
    return await plan_reply(request, viewer, now, event_id)


@operation(
    HttpMethod.POST,
    f"{PLAN}/states",
    changes(
        summary="Change a plan’s state",
        body=Move,
        text="The plan’s `next` says which state is next, and each reason why you can’t take it there. A refusal lists "
        "them as `reasons`. To approve a plan, add an approval.",
    ),
)
async def move_plan(event_id: PathId, request: FormRequest, viewer: Viewer, now: Now) -> Response[Any]:
    """Take a plan to another state."""
    plan = await matched_plan(request, viewer, event_id, now)
    to = OperationState((await body_of(request, Move)).to)
    await approvals.change_plan_state(viewer, event_id, to, now, version=plan.version)
    return await plan_reply(request, viewer, now, event_id)


@operation(
    HttpMethod.GET,
    f"{PLAN}/approvals",
    reads(summary="List approvals", response=ApprovalsShown, text="Who approved which version, and until when."),
)
async def list_approvals(event_id: PathId, request: FormRequest, viewer: Viewer, now: Now) -> Response[Any]:
    """Return the approvals of a plan."""
    await read_by(viewer, event_id, now)
    found = await approvals.approvals_of(viewer, event_id)
    return json_response(request, ApprovalsShown(items=tuple(map(approval_shown, found))))


@operation(
    HttpMethod.POST,
    f"{PLAN}/approvals",
    changes(
        summary="Approve a plan",
        text="For the approving supervisor. Approves the version that If-Match names, after comparing it with other "
        "operations again. A refusal lists each reason as `reasons`.",
    ),
)
async def approve_plan(event_id: PathId, request: FormRequest, viewer: Viewer, now: Now) -> Response[Any]:
    """Approve the version of a plan that the program read."""
    plan = await matched_plan(request, viewer, event_id, now)
    await approvals.change_plan_state(viewer, event_id, OperationState.APPROVED, now, version=plan.version)
    return await plan_reply(request, viewer, now, event_id)


async def plan_reply(
    request: FormRequest, viewer: Viewer, now: Now, event_id: UUID, *, status: int = 200, **headers: str
) -> Response[Any]:
    """Return the response that shows a plan. Errors: NotFound."""
    return json_response(request, plan_shown(await read_by(viewer, event_id, now)), status=status, **headers)


async def read_by(viewer: Viewer, event_id: UUID, now: Now) -> WholePlan:
    """Return a plan, and note that it was read. Errors: NotFound."""
    whole = await whole_plan(viewer, event_id, now)
    await audit.record_date_read(viewer, whole.view.occurrence, now, plan=whole.operation.version)
    return whole


async def matched_plan(request: FormRequest, viewer: Viewer, event_id: UUID, now: Now) -> rules.Operation:
    """Return the plan as the program read it. Errors: NotFound, Refused."""
    whole = await whole_plan(viewer, event_id, now)
    check_match(request, plan_shown(whole))
    return whole.operation


def _basics(plan: rules.Operation, change: PlanChange) -> PlanBasics:
    now = plan_basics(plan)
    return PlanBasics(
        supervisor_id=now.supervisor_id if change.supervisor_id is UNSET else change.supervisor_id,
        disclosure=now.disclosure if change.disclosure is UNSET else change.disclosure,
        buffer=now.buffer if change.buffer_minutes is UNSET else timedelta(minutes=change.buffer_minutes),
    )
