"""Parts of a plan in JSON: sites, agency resources, acknowledgments, numbers, returns, phases, and conflicts."""

from typing import Any
from uuid import UUID

from litestar import HttpMethod, Response

from tracker.errors import NotFound
from tracker.ports.api.joint_operation_bodies import (
    NewAcknowledgment,
    NewCommitment,
    NewDecision,
    NewNumber,
    NewPhase,
    NewReturn,
    NewSite,
    NewWaiver,
    PhaseTimes,
)
from tracker.ports.api.joint_operation_shapes import (
    AcknowledgmentsShown,
    ClearancesShown,
    CommitmentsShown,
    HitShown,
    HitsShown,
    PhasesShown,
    PlanShown,
    PlanSites,
    ReturnsShown,
    acknowledgment_shown,
    clearance_shown,
    commitment_shown,
    hit_shown,
    phase_shown,
    return_shown,
    site_shown,
)
from tracker.ports.api.joint_operations import (
    ETAG_OF,
    PLAN,
    TAG,
    WRITE,
    changes,
    matched_plan,
    plan_reply,
    read_by,
    reads,
)
from tracker.ports.api.operations import Operation, operation
from tracker.ports.api.reading import body_of, fields_named
from tracker.ports.api.responses import check_match, json_response
from tracker.ports.api.shapes import in_utc
from tracker.ports.http.dependencies import Now, PathId, Viewer
from tracker.ports.http.forms import FormRequest
from tracker.rules.core.clean_text import clean
from tracker.rules.operations.deconfliction import Hit
from tracker.rules.operations.orders import LONGEST_PHASE_NAME, PhasePlan
from tracker.rules.operations.plans import LONGEST_NUMBER, LONGEST_REASON, LONGEST_SKILLS, OutsideCheck
from tracker.rules.operations.sites import LONGEST_PLACE, PlannedSite, point_at
from tracker.usecases.operations import approvals, deconfliction, orders, plans

SITES, COMMITMENTS = f"{PLAN}/sites", f"{PLAN}/commitments"
COMMITMENT = f"{COMMITMENTS}/{{agency_id:uuid}}"


@operation(HttpMethod.GET, SITES, reads(summary="List the sites of an operation", response=PlanSites))
async def list_operation_sites(event_id: PathId, request: FormRequest, viewer: Viewer, now: Now) -> Response[Any]:
    """Return the sites of an operation."""
    sites = (await read_by(viewer, event_id, now)).view.sites
    return json_response(request, PlanSites(items=tuple(site_shown(*one) for one in sites.items())))


@operation(
    HttpMethod.POST,
    SITES,
    changes(
        summary="Add a site",
        body=NewSite,
        text=f"Takes the plan back to planning, ends its clearance, and compares it again. {ETAG_OF}",
    ),
)
async def add_operation_site(event_id: PathId, request: FormRequest, viewer: Viewer, now: Now) -> Response[Any]:
    """Add a site."""
    plan = await matched_plan(request, viewer, event_id, now)
    new = await body_of(request, NewSite)
    place = clean(new.place, LONGEST_PLACE, "place")
    site = PlannedSite(role=new.role, place=place, point=point_at(new.latitude, new.longitude, new.radius_ft))
    await plans.add_site_to_plan(viewer, event_id, site, now, version=plan.version)
    return await plan_reply(request, viewer, now, event_id)


@operation(
    HttpMethod.DELETE,
    f"{SITES}/{{site_id:uuid}}",
    changes(
        summary="Remove a site",
        text=f"Takes the plan back to planning, ends its clearance, and compares it again. {ETAG_OF}",
    ),
)
async def remove_operation_site(
    event_id: PathId, site_id: PathId, request: FormRequest, viewer: Viewer, now: Now
) -> Response[Any]:
    """Remove a site."""
    plan = await matched_plan(request, viewer, event_id, now)
    await plans.remove_site_from_plan(viewer, event_id, site_id, now, version=plan.version)
    return await plan_reply(request, viewer, now, event_id)


@operation(HttpMethod.GET, COMMITMENTS, reads(summary="List agency resources", response=CommitmentsShown))
async def list_commitments(event_id: PathId, request: FormRequest, viewer: Viewer, now: Now) -> Response[Any]:
    """Return the resources of each agency."""
    plan = (await read_by(viewer, event_id, now)).operation
    return json_response(request, CommitmentsShown(items=tuple(map(commitment_shown, plan.commitments))))


