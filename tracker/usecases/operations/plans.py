"""The plan of an operation: begun, and changed by the people who lead it; what an agency commits, by the agency too."""

from datetime import datetime, timedelta
from uuid import UUID

from msgspec import Struct

from tracker.crypto import ids
from tracker.database import conflicts, writing
from tracker.errors import Invalid, NotAllowed, NotFound
from tracker.rules.core.audiences import Arm
from tracker.rules.core.viewer import Viewer
from tracker.rules.events.event import EventStatus
from tracker.rules.operations.comparisons import of_buffer, of_site
from tracker.rules.operations.deconfliction import DEFAULT_BUFFER, Disclosure, distance_ft
from tracker.rules.operations.plans import Operation, check_buffer, check_commitment, may_plan
from tracker.rules.operations.sites import LONGEST_PLACE, MOST_SITES, NO_PLACE, Site
from tracker.rules.operations.states import FALLS_BACK, OperationState
from tracker.tables.background.events.invitees import invitees_of
from tracker.tables.schema.operations.plans import OperationAgency, OperationPlan, OperationSite
from tracker.tables.visible.operations import plans
from tracker.usecases.core import audit
from tracker.usecases.operations import comparisons, in_calendars
from tracker.usecases.operations.deconfliction import settle
from tracker.usecases.operations.lookup import NOT_THEIRS, event_for, operation_to_change, operation_under_way
from tracker.usecases.operations.steps import back_to_planning, end_clearance, new_version
from tracker.usecases.roster.people import people_by_id

FARTHEST = 1_000 * 5_280  # feet between two sites of one plan
TOO_FAR = "That’s more than 1,000 miles from another site. Check the minus sign: west is negative, like -94.4155."
EXISTS = "This operation already has a plan."
STILL_A_DRAFT = "Send the invitations first. Only you can see a draft, and a plan is compared with others."
NOT_ON_IT = "Only people of the agency, and those who lead the operation, can change its resources."


class Basics(Struct, frozen=True, kw_only=True):
    """What a plan says beside its sites and commitments."""

    supervisor_id: UUID | None
    disclosure: Disclosure
    buffer: timedelta


def basics_of(operation: Operation) -> Basics:
    """Return what a plan says now."""
    return Basics(supervisor_id=operation.supervisor_id, disclosure=operation.disclosure, buffer=operation.buffer)


async def start(viewer: Viewer, event_id: UUID, now: datetime) -> None:
    """Begin the plan of an operation, as a draft. Errors: NotFound, NotAllowed, Conflict if it has one."""
    with conflicts(EXISTS):
        async with writing():
            event = await event_for(viewer, event_id)
            if not may_plan(viewer, event):
                raise NotAllowed(NOT_THEIRS)
            if event.status is EventStatus.DRAFT:
                raise NotAllowed(STILL_A_DRAFT)
            await OperationPlan.insert(
                OperationPlan(
                    id=ids.new_id(),
                    event=event_id,
                    state=OperationState.DRAFT,
                    disclosure=Disclosure.CONTACT_ONLY,
                    buffer_minutes=_minutes(DEFAULT_BUFFER),
                )
            )
            await in_calendars.show(event_id, None, OperationState.DRAFT, now)
            await audit.record(viewer.actor, "plan_begun", "event", event_id, {}, now)


async def change(viewer: Viewer, event_id: UUID, wanted: Basics, now: datetime, *, version: int | None = None) -> None:
    """Change who approves a plan, its buffer, and what others are shown; `version` is the one that the viewer read.

    Another supervisor or buffer takes an approved plan back to planning. A supervisor who can no longer approve can
    stay: the plan says so until someone else is named.
    Errors: NotFound, NotAllowed, Conflict when the plan has changed since, Invalid by field.
    """
    async with writing():
        operation = await operation_to_change(viewer, event_id, version)
        check_buffer(wanted.buffer)
        possible = {None, operation.supervisor_id, *await supervisors(operation)}
        if wanted.supervisor_id not in possible:
            raise Invalid(supervisor="Choose someone of law enforcement who doesn’t lead the operation.")
        if refused := await comparisons.count(viewer, of_buffer(operation, wanted.buffer), now):
            raise Invalid(buffer=refused)
        await OperationPlan.update(
            {
                OperationPlan.supervisor: wanted.supervisor_id,
                OperationPlan.disclosure: wanted.disclosure,
                OperationPlan.buffer_minutes: _minutes(wanted.buffer),
            }
        ).where(OperationPlan.id == operation.id)
        is_other = (wanted.supervisor_id, wanted.buffer) != (operation.supervisor_id, operation.buffer)
        if is_other and operation.state in FALLS_BACK:
            await back_to_planning(operation.id, now, viewer.member_id)
        if wanted != basics_of(operation):
            await new_version(operation.id)
        await settle(operation.id, now)
        facts = {"supervisor": wanted.supervisor_id, "disclosure": wanted.disclosure, "buffer": _minutes(wanted.buffer)}
        await audit.record(viewer.actor, "plan_changed", "event", event_id, facts, now)


