"""Parts of a plan in JSON: its sites, agency resources, acknowledgments, and deconfliction numbers."""

from typing import Any

from litestar import HttpMethod, Response

from tracker.ports.api.joint_operation_bodies import NewAcknowledgment, NewCommitment, NewNumber, NewSite, NewWaiver
from tracker.ports.api.joint_operation_shapes import (
    AcknowledgmentsShown,
    ClearancesShown,
    CommitmentsShown,
    PlanShown,
    PlanSites,
    acknowledgment_shown,
    clearance_shown,
    commitment_shown,
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
from tracker.ports.api.reading import body_of
from tracker.ports.api.responses import response
from tracker.ports.http.dependencies import Now, Viewer
from tracker.ports.http.forms import FormRequest
from tracker.ports.http.path import PathId
from tracker.rules.core.clean_text import clean
from tracker.rules.operations.plans import LONGEST_NUMBER, LONGEST_REASON, LONGEST_SKILLS, OutsideCheck
from tracker.rules.operations.sites import LONGEST_PLACE, Site, point_at
from tracker.usecases.operations import approvals, plans

SITES, COMMITMENTS = f"{PLAN}/sites", f"{PLAN}/commitments"
COMMITMENT = f"{COMMITMENTS}/{{agency_id:uuid}}"


@operation(HttpMethod.GET, SITES, reads(summary="List the sites of an operation", response=PlanSites))
async def list_operation_sites(event_id: PathId, request: FormRequest, viewer: Viewer, now: Now) -> Response[Any]:
    """Return the sites of an operation."""
    sites = (await read_by(viewer, event_id, now)).view.sites
    return response(request, PlanSites(items=tuple(site_shown(*one) for one in sites.items())))


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
    site = Site(role=new.role, place=place, point=point_at(new.latitude, new.longitude, new.radius_ft))
    await plans.add_site(viewer, event_id, site, now, version=plan.version)
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
    await plans.remove_site(viewer, event_id, site_id, now, version=plan.version)
    return await plan_reply(request, viewer, now, event_id)


@operation(HttpMethod.GET, COMMITMENTS, reads(summary="List agency resources", response=CommitmentsShown))
async def list_commitments(event_id: PathId, request: FormRequest, viewer: Viewer, now: Now) -> Response[Any]:
    """Return the resources of each agency."""
    plan = (await read_by(viewer, event_id, now)).operation
    return response(request, CommitmentsShown(items=tuple(map(commitment_shown, plan.commitments))))


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
    await plans.commit(
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
    await plans.withdraw(viewer, event_id, agency_id, now, version=plan.version)
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
    items = tuple(acknowledgment_shown(one, plan.version) for one in plan.commitments)
    return response(request, AcknowledgmentsShown(items=items))


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
    await approvals.acknowledge(viewer, event_id, new.version, now)
    return await plan_reply(request, viewer, now, event_id)


@operation(
    HttpMethod.GET,
    f"{PLAN}/clearances",
    reads(summary="List deconfliction numbers and waivers", response=ClearancesShown),
)
async def list_clearances(event_id: PathId, request: FormRequest, viewer: Viewer, now: Now) -> Response[Any]:
    """Return the deconfliction numbers, and waivers."""
    plan = (await read_by(viewer, event_id, now)).operation
    return response(request, ClearancesShown(items=tuple(map(clearance_shown, plan.clearances))))


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
    await approvals.record_number(viewer, event_id, asked, now)
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
    await approvals.waive(viewer, event_id, clean(new.reason, LONGEST_REASON, "reason"), now)
    return await plan_reply(request, viewer, now, event_id)
