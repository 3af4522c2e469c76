"""The parts of a plan in JSON: sites, agency resources, acknowledgments, numbers, returns, phases, and conflicts."""

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated
from uuid import UUID

from msgspec import Meta, convert
from msgspec.structs import asdict

from tracker.errors import NotFound
from tracker.ports.api.joint_operations import (
    PLAN,
    READ,
    TAG,
    By,
    ClearanceShown,
    CommitmentShown,
    PhaseShown,
    PlanSite,
    changes,
    read_by,
    reads,
    sites_shown,
    writes,
)
from tracker.ports.api.operations import Resource, read_operation
from tracker.ports.api.responses import fields_named
from tracker.ports.api.shapes import Given, Line, Moment, Shown, list_of, minutes, shown
from tracker.ports.http.dependencies import Now, PathId, Settings, Viewer
from tracker.rules.operations.approvals import PlanReturn
from tracker.rules.operations.deconfliction import Decision, Hit, Outcome
from tracker.rules.operations.orders import LONGEST_PHASE_NAME, Phase, PhasePlan
from tracker.rules.operations.plans import (
    DEFAULT_RADIUS,
    GREATEST_RADIUS,
    LEAST_RADIUS,
    LONGEST_NUMBER,
    LONGEST_PLACE,
    LONGEST_REASON,
    LONGEST_SKILLS,
    MOST_PEOPLE,
    Commitment,
    DeconflictionCheck,
    OutsideResult,
    PlanClearance,
    PlannedSite,
    SiteRole,
    System,
    point_at,
)
from tracker.rules.roster.coordinates import Region
from tracker.usecases.operations import approvals, deconfliction, orders, plans
from tracker.usecases.operations.plans import WholePlan

Latitude = Annotated[float, Meta(ge=-90, le=90, examples=[39.0911], description="Degrees of WGS 84.")]
Longitude = Annotated[float, Meta(ge=-180, le=180, examples=[-94.4155], description="Degrees. West is negative.")]
Radius = Annotated[int, Meta(ge=LEAST_RADIUS, le=GREATEST_RADIUS, description="Feet.")]


class NewSite(Given):
    """A place of an operation."""

    role: SiteRole
    place: Annotated[
        Line, Meta(min_length=1, max_length=LONGEST_PLACE, examples=["Lot behind the motel"], description="In words.")
    ]
    latitude: Latitude
    longitude: Longitude
    radius_ft: Radius = DEFAULT_RADIUS
    is_outside_region: Annotated[
        bool,
        Meta(description="Whether the place is known to be outside of the task force’s region; else that is refused."),
    ] = False

    def planned(self) -> PlannedSite:
        """Return the site of the plan."""
        return PlannedSite(
            role=self.role, place=self.place, point=point_at(self.latitude, self.longitude, self.radius_ft)
        )


PlanSites = list_of("PlanSites", PlanSite, "The places of an operation, targets first.")
Committed = Annotated[int, Meta(ge=1, le=MOST_PEOPLE)]
Vehicles = Annotated[int, Meta(ge=0, le=MOST_PEOPLE)]


class NewCommitment(Given):
    """The resources of an agency, in place of those that it had in the plan before."""

    people: Committed
    vehicles: Vehicles = 0
    skills: Annotated[Line, Meta(max_length=LONGEST_SKILLS, examples=["Spanish, K-9"])] = ""


CommitmentsShown = list_of("CommitmentsShown", CommitmentShown, "Agency resources, by agency.")


class NewAcknowledgment(Given):
    """The version of the plan that you read."""

    version: Annotated[int, Meta(ge=1)]


class AcknowledgmentShown(Shown):
    """The last version of the plan that an agency acknowledged; null before its first."""

    agency_id: UUID
    agency: str
    version: int | None
    by: str | None
    at: Moment | None
    is_current: Annotated[bool, Meta(description="Whether it’s the plan as it is now.")]


AcknowledgmentsShown = list_of("AcknowledgmentsShown", AcknowledgmentShown, "Acknowledgments, by agency.")


class NewNumber(Given):
    """A deconfliction number, which an outside system gave."""

    system: System
    number: Annotated[Line, Meta(min_length=1, max_length=LONGEST_NUMBER, examples=["RS-1042"])]
    result: OutsideResult = OutsideResult.PENDING
    submitted_at: Annotated[Moment | None, Meta(description="When it was submitted, within 90 days. Null = now.")] = (
        None
    )


Why = Annotated[Line, Meta(min_length=1, max_length=LONGEST_REASON)]


class NewWaiver(Given):
    """Why the deconfliction number is waived."""

    reason: Why


ClearancesShown = list_of(
    "ClearancesShown", ClearanceShown, "Numbers and waivers, newest first; earlier ones are history."
)


class NewReturn(Given):
    """What should change in the plan."""

    comment: Why


class ReturnShown(Shown):
    """A submitted version of the plan that its supervisor sent back."""

    version: int
    by: By
    returned_at: Moment
    comment: str


ReturnsShown = list_of("ReturnsShown", ReturnShown, "What was sent back, newest first.")


class NewPhase(Given):
    """A phase of an operation as it is planned."""

    name: Annotated[Line, Meta(min_length=1, max_length=LONGEST_PHASE_NAME, examples=["Briefing"])]
    starts_at: Moment
    ends_at: Annotated[Moment | None, Meta(description="Null for a phase that is a moment, such as all out.")] = None


