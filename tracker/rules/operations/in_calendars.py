"""What calendars outside of the tracker show of an operation with a plan: STATUS of iCalendar (RFC 5545 §3.8.1.11).

TENTATIVE until it is approved, CONFIRMED from then on, and CANCELLED while it is stood down. An operation that was
aborted did take place, so it stays CONFIRMED.
"""

from tracker.rules.events.event import Event, EventStatus
from tracker.rules.operations.states import OperationState

_UNDECIDED = frozenset({OperationState.DRAFT, OperationState.PLANNING, OperationState.SUBMITTED})


def status_of_plan(state: OperationState) -> EventStatus:
    """Return the status that a plan in this state gives its operation."""
    if state is OperationState.STOOD_DOWN:
        return EventStatus.CANCELED
    return EventStatus.TENTATIVE if state in _UNDECIDED else EventStatus.CONFIRMED


def status_in_calendars(event: Event, state: OperationState | None) -> EventStatus:
    """Return the status of an event, whose plan is in this state; None for one without a plan.

    Its own status wins where it says less: an operation that is marked as tentative stays so when it is approved.
    """
    if state is None or event.status in (EventStatus.CANCELED, EventStatus.DRAFT):
        return event.status
    by_plan = status_of_plan(state)
    is_sure = by_plan is EventStatus.CONFIRMED
    return event.status if is_sure else by_plan
