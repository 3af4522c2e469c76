"""What is in the way of the next state of an operation, a sentence for each reason."""

from collections.abc import Iterator
from dataclasses import dataclass

from tracker.rules.core.viewer import Viewer
from tracker.rules.events.event import EventStatus
from tracker.rules.operations.check_ins import not_out
from tracker.rules.operations.plans import Operation, may_plan
from tracker.rules.operations.states import MOVES, OVER, STATE_WORDS, OperationState


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What guards ask beside the plan itself."""

    open_hits: int = 0
    """Conflicts without a decision that this side may know of."""
    still_in: tuple[str, ...] = ()
    """The people who checked in and have not checked out."""


def refusals(viewer: Viewer, operation: Operation, to: OperationState, facts: Facts) -> tuple[str, ...]:
    """Return why the viewer can't take the operation to a state; empty when they can."""
    if to not in MOVES[operation.state]:
        return (f"A plan that is {STATE_WORDS[operation.state].lower()} can’t become {STATE_WORDS[to].lower()}.",)
    return tuple(_refusals(viewer, operation, to, facts))


def _refusals(viewer: Viewer, operation: Operation, to: OperationState, facts: Facts) -> Iterator[str]:
    if operation.event.status is EventStatus.CANCELED and to not in {OperationState.STOOD_DOWN, *OVER}:
        yield "The operation is canceled."
    if to is OperationState.APPROVED:
        yield from _not_approved(viewer, operation, facts)
        return
    if not may_plan(viewer, operation.event):
        yield "Only the people who lead the operation can do this."
    if to in (OperationState.PLANNING, OperationState.SUBMITTED) and not any(s.is_compared for s in operation.sites):
        yield "Add a site first."
    if to is OperationState.SUBMITTED and operation.supervisor_id is None:
        yield "Name the approving supervisor first."
    if to is OperationState.BRIEFED and operation.waiting:
        yield f"Not every agency has acknowledged version {operation.version}: {', '.join(operation.waiting)}."
    if to in (OperationState.RELEASED, OperationState.DEBRIEFED) and facts.still_in:
        yield not_out(facts.still_in)


def _not_approved(viewer: Viewer, operation: Operation, facts: Facts) -> Iterator[str]:
    if viewer.member_id == operation.event.lead_id:
        yield "The operation lead can’t approve the plan."
    elif viewer.member_id != operation.supervisor_id:
        yield "Only the approving supervisor can approve the plan."
    if facts.open_hits:
        count = "1 conflict has" if facts.open_hits == 1 else f"{facts.open_hits} conflicts have"
        yield f"{count} no decision yet."
    if operation.clearance is None:
        yield "There is no number from an outside deconfliction system, and no waiver."