async def supervisors(operation: Operation) -> dict[UUID, str]:
    """Return who can be named to approve a plan: people of law enforcement on the operation, but its lead."""
    known = await people_by_id(await invitees_of(operation.event.id))
    return {
        one.id: f"{one.name} ({one.agency})"
        for one in known.values()
        if one.arm is Arm.LAW_ENFORCEMENT and one.id != operation.event.lead_id
    }


async def agencies_on(event_id: UUID) -> dict[UUID, str]:
    """Return the law-enforcement agencies of the people on an operation, by name."""
    on_it = (await people_by_id(await invitees_of(event_id))).values()
    found = {one.agency_id: one.agency for one in on_it if one.arm is Arm.LAW_ENFORCEMENT}
    return dict(sorted(found.items(), key=lambda one: one[1]))


async def add_site(viewer: Viewer, event_id: UUID, site: Site, now: datetime, *, version: int | None = None) -> None:
    """Add a site; the plan goes back to planning. Errors: NotFound, NotAllowed, Conflict, Invalid by field."""
    async with writing():
        operation = await operation_to_change(viewer, event_id, version)
        if not site.place or len(site.place) > LONGEST_PLACE:
            raise Invalid(place=NO_PLACE)
        if len(operation.sites) >= MOST_SITES:
            raise Invalid(place=f"A plan has at most {MOST_SITES} sites.")
        if any(distance_ft(site.point, one.point) > FARTHEST for one in operation.sites):
            raise Invalid(coordinates=TOO_FAR)
        if refused := await comparisons.count(viewer, of_site(operation, site), now):
            raise Invalid(coordinates=refused)
        await OperationSite.insert(
            OperationSite(
                id=ids.new_id(),
                plan=operation.id,
                role=site.role,
                place=site.place,
                latitude_e6=site.point.latitude_e6,
                longitude_e6=site.point.longitude_e6,
                radius_ft=site.point.radius_ft,
            )
        )
        await _sites_changed(viewer, operation, now)
        await audit.record(viewer.actor, "site_added", "event", event_id, {"role": site.role}, now)


async def remove_site(
    viewer: Viewer, event_id: UUID, site_id: UUID, now: datetime, *, version: int | None = None
) -> Site:
    """Remove a site and return it; the plan goes back to planning. Errors: NotFound, NotAllowed, Conflict."""
    async with writing():
        operation = await operation_to_change(viewer, event_id, version)
        site = (await plans.sites(viewer, operation.event)).get(site_id)
        if site is None:
            raise NotFound
        await OperationSite.delete().where(OperationSite.id == site_id)
        await _sites_changed(viewer, operation, now)
        await audit.record(viewer.actor, "site_removed", "event", event_id, {}, now)
    return site


async def commit(
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
        operation = await operation_under_way(viewer, event_id, version)
        if agency_id != viewer.agency_id and not may_plan(viewer, operation.event):
            raise NotAllowed(NOT_ON_IT)
        if agency_id not in await agencies_on(event_id):
            raise Invalid(agency="Choose an agency with people on the operation.")
        check_commitment(people, vehicles, skills)
        await _uncommit(operation, agency_id)
        await OperationAgency.insert(
            OperationAgency(
                id=ids.new_id(), plan=operation.id, agency=agency_id, people=people, vehicles=vehicles, skills=skills
            )
        )
        await new_version(operation.id)
        facts = {"agency": agency_id, "people": people, "vehicles": vehicles}
        await audit.record(viewer.actor, "agency_committed", "event", event_id, facts, now)


async def withdraw(
    viewer: Viewer, event_id: UUID, agency_id: UUID, now: datetime, *, version: int | None = None
) -> None:
    """Remove what an agency committed. Errors: NotFound, NotAllowed, Conflict when the plan has changed since."""
    async with writing():
        operation = await operation_under_way(viewer, event_id, version)
        if agency_id != viewer.agency_id and not may_plan(viewer, operation.event):
            raise NotAllowed(NOT_ON_IT)
        if agency_id not in {one.agency_id for one in operation.commitments}:
            raise NotFound
        await _uncommit(operation, agency_id)
        await new_version(operation.id)
        await audit.record(viewer.actor, "agency_withdrew", "event", event_id, {"agency": agency_id}, now)


async def _uncommit(operation: Operation, agency_id: UUID) -> None:
    await OperationAgency.delete().where((OperationAgency.plan == operation.id) & (OperationAgency.agency == agency_id))


async def _sites_changed(viewer: Viewer, operation: Operation, now: datetime) -> None:
    await end_clearance(operation.id, now, viewer.member_id)
    if operation.state in FALLS_BACK:
        await back_to_planning(operation.id, now, viewer.member_id)
    await new_version(operation.id)
    await settle(operation.id, now)


def _minutes(length: timedelta) -> int:
    return length // timedelta(minutes=1)
