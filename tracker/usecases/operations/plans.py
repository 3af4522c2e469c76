"""The plan of an operation: what its page shows, and how the people who lead it begin and change it.

What an agency commits is changed by the agency, too. The places whose coordinates the task force knows are here, so
that a site can be entered by its name or street address; and the whole plan as one thing, for programs.
"""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from msgspec import Struct

from tracker.database import conflicts, writing
from tracker.database.binding import insert_row
from tracker.errors import Invalid, NotAllowed, NotFound
from tracker.rules.core.button_effects import ButtonEffect, Caution
from tracker.rules.core.viewers import Arm, Viewer
from tracker.rules.events.events import EventStatus, Occurrence
from tracker.rules.operations import deconfliction as conflict_rules
from tracker.rules.operations import plans as rules
from tracker.rules.operations.approvals import PlanReturn, Refusal, Settles, may_send_back, may_waive
from tracker.rules.operations.check_ins import Turnout
from tracker.rules.operations.deconfliction import Hit, PlanConflict
from tracker.rules.operations.next_steps import ABORT, STAND_DOWN, missing_parts, step_effect, waiting_for
from tracker.rules.operations.orders import Phase
from tracker.rules.operations.plans import Commitment, Disclosure, Operation, PlannedSite
from tracker.rules.operations.site_maps import nearest_place_words
from tracker.rules.operations.states import FALLS_BACK, OVER, STATES, STEPS, OperationState
from tracker.rules.roster.coordinates import Region
from tracker.rules.roster.meetings import MeetingSite as Place
from tracker.rules.roster.meetings import PublicSite, known_place
from tracker.tables.background.events.invitees import invitees_of
from tracker.tables.schema.operations import OperationAgency, OperationPlan, OperationSite
from tracker.tables.visible.operations import plans
from tracker.tables.visible.operations.records import off_site_places
from tracker.usecases.core import audit
from tracker.usecases.events.occurrences import date_seen_by, nearest_date
from tracker.usecases.operations import check_ins, deconfliction, states
from tracker.usecases.operations.approvals import possible_supervisors, reasons_not_to_enter
from tracker.usecases.operations.deconfliction import compare_plan
from tracker.usecases.roster.agencies import every_site
from tracker.usecases.roster.known_people import people_by_id

A_MINUTE = timedelta(minutes=1)
FARTHEST = 1_000 * 5_280  # feet between two sites of one plan
NOT_THE_AGENCY = "Only people of the agency, and those who lead the operation, can change its resources."


