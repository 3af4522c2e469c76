"""The emails about joint operations, as long as they concern the recipient.

They are about the approval of a plan or of access, conflicts, people who haven't checked out, emergency access, and
service-readiness notices. None names the operation: the page does, after sign-in.
"""

from uuid import UUID

from tracker.rules.core.message_types import (
    AccessDecided,
    AccessRequested,
    ApprovedPlanChanged,
    CheckOutMissing,
    ComparisonsReported,
    ConflictContent,
    ConflictEnded,
    ConflictFound,
    EmergencyAccessUsed,
    PlanDecided,
    PlanMoved,
    PlanSubmitted,
    ReadinessChanged,
)
from tracker.rules.core.outbox import MessageState, SendOutcome
from tracker.rules.emails.account_emails import sign_in_email, signpost_email
from tracker.rules.emails.emails import Email, Footer
from tracker.rules.emails.template_values import ConflictFoundEmail, PlanMovedEmail, ReadinessEmail
from tracker.rules.events.events import Event
from tracker.rules.operations.access import Grant, GrantState, may_approve_access
from tracker.rules.operations.approvals import is_supervisor
from tracker.rules.operations.readiness import WAITING, NoticeState, is_outside_window
from tracker.rules.operations.states import OperationState
from tracker.tables.background import operations as background
from tracker.tables.visible.events import events
from tracker.tables.visible.operations import plans, records
from tracker.tables.visible.operations.records import given_notice
from tracker.usecases.emails.writers import EmailRequest, writes
from tracker.usecases.operations.check_ins import unaccounted_people
from tracker.usecases.operations.deconfliction import is_officer

HOME_PAGE = "/"
"""It says what waits for the reader; the address of the email doesn't."""
DOES_NOT_DECIDE = SendOutcome(
    state=MessageState.SUPPRESSED, reason="The recipient no longer decides about it, and didn’t ask for it."
)
ALREADY_DECIDED = SendOutcome(state=MessageState.SUPERSEDED, reason="It no longer waits for a decision.")
SETTLED = SendOutcome(state=MessageState.SUPERSEDED, reason="It was settled before it could be sent.")
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


@writes(PlanSubmitted)
async def write_plan_submitted_email(content: PlanSubmitted, request: EmailRequest) -> Email | SendOutcome:
    """Return the email to the approving supervisor, or why it is not sent."""
    event = await _event_of(request)
    operation = await plans.operation_plan(request.reader, event) if event else None
    if operation is None or not is_supervisor(request.reader, operation):
        return DOES_NOT_DECIDE
    if operation.state is not OperationState.SUBMITTED:
        return ALREADY_DECIDED
    return signpost_email(request.reader, content, HOME_PAGE, Footer.OFFICER)


@writes(AccessRequested)
async def write_access_requested_email(content: AccessRequested, request: EmailRequest) -> Email | SendOutcome:
    """Return the email to a second person who can decide, or why it is not sent."""
    event, grant = await _grant_shown(request, content.grant)
    if event is None or grant is None or not may_approve_access(request.reader, event.lead_id, grant):
        return DOES_NOT_DECIDE
    if grant.state(request.now) is not GrantState.REQUESTED:
        return ALREADY_DECIDED
    return signpost_email(request.reader, content, HOME_PAGE, Footer.OFFICER)


@writes(PlanDecided | AccessDecided)
async def write_decided_email(content: PlanDecided | AccessDecided, request: EmailRequest) -> Email | SendOutcome:
    """Return the email to the person who asked for the decision, or why it is not sent; the page shows what it is."""
    if isinstance(content, PlanDecided):
        event = await _event_of(request)
        asked_by = event.lead_id if event else None
    else:
        event, grant = await _grant_shown(request, content.grant)
        asked_by = grant.giver_id if grant else None
    if event is None or request.reader.member_id != asked_by:
        return DOES_NOT_DECIDE
    return signpost_email(request.reader, content, f"/events/{event.id}")


@writes(PlanMoved)
async def write_plan_moved_email(content: PlanMoved, request: EmailRequest) -> Email | SendOutcome:
    """Return the email to the lead, as far as the plan still waits and the notice still has its window, or why not."""
    event = await _event_of(request)
    operation = await plans.operation_plan(request.reader, event) if event else None
    if operation is None or operation.event.lead_id != request.reader.member_id:
        return NO_LONGER_LEADS
    window = await background.window_of_notice(content.plan)
    moved = await plans.moved_operations(request.reader, request.now)
    says = PlanMovedEmail(
        is_back=any(of_date.is_back for of_date in moved if of_date.line.event_id == operation.event.id),
        keeps_window=window is not None and is_outside_window(window, (operation.starts_at, operation.ends_at)),
    )
    if not (says.is_back or says.keeps_window):
        return SETTLED
    return sign_in_email(request.reader, says, f"/events/{operation.event.id}", Footer.OPERATION)


