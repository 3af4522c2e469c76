"""What a plan asks of people beside its lead: the approval of its supervisor, and the acknowledgment of each agency."""

from uuid import UUID

from msgspec import Struct

from tracker.rules.core.audiences import Arm
from tracker.rules.core.viewer import Viewer
from tracker.rules.events.event import Line
from tracker.rules.operations.states import FALLS_BACK, OperationState


class Duty(Struct, frozen=True, kw_only=True):
    """A plan that one viewer sees, as far as it could ask something of them."""

    line: Line
    state: OperationState
    version: int
    supervisor_id: UUID | None
    is_committed: bool
    """Whether the viewer's agency commits something."""
    acknowledged: int | None
    """The version that the viewer's agency acknowledged last."""


def awaits_approval(viewer: Viewer, duty: Duty) -> bool:
    """Return whether a plan waits for the viewer, as its supervisor, to approve it."""
    is_supervisor = viewer.arm is Arm.LAW_ENFORCEMENT and viewer.member_id == duty.supervisor_id != duty.line.lead_id
    return is_supervisor and duty.state is OperationState.SUBMITTED


def awaits_acknowledgment(duty: Duty) -> bool:
    """Return whether the viewer's agency should acknowledge the plan as it is.

    From its submission until the operation begins: before, its lead still changes it.
    """
    return duty.is_committed and duty.state in FALLS_BACK and duty.acknowledged != duty.version