class PlanView(Struct, frozen=True, kw_only=True):
    """An operation's date, its plan if it has one, and what the viewer may do with it."""

    occurrence: Occurrence
    operation: Operation | None
    may_plan: bool
    sites: dict[UUID, PlannedSite]
    off_site: list[PublicSite]
    """Where the operation has off-site services, by public name."""
    hits: list[Hit]
    next: OperationState | None
    refusals: tuple[Refusal, ...]
    """Why the viewer can't take the next step."""
    supervisors: dict[UUID, str]
    """Who could approve the plan, for the people who lead it."""
    agencies: dict[UUID, str]
    """The agencies for which the viewer may say what they commit; none once the operation is over."""
    places: tuple[Place, ...]
    """Places whose coordinates are known."""
    own: Commitment | None
    """What the viewer's agency commits."""
    may_waive: bool
    may_send_back: bool
    returns: list[PlanReturn]
    """What the supervisor sent back, for the people who may read it."""
    turnout: Turnout
    """Who came and who didn't, for someone who can take the next step."""
    waiting_for: str
    """For whom else the plan waits; empty when it waits for the viewer."""

    @property
    def conflicts(self) -> list[PlanConflict]:
        """Return the conflicts, those with the same operation as one."""
        return conflict_rules.conflicts_by_operation(self.hits)

    @property
    def may_change(self) -> bool:
        """Return whether the viewer may change the plan now: the people who lead it, until the operation is over."""
        return self.may_plan and not self.is_over

    @property
    def is_over(self) -> bool:
        """Return whether the operation is over, so that its plan no longer changes."""
        return self.operation is not None and self.operation.state in OVER

    @property
    def is_placed(self) -> bool:
        """Return whether any of its sites is compared with those of other operations."""
        return any(site.is_compared for site in self.sites.values())

    @property
    def steps(self) -> list[tuple[OperationState, bool]]:
        """Return each step, and whether it is behind the plan."""
        return [(step, number < (self.step_number or 0)) for number, step in enumerate(STEPS, start=1)]

    @property
    def step_number(self) -> int | None:
        """Return where the plan is among the steps, from 1; None for one that was stood down or aborted."""
        return STEPS.index(self.operation.state) + 1 if self.operation and self.operation.state in STEPS else None

    @property
    def obstacles(self) -> tuple[Refusal, ...]:
        """Return what is in the way of the next step, no matter who takes it."""
        return tuple(refusal for refusal in self.refusals if refusal.settles is not Settles.SOMEONE_ELSE)

    @property
    def open_hits(self) -> list[Hit]:
        """Return the conflicts that aren't decided, as far as the viewer may know of them."""
        return [hit for hit in self.hits if hit.is_open]

    @property
    def missing(self) -> tuple[Caution, ...]:
        """Return what is in the way of the next step, each with the part of the plan that settles it."""
        return missing_parts(self.obstacles, leads=self.may_plan, may_waive=self.may_waive)

    @property
    def may_acknowledge(self) -> bool:
        """Return whether the viewer's agency has to acknowledge the plan as it is."""
        is_due = self.own is not None and self.operation is not None and self.own.acknowledged != self.operation.version
        return is_due and not self.is_over

    @property
    def awaits_acknowledgment(self) -> bool:
        """Return whether acknowledging is the next thing to do: from the submission until the operation begins."""
        return self.may_acknowledge and self.operation is not None and self.operation.state in FALLS_BACK

    def effect_of(self, to: OperationState) -> ButtonEffect:
        """Return what taking the plan to a state does, and what to know first."""
        if to is OperationState.STOOD_DOWN or to is OperationState.ABORTED or self.operation is None:
            return ABORT if to is OperationState.ABORTED else STAND_DOWN
        return step_effect(self.operation, to, self.turnout, len(self.open_hits))

    @property
    def exits(self) -> tuple[OperationState, ...]:
        """Return where else the plan can go than to its next step."""
        return STATES[self.operation.state].exits if self.operation else ()


async def plan_view(viewer: Viewer, event_id: UUID, key: str, now: datetime) -> PlanView:
    """Return what the page shows. Errors: NotFound for an event without a plan, or that the viewer may not see."""
    return await plan_view_on(viewer, await date_seen_by(viewer, event_id, key), now)


async def plan_view_on(viewer: Viewer, occurrence: Occurrence, now: datetime) -> PlanView:
    """Return what the page of an operation's date shows. Errors: NotFound for an event that can't have a plan."""
    rules.check_kind(occurrence.event)
    operation = await plans.operation_plan(viewer, occurrence.event)
    leads = rules.may_plan(viewer, occurrence.event)
    following = STATES[operation.state].next if operation else None
    agencies = await agencies_on_operation(occurrence.event.id) if operation and operation.state not in OVER else {}
    commitments = {commitment.agency_id: commitment for commitment in (operation.commitments if operation else ())}
    waits = waiting_for(viewer, operation, following) if operation and following else ""
    counts_people = leads and following in {OperationState.EXECUTING, OperationState.RELEASED}
    return PlanView(
        occurrence=occurrence,
        operation=operation,
        may_plan=leads,
        sites=await plans.plan_sites(viewer, occurrence.event),
        off_site=await off_site_places(viewer, occurrence.event),
        hits=await plans.plan_hits(viewer, operation) if operation else [],
        next=following,
        refusals=await reasons_not_to_enter(viewer, operation, following, now) if operation and following else (),
        supervisors=await possible_supervisors(operation) if operation and leads else {},
        agencies={agency_id: name for agency_id, name in agencies.items() if leads or agency_id == viewer.agency_id},
        places=await known_places(),
        own=commitments.get(viewer.agency_id),
        may_waive=operation is not None and may_waive(viewer, operation),
        may_send_back=operation is not None and may_send_back(viewer, operation),
        returns=await plans.plan_returns(viewer, operation) if operation else [],
        turnout=await check_ins.turnout(viewer, operation) if operation and counts_people else Turnout(),
        waiting_for=waits,
    )