@operation(
    HttpMethod.PUT,
    COMMITMENT,
    changes(
        summary="Save an agency’s resources",
        body=NewCommitment,
        text="For people of the agency who are on the operation, and for those who lead it. Each agency has to "
        f"acknowledge the plan again. {ETAG_OF}",
    ),
)
async def commit_agency(
    event_id: PathId, agency_id: PathId, request: FormRequest, viewer: Viewer, now: Now
) -> Response[Any]:
    """Save the resources of an agency."""
    plan = await matched_plan(request, viewer, event_id, now)
    new = await body_of(request, NewCommitment)
    await plans.commit_resources(
        viewer,
        event_id,
        agency_id,
        people=new.people,
        vehicles=new.vehicles,
        skills=clean(new.skills, LONGEST_SKILLS, "skills"),
        now=now,
        version=plan.version,
    )
    return await plan_reply(request, viewer, now, event_id)


@operation(
    HttpMethod.DELETE,
    COMMITMENT,
    changes(summary="Remove an agency’s resources", text=f"Each agency has to acknowledge the plan again. {ETAG_OF}"),
)
async def withdraw_agency(
    event_id: PathId, agency_id: PathId, request: FormRequest, viewer: Viewer, now: Now
) -> Response[Any]:
    """Remove the resources of an agency."""
    plan = await matched_plan(request, viewer, event_id, now)
    await plans.withdraw_resources(viewer, event_id, agency_id, now, version=plan.version)
    return await plan_reply(request, viewer, now, event_id)


@operation(
    HttpMethod.GET,
    f"{PLAN}/acknowledgments",
    reads(
        summary="List acknowledgments",
        response=AcknowledgmentsShown,
        text="Returns each agency with resources in the plan, and the last version it acknowledged.",
    ),
)
async def list_acknowledgments(event_id: PathId, request: FormRequest, viewer: Viewer, now: Now) -> Response[Any]:
    """Return which agencies acknowledged which version."""
    plan = (await read_by(viewer, event_id, now)).operation
    items = tuple(acknowledgment_shown(commitment, plan.version) for commitment in plan.commitments)
    return json_response(request, AcknowledgmentsShown(items=items))


@operation(
    HttpMethod.POST,
    f"{PLAN}/acknowledgments",
    Operation(
        summary="Acknowledge a plan",
        tag=TAG,
        scope=WRITE,
        body=NewAcknowledgment,
        response=PlanShown,
        may_conflict=True,
        text="For your agency, in the version that you read. An earlier version is a conflict: read the plan again.",
    ),
)
async def acknowledge_plan(event_id: PathId, request: FormRequest, viewer: Viewer, now: Now) -> Response[Any]:
    """Acknowledge the version of a plan that the program read."""
    await read_by(viewer, event_id, now)
    new = await body_of(request, NewAcknowledgment)
    await approvals.acknowledge_plan_version(viewer, event_id, new.version, now)
    return await plan_reply(request, viewer, now, event_id)


@operation(
    HttpMethod.GET,
    f"{PLAN}/clearances",
    reads(summary="List deconfliction numbers and waivers", response=ClearancesShown),
)
async def list_clearances(event_id: PathId, request: FormRequest, viewer: Viewer, now: Now) -> Response[Any]:
    """Return the deconfliction numbers, and waivers."""
    plan = (await read_by(viewer, event_id, now)).operation
    return json_response(request, ClearancesShown(items=tuple(map(clearance_shown, plan.clearances))))


@operation(
    HttpMethod.POST,
    f"{PLAN}/clearances",
    changes(
        summary="Record a deconfliction number",
        body=NewNumber,
        text="Records the number of an outside system. The tracker doesn’t submit operations to these systems. An "
        f"earlier number is kept as history. {ETAG_OF}",
    ),
)
async def record_outside_number(event_id: PathId, request: FormRequest, viewer: Viewer, now: Now) -> Response[Any]:
    """Record a deconfliction number."""
    await matched_plan(request, viewer, event_id, now)
    new = await body_of(request, NewNumber)
    number = clean(new.number, LONGEST_NUMBER, "number")
    asked = OutsideCheck(system=new.system, number=number, result=new.result, submitted_at=new.submitted_at)
    await approvals.record_deconfliction_number(viewer, event_id, asked, now)
    return await plan_reply(request, viewer, now, event_id)


