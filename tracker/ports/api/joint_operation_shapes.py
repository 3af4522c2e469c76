"""The JSON shapes of joint operations and their plans."""

from collections.abc import Mapping
from typing import Annotated
from uuid import UUID

from msgspec import Meta

from tracker.ports.api.joint_operation_bodies import Buffer, Discloses
from tracker.ports.api.shapes import Banner, Moment, Name, Shown, minutes
from tracker.rules.events.events import EventStatus
from tracker.rules.operations.approvals import Approval, PlanReturn
from tracker.rules.operations.deconfliction import Decision, Hit, Outcome
from tracker.rules.operations.orders import Phase
from tracker.rules.operations.plans import Commitment, OutsideResult, PlanClearance, System
from tracker.rules.operations.sites import PlannedSite, SiteRole
from tracker.rules.operations.states import OperationState
from tracker.usecases.operations.plans import WholePlan
from tracker.usecases.views.listings import PlannedOperation

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


class PlannedPage(Shown):
    """One page of a list of joint operations."""

    items: tuple[PlannedShown, ...]
    next: str | None


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


class PlanSites(Shown):
    """The places of an operation, targets first."""

    items: tuple[PlanSite, ...]


class PhaseShown(Shown):
    """A phase of an operation: when it is planned, and when it began and ended."""

    id: UUID
    name: str
    starts_at: Moment
    ends_at: Annotated[Moment | None, Meta(description="Null for a phase that is a moment, such as all out.")]
    begun_at: Moment | None
    ended_at: Moment | None


class PhasesShown(Shown):
    """The phases of an operation, earliest first."""

    items: tuple[PhaseShown, ...]


class CommitmentShown(Shown):
    """The resources of an agency in a plan."""

    agency_id: UUID
    agency: str
    people: int
    vehicles: int
    skills: str


class CommitmentsShown(Shown):
    """Agency resources, by agency."""

    items: tuple[CommitmentShown, ...]


class AcknowledgmentShown(Shown):
    """The last version of the plan that an agency acknowledged; null before its first."""

    agency_id: UUID
    agency: str
    version: int | None
    by: str | None
    at: Moment | None
    is_current: Annotated[bool, Meta(description="Whether it’s the plan as it is now.")]


class AcknowledgmentsShown(Shown):
    """Acknowledgments, by agency."""

    items: tuple[AcknowledgmentShown, ...]


class ClearanceShown(Shown):
    """A deconfliction number, or a waiver of the approving supervisor."""

    system: Annotated[System | None, Meta(description="Null for a waiver.")]
    number: str | None
    result: Annotated[OutsideResult | None, Meta(description="Null for a waiver.")]
    reason: Annotated[str | None, Meta(description="Of a waiver.")]
    submitted_at: Moment
    by: By
    replaced_at: Annotated[Moment | None, Meta(description="When it stopped being valid. Null while it is.")]


class ClearancesShown(Shown):
    """Numbers and waivers, newest first; earlier ones are history."""

    items: tuple[ClearanceShown, ...]


class ApprovalShown(Shown):
    """An approval of a version of the plan."""

    version: int
    by: By
    approved_at: Moment
    ended_at: Annotated[Moment | None, Meta(description="When it stopped being valid. Null while it is.")]


class ApprovalsShown(Shown):
    """Approvals, newest first; earlier ones are history."""

    items: tuple[ApprovalShown, ...]


class ReturnShown(Shown):
    """A submitted version of the plan that its supervisor sent back."""

    version: int
    by: By
    returned_at: Moment
    comment: str


class ReturnsShown(Shown):
    """What was sent back, newest first."""

    items: tuple[ReturnShown, ...]


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


class HitsShown(Shown):
    """Conflicts, oldest first."""

    items: tuple[HitShown, ...]


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
    occurrence = planned.occurrence
    return PlannedShown(
        event_id=occurrence.event.id,
        key=occurrence.key,
        title=occurrence.title,
        status=occurrence.status,
        starts_at=occurrence.starts_at,
        ends_at=occurrence.ends_at,
        time_zone=occurrence.event.zone,
        banner=occurrence.event.banner,
        state=planned.state,
        version=planned.version,
    )


