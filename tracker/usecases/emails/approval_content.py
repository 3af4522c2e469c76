"""The emails about the approval of a plan or of access to an operation, as long as they concern the recipient."""

from datetime import datetime
from uuid import UUID

from tracker.rules.core.message_types import AccessDecided, AccessRequested, ApprovalContent, PlanDecided, PlanSubmitted
from tracker.rules.core.outbox import Message, Skip, State
from tracker.rules.core.viewers import Viewer
from tracker.rules.emails import decision, discreet
from tracker.rules.emails.content import Letter
from tracker.rules.events.events import Event
from tracker.rules.operations.access import Grant, GrantState, may_approve_access
from tracker.rules.operations.approvals import is_supervisor
from tracker.rules.operations.states import OperationState
from tracker.tables.visible.events import events
from tracker.tables.visible.operations import access, plans

HOME = "/"
"""It says what waits for the reader; the address of the email doesn't."""
NOT_THEIRS = Skip(state=State.SUPPRESSED, reason="The recipient no longer decides about it, and didn’t ask for it.")
DECIDED = Skip(state=State.SUPERSEDED, reason="It no longer waits for a decision.")


async def approval_letter(content: ApprovalContent, message: Message, reader: Viewer, now: datetime) -> Letter | Skip:
    """Return the email, or why it is not sent. It names neither the operation nor the decision: the page does."""
    event = await events.event_by_id(reader, message.event_id) if message.event_id else None
    letter = await _written(content, event, reader, now) if event else NOT_THEIRS
    return discreet.of_nothing_more(letter) if reader.is_discreet and isinstance(letter, Letter) else letter


async def _written(content: ApprovalContent, event: Event, reader: Viewer, now: datetime) -> Letter | Skip:
    match content:
        case PlanSubmitted():
            operation = await plans.operation_plan(reader, event)
            if operation is None or not is_supervisor(reader, operation):
                return NOT_THEIRS
            return decision.needed(reader, HOME) if operation.state is OperationState.SUBMITTED else DECIDED
        case PlanDecided():
            return _made(event, reader, event.lead_id)
        case AccessRequested(grant=grant_id):
            return _requested(await _grant(event, reader, grant_id), event, reader, now)
        case AccessDecided(grant=grant_id):
            grant = await _grant(event, reader, grant_id)
            return _made(event, reader, grant.giver_id) if grant else NOT_THEIRS


def _requested(grant: Grant | None, event: Event, reader: Viewer, now: datetime) -> Letter | Skip:
    if grant is None or not may_approve_access(reader, event.lead_id, grant):
        return NOT_THEIRS
    return decision.needed(reader, HOME) if grant.state(now) is GrantState.REQUESTED else DECIDED


def _made(event: Event, reader: Viewer, asked_by: UUID) -> Letter | Skip:
    return decision.made(reader, f"/events/{event.id}") if reader.member_id == asked_by else NOT_THEIRS


async def _grant(event: Event, reader: Viewer, grant_id: UUID) -> Grant | None:
    return next((grant for grant in await access.access_grants(reader, event) if grant.id == grant_id), None)
