"""The emails about joint operations, as long as they concern the recipient.

They are about the approval of a plan or of access, conflicts, people who haven't checked out, emergency access, and
service-readiness notices. None names the operation: the page does, after sign-in.
"""

from datetime import datetime
from uuid import UUID

from tracker.rules.core.message_types import (
    AccessDecided,
    AccessRequested,
    ApprovalContent,
    ConflictEnded,
    ConflictFound,
    DecisionDropped,
    PlanDecided,
    PlanSubmitted,
    ReadinessNews,
)
from tracker.rules.core.outbox import Message, MessageState, SendOutcome
from tracker.rules.core.viewers import Viewer
from tracker.rules.emails import discreet, operation_emails
from tracker.rules.emails.emails import Email, Footer
from tracker.rules.events.events import Event
from tracker.rules.operations.access import Grant, GrantState, may_approve_access
from tracker.rules.operations.approvals import is_supervisor
from tracker.rules.operations.readiness import NoticeState
from tracker.rules.operations.states import OperationState
from tracker.tables.background.operations import plans as background
from tracker.tables.visible.events import events
from tracker.tables.visible.operations import access, plans
from tracker.tables.visible.operations.access import given_notice
from tracker.usecases.operations.check_ins import is_anyone_missing
from tracker.usecases.operations.officer import is_officer

HOME_PAGE = "/"
"""It says what waits for the reader; the address of the email doesn't."""
DOES_NOT_DECIDE = SendOutcome(
    state=MessageState.SUPPRESSED, reason="The recipient no longer decides about it, and didn’t ask for it."
)
ALREADY_DECIDED = SendOutcome(state=MessageState.SUPERSEDED, reason="It no longer waits for a decision.")
NO_LONGER_LEADS = SendOutcome(state=MessageState.SUPPRESSED, reason="The recipient no longer leads that operation.")
NOT_FOR_THIS_READER = SendOutcome(
    state=MessageState.SUPPRESSED,
    reason="Only its recipient and a deconfliction officer can read an email about a conflict.",
)
NOT_AN_OFFICER = SendOutcome(
    state=MessageState.SUPPRESSED, reason="The recipient is no longer a deconfliction officer."
)
OFFICERS_PAGE = "/admin"
"""It leads to the conflicts; an address that says what it is about would be read with the email."""
CONFLICT_ENDED = SendOutcome(state=MessageState.SUPERSEDED, reason="The conflict has ended.")
ALL_OUT = SendOutcome(state=MessageState.SUPERSEDED, reason="Everyone has checked out.")
ADMINISTRATION_PAGE = "/admin"
"""It leads to emergency access; the address of the email doesn't say what it is about."""
NEITHER_COORDINATOR_NOR_LEAD = SendOutcome(
    state=MessageState.SUPPRESSED, reason="The recipient is no longer a coordinator, or no longer leads it."
)
NOT_A_RECIPIENT = SendOutcome(
    state=MessageState.SUPPRESSED, reason="Only its recipients can read an email about a notice."
)
NOTICE_HAS_CHANGED = SendOutcome(state=MessageState.SUPERSEDED, reason="The notice has changed since.")
SAME_FOR_READERS = {NoticeState.ACKNOWLEDGED: NoticeState.RELEASED}
"""To a recipient, a notice that all have acknowledged is a released one."""


async def write_approval_email(
    content: ApprovalContent, message: Message, reader: Viewer, now: datetime
) -> Email | SendOutcome:
    """Return the email, or why it is not sent. It names neither the operation nor the decision: the page does."""
    event = await events.event_by_id(reader, message.event_id) if message.event_id else None
    letter = await _approval_email(content, event, reader, now) if event else DOES_NOT_DECIDE
    return discreet.discreet_email(letter) if reader.is_discreet and isinstance(letter, Email) else letter


async def _approval_email(content: ApprovalContent, event: Event, reader: Viewer, now: datetime) -> Email | SendOutcome:
    match content:
        case PlanSubmitted():
            operation = await plans.operation_plan(reader, event)
            if operation is None or not is_supervisor(reader, operation):
                return DOES_NOT_DECIDE
            return (
                operation_emails.decision_needed_email(reader, HOME_PAGE)
                if operation.state is OperationState.SUBMITTED
                else ALREADY_DECIDED
            )
        case PlanDecided():
            return _decided_email(event, reader, event.lead_id)
        case AccessRequested(grant=grant_id):
            return _requested_email(await _grant_shown(event, reader, grant_id), event, reader, now)
        case AccessDecided(grant=grant_id):
            grant = await _grant_shown(event, reader, grant_id)
            return _decided_email(event, reader, grant.giver_id) if grant else DOES_NOT_DECIDE


def _requested_email(grant: Grant | None, event: Event, reader: Viewer, now: datetime) -> Email | SendOutcome:
    if grant is None or not may_approve_access(reader, event.lead_id, grant):
        return DOES_NOT_DECIDE
    return (
        operation_emails.decision_needed_email(reader, HOME_PAGE)
        if grant.state(now) is GrantState.REQUESTED
        else ALREADY_DECIDED
    )


