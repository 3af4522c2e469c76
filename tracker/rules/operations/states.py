"""The states of a joint operation, in the terms of NIMS, and which one can follow which.

    draft → planning → submitted → approved → briefed → executing → released → debriefed → closed
                 ↘         ↘          ↘         ↘           ↘                      ↗
                              stood down                     aborted

A change of a site, or of the time by more than the buffer, takes a plan back to planning until its operation begins.
"""

from enum import StrEnum
from itertools import pairwise


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
