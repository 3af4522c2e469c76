"""Joint operations in JSON: plans and their parts, and what becomes of a plan.

Sites, agency resources, acknowledgments, numbers, returns, phases, and conflicts.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from litestar import Response
from msgspec import UNSET

from tracker.errors import Invalid, NotFound
from tracker.ports.api.joint_operation_shapes import (
    AcknowledgmentShown,
    AcknowledgmentsShown,
    ApprovalsShown,
    ClearancesShown,
    CommitmentsShown,
    HitShown,
    HitsShown,
    Move,
    NewAcknowledgment,
    NewCommitment,
    NewDecision,
    NewNumber,
    NewPhase,
    NewPlan,
    NewReturn,
    NewSite,
    NewWaiver,
    PhasesShown,
    PhaseTimes,
    PlanChange,
    PlannedPage,
    PlanShown,
    PlanSite,
    PlanSites,
    ReturnsShown,
    acknowledgment_shown,
    hit_shown,
    plan_shown,
    planned_shown,
    sites_shown,
)
from tracker.ports.api.operations import CREATED, Resource, operation
from tracker.ports.api.responses import fields_named, page_response, place_in, place_words
from tracker.ports.api.shapes import PageQuery, in_utc
from tracker.ports.http.dependencies import Now, PathId, Viewer
from tracker.ports.http.forms import FormRequest
from tracker.rules.core.clean_text import clean
from tracker.rules.identity.passwords import ApiScope
from tracker.rules.operations.approvals import Approval, PlanReturn
from tracker.rules.operations.deconfliction import Hit
from tracker.rules.operations.orders import LONGEST_PHASE_NAME, Phase, PhasePlan
from tracker.rules.operations.plans import (
    LONGEST_NUMBER,
    LONGEST_PLACE,
    LONGEST_REASON,
    LONGEST_SKILLS,
    Commitment,
    OutsideCheck,
    PlanClearance,
    PlannedSite,
    point_at,
)
from tracker.rules.operations.states import OperationState
from tracker.usecases.core import audit
from tracker.usecases.operations import approvals, deconfliction, orders, plans
from tracker.usecases.operations.plans import PlanBasics, WholePlan, plan_basics, whole_plan
from tracker.usecases.views import search

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
    operations = await search.page_of_operations(viewer, place, query.limit + 1)
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


SITES, COMMITMENTS = f"{PLAN.path}/sites", f"{PLAN.path}/commitments"
COMMITMENT = f"{COMMITMENTS}/{{agency_id:uuid}}"
COMPARED_AGAIN = f"Takes the plan back to planning, ends its clearance, and compares it again. {ETAG_OF}"


@reads(SITES, "List the sites of an operation", of=PLAN, response=PlanSites)
async def list_operation_sites(plan: WholePlan) -> Iterable[PlanSite]:
    """Return the sites of an operation."""
    return sites_shown(plan)


@changes("POST", SITES, "Add a site", text=COMPARED_AGAIN)
async def add_operation_site(plan: WholePlan, new: NewSite, viewer: Viewer, now: Now) -> None:
    """Add a site."""
    place = clean(new.place, LONGEST_PLACE, "place")
    site = PlannedSite(role=new.role, place=place, point=point_at(new.latitude, new.longitude, new.radius_ft))
    await plans.add_site_to_plan(viewer, plan.event_id, site, now, version=plan.version)


@changes("DELETE", f"{SITES}/{{site_id:uuid}}", "Remove a site", text=COMPARED_AGAIN)
async def remove_operation_site(plan: WholePlan, site_id: PathId, viewer: Viewer, now: Now) -> None:
    """Remove a site."""
    await plans.remove_site_from_plan(viewer, plan.event_id, site_id, now, version=plan.version)


@reads(COMMITMENTS, "List agency resources", of=PLAN, response=CommitmentsShown)
async def list_commitments(plan: WholePlan) -> Iterable[Commitment]:
    """Return the resources of each agency."""
    return plan.operation.commitments


@changes(
    "PUT",
    COMMITMENT,
    "Save an agency’s resources",
    text="For people of the agency who are on the operation, and for those who lead it. Each agency has to "
    f"acknowledge the plan again. {ETAG_OF}",
)
async def commit_agency(plan: WholePlan, agency_id: PathId, new: NewCommitment, viewer: Viewer, now: Now) -> None:
    """Save the resources of an agency."""
    await plans.commit_resources(
        viewer,
        plan.event_id,
        agency_id,
        people=new.people,
        vehicles=new.vehicles,
        skills=clean(new.skills, LONGEST_SKILLS, "skills"),
        now=now,
        version=plan.version,
    )


@changes(
    "DELETE",
    COMMITMENT,
    "Remove an agency’s resources",
    text=f"Each agency has to acknowledge the plan again. {ETAG_OF}",
)
async def withdraw_agency(plan: WholePlan, agency_id: PathId, viewer: Viewer, now: Now) -> None:
    """Remove the resources of an agency."""
    await plans.withdraw_resources(viewer, plan.event_id, agency_id, now, version=plan.version)


@reads(
    f"{PLAN.path}/acknowledgments",
    "List acknowledgments",
    of=PLAN,
    response=AcknowledgmentsShown,
    text="Returns each agency with resources in the plan, and the last version it acknowledged.",
)
async def list_acknowledgments(plan: WholePlan) -> Iterable[AcknowledgmentShown]:
    """Return which agencies acknowledged which version."""
    return [acknowledgment_shown(commitment, plan.version) for commitment in plan.operation.commitments]


@writes(
    "POST",
    f"{PLAN.path}/acknowledgments",
    "Acknowledge a plan",
    of=PLAN,
    text="For your agency, in the version that you read. An earlier version is a conflict: read the plan again.",
)
async def acknowledge_plan(plan: WholePlan, new: NewAcknowledgment, viewer: Viewer, now: Now) -> None:
    """Acknowledge the version of a plan that the program read."""
    await approvals.acknowledge_plan_version(viewer, plan.event_id, new.version, now)


@reads(f"{PLAN.path}/clearances", "List deconfliction numbers and waivers", of=PLAN, response=ClearancesShown)
async def list_clearances(plan: WholePlan) -> Iterable[PlanClearance]:
    """Return the deconfliction numbers, and waivers."""
    return plan.operation.clearances


@changes(
    "POST",
    f"{PLAN.path}/clearances",
    "Record a deconfliction number",
    text="Records the number of an outside system. The tracker doesn’t submit operations to these systems. An "
    f"earlier number is kept as history. {ETAG_OF}",
)
async def record_outside_number(plan: WholePlan, new: NewNumber, viewer: Viewer, now: Now) -> None:
    """Record a deconfliction number."""
    number = clean(new.number, LONGEST_NUMBER, "number")
    check = OutsideCheck(system=new.system, number=number, result=new.result, submitted_at=new.submitted_at)
    await approvals.record_deconfliction_number(viewer, plan.event_id, check, now)


@changes(
    "POST",
    f"{PLAN.path}/waivers",
    "Waive the deconfliction number",
    text=f"For the approving supervisor, who doesn’t lead the operation. {ETAG_OF}",
)
async def waive_outside_check(plan: WholePlan, new: NewWaiver, viewer: Viewer, now: Now) -> None:
    """Waive the deconfliction number."""
    await approvals.waive_deconfliction(viewer, plan.event_id, clean(new.reason, LONGEST_REASON, "reason"), now)


@reads(
    f"{PLAN.path}/returns",
    "List plans sent back",
    of=PLAN,
    response=ReturnsShown,
    text="Which versions the supervisor sent back, and what should change. For people who can edit the operation "
    "and its supervisor; empty for others.",
)
async def list_returns(plan: WholePlan, viewer: Viewer) -> Iterable[PlanReturn]:
    """Return what was sent back."""
    return await approvals.returns_of(viewer, plan.event_id)


@changes(
    "POST",
    f"{PLAN.path}/returns",
    "Send a plan back",
    text="For the approving supervisor, while the plan is submitted. It goes back to planning, and its lead gets "
    f"an email that says only to sign in. {ETAG_OF}",
)
async def send_plan_back(plan: WholePlan, new: NewReturn, viewer: Viewer, now: Now) -> None:
    """Send the version of a plan that the program read back to planning."""
    comment = clean(new.comment, LONGEST_REASON, "comment")
    await approvals.return_plan(viewer, plan.event_id, comment, now, version=plan.version)


PHASES = f"{PLAN.path}/phases"
PHASE = f"{PHASES}/{{phase_id:uuid}}"
FIELDS = {"day": "starts_at", "ends": "ends_at", "begun": "begun_at", "ended": "ended_at"}
"""Names in the API for fields that forms call otherwise."""


@reads(PHASES, "List the phases of an operation", of=PLAN, response=PhasesShown)
async def list_phases(plan: WholePlan) -> Iterable[Phase]:
    """Return the phases of an operation."""
    return plan.phases.values()


@changes(
    "POST",
    PHASES,
    "Plan a phase",
    text="Times are kept to the minute, and move with the start of the operation. Each agency has to acknowledge "
    f"the plan again. {ETAG_OF}",
)
async def add_phase(plan: WholePlan, new: NewPhase, viewer: Viewer, now: Now) -> None:
    """Plan another phase."""
    with fields_named(FIELDS):
        await orders.plan_phase(viewer, plan.event_id, _planned(new), now, version=plan.version)


@changes(
    "PUT", PHASE, "Change a phase’s planned times", text=f"Each agency has to acknowledge the plan again. {ETAG_OF}"
)
async def change_phase(plan: WholePlan, phase_id: PathId, new: NewPhase, viewer: Viewer, now: Now) -> None:
    """Plan a phase differently."""
    with fields_named(FIELDS):
        await orders.replan_phase(viewer, plan.event_id, phase_id, _planned(new), now, version=plan.version)


@changes("DELETE", PHASE, "Remove a phase", text=f"Each agency has to acknowledge the plan again. {ETAG_OF}")
async def remove_phase(plan: WholePlan, phase_id: PathId, viewer: Viewer, now: Now) -> None:
    """Remove a phase."""
    await orders.delete_phase(viewer, plan.event_id, phase_id, now, version=plan.version)


@changes(
    "PUT",
    f"{PHASE}/times",
    "Record when a phase began and ended",
    text="For people who can edit the operation, once its plan is approved and until it is closed. No agency has "
    f"to acknowledge the plan again. {ETAG_OF}",
)
async def time_phase(plan: WholePlan, phase_id: PathId, new: PhaseTimes, viewer: Viewer, now: Now) -> None:
    """Record when a phase really began and ended."""
    with fields_named(FIELDS):
        begun_at, ended_at = (in_utc(moment) if moment else None for moment in (new.begun_at, new.ended_at))
        await orders.correct_phase_times(viewer, plan.event_id, phase_id, begun_at, ended_at, now)


def _planned(new: NewPhase) -> PhasePlan:
    return PhasePlan(
        name=clean(new.name, LONGEST_PHASE_NAME, "name"),
        starts_at=in_utc(new.starts_at),
        ends_at=in_utc(new.ends_at) if new.ends_at else None,
    )


async def _hit(viewer: Viewer, now: datetime, event_id: UUID, hit_id: UUID) -> tuple[Hit, HitShown]:
    """Return a conflict, and note that the plan was read. Errors: NotFound."""
    hits = (await read_by(viewer, event_id, now)).view.hits
    hit = next((hit for hit in hits if hit.id == hit_id), None)
    if hit is None:
        raise NotFound
    return hit, hit_shown(hit)


HITS = f"{PLAN.path}/hits"
HIT = Resource(name="hit", path=f"{HITS}/{{hit_id:uuid}}", shape=HitShown, see=_hit)


@reads(
    HITS,
    "List conflicts",
    of=PLAN,
    response=HitsShown,
    text="Returns conflicts with other operations of this task force, for people who can edit the operation and "
    "for its approving supervisor. The list is empty for others who can see the operation. Of the other "
    "operation, you see what it discloses.",
)
async def list_hits(plan: WholePlan) -> Iterable[HitShown]:
    """Return the conflicts that the viewer's side may know of."""
    return [hit_shown(hit) for hit in plan.view.hits]


@reads(HIT.path, "Read a conflict", of=HIT)
async def read_hit() -> None:
    """Return one conflict."""


@writes(
    "PUT",
    f"{HIT.path}/decision",
    "Decide about a conflict",
    of=HIT,
    is_conditional=True,
    text="For people who can edit the operation. Replaces what your agency decided before. proceed, joint, and "
    "not_a_conflict end the conflict when both agencies made the same decision; reschedule and cancel when the "
    "operations are no longer near each other. An agency that discloses nothing decides alone. If-Match takes the "
    "conflict’s ETag.",
)
async def decide_hit(event_id: PathId, hit: Hit, new: NewDecision, viewer: Viewer, now: Now) -> None:
    """Record what this side decides."""
    reason = clean(new.reason, LONGEST_REASON, "reason")
    await deconfliction.decide_conflict(viewer, event_id, hit.id, new.decision, reason, now)
