"""What the pages of the operations order and of the phases show to one viewer."""

from uuid import UUID

from msgspec import Struct

from tracker.errors import NotAllowed, NotFound
from tracker.rules.core.viewer import Viewer
from tracker.rules.events.event import Occurrence, may_edit
from tracker.rules.operations.orders import Order, OrderVersion
from tracker.rules.operations.phases import Phase
from tracker.rules.operations.plans import Operation, check_kind, may_plan
from tracker.rules.operations.states import OVER
from tracker.tables.visible.operations import orders, phases, plans
from tracker.usecases.events.occurrences import date_for
from tracker.usecases.operations.lookup import NOT_THEIRS, operation_to_change
from tracker.usecases.operations.phases import may_time


class OrderView(Struct, frozen=True, kw_only=True):
    """An operation's date, its plan, its order, and its phases by id."""

    occurrence: Occurrence
    operation: Operation
    may_change: bool
    """Whether the viewer may save another version."""
    order: Order | None
    versions: list[OrderVersion]
    phases: dict[UUID, Phase]
    may_print: bool
    """Whether the viewer may issue copies of the brief."""
    may_time: bool
    """Whether the viewer may record now when phases begin and end."""

    @property
    def version(self) -> int:
        """Return the version of the order; 0 before the first one."""
        return self.order.version if self.order else 0


async def order_view(viewer: Viewer, event_id: UUID, key: str) -> OrderView:
    """Return what the page of the order shows. Errors: NotFound, also for an operation without a plan."""
    occurrence = await date_for(viewer, event_id, key)
    check_kind(occurrence.event)
    operation = await plans.operation(viewer, occurrence.event)
    if operation is None:
        raise NotFound
    return OrderView(
        occurrence=occurrence,
        operation=operation,
        may_change=may_plan(viewer, occurrence.event) and operation.state not in OVER,
        order=await orders.order(viewer, occurrence.event),
        versions=await orders.order_versions(viewer, occurrence.event),
        phases=await phases.phases(viewer, occurrence.event),
        may_print=may_edit(viewer, occurrence.event),
        may_time=may_time(viewer, operation),
    )


async def order_to_change(viewer: Viewer, event_id: UUID, key: str) -> OrderView:
    """Return the same for the form. Errors: NotFound, NotAllowed."""
    view = await order_view(viewer, event_id, key)
    await operation_to_change(viewer, event_id)
    return view


async def order_of_version(viewer: Viewer, event_id: UUID, key: str, version: int) -> tuple[OrderView, Order]:
    """Return the order as it was saved in one version of the plan. Errors: NotFound."""
    view = await order_view(viewer, event_id, key)
    found = await orders.order_of(viewer, view.occurrence.event, version)
    if found is None:
        raise NotFound
    return view, found


async def phase_to_change(viewer: Viewer, event_id: UUID, key: str, phase_id: UUID) -> tuple[OrderView, Phase]:
    """Return a phase for its forms. Errors: NotFound, NotAllowed."""
    view = await order_view(viewer, event_id, key)
    if phase_id not in view.phases:
        raise NotFound
    if not view.may_change and not view.may_time:
        raise NotAllowed(NOT_THEIRS)
    return view, view.phases[phase_id]
