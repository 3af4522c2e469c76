"""The states of a joint operation, in the terms of NIMS, and which one can follow which.

    draft → planning → submitted → approved → briefed → executing → released → debriefed → closed
                 ↘         ↘          ↘         ↘           ↘                      ↗
                              stood down                     aborted

A change of a site, or of the time by more than the buffer, takes a plan back to planning until its operation begins.

Calendars outside of the tracker show STATUS of iCalendar (RFC 5545 §3.8.1.11): TENTATIVE until the plan is approved,
CONFIRMED from then on, and CANCELLED while it is stood down. An operation that was aborted did take place, so it stays
CONFIRMED.
"""

from enum import StrEnum
from itertools import pairwise

from tracker.rules.events.events import Event, EventStatus


class OperationState(StrEnum):
    """Where an operation is."""

    DRAFT = "draft"
    PLANNING = "planning"
    SUBMITTED = "submitted"
    APPROVED = "approved"
    BRIEFED = "briefed"
    EXECUTING = "executing"
    RELEASED = "released"
    """Everyone who checked in has checked out."""
    DEBRIEFED = "debriefed"
    CLOSED = "closed"
    STOOD_DOWN = "stood_down"
    """Ended before it began."""
    ABORTED = "aborted"
    """Broken off after it began."""


STEPS = (
    OperationState.DRAFT,
    OperationState.PLANNING,
    OperationState.SUBMITTED,
    OperationState.APPROVED,
    OperationState.BRIEFED,
    OperationState.EXECUTING,
    OperationState.RELEASED,
    OperationState.DEBRIEFED,
    OperationState.CLOSED,
)
"""In the order in which an operation goes through them."""
STATE_WORDS = {
    OperationState.DRAFT: "Draft",
    OperationState.PLANNING: "Planning",
    OperationState.SUBMITTED: "Submitted",
    OperationState.APPROVED: "Approved",
    OperationState.BRIEFED: "Briefed",
    OperationState.EXECUTING: "Executing",
    OperationState.RELEASED: "Released",
    OperationState.DEBRIEFED: "Debriefed",
    OperationState.CLOSED: "Closed",
    OperationState.STOOD_DOWN: "Stood down",
    OperationState.ABORTED: "Aborted",
}
MOVES = {
    OperationState.DRAFT: (OperationState.PLANNING,),
    OperationState.PLANNING: (OperationState.SUBMITTED, OperationState.STOOD_DOWN),
    OperationState.SUBMITTED: (OperationState.APPROVED, OperationState.PLANNING, OperationState.STOOD_DOWN),
    OperationState.APPROVED: (OperationState.BRIEFED, OperationState.PLANNING, OperationState.STOOD_DOWN),
    OperationState.BRIEFED: (OperationState.EXECUTING, OperationState.PLANNING, OperationState.STOOD_DOWN),
    OperationState.EXECUTING: (OperationState.RELEASED, OperationState.ABORTED),
    OperationState.RELEASED: (OperationState.DEBRIEFED,),
    OperationState.DEBRIEFED: (OperationState.CLOSED,),
    OperationState.CLOSED: (),
    OperationState.STOOD_DOWN: (OperationState.PLANNING,),
    OperationState.ABORTED: (OperationState.DEBRIEFED,),
}
COMPARED = frozenset(
    {
        OperationState.PLANNING,
        OperationState.SUBMITTED,
        OperationState.APPROVED,
        OperationState.BRIEFED,
        OperationState.EXECUTING,
    }
)
"""The states in which a plan is compared with others."""
FALLS_BACK = frozenset({OperationState.SUBMITTED, OperationState.APPROVED, OperationState.BRIEFED})
"""The states that a changed site, or a time moved beyond the buffer, ends."""
OVER = frozenset({OperationState.RELEASED, OperationState.DEBRIEFED, OperationState.CLOSED, OperationState.ABORTED})
"""The states after the operation, in which its plan no longer changes."""

UNFINISHED = OVER - {OperationState.CLOSED} | {OperationState.EXECUTING}
"""The states in which the lead still has something to do, also when the time of the operation is over."""


def next_step(state: OperationState) -> OperationState | None:
    """Return the step that follows; None after the last, or when the operation was stood down."""
    if state is OperationState.ABORTED:
        return OperationState.DEBRIEFED
    return next((after for before, after in pairwise(STEPS) if before is state), None)


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