@operation(
    HttpMethod.POST,
    f"{PLAN}/waivers",
    changes(
        summary="Waive the deconfliction number",
        body=NewWaiver,
        text=f"For the approving supervisor, who doesn’t lead the operation. {ETAG_OF}",
    ),
)
async def waive_outside_check(event_id: PathId, request: FormRequest, viewer: Viewer, now: Now) -> Response[Any]:
    """Waive the deconfliction number."""
    await matched_plan(request, viewer, event_id, now)
    new = await body_of(request, NewWaiver)
    await approvals.waive_deconfliction(viewer, event_id, clean(new.reason, LONGEST_REASON, "reason"), now)
    return await plan_reply(request, viewer, now, event_id)


@operation(
    HttpMethod.GET,
    f"{PLAN}/returns",
    reads(
        summary="List plans sent back",
        response=ReturnsShown,
        text="Which versions the supervisor sent back, and what should change. For people who can edit the operation "
        "and its supervisor; empty for others.",
    ),
)
async def list_returns(event_id: PathId, request: FormRequest, viewer: Viewer, now: Now) -> Response[Any]:
    """Return what was sent back."""
    await read_by(viewer, event_id, now)
    plan_returns = await approvals.returns_of(viewer, event_id)
    return json_response(request, ReturnsShown(items=tuple(map(return_shown, plan_returns))))


@operation(
    HttpMethod.POST,
    f"{PLAN}/returns",
    changes(
        summary="Send a plan back",
        body=NewReturn,
        text="For the approving supervisor, while the plan is submitted. It goes back to planning, and its lead gets "
        f"an email that says only to sign in. {ETAG_OF}",
    ),
)
async def send_plan_back(event_id: PathId, request: FormRequest, viewer: Viewer, now: Now) -> Response[Any]:
    """Send the version of a plan that the program read back to planning."""
    plan = await matched_plan(request, viewer, event_id, now)
    comment = clean((await body_of(request, NewReturn)).comment, LONGEST_REASON, "comment")
    await approvals.return_plan(viewer, event_id, comment, now, version=plan.version)
    return await plan_reply(request, viewer, now, event_id)


PHASES = f"{PLAN}/phases"
PHASE = f"{PHASES}/{{phase_id:uuid}}"
FIELDS = {"day": "starts_at", "ends": "ends_at", "begun": "begun_at", "ended": "ended_at"}
"""Names in the API for fields that forms call otherwise."""


@operation(HttpMethod.GET, PHASES, reads(summary="List the phases of an operation", response=PhasesShown))
async def list_phases(event_id: PathId, request: FormRequest, viewer: Viewer, now: Now) -> Response[Any]:
    """Return the phases of an operation."""
    found = (await read_by(viewer, event_id, now)).phases
    return json_response(request, PhasesShown(items=tuple(map(phase_shown, found.values()))))


@operation(
    HttpMethod.POST,
    PHASES,
    changes(
        summary="Plan a phase",
        body=NewPhase,
        text="Times are kept to the minute, and move with the start of the operation. Each agency has to acknowledge "
        f"the plan again. {ETAG_OF}",
    ),
)
async def add_phase(event_id: PathId, request: FormRequest, viewer: Viewer, now: Now) -> Response[Any]:
    """Plan another phase."""
    plan = await matched_plan(request, viewer, event_id, now)
    new = await body_of(request, NewPhase)
    with fields_named(FIELDS):
        await orders.plan_phase(viewer, event_id, _planned(new), now, version=plan.version)
    return await plan_reply(request, viewer, now, event_id)


@operation(
    HttpMethod.PUT,
    PHASE,
    changes(
        summary="Change a phase’s planned times",
        body=NewPhase,
        text=f"Each agency has to acknowledge the plan again. {ETAG_OF}",
    ),
)
async def change_phase(
    event_id: PathId, phase_id: PathId, request: FormRequest, viewer: Viewer, now: Now
) -> Response[Any]:
    """Plan a phase differently."""
    plan = await matched_plan(request, viewer, event_id, now)
    new = await body_of(request, NewPhase)
    with fields_named(FIELDS):
        await orders.replan_phase(viewer, event_id, phase_id, _planned(new), now, version=plan.version)
    return await plan_reply(request, viewer, now, event_id)


