"""What the page of a plan shows to one viewer."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from tracker.errors import NotFound
from tracker.rules.core.viewer import Viewer
from tracker.rules.events.event import Occurrence
from tracker.rules.operations.approvals import Return, may_send_back, may_waive
from tracker.rules.operations.guards import ABOUT_THE_VIEWER
from tracker.rules.operations.hits import Conflict, Hit, by_operation
from tracker.rules.operations.plans import Commitment, Operation, check_kind, may_plan
from tracker.rules.operations.sites import Site
from tracker.rules.operations.states import MOVES, OVER, STEPS, OperationState, next_step
from tracker.rules.roster.sites import Site as Place
from tracker.tables.visible.operations import plans, returns
from tracker.usecases.events.occurrences import date_for, nearest_date
from tracker.usecases.operations.approvals import refused
from tracker.usecases.operations.known_places import known_places
from tracker.usecases.operations.plans import agencies_on, supervisors


class PlanView(Struct, frozen=True, kw_only=True):
    """An operation's date, its plan if it has one, and what the viewer may do with it."""

    occurrence: Occurrence
    operation: Operation | None
    may_plan: bool
    sites: dict[UUID, Site]
    hits: list[Hit]
    next: OperationState | None
    refusals: tuple[str, ...]
    """Why the viewer can't take the next step."""
    supervisors: dict[UUID, str]
    """Who could approve the plan, for the people who lead it."""
    agencies: dict[UUID, str]
    """The agencies for which the viewer may say what they commit."""
    places: tuple[Place, ...]
    """Places whose coordinates are known, for the people who lead it."""
    own: Commitment | None
    """What the viewer's agency commits."""
    may_waive: bool
    may_send_back: bool
    returns: list[Return]
    """What the supervisor sent back, for the people who may read it."""

    @property
    def conflicts(self) -> list[Conflict]:
        """Return the conflicts, those with the same operation as one."""
        return by_operation(self.hits)

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
        return any(one.is_compared for one in self.sites.values())

    @property
    def steps(self) -> list[tuple[OperationState, bool]]:
        """Return each step, and whether it is behind the plan."""
        here = STEPS.index(self.operation.state) if self.operation and self.operation.state in STEPS else -1
        return [(step, number < here) for number, step in enumerate(STEPS)]

    @property
    def step_number(self) -> int | None:
        """Return where the plan is among the steps, from 1; None for one that was stood down or aborted."""
        is_step = self.operation is not None and self.operation.state in STEPS
        return STEPS.index(self.operation.state) + 1 if self.operation and is_step else None

    @property
    def obstacles(self) -> tuple[str, ...]:
        """Return what is in the way of the next step, no matter who takes it."""
        return tuple(one for one in self.refusals if one not in ABOUT_THE_VIEWER)

    @property
    def exits(self) -> tuple[OperationState, ...]:
        """Return where else the plan can go than to its next step."""
        return tuple(one for one in MOVES[self.operation.state] if one is not self.next) if self.operation else ()


async def plan_view(viewer: Viewer, event_id: UUID, key: str, now: datetime) -> PlanView:
    """Return what the page shows. Errors: NotFound for an event without a plan, or that the viewer may not see."""
    return await view_of(viewer, await date_for(viewer, event_id, key), now)


async def view_of(viewer: Viewer, occurrence: Occurrence, now: datetime) -> PlanView:
    """Return what the page of an operation's date shows. Errors: NotFound for an event that can't have a plan."""
    check_kind(occurrence.event)
    operation = await plans.operation(viewer, occurrence.event)
    leads = may_plan(viewer, occurrence.event)
    following = next_step(operation.state) if operation else None
    own = [one for one in operation.commitments if one.agency_id == viewer.agency_id] if operation else []
    return PlanView(
        occurrence=occurrence,
        operation=operation,
        may_plan=leads,
        sites=await plans.sites(viewer, occurrence.event),
        hits=await plans.hits(viewer, operation) if operation else [],
        next=following,
        refusals=await refused(viewer, operation, following, now) if operation and following else (),
        supervisors=await supervisors(operation) if operation and leads else {},
        agencies=await _committing(viewer, occurrence.event.id, operation, leads=leads),
        places=await known_places() if leads else (),
        own=own[0] if own else None,
        may_waive=operation is not None and may_waive(viewer, operation),
        may_send_back=operation is not None and may_send_back(viewer, operation),
        returns=await returns.returns(viewer, operation) if operation else [],
    )


async def plan_of(viewer: Viewer, event_id: UUID, now: datetime) -> tuple[PlanView, Operation]:
    """Return what the page of an operation shows, and its plan. Errors: NotFound, also for one without a plan."""
    view = await view_of(viewer, await nearest_date(viewer, event_id, now), now)
    if view.operation is None:
        raise NotFound
    return view, view.operation


async def _committing(viewer: Viewer, event_id: UUID, operation: Operation | None, *, leads: bool) -> dict[UUID, str]:
    """Return the agencies for which the viewer may say what they commit; none once the operation is over."""
    if operation is None or operation.state in OVER:
        return {}
    return {one: name for one, name in (await agencies_on(event_id)).items() if leads or one == viewer.agency_id}