class WholePlan(Struct, frozen=True, kw_only=True):
    """A plan, what a viewer may do with it, and its phases by id."""

    view: PlanView
    operation: Operation
    phases: dict[UUID, Phase]

    @property
    def event_id(self) -> UUID:
        """Return the id of the operation's event."""
        return self.operation.event.id

    @property
    def version(self) -> int:
        """Return the version of the plan."""
        return self.operation.version


async def whole_plan(viewer: Viewer, event_id: UUID, now: datetime) -> WholePlan:
    """Return the plan of an operation. Errors: NotFound, also for an operation without one."""
    view = await plan_view_on(viewer, await nearest_date(viewer, event_id, now), now)
    if view.operation is None:
        raise NotFound
    phases = await plans.operation_phases(viewer, view.operation.event)
    return WholePlan(view=view, operation=view.operation, phases=phases)


class PlanBasics(Struct, frozen=True, kw_only=True):
    """What a plan says beside its sites and commitments."""

    supervisor_id: UUID | None
    disclosure: Disclosure
    buffer: timedelta


def plan_basics(operation: Operation) -> PlanBasics:
    """Return what a plan says now."""
    return msgspec.convert(operation, PlanBasics, from_attributes=True)


async def start_plan(viewer: Viewer, event_id: UUID, now: datetime) -> None:
    """Begin the plan of an operation, as a draft. Errors: NotFound, NotAllowed, Conflict if it has one."""
    with conflicts("This operation already has a plan."):
        async with writing():
            event = await states.event_to_plan(viewer, event_id)
            if not rules.may_plan(viewer, event):
                raise NotAllowed(states.NOT_A_LEAD)
            if event.status is EventStatus.DRAFT:
                raise NotAllowed(
                    "Send the invitations first. Only you can see a draft, and a plan is compared with others."
                )
            await insert_row(
                OperationPlan,
                event=event_id,
                state=OperationState.DRAFT,
                disclosure=Disclosure.CONTACT_ONLY,
                buffer_minutes=rules.DEFAULT_BUFFER // A_MINUTE,
            )
            await states.show_state_in_calendars(event_id, None, OperationState.DRAFT, now)
            await audit.record(viewer.actor, "plan_begun", "event", event_id, {}, now)


async def change_plan_basics(
    viewer: Viewer, event_id: UUID, wanted: PlanBasics, now: datetime, *, version: int | None = None
) -> None:
    """Change who approves a plan, its buffer, and what others are shown; `version` is the one that the viewer read.

    Another supervisor or buffer takes an approved plan back to planning. A supervisor who can no longer approve can
    stay: the plan says so until someone else is named.
    Errors: NotFound, NotAllowed, Conflict when the plan has changed since, Invalid by field.
    """
    async with writing():
        operation = await states.operation_to_change(viewer, event_id, version)
        rules.check_buffer(wanted.buffer)
        possible = {None, operation.supervisor_id, *await possible_supervisors(operation)}
        if wanted.supervisor_id not in possible:
            raise Invalid(supervisor="Choose someone of law enforcement who doesn’t lead the operation.")
        if refused := await deconfliction.count_comparisons(
            viewer, conflict_rules.count_for_buffer(operation, wanted.buffer), now
        ):
            raise Invalid(buffer=refused)
        minutes = wanted.buffer // A_MINUTE
        facts: dict[str, Any] = {"supervisor": wanted.supervisor_id, "disclosure": wanted.disclosure}
        is_named = wanted.supervisor_id != operation.supervisor_id
        named_by = viewer.member_id if is_named else operation.supervisor_named_by_id
        await OperationPlan.update(buffer_minutes=minutes, supervisor_named_by=named_by, **facts).where(
            OperationPlan.id == operation.id
        )
        is_other = (wanted.supervisor_id, wanted.buffer) != (operation.supervisor_id, operation.buffer)
        if is_other and operation.state in FALLS_BACK:
            await states.return_to_planning(operation.id, now, viewer.member_id)
        if wanted != plan_basics(operation):
            await states.raise_plan_version(operation.id, now, viewer.member_id)
        await compare_plan(operation.id, now)
        await audit.record(viewer.actor, "plan_changed", "event", event_id, facts | {"buffer": minutes}, now)


async def agencies_on_operation(event_id: UUID) -> dict[UUID, str]:
    """Return the law-enforcement agencies of the people on an operation, by name."""
    people = (await people_by_id(await invitees_of(event_id))).values()
    agencies = {person.agency_id: person.agency for person in people if person.arm is Arm.LAW_ENFORCEMENT}
    return dict(sorted(agencies.items(), key=lambda agency: agency[1]))