def plan_shown(whole: WholePlan) -> PlanShown:
    """Return a plan in the shape of the API."""
    view, plan = whole.view, whole.operation
    occurrence, event = view.occurrence, plan.event
    return PlanShown(
        event_id=event.id,
        key=occurrence.key,
        title=occurrence.title,
        status=occurrence.status,
        starts_at=occurrence.starts_at,
        ends_at=occurrence.ends_at,
        time_zone=event.zone,
        banner=event.banner,
        lead=Name(id=event.lead_id, name=event.lead, agency=event.lead_agency),
        state=plan.state,
        version=plan.version,
        next=NextStep(state=view.next, refusals=view.refusals) if view.next else None,
        exits=view.exits,
        supervisor=NamedId(id=plan.supervisor_id, name=plan.supervisor) if plan.supervisor_id else None,
        disclosure=plan.disclosure,
        buffer_minutes=minutes(plan.buffer),
        may_change=view.may_change,
        supervisors=_named(view.supervisors),
        agencies=_named(view.agencies),
        sites=tuple(site_shown(site_id, site) for site_id, site in view.sites.items()),
        phases=tuple(map(phase_shown, whole.phases.values())),
        commitments=tuple(map(commitment_shown, plan.commitments)),
        waiting=plan.waiting,
        clearance=clearance_shown(plan.clearance) if plan.clearance else None,
    )


def site_shown(site_id: UUID, site: PlannedSite) -> PlanSite:
    """Return a site in the shape of the API."""
    return PlanSite(
        id=site_id,
        role=site.role,
        place=site.place,
        latitude=site.point.latitude,
        longitude=site.point.longitude,
        radius_ft=site.point.radius_ft,
    )


def phase_shown(phase: Phase) -> PhaseShown:
    """Return a phase in the shape of the API."""
    return PhaseShown(
        id=phase.id,
        name=phase.name,
        starts_at=phase.starts_at,
        ends_at=phase.ends_at,
        begun_at=phase.begun_at,
        ended_at=phase.ended_at,
    )


def commitment_shown(commitment: Commitment) -> CommitmentShown:
    """Return the resources of an agency in the shape of the API."""
    return CommitmentShown(
        agency_id=commitment.agency_id,
        agency=commitment.agency,
        people=commitment.people,
        vehicles=commitment.vehicles,
        skills=commitment.skills,
    )


def acknowledgment_shown(commitment: Commitment, version: int) -> AcknowledgmentShown:
    """Return an agency's acknowledgment of a plan that has this version now."""
    return AcknowledgmentShown(
        agency_id=commitment.agency_id,
        agency=commitment.agency,
        version=commitment.acknowledged,
        by=commitment.acknowledged_by or None,
        at=commitment.acknowledged_at,
        is_current=commitment.acknowledged == version,
    )


def clearance_shown(plan_clearance: PlanClearance) -> ClearanceShown:
    """Return a number or a waiver in the shape of the API."""
    return ClearanceShown(
        system=plan_clearance.system,
        number=plan_clearance.number or None,
        result=plan_clearance.result,
        reason=plan_clearance.reason or None,
        submitted_at=plan_clearance.submitted_at,
        by=plan_clearance.by,
        replaced_at=plan_clearance.replaced_at,
    )


def approval_shown(approval: Approval) -> ApprovalShown:
    """Return an approval in the shape of the API."""
    return ApprovalShown(
        version=approval.version, by=approval.by, approved_at=approval.approved_at, ended_at=approval.ended_at
    )


def return_shown(given: PlanReturn) -> ReturnShown:
    """Return what was sent back in the shape of the API."""
    return ReturnShown(version=given.version, by=given.by, returned_at=given.returned_at, comment=given.comment)


def hit_shown(hit: Hit) -> HitShown:
    """Return a conflict as its side sees it."""
    return HitShown(
        id=hit.id,
        found_at=hit.found_at,
        agency=hit.other.agency,
        lead=hit.other.lead or None,
        phone=hit.other.phone or None,
        email=hit.other.email or None,
        starts_at=hit.other.starts_at,
        ends_at=hit.other.ends_at,
        distance_ft=hit.distance_ft,
        gap_minutes=None if hit.gap is None else minutes(hit.gap),
        mine=hit.mine,
        theirs=hit.theirs,
        outcome=hit.outcome,
        dropped_at=hit.dropped_at,
        closed_at=hit.closed_at,
    )


def _named(names: Mapping[UUID, str]) -> tuple[NamedId, ...]:
    return tuple(NamedId(id=one, name=name) for one, name in names.items())
