"""The JSON shapes of joint operations: what programs send, and what they get."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from msgspec import UNSET, Meta, UnsetType
from msgspec.structs import asdict

from tracker.ports.api.shapes import Banner, Given, Moment, Name, Shown, list_of, minutes, page_of, shown
from tracker.rules.events.events import EventStatus, Occurrence
from tracker.rules.operations.deconfliction import Decision, Hit, Outcome
from tracker.rules.operations.orders import LONGEST_PHASE_NAME
from tracker.rules.operations.plans import (
    DEFAULT_RADIUS,
    GREATEST_RADIUS,
    LEAST_RADIUS,
    LONGEST_BUFFER,
    LONGEST_NUMBER,
    LONGEST_PLACE,
    LONGEST_REASON,
    LONGEST_SKILLS,
    MOST_PEOPLE,
    Commitment,
    Disclosure,
    OutsideResult,
    SiteRole,
    System,
)
from tracker.rules.operations.states import OperationState
from tracker.usecases.operations.plans import WholePlan
from tracker.usecases.views.search import PlannedOperation

Buffer = Annotated[
    int, Meta(ge=0, le=minutes(LONGEST_BUFFER), description="Minutes between two operations that aren’t in conflict.")
]
Discloses = Annotated[Disclosure, Meta(description="What the other operation in a conflict is shown of this one.")]
Latitude = Annotated[float, Meta(ge=-90, le=90, examples=[39.0911], description="Degrees of WGS 84.")]
Longitude = Annotated[float, Meta(ge=-180, le=180, examples=[-94.4155], description="Degrees. West is negative.")]
Radius = Annotated[int, Meta(ge=LEAST_RADIUS, le=GREATEST_RADIUS, description="Feet.")]
Committed = Annotated[int, Meta(ge=1, le=MOST_PEOPLE)]
Vehicles = Annotated[int, Meta(ge=0, le=MOST_PEOPLE)]
WhyDecided = Annotated[
    str, Meta(min_length=1, max_length=LONGEST_REASON, description="One sentence: why, or what you agreed.")
]
Why = Annotated[str, Meta(min_length=1, max_length=LONGEST_REASON)]


class NextState(StrEnum):
    """A state that a plan can be taken to, except approved: that’s an approval."""

    PLANNING = "planning"
    SUBMITTED = "submitted"
    BRIEFED = "briefed"
    EXECUTING = "executing"
    RELEASED = "released"
    DEBRIEFED = "debriefed"
    CLOSED = "closed"
    STOOD_DOWN = "stood_down"
    ABORTED = "aborted"


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


class NewSite(Given):
    """A place of an operation."""

    role: SiteRole
    place: Annotated[
        str, Meta(min_length=1, max_length=LONGEST_PLACE, examples=["Lot behind the motel"], description="In words.")
    ]
    latitude: Latitude
    longitude: Longitude
    radius_ft: Radius = DEFAULT_RADIUS


class NewPhase(Given):
    """A phase of an operation as it is planned."""

    name: Annotated[str, Meta(min_length=1, max_length=LONGEST_PHASE_NAME, examples=["Briefing"])]
    starts_at: Moment
    ends_at: Annotated[Moment | None, Meta(description="Null for a phase that is a moment, such as all out.")] = None


class PhaseTimes(Given):
    """When a phase really began and ended; null while it has not."""

    begun_at: Moment | None
    ended_at: Moment | None = None


class NewCommitment(Given):
    """The resources of an agency, in place of those that it had in the plan before."""

    people: Committed
    vehicles: Vehicles = 0
    skills: Annotated[str, Meta(max_length=LONGEST_SKILLS, examples=["Spanish, K-9"])] = ""


class NewAcknowledgment(Given):
    """The version of the plan that you read."""

    version: Annotated[int, Meta(ge=1)]


class NewNumber(Given):
    """A deconfliction number, which an outside system gave."""

    system: System
    number: Annotated[str, Meta(min_length=1, max_length=LONGEST_NUMBER, examples=["RS-1042"])]
    result: OutsideResult = OutsideResult.PENDING
    submitted_at: Annotated[Moment | None, Meta(description="When it was submitted, within 90 days. Null = now.")] = (
        None
    )


class NewWaiver(Given):
    """Why the deconfliction number is waived."""

    reason: Why


class NewReturn(Given):
    """What should change in the plan."""

    comment: Why


class NewDecision(Given):
    """What your agency decides about a conflict."""

    decision: Decision
    reason: WhyDecided


class Move(Given):
    """The state to take a plan to."""

    to: NextState


By = Annotated[str, Meta(description="Name and agency.")]


class NamedId(Shown):
    """A person or an agency that another operation can name."""

    id: UUID
    name: str


class PlannedShown(Shown):
    """A joint operation with a plan, in brief."""

    event_id: UUID
    key: str
    title: str
    status: EventStatus
    starts_at: Moment
    ends_at: Moment
    time_zone: str
    banner: Banner
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


PlanSites = list_of("PlanSites", PlanSite, "The places of an operation, targets first.")


class PhaseShown(Shown):
    """A phase of an operation: when it is planned, and when it began and ended."""

    id: UUID
    name: str
    starts_at: Moment
    ends_at: Annotated[Moment | None, Meta(description="Null for a phase that is a moment, such as all out.")]
    begun_at: Moment | None
    ended_at: Moment | None


PhasesShown = list_of("PhasesShown", PhaseShown, "The phases of an operation, earliest first.")


class CommitmentShown(Shown):
    """The resources of an agency in a plan."""

    agency_id: UUID
    agency: str
    people: int
    vehicles: int
    skills: str


CommitmentsShown = list_of("CommitmentsShown", CommitmentShown, "Agency resources, by agency.")


class AcknowledgmentShown(Shown):
    """The last version of the plan that an agency acknowledged; null before its first."""

    agency_id: UUID
    agency: str
    version: int | None
    by: str | None
    at: Moment | None
    is_current: Annotated[bool, Meta(description="Whether it’s the plan as it is now.")]


AcknowledgmentsShown = list_of("AcknowledgmentsShown", AcknowledgmentShown, "Acknowledgments, by agency.")


class ClearanceShown(Shown):
    """A deconfliction number, or a waiver of the approving supervisor."""

    system: Annotated[System | None, Meta(description="Null for a waiver.")]
    number: str | None
    result: Annotated[OutsideResult | None, Meta(description="Null for a waiver.")]
    reason: Annotated[str | None, Meta(description="Of a waiver.")]
    submitted_at: Moment
    by: By
    replaced_at: Annotated[Moment | None, Meta(description="When it stopped being valid. Null while it is.")]


ClearancesShown = list_of(
    "ClearancesShown", ClearanceShown, "Numbers and waivers, newest first; earlier ones are history."
)


class ApprovalShown(Shown):
    """An approval of a version of the plan."""

    version: int
    by: By
    approved_at: Moment
    ended_at: Annotated[Moment | None, Meta(description="When it stopped being valid. Null while it is.")]


ApprovalsShown = list_of("ApprovalsShown", ApprovalShown, "Approvals, newest first; earlier ones are history.")


class ReturnShown(Shown):
    """A submitted version of the plan that its supervisor sent back."""

    version: int
    by: By
    returned_at: Moment
    comment: str


ReturnsShown = list_of("ReturnsShown", ReturnShown, "What was sent back, newest first.")


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


class PlanShown(Shown):
    """The plan of a joint operation as the owner of the token may see it."""

    event_id: UUID
    key: str
    title: str
    status: EventStatus
    starts_at: Moment
    ends_at: Moment
    time_zone: str
    banner: Banner
    lead: Name
    state: OperationState
    version: Annotated[int, Meta(description="Rises with every change that agencies have to acknowledge again.")]
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


def planned_shown(planned: PlannedOperation) -> PlannedShown:
    """Return an operation in brief in the shape of the API."""
    return shown(PlannedShown, planned, **_event(planned.occurrence))


def plan_shown(whole: WholePlan) -> PlanShown:
    """Return a plan in the shape of the API."""
    view, plan = whole.view, whole.operation
    event = plan.event
    return shown(
        PlanShown,
        plan,
        **_event(view.occurrence),
        lead=Name(id=event.lead_id, name=event.lead, agency=event.lead_agency),
        next=NextStep(state=view.next, refusals=view.refusals) if view.next else None,
        exits=view.exits,
        supervisor=NamedId(id=plan.supervisor_id, name=plan.supervisor) if plan.supervisor_id else None,
        buffer_minutes=minutes(plan.buffer),
        may_change=view.may_change,
        supervisors=named(view.supervisors),
        agencies=named(view.agencies),
        sites=tuple(sites_shown(whole)),
        phases=tuple(whole.phases.values()),
        clearance=shown(ClearanceShown, plan.clearance) if plan.clearance else None,
    )


def sites_shown(whole: WholePlan) -> list[PlanSite]:
    """Return the sites of a plan in the shape of the API."""
    sites = whole.view.sites.items()
    return [shown(PlanSite, site.point, id=site_id, role=site.role, place=site.place) for site_id, site in sites]


def acknowledgment_shown(commitment: Commitment, version: int) -> AcknowledgmentShown:
    """Return an agency's acknowledgment of a plan that has this version now."""
    return shown(
        AcknowledgmentShown,
        commitment,
        version=commitment.acknowledged,
        by=commitment.acknowledged_by,
        at=commitment.acknowledged_at,
        is_current=commitment.acknowledged == version,
    )


def hit_shown(hit: Hit) -> HitShown:
    """Return a conflict as its side sees it."""
    return shown(HitShown, hit, **asdict(hit.other), gap_minutes=None if hit.gap is None else minutes(hit.gap))


def named(names: Mapping[UUID, str]) -> tuple[NamedId, ...]:
    """Return people or agencies that can be named."""
    return tuple(NamedId(id=named_id, name=name) for named_id, name in names.items())


def _event(occurrence: Occurrence) -> dict[str, object]:
    """Return what shapes of a plan show of its event and date."""
    event = occurrence.event
    return {
        "event_id": event.id,
        "key": occurrence.key,
        "title": occurrence.title,
        "status": occurrence.status,
        "starts_at": occurrence.starts_at,
        "ends_at": occurrence.ends_at,
        "time_zone": event.zone,
        "banner": event.banner,
    }