class SavedSite(NamedTuple):
    """What to say of a site that was saved."""

    nearest: str
    """How far the nearest known place is, in words; empty without one."""
    is_compared: bool
    """Whether it was compared with other operations: the sites of a draft aren't."""


async def add_site_to_plan(
    viewer: Viewer,
    event_id: UUID,
    site: PlannedSite,
    now: datetime,
    *,
    region: Region | None = None,
    version: int | None = None,
) -> SavedSite:
    """Add a site; the plan goes back to planning.

    `region` is None for a place that is known to be outside of it.
    Errors: NotFound, NotAllowed, Conflict, Invalid by field, `OutsideRegion`.
    """
    async with writing():
        operation = await states.operation_to_change(viewer, event_id, version)
        if len(operation.sites) >= rules.MOST_SITES:
            raise Invalid(place=f"A plan has at most {rules.MOST_SITES} sites.")
        _check_site(site, operation.sites, region)
        if refused := await deconfliction.count_comparisons(
            viewer, conflict_rules.count_for_site(operation, site), now
        ):
            raise Invalid(coordinates=refused)
        point = site.point._asdict()
        await insert_row(OperationSite, plan=operation.id, role=site.role, place=site.place, **point)
        await _sites_changed(viewer, operation, now)
        await audit.record(viewer.actor, "site_added", "event", event_id, {"role": site.role}, now)
    return await _saved(operation, site)


async def change_site_of_plan(
    viewer: Viewer,
    event_id: UUID,
    site_id: UUID,
    site: PlannedSite,
    now: datetime,
    *,
    region: Region | None = None,
    version: int | None = None,
) -> SavedSite:
    """Change a site as `add_site_to_plan` adds one; other words for the same place end nothing that was decided.

    Errors: NotFound, NotAllowed, Conflict when the plan has changed since, Invalid by field, `OutsideRegion`.
    """
    async with writing():
        operation = await states.operation_to_change(viewer, event_id, version)
        sites = await plans.plan_sites(viewer, operation.event)
        earlier = sites.pop(site_id, None)
        if earlier is None:
            raise NotFound
        is_moved = site.point != earlier.point
        is_elsewhere = is_moved or site.role != earlier.role
        _check_site(site, list(sites.values()), region if is_moved else None)
        if is_elsewhere and (
            refused := await deconfliction.count_comparisons(
                viewer, conflict_rules.count_for_site(operation, site), now
            )
        ):
            raise Invalid(coordinates=refused)
        columns: dict[Any, Any] = {"role": site.role, "place": site.place, **site.point._asdict()}
        await OperationSite.update(columns).where(OperationSite.id == site_id)
        if is_elsewhere:
            await _sites_changed(viewer, operation, now)
        elif site != earlier:
            await states.raise_plan_version(operation.id, now, viewer.member_id)
        if site != earlier:
            await audit.record(viewer.actor, "site_changed", "event", event_id, {"role": site.role}, now)
    return await _saved(operation, site)


async def _saved(operation: Operation, site: PlannedSite) -> SavedSite:
    is_compared = conflict_rules.count_for_site(operation, site) > 0
    return SavedSite(nearest_place_words(site.point, await known_places()), is_compared)


def _check_site(site: PlannedSite, others: Iterable[PlannedSite], region: Region | None) -> None:
    """Raise `Invalid` for a site that can't be one of a plan with these others."""
    if not site.place or len(site.place) > rules.LONGEST_PLACE:
        raise Invalid(place=rules.NO_PLACE)
    if region:
        region.check(site.point.coordinates)
    if any(conflict_rules.distance_ft(site.point, other.point) > FARTHEST for other in others):
        raise Invalid(
            coordinates="That’s more than 1,000 miles from another site."
            " Check the minus sign: west is negative, like -94.4155."
        )


