"""The states of a joint operation, in the terms of NIMS, and which one can follow which.

    draft → planning → submitted → approved → briefed → executing → released → debriefed → closed
                 ↘         ↘          ↘         ↘           ↘                      ↗
                              stood down                     aborted

A change of a site, or of the time by more than the buffer, takes a plan back to planning until its operation begins.

Calendars outside of the tracker show STATUS of iCalendar (RFC 5545 §3.8.1.11): TENTATIVE until the plan is approved,
CONFIRMED from then on, and CANCELLED while it is stood down. An operation that was aborted did take place, so it stays
CONFIRMED.
"""

from msgspec import Struct

from tracker.rules.core.wording import Worded
from tracker.rules.events.events import Event, EventStatus


class OperationState(Worded):
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


class StateDefinition(Struct, frozen=True, kw_only=True):
    """All that is said of a state once, beside its label: what can follow, and what a plan in it takes part in."""

    button: str = ""
    """On the button of the next step that leads here; empty for a state that isn't one."""
    sentence: str
    """What the page says after someone took the operation here."""
    verb: str
    """Of the audit log, for taking it here."""
    status: EventStatus
    """What calendars outside of the tracker show."""
    next: OperationState | None
    """The next step; None after the last, or when the operation was stood down."""
    exits: tuple[OperationState, ...] = ()
    """Where else it can go."""
    is_compared: bool = False
    """Whether a plan is compared with others."""
    falls_back: bool = False
    """Whether a changed site, or a time moved beyond the buffer, takes the plan back to planning."""
    is_over: bool = False
    """Whether it is after the operation, so that the plan no longer changes."""

    @property
    def moves(self) -> tuple[OperationState, ...]:
        """Return every state that can follow, the next step first."""
        return (self.next, *self.exits) if self.next else self.exits


STATES = {
    OperationState.DRAFT: StateDefinition(
        sentence="Returned to draft.",
        verb="operation_draft",
        status=EventStatus.TENTATIVE,
        next=OperationState.PLANNING,
    ),
    OperationState.PLANNING: StateDefinition(
        button="Move to planning",
        sentence="Planning started.",
        verb="operation_planning",
        status=EventStatus.TENTATIVE,
        next=OperationState.SUBMITTED,
        exits=(OperationState.STOOD_DOWN,),
        is_compared=True,
    ),
    OperationState.SUBMITTED: StateDefinition(
        button="Submit for approval",
        sentence="Plan submitted for approval.",
        verb="operation_submitted",
        status=EventStatus.TENTATIVE,
        next=OperationState.APPROVED,
        exits=(OperationState.PLANNING, OperationState.STOOD_DOWN),
        is_compared=True,
        falls_back=True,
    ),
    OperationState.APPROVED: StateDefinition(
        button="Approve",
        sentence="Plan approved.",
        verb="operation_approved",
        status=EventStatus.CONFIRMED,
        next=OperationState.BRIEFED,
        exits=(OperationState.PLANNING, OperationState.STOOD_DOWN),
        is_compared=True,
        falls_back=True,
    ),
    OperationState.BRIEFED: StateDefinition(
        button="Mark as briefed",
        sentence="Marked as briefed.",
        verb="operation_briefed",
        status=EventStatus.CONFIRMED,
        next=OperationState.EXECUTING,
        exits=(OperationState.PLANNING, OperationState.STOOD_DOWN),
        is_compared=True,
        falls_back=True,
    ),
    OperationState.EXECUTING: StateDefinition(
        button="Begin the operation",
        sentence="The operation has begun.",
        verb="operation_executing",
        status=EventStatus.CONFIRMED,
        next=OperationState.RELEASED,
        exits=(OperationState.ABORTED,),
        is_compared=True,
    ),
    OperationState.RELEASED: StateDefinition(
        button="Mark as released",
        sentence="Operation marked as released.",
        verb="operation_released",
        status=EventStatus.CONFIRMED,
        next=OperationState.DEBRIEFED,
        is_over=True,
    ),
    OperationState.DEBRIEFED: StateDefinition(
        button="Mark as debriefed",
        sentence="Marked as debriefed.",
        verb="operation_debriefed",
        status=EventStatus.CONFIRMED,
        next=OperationState.CLOSED,
        is_over=True,
    ),
    OperationState.CLOSED: StateDefinition(
        button="Close the operation",
        sentence="Operation closed.",
        verb="operation_closed",
        status=EventStatus.CONFIRMED,
        next=None,
        is_over=True,
    ),
    OperationState.STOOD_DOWN: StateDefinition(
        sentence="Operation stood down. No one on it was emailed.",
        verb="operation_stood_down",
        status=EventStatus.CANCELED,
        next=None,
        exits=(OperationState.PLANNING,),
    ),
    OperationState.ABORTED: StateDefinition(
        sentence="Operation aborted. No one was emailed.",
        verb="operation_aborted",
        status=EventStatus.CONFIRMED,
        next=OperationState.DEBRIEFED,
        is_over=True,
    ),
}
STEPS = tuple(state for state in STATES if state not in {OperationState.STOOD_DOWN, OperationState.ABORTED})
"""In the order in which an operation goes through them."""
COMPARED = frozenset(state for state, definition in STATES.items() if definition.is_compared)
FALLS_BACK = frozenset(state for state, definition in STATES.items() if definition.falls_back)
OVER = frozenset(state for state, definition in STATES.items() if definition.is_over)
NOT_APPROVED = frozenset({OperationState.DRAFT, OperationState.PLANNING, OperationState.SUBMITTED})
UNDER_WAY_OR_OVER = OVER | {OperationState.EXECUTING}
"""The states in which its check-in list says who came: no one is asked for replies or attendance."""
UNFINISHED = OVER - {OperationState.CLOSED} | {OperationState.EXECUTING}
"""The states in which the lead still has something to do, also when the time of the operation is over."""


def status_in_calendars(event: Event, state: OperationState | None) -> EventStatus:
    """Return the status of an event, whose plan is in this state; None for one without a plan.

    Its own status wins where it says less: an operation that is marked as tentative stays so when it is approved.
    """
    if state is None or event.status in (EventStatus.CANCELED, EventStatus.DRAFT):
        return event.status
    by_plan = STATES[state].status
    return event.status if by_plan is EventStatus.CONFIRMED else by_plan