class PhaseTimes(Given):
    """When a phase really began and ended; null while it has not."""

    begun_at: Moment | None
    ended_at: Moment | None = None


PhasesShown = list_of("PhasesShown", PhaseShown, "The phases of an operation, earliest first.")
WhyDecided = Annotated[
    Line, Meta(min_length=1, max_length=LONGEST_REASON, description="One sentence: why, or what you agreed.")
]


class NewDecision(Given):
    """What your agency decides about a conflict."""

    decision: Decision
    reason: WhyDecided


class HitShown(Shown):
    """A conflict with another operation, as far as that one discloses itself; null is not disclosed, or over."""

    id: UUID
    found_at: Moment
    agency: str
    lead: str | None
    phone: str | None
    email: str | None
    starts_at: Moment | None
    ends_at: Moment | None
    distance_ft: int | None
    gap_minutes: int | None
    mine: Annotated[Decision | None, Meta(description="What your agency decided.")]
    theirs: Decision | None
    outcome: Annotated[Outcome | None, Meta(description="Null while it needs a decision.")]
    dropped_at: Annotated[
        Moment | None, Meta(description="When earlier decisions stopped counting, because a time or place changed.")
    ]
    closed_at: Moment | None


HitsShown = list_of("HitsShown", HitShown, "Conflicts, oldest first.")


def hit_shown(hit: Hit) -> HitShown:
    """Return a conflict as its side sees it."""
    return shown(HitShown, hit, **asdict(hit.other), gap_minutes=None if hit.gap is None else minutes(hit.gap))


ETAG_OF = "If-Match takes the operation’s ETag."
SITES, COMMITMENTS = f"{PLAN.path}/sites", f"{PLAN.path}/commitments"
COMMITMENT = f"{COMMITMENTS}/{{agency_id:uuid}}"
COMPARED_AGAIN = f"Takes the plan back to planning, ends its clearance, and compares it again. {ETAG_OF}"


@reads(SITES, "List the sites of an operation", of=PLAN, response=PlanSites)
async def list_operation_sites(plan: WholePlan) -> Iterable[PlanSite]:
    """Return the sites of an operation."""
    return sites_shown(plan)


@changes("POST", SITES, "Add a site", text=COMPARED_AGAIN)
async def add_operation_site(plan: WholePlan, new: NewSite, settings: Settings, viewer: Viewer, now: Now) -> None:
    """Add a site."""
    region = None if new.is_outside_region else Region(*settings.region_degrees)
    await plans.add_site_to_plan(viewer, plan.event_id, new.planned(), now, region=region, version=plan.version)


@changes("PUT", f"{SITES}/{{site_id:uuid}}", "Change a site", text=f"{COMPARED_AGAIN} Other words for the place don’t.")
async def change_operation_site(
    plan: WholePlan, site_id: PathId, new: NewSite, settings: Settings, viewer: Viewer, now: Now
) -> None:
    """Change a site."""
    region = None if new.is_outside_region else Region(*settings.region_degrees)
    await plans.change_site_of_plan(
        viewer, plan.event_id, site_id, new.planned(), now, region=region, version=plan.version
    )


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
    await plans.commit_resources(viewer, plan.event_id, agency_id, **asdict(new), now=now, version=plan.version)


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
    return [
        shown(
            AcknowledgmentShown,
            commitment,
            version=commitment.acknowledged,
            by=commitment.acknowledged_by,
            at=commitment.acknowledged_at,
            is_current=commitment.acknowledged == plan.version,
        )
        for commitment in plan.operation.commitments
    ]


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
    check = convert(new, DeconflictionCheck, from_attributes=True)
    await approvals.record_deconfliction_number(viewer, plan.event_id, check, now)


@changes(
    "POST",
    f"{PLAN.path}/waivers",
    "Waive the deconfliction number",
    is_of_version=True,
    text=f"For the approving supervisor, who doesn’t lead the operation. {ETAG_OF} `*` isn’t enough.",
)
async def waive_outside_check(plan: WholePlan, new: NewWaiver, viewer: Viewer, now: Now) -> None:
    """Waive the deconfliction number."""
    await approvals.waive_deconfliction(viewer, plan.event_id, new.reason, now, version=plan.version)


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
    await approvals.return_plan(viewer, plan.event_id, new.comment, now, version=plan.version)


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
    phase = convert(new, PhasePlan, from_attributes=True)
    with fields_named(FIELDS):
        await orders.plan_phase(viewer, plan.event_id, phase, now, version=plan.version)


@changes(
    "PUT", PHASE, "Change a phase’s planned times", text=f"Each agency has to acknowledge the plan again. {ETAG_OF}"
)
async def change_phase(plan: WholePlan, phase_id: PathId, new: NewPhase, viewer: Viewer, now: Now) -> None:
    """Plan a phase differently."""
    phase = convert(new, PhasePlan, from_attributes=True)
    with fields_named(FIELDS):
        await orders.replan_phase(viewer, plan.event_id, phase_id, phase, now, version=plan.version)


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
        await orders.correct_phase_times(viewer, plan.event_id, phase_id, new.begun_at, new.ended_at, now)


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


read_hit = read_operation(HIT, "Read a conflict", tag=TAG, scope=READ)


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
    await deconfliction.decide_conflict(viewer, event_id, hit.id, new.decision, new.reason, now)