@writes(ApprovedPlanChanged)
async def write_approved_plan_changed_email(content: ApprovedPlanChanged, request: EmailRequest) -> Email | SendOutcome:
    """Return the email to the supervisor whose approval is of an earlier version, or why it is not sent."""
    event = await _event_of(request)
    operation = await plans.operation_plan(request.reader, event) if event else None
    if event is None or operation is None or not is_supervisor(request.reader, operation):
        return DOES_NOT_DECIDE
    return signpost_email(request.reader, content, f"/events/{event.id}") if operation.approval_note else SETTLED


async def _event_of(request: EmailRequest) -> Event | None:
    """Return the event that the email is about, as its reader may see it; None when they may not, or there is none."""
    event_id = request.message.event_id
    return await events.event_by_id(request.reader, event_id) if event_id else None


async def _grant_shown(request: EmailRequest, grant_id: UUID) -> tuple[Event | None, Grant | None]:
    event = await _event_of(request)
    grants = await records.access_grants(request.reader, event) if event else []
    return event, next((grant for grant in grants if grant.id == grant_id), None)


@writes(ConflictContent)
async def write_conflict_email(content: ConflictContent, request: EmailRequest) -> Email | SendOutcome:
    """Return the email, or why it is not sent.

    To another person who reads it, unless they are an officer, it says the same whether or not the conflict is open.
    """
    reader = request.reader
    if reader.beside and not is_officer(reader.beside):
        return NOT_FOR_THIS_READER
    page = await _conflict_page(content, request)
    if isinstance(page, SendOutcome):
        return page
    if not isinstance(content, ConflictFound):
        return signpost_email(reader, content, page)
    footer = Footer.OFFICER if content.for_officer else Footer.OPERATION
    return sign_in_email(reader, ConflictFoundEmail(for_officer=content.for_officer), page, footer)


async def _conflict_page(content: ConflictContent, request: EmailRequest) -> str | SendOutcome:
    reader = request.reader
    if isinstance(content, ConflictFound) and content.for_officer:
        is_open = content.hit in {pair.id for pair in await background.every_open_pair()}
        return (OFFICERS_PAGE if is_open else CONFLICT_ENDED) if is_officer(reader) else NO_LONGER_LEADS
    event = await _event_of(request)
    if event is None or event.lead_id != reader.member_id:
        return NO_LONGER_LEADS
    operation = await plans.operation_plan(reader, event)
    shown = {hit.id: hit.is_open for hit in await plans.plan_hits(reader, operation)} if operation else {}
    if not isinstance(content, ConflictEnded) and not shown.get(content.hit):
        return CONFLICT_ENDED
    if content.hit not in shown:
        return NO_LONGER_LEADS
    return f"/events/{event.id}"


@writes(ComparisonsReported)
async def write_comparisons_email(content: ComparisonsReported, request: EmailRequest) -> Email | SendOutcome:
    """Return the email about many comparisons, or why it is not sent: only officers get it, and only they read it."""
    reader = request.reader
    if not is_officer(reader) or (reader.beside and not is_officer(reader.beside)):
        return NOT_AN_OFFICER
    return signpost_email(reader, content, OFFICERS_PAGE, Footer.OFFICER)


@writes(CheckOutMissing)
async def write_check_out_email(content: CheckOutMissing, request: EmailRequest) -> Email | SendOutcome:
    """Return the email, or why it is not sent. It names no one: the page does, after sign-in."""
    event = await _event_of(request)
    if event is None or event.lead_id != request.reader.member_id:
        return NO_LONGER_LEADS
    missing = await unaccounted_people(request.reader, request.now)
    if all(line.event_id != event.id for line, _ in missing):
        return ALL_OUT
    return signpost_email(request.reader, content, HOME_PAGE)


@writes(EmergencyAccessUsed)
async def write_emergency_email(content: EmergencyAccessUsed, request: EmailRequest) -> Email | SendOutcome:
    """Return the email to a coordinator, or to the lead of the operation that was opened, or why it is not sent."""
    reader = request.reader
    if request.message.event_id is None:
        is_coordinator = reader.is_coordinator and (reader.beside is None or reader.beside.is_coordinator)
        page, footer = (ADMINISTRATION_PAGE if is_coordinator else None), Footer.COORDINATOR
    else:
        event = await _event_of(request)
        page = f"/events/{event.id}" if event and event.lead_id == reader.member_id else None
        footer = Footer.OPERATION
    return signpost_email(reader, content, page, footer) if page else NEITHER_COORDINATOR_NOR_LEAD


@writes(ReadinessChanged)
async def write_readiness_email(content: ReadinessChanged, request: EmailRequest) -> Email | SendOutcome:
    """Return the email to a recipient of a notice, or why it is not sent."""
    notice = None if request.reader.beside else await given_notice(request.reader, content.notice)
    if notice is None:
        return NOT_A_RECIPIENT
    if SAME_FOR_READERS.get(notice.state, notice.state).value != content.state:
        return NOTICE_HAS_CHANGED
    says = ReadinessEmail(is_new=notice.state in WAITING)
    return sign_in_email(request.reader, says, f"/notices/{notice.id}", Footer.READINESS)
