"""Joint operations in JSON: their plans, and what becomes of a plan."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from functools import partial
from typing import Annotated, Any
from uuid import UUID

from msgspec import UNSET, Meta, UnsetType
from msgspec.structs import asdict, replace

from tracker.errors import Invalid, NotFound
from tracker.ports.api.operations import CREATED, Resource, operation, read_operation
from tracker.ports.api.responses import PageItem, place_words
from tracker.ports.api.shapes import (
    Banner,
    DateId,
    Given,
    Moment,
    Name,
    NamedId,
    PageQuery,
    Shown,
    given,
    list_of,
    minutes,
    page_of,
    shown,
    without,
)
from tracker.ports.http.dependencies import Now, Viewer
from tracker.rules.events.events import EventStatus, Occurrence
from tracker.rules.identity import ApiScope
from tracker.rules.operations.approvals import Approval
from tracker.rules.operations.plans import LONGEST_BUFFER, Disclosure, OutsideResult, SiteRole, System
from tracker.rules.operations.states import OperationState
from tracker.usecases.core import audit
from tracker.usecases.operations import approvals, plans
from tracker.usecases.operations.plans import WholePlan, plan_basics, whole_plan
from tracker.usecases.views import search
from tracker.usecases.views.search import ListPlace

Buffer = Annotated[
    int, Meta(ge=0, le=minutes(LONGEST_BUFFER), description="Minutes between two operations that aren’t in conflict.")
]
Discloses = Annotated[Disclosure, Meta(description="What the other operation in a conflict is shown of this one.")]


@without(OperationState.DRAFT, OperationState.APPROVED)
class NextState(StrEnum):
    """A state that a plan can be taken to, except approved: that’s an approval."""


class NewPlan(Given):
    """The joint operation to plan: an event with one date, for named people only."""

    event_id: UUID


class PlanChange(Given):
    """Changes to a plan; fields that are left out stay as they are."""

    supervisor_id: Annotated[
        UUID | UnsetType | None, Meta(description="One of the plan’s `supervisors`, or null for none.")
    ] = UNSET
    disclosure: Discloses | UnsetType = UNSET
    buffer_minutes: Buffer | UnsetType = UNSET


class Move(Given):
    """The state to take a plan to."""

    to: NextState


By = Annotated[str, Meta(description="Name and agency.")]


class PlannedDate(DateId):
    """The event and the date of a joint operation."""

    title: str
    status: EventStatus
    starts_at: Moment
    ends_at: Moment
    time_zone: str
    banner: Banner


class PlannedShown(PlannedDate):
    """A joint operation with a plan, in brief."""

    state: OperationState
    version: Annotated[int, Meta(description="Of the plan.")]


PlannedPage = page_of("PlannedPage", PlannedShown, "One page of a list of joint operations.")


class NextStep(Shown):
    """The next state of a plan, and each reason why you can’t take it there now."""

    state: OperationState
    refusals: tuple[str, ...]


class PlanSite(Shown):
    """A place of an operation."""

    id: UUID
    role: SiteRole
    place: str
    latitude: float
    longitude: float
    radius_ft: int


class PhaseShown(Shown):
    """A phase of an operation: when it is planned, and when it began and ended."""

    id: UUID
    name: str
    starts_at: Moment
    ends_at: Annotated[Moment | None, Meta(description="Null for a phase that is a moment, such as all out.")]
    begun_at: Moment | None
    ended_at: Moment | None


class CommitmentShown(Shown):
    """The resources of an agency in a plan."""

    agency_id: UUID
    agency: str
    people: int
    vehicles: int
    skills: str


class ClearanceShown(Shown):
    """A deconfliction number, or a waiver of the approving supervisor."""

    system: Annotated[System | None, Meta(description="Null for a waiver.")]
    number: str | None
    result: Annotated[OutsideResult | None, Meta(description="Null for a waiver.")]
    reason: Annotated[str | None, Meta(description="Of a waiver.")]
    submitted_at: Moment
    by: By
    replaced_at: Annotated[Moment | None, Meta(description="When it stopped being valid. Null while it is.")]


class ApprovalShown(Shown):
    """An approval of a version of the plan."""

    version: int
    by: By
    approved_at: Moment
    ended_at: Annotated[Moment | None, Meta(description="When it stopped being valid. Null while it is.")]


ApprovalsShown = list_of("ApprovalsShown", ApprovalShown, "Approvals, newest first; earlier ones are history.")


class PlanShown(PlannedDate):
    """The plan of a joint operation as the owner of the token may see it."""

    lead: Name
    state: OperationState
    version: Annotated[int, Meta(description="Rises with every change that agencies have to acknowledge again.")]
    approved_version: Annotated[
        int | None, Meta(description="The version that was approved. Null without a valid approval.")
    ]
    next: NextStep | None
    exits: Annotated[tuple[OperationState, ...], Meta(description="Where else the plan can go from here.")]
    supervisor: NamedId | None
    disclosure: Discloses
    buffer_minutes: Buffer
    may_change: Annotated[bool, Meta(description="Whether you can change the plan now.")]
    supervisors: Annotated[
        tuple[NamedId, ...], Meta(description="Who can be named to approve it, for people who can change the plan.")
    ]
    agencies: Annotated[tuple[NamedId, ...], Meta(description="Agencies whose resources you can change.")]
    sites: tuple[PlanSite, ...]
    phases: tuple[PhaseShown, ...]
    commitments: tuple[CommitmentShown, ...]
    waiting: Annotated[tuple[str, ...], Meta(description="Agencies that haven’t acknowledged this version.")]
    clearance: Annotated[ClearanceShown | None, Meta(description="The number or waiver that is valid now.")]


def plan_shown(whole: WholePlan) -> PlanShown:
    """Return a plan in the shape of the API."""
    view, plan = whole.view, whole.operation
    event = plan.event
    return shown(
        PlanShown,
        plan,
        **_date(view.occurrence),
        lead=Name(id=event.lead_id, name=event.lead, agency=event.lead_agency),
        next=NextStep(state=view.next, refusals=tuple(refusal.says for refusal in view.refusals))
        if view.next
        else None,
        exits=view.exits,
        supervisor=NamedId(id=plan.supervisor_id, name=plan.supervisor) if plan.supervisor_id else None,
        buffer_minutes=minutes(plan.buffer),
        may_change=view.may_change,
        supervisors=named_ids(view.supervisors),
        agencies=named_ids(view.agencies),
        sites=tuple(sites_shown(whole)),
        phases=tuple(whole.phases.values()),
        clearance=shown(ClearanceShown, plan.clearance) if plan.clearance else None,
    )


def sites_shown(whole: WholePlan) -> list[PlanSite]:
    """Return the sites of a plan in the shape of the API."""
    sites = whole.view.sites.items()
    return [shown(PlanSite, site.point, id=site_id, role=site.role, place=site.place) for site_id, site in sites]


def named_ids(names: Mapping[UUID, str]) -> tuple[NamedId, ...]:
    """Return people or agencies that can be named."""
    return tuple(NamedId(id=named_id, name=name) for named_id, name in names.items())


def _date(occurrence: Occurrence) -> dict[str, Any]:
    """Return what shapes of a plan show of its event and date."""
    event = occurrence.event
    return asdict(shown(PlannedDate, occurrence, event_id=event.id, time_zone=event.zone, banner=event.banner))


TAG = "Joint operations"
READ, WRITE = ApiScope.OPERATIONS_READ, ApiScope.OPERATIONS_WRITE
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
async def list_operations(query: PageQuery, after: ListPlace, viewer: Viewer, now: Now) -> list[PageItem]:
    """Return a page of the list."""
    operations = await search.page_of_operations(viewer, after, query.limit + 1)
    events = [planned.occurrence.event for planned in operations]
    await audit.record_series_read(viewer, events[: query.limit], now)
    return [
        (place_words(event.created_at, event.id), shown(PlannedShown, planned, **_date(planned.occurrence)))
        for planned, event in zip(operations, events, strict=True)
    ]


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


read_plan = read_operation(PLAN, "Read a joint operation", tag=TAG, scope=READ)


@changes(
    "PATCH",
    PLAN.path,
    "Change a plan",
    text="Another supervisor or buffer takes an approved plan back to planning. The plan is compared again.",
)
async def change_plan(plan: WholePlan, new: PlanChange, viewer: Viewer, now: Now) -> None:
    """Change who approves a plan, its buffer, and what others are shown."""
    changes = given(new)
    if "buffer_minutes" in changes:
        changes["buffer"] = timedelta(minutes=changes.pop("buffer_minutes"))
    basics = replace(plan_basics(plan.operation), **changes)
    await plans.change_plan_basics(viewer, plan.event_id, basics, now, version=plan.version)


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
    is_of_version=True,
    text="For the approving supervisor. Approves the version that If-Match names, after comparing it with other "
    "operations again; `*` names none. A refusal lists each reason as `reasons`.",
)
async def approve_plan(plan: WholePlan, viewer: Viewer, now: Now) -> None:
    """Approve the version of a plan that the program read."""
    await approvals.change_plan_state(viewer, plan.event_id, OperationState.APPROVED, now, version=plan.version)