def _decided_email(event: Event, reader: Viewer, asked_by: UUID) -> Email | SendOutcome:
    return (
        operation_emails.decision_made_email(reader, f"/events/{event.id}")
        if reader.member_id == asked_by
        else DOES_NOT_DECIDE
    )


async def _grant_shown(event: Event, reader: Viewer, grant_id: UUID) -> Grant | None:
    return next((grant for grant in await access.access_grants(reader, event) if grant.id == grant_id), None)


AboutConflict = ConflictFound | ConflictEnded | DecisionDropped


async def write_conflict_email(content: AboutConflict, message: Message, reader: Viewer) -> Email | SendOutcome:
    """Return the email, or why it is not sent.

    To another person who reads it, unless they are an officer, it says the same whether or not the conflict is open.
    """
    if reader.beside and not is_officer(reader.beside):
        return NOT_FOR_THIS_READER
    page = await _conflict_page(content, message, reader)
    if isinstance(page, SendOutcome):
        return page
    letter = _conflict_email(content, reader, page)
    return discreet.discreet_email(letter) if reader.is_discreet else letter


def _conflict_email(content: AboutConflict, reader: Viewer, page: str) -> Email:
    match content:
        case ConflictFound():
            return operation_emails.conflict_found_email(reader, content, page)
        case ConflictEnded():
            return operation_emails.conflict_ended_email(reader, page)
        case DecisionDropped():
            return operation_emails.conflict_changed_email(reader, page)


def write_comparisons_email(reader: Viewer) -> Email | SendOutcome:
    """Return the email about many comparisons, or why it is not sent: only officers get it, and only they read it."""
    if not is_officer(reader) or (reader.beside and not is_officer(reader.beside)):
        return NOT_AN_OFFICER
    letter = operation_emails.comparisons_email(reader, OFFICERS_PAGE)
    return discreet.discreet_email(letter) if reader.is_discreet else letter


async def _conflict_page(content: AboutConflict, message: Message, reader: Viewer) -> str | SendOutcome:
    if isinstance(content, ConflictFound) and content.for_officer:
        is_open = content.hit in {pair.id for pair in await background.every_open_pair()}
        return (OFFICERS_PAGE if is_open else CONFLICT_ENDED) if is_officer(reader) else NO_LONGER_LEADS
    event = await events.event_by_id(reader, message.event_id) if message.event_id else None
    if event is None or event.lead_id != reader.member_id:
        return NO_LONGER_LEADS
    shown = await _shown_conflicts(reader, event)
    if not isinstance(content, ConflictEnded) and not shown.get(content.hit):
        return CONFLICT_ENDED
    if content.hit not in shown:
        return NO_LONGER_LEADS
    return f"/events/{event.id}"


async def _shown_conflicts(reader: Viewer, event: Event) -> dict[UUID, bool]:
    """Return the conflicts that the reader is shown, and whether each is open."""
    operation = await plans.operation_plan(reader, event)
    return {hit.id: hit.is_open for hit in await plans.plan_hits(reader, operation)} if operation else {}


async def write_check_out_email(message: Message, reader: Viewer, now: datetime) -> Email | SendOutcome:
    """Return the email, or why it is not sent. It names no one: the page does, after sign-in."""
    event = await events.event_by_id(reader, message.event_id) if message.event_id else None
    if event is None or event.lead_id != reader.member_id:
        return NO_LONGER_LEADS
    if not await is_anyone_missing(reader, event.id, now):
        return ALL_OUT
    letter = operation_emails.check_out_missing_email(reader, HOME_PAGE)
    return discreet.discreet_email(letter) if reader.is_discreet else letter


async def write_emergency_email(message: Message, reader: Viewer) -> Email | SendOutcome:
    """Return the email to a coordinator, or to the lead of the operation that was opened, or why it is not sent."""
    page, footer = await _emergency_page(message, reader), Footer.OPERATION if message.event_id else Footer.COORDINATOR
    if page is None:
        return NEITHER_COORDINATOR_NOR_LEAD
    letter = operation_emails.emergency_access_email(reader, page, footer)
    return discreet.discreet_email(letter) if reader.is_discreet else letter


async def _emergency_page(message: Message, reader: Viewer) -> str | None:
    if message.event_id is None:
        return (
            ADMINISTRATION_PAGE
            if reader.is_coordinator and (reader.beside is None or reader.beside.is_coordinator)
            else None
        )
    event = await events.event_by_id(reader, message.event_id)
    return f"/events/{event.id}" if event and event.lead_id == reader.member_id else None


async def write_readiness_email(content: ReadinessNews, reader: Viewer) -> Email | SendOutcome:
    """Return the email, or why it is not sent."""
    notice = None if reader.beside else await given_notice(reader, content.notice)
    if notice is None:
        return NOT_A_RECIPIENT
    if SAME_FOR_READERS.get(notice.state, notice.state).value != content.state:
        return NOTICE_HAS_CHANGED
    letter = operation_emails.readiness_email(reader, notice)
    return discreet.discreet_email(letter) if reader.is_discreet else letter