@operation(
    HttpMethod.DELETE,
    PHASE,
    changes(summary="Remove a phase", text=f"Each agency has to acknowledge the plan again. {ETAG_OF}"),
)
async def remove_phase(
    event_id: PathId, phase_id: PathId, request: FormRequest, viewer: Viewer, now: Now
) -> Response[Any]:
    """Remove a phase."""
    plan = await matched_plan(request, viewer, event_id, now)
    await orders.delete_phase(viewer, event_id, phase_id, now, version=plan.version)
    return await plan_reply(request, viewer, now, event_id)


@operation(
    HttpMethod.PUT,
    f"{PHASE}/times",
    changes(
        summary="Record when a phase began and ended",
        body=PhaseTimes,
        text="For people who can edit the operation, once its plan is approved and until it is closed. No agency has "
        f"to acknowledge the plan again. {ETAG_OF}",
    ),
)
async def time_phase(
    event_id: PathId, phase_id: PathId, request: FormRequest, viewer: Viewer, now: Now
) -> Response[Any]:
    """Record when a phase really began and ended."""
    await matched_plan(request, viewer, event_id, now)
    times = await body_of(request, PhaseTimes)
    with fields_named(FIELDS):
        begun_at, ended_at = (in_utc(moment) if moment else None for moment in (times.begun_at, times.ended_at))
        await orders.correct_phase_times(viewer, event_id, phase_id, begun_at, ended_at, now)
    return await plan_reply(request, viewer, now, event_id)


def _planned(new: NewPhase) -> PhasePlan:
    return PhasePlan(
        name=clean(new.name, LONGEST_PHASE_NAME, "name"),
        starts_at=in_utc(new.starts_at),
        ends_at=in_utc(new.ends_at) if new.ends_at else None,
    )


HITS = f"{PLAN}/hits"
HIT = f"{HITS}/{{hit_id:uuid}}"


@operation(
    HttpMethod.GET,
    HITS,
    reads(
        summary="List conflicts",
        response=HitsShown,
        text="Returns conflicts with other operations of this task force, for people who can edit the operation and "
        "for its approving supervisor. The list is empty for others who can see the operation. Of the other "
        "operation, you see what it discloses.",
    ),
)
async def list_hits(event_id: PathId, request: FormRequest, viewer: Viewer, now: Now) -> Response[Any]:
    """Return the conflicts that the viewer's side may know of."""
    hits = (await read_by(viewer, event_id, now)).view.hits
    return json_response(request, HitsShown(items=tuple(map(hit_shown, hits))))


@operation(HttpMethod.GET, HIT, reads(summary="Read a conflict", response=HitShown))
async def read_hit(event_id: PathId, hit_id: PathId, request: FormRequest, viewer: Viewer, now: Now) -> Response[Any]:
    """Return one conflict."""
    return json_response(request, hit_shown(await _hit(viewer, event_id, hit_id, now)))


@operation(
    HttpMethod.PUT,
    f"{HIT}/decision",
    changes(
        summary="Decide about a conflict",
        body=NewDecision,
        response=HitShown,
        text="For people who can edit the operation. Replaces what your agency decided before. proceed, joint, and "
        "not_a_conflict end the conflict when both agencies made the same decision; reschedule and cancel when the "
        "operations are no longer near each other. An agency that discloses nothing decides alone. If-Match takes the "
        "conflict’s ETag.",
    ),
)
async def decide_hit(event_id: PathId, hit_id: PathId, request: FormRequest, viewer: Viewer, now: Now) -> Response[Any]:
    """Record what this side decides."""
    check_match(request, hit_shown(await _hit(viewer, event_id, hit_id, now)))
    new = await body_of(request, NewDecision)
    reason = clean(new.reason, LONGEST_REASON, "reason")
    await deconfliction.decide_conflict(viewer, event_id, hit_id, new.decision, reason, now)
    return json_response(request, hit_shown(await _hit(viewer, event_id, hit_id, now)))


async def _hit(viewer: Viewer, event_id: UUID, hit_id: UUID, now: Now) -> Hit:
    hits = (await read_by(viewer, event_id, now)).view.hits
    hit = next((hit for hit in hits if hit.id == hit_id), None)
    if hit is None:
        raise NotFound
    return hit