async def remove_site_from_plan(
    viewer: Viewer, event_id: UUID, site_id: UUID, now: datetime, *, version: int | None = None
) -> PlannedSite:
    """Remove a site and return it; the plan goes back to planning. Errors: NotFound, NotAllowed, Conflict."""
    async with writing():
        operation = await states.operation_to_change(viewer, event_id, version)
        site = (await plans.plan_sites(viewer, operation.event)).get(site_id)
        if site is None:
            raise NotFound
        await OperationSite.delete().where(OperationSite.id == site_id)
        await _sites_changed(viewer, operation, now)
        await audit.record(viewer.actor, "site_removed", "event", event_id, {}, now)
    return site


async def commit_resources(
    viewer: Viewer,
    event_id: UUID,
    agency_id: UUID,
    *,
    people: int,
    vehicles: int,
    skills: str,
    now: datetime,
    version: int | None = None,
) -> None:
    """Record what an agency commits, in place of what it committed before; each agency must acknowledge it again.

    Errors: NotFound, NotAllowed, Conflict when the plan has changed since, Invalid by field.
    """
    async with writing():
        operation = await states.operation_under_way(viewer, event_id, version)
        if agency_id != viewer.agency_id and not rules.may_plan(viewer, operation.event):
            raise NotAllowed(NOT_THE_AGENCY)
        if agency_id not in await agencies_on_operation(event_id):
            raise Invalid(agency="Choose an agency with people on the operation.")
        rules.check_commitment(people, vehicles, skills)
        earlier = (OperationAgency.plan == operation.id) & (OperationAgency.agency == agency_id)
        await OperationAgency.delete().where(earlier)
        await insert_row(
            OperationAgency, plan=operation.id, agency=agency_id, people=people, vehicles=vehicles, skills=skills
        )
        await states.raise_plan_version(operation.id, now)
        facts = {"agency": agency_id, "people": people, "vehicles": vehicles}
        await audit.record(viewer.actor, "agency_committed", "event", event_id, facts, now)


async def withdraw_resources(
    viewer: Viewer, event_id: UUID, agency_id: UUID, now: datetime, *, version: int | None = None
) -> None:
    """Remove what an agency committed. Errors: NotFound, NotAllowed, Conflict when the plan has changed since."""
    async with writing():
        operation = await states.operation_under_way(viewer, event_id, version)
        if agency_id != viewer.agency_id and not rules.may_plan(viewer, operation.event):
            raise NotAllowed(NOT_THE_AGENCY)
        if agency_id not in {commitment.agency_id for commitment in operation.commitments}:
            raise NotFound
        earlier = (OperationAgency.plan == operation.id) & (OperationAgency.agency == agency_id)
        await OperationAgency.delete().where(earlier)
        await states.raise_plan_version(operation.id, now)
        await audit.record(viewer.actor, "agency_withdrew", "event", event_id, {"agency": agency_id}, now)


async def choose_operation_kind(
    viewer: Viewer, event_id: UUID, kind: str, offered: Collection[str], now: datetime, *, version: int | None = None
) -> None:
    """Choose one of the kinds that are offered, or none; each agency has to acknowledge the plan again.

    A plan keeps the kind that it has, also one that is no longer offered.
    Errors: NotFound, NotAllowed, Conflict when the plan has changed since that version, Invalid(kind).
    """
    async with writing():
        operation = await states.operation_to_change(viewer, event_id, version)
        if kind == operation.kind:
            return
        if kind and kind not in offered:
            raise Invalid(kind="Choose a type from the list.")
        await OperationPlan.update(kind=kind).where(OperationPlan.id == operation.id)
        await states.raise_plan_version(operation.id, now, viewer.member_id)
        await audit.record(viewer.actor, "operation_kind_chosen", "event", event_id, {"kind": kind}, now)


async def known_places() -> tuple[Place, ...]:
    """Return the sites that have coordinates, by name; every member may know where the task force meets."""
    return tuple(meeting_site for meeting_site in await every_site() if meeting_site.coordinates)


async def coordinates_of(place: str) -> str:
    """Return the coordinates of a known place by its name or address, as people write them; empty for another one."""
    meeting_site = known_place(place, await known_places())
    return meeting_site.coordinates.text if meeting_site and meeting_site.coordinates else ""


async def _sites_changed(viewer: Viewer, operation: Operation, now: datetime) -> None:
    await states.end_clearance(operation.id, now, viewer.member_id)
    if operation.state in FALLS_BACK:
        await states.return_to_planning(operation.id, now, viewer.member_id)
    await states.raise_plan_version(operation.id, now, viewer.member_id)
    await compare_plan(operation.id, now)
