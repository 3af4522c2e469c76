"""The emails about the approval of a plan, as long as they concern the recipient."""

from tracker.rules.core.message_types import ApprovalContent, PlanDecided
from tracker.rules.core.outbox import Message, Skip, State
from tracker.rules.core.viewer import Viewer
from tracker.rules.emails import decision, discreet
from tracker.rules.emails.content import Letter
from tracker.rules.operations.plans import Operation
from tracker.rules.operations.states import OperationState
from tracker.tables.visible.events import events
from tracker.tables.visible.operations import plans

HOME = "/"
"""It says what waits for the reader; the address of the email doesn't."""
NOT_THEIRS = Skip(state=State.SUPPRESSED, reason="The recipient no longer leads or approves that operation.")
DECIDED = Skip(state=State.SUPERSEDED, reason="It no longer waits for a decision.")


async def approval_letter(content: ApprovalContent, message: Message, reader: Viewer) -> Letter | Skip:
    """Return the email, or why it is not sent. It names neither the operation nor the decision: the page does."""
    event = await events.event(reader, message.event_id) if message.event_id else None
    operation = await plans.operation(reader, event) if event else None
    if operation is None:
        return NOT_THEIRS
    letter = _decided(reader, operation) if isinstance(content, PlanDecided) else _submitted(reader, operation)
    return discreet.of_nothing_more(letter) if reader.is_discreet and isinstance(letter, Letter) else letter


def _submitted(reader: Viewer, operation: Operation) -> Letter | Skip:
    if reader.member_id != operation.supervisor_id:
        return NOT_THEIRS
    return decision.needed(reader, HOME) if operation.state is OperationState.SUBMITTED else DECIDED


def _decided(reader: Viewer, operation: Operation) -> Letter | Skip:
    is_its_lead = reader.member_id == operation.event.lead_id
    return decision.made(reader, f"/events/{operation.event.id}") if is_its_lead else NOT_THEIRS
