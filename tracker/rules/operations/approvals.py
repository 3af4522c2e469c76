"""That a supervisor approved a version of a plan, or sent it back, and who may send it back."""

from datetime import datetime

from msgspec import Struct

from tracker.errors import Invalid
from tracker.rules.core.audiences import Arm
from tracker.rules.core.viewer import Viewer
from tracker.rules.operations.plans import LONGEST_REASON, Operation
from tracker.rules.operations.states import OVER, OperationState

NO_COMMENT = f"Say what should change in up to {LONGEST_REASON} characters."
NOT_SUBMITTED = "The plan isn’t waiting for approval."
NOT_THE_SUPERVISOR = "Only the approving supervisor can send the plan back."


class Approval(Struct, frozen=True, kw_only=True):
    """One approval; a change of a site, or of the time by more than the buffer, ends it."""

    version: int
    by: str
    """With the agency."""
    approved_at: datetime
    ended_at: datetime | None
    """None while it holds."""


class Return(Struct, frozen=True, kw_only=True):
    """One submission that the supervisor sent back."""

    version: int
    by: str
    """With the agency."""
    returned_at: datetime
    comment: str


def is_supervisor(viewer: Viewer, operation: Operation) -> bool:
    """Return whether a viewer who sees the operation decides about its plan: its supervisor, who doesn't lead it."""
    named = viewer.member_id == operation.supervisor_id != operation.event.lead_id
    return named and viewer.arm is Arm.LAW_ENFORCEMENT


def may_send_back(viewer: Viewer, operation: Operation) -> bool:
    """Return whether the viewer can send the plan back now."""
    return operation.state is OperationState.SUBMITTED and is_supervisor(viewer, operation)


def may_waive(viewer: Viewer, operation: Operation) -> bool:
    """Return whether the viewer can waive the deconfliction number of a plan that has none."""
    return is_supervisor(viewer, operation) and operation.clearance is None and operation.state not in OVER


def check_comment(comment: str) -> None:
    """Raise `Invalid(comment)` unless it can be kept: the lead has to learn what should change."""
    if not comment or len(comment) > LONGEST_REASON:
        raise Invalid(comment=NO_COMMENT)
