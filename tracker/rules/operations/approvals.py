"""Who approves a plan or sends it back, what is in the way of its next state, and what it asks of others than its lead.

Others are its supervisor, who approves it, and each agency, which acknowledges it.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from msgspec import Struct

from tracker.errors import Invalid
from tracker.rules.core.viewers import Arm, Viewer
from tracker.rules.core.wording import clock, local, plural, short_day
from tracker.rules.events.events import DateLine, EventStatus
from tracker.rules.operations.check_ins import OPENS_BEFORE, who_is_not_out
from tracker.rules.operations.plans import LONGEST_REASON, Operation, may_plan
from tracker.rules.operations.states import FALLS_BACK, OVER, STATES, OperationState

NOT_THE_LEAD = "The operation lead can’t approve the plan."
ONLY_THE_SUPERVISOR = "Only the approving supervisor can approve the plan."
SUPERVISOR_GONE = "The approving supervisor can no longer approve the plan. Name someone else."
ONLY_WHO_LEADS = "Only the operation lead, or someone else who can edit the operation, can do this."
SECOND_PERSON = "so a second person has to decide about it. The operation lead can name another supervisor."
OWN_SUBMISSION = f"You submitted the plan, {SECOND_PERSON}"
OWN_VERSION = f"You made this version of the plan, {SECOND_PERSON}"
OWN_NAMING = f"You named yourself the approving supervisor, {SECOND_PERSON}"


class Settles(StrEnum):
    """What settles a reason why a plan can't enter a state."""

    SITES = "sites"
    SUPERVISOR = "supervisor"
    CONFLICTS = "conflicts"
    CLEARANCE = "clearance"
    """A deconfliction number without a conflict, or a waiver."""
    AGENCIES = "agencies"
    CHECK_IN = "check_in"
    AFTER_ACTION = "after_action"
    SOMEONE_ELSE = "someone_else"
    """Nothing that the viewer does: another person doesn't have this reason."""
    ELSEWHERE = "elsewhere"
    """The event, or time."""


class Refusal(Struct, frozen=True, kw_only=True):
    """One reason why a viewer can't take a plan to a state."""

    says: str
    settles: Settles


class Approval(Struct, frozen=True, kw_only=True):
    """One approval; a change of a site, or of the time by more than the buffer, ends it."""

    version: int
    by: str
    """With the agency."""
    approved_at: datetime
    ended_at: datetime | None
    """None while it holds."""


class PlanReturn(Struct, frozen=True, kw_only=True):
    """One submission that the supervisor sent back."""

    version: int
    by: str
    """With the agency."""
    returned_at: datetime
    comment: str


def is_supervisor(viewer: Viewer, operation: Operation) -> bool:
    """Return whether a viewer who sees the operation decides about its plan: its supervisor, who doesn't lead it."""
    is_named = viewer.member_id == operation.supervisor_id != operation.event.lead_id
    return is_named and viewer.arm is Arm.LAW_ENFORCEMENT


def may_send_back(viewer: Viewer, operation: Operation) -> bool:
    """Return whether the viewer can send the plan back now."""
    return operation.state is OperationState.SUBMITTED and is_supervisor(viewer, operation)


def own_part_in(viewer: Viewer, operation: Operation) -> str:
    """Return why the supervisor is no second person to this version of the plan; empty when they are.

    A supervisor who named themself, submitted the plan, or made this version approves and waives nothing of it.
    """
    if viewer.member_id == operation.supervisor_id == operation.supervisor_named_by_id:
        return OWN_NAMING
    if viewer.member_id == operation.submitted_by_id and operation.state is OperationState.SUBMITTED:
        return OWN_SUBMISSION
    return OWN_VERSION if viewer.member_id == operation.changed_by_id else ""


def may_waive(viewer: Viewer, operation: Operation) -> bool:
    """Return whether the viewer can waive the deconfliction number of a plan that has none without a conflict."""
    is_second = is_supervisor(viewer, operation) and not own_part_in(viewer, operation)
    is_clear = operation.clearance is not None and not operation.clearance.obstacle
    return is_second and not is_clear and operation.state not in OVER


def check_return_comment(comment: str) -> None:
    """Raise `Invalid(comment)` unless it can be kept: the lead has to learn what should change."""
    if not comment or len(comment) > LONGEST_REASON:
        raise Invalid(comment=f"Say what should change in up to {LONGEST_REASON} characters.")


class StateFacts(Struct, frozen=True, kw_only=True):
    """What guards ask beside the plan itself."""

    has_supervisor: bool
    """Whether someone is named who could approve the plan now: of law enforcement, on the operation, not its lead."""
    open_hits: int = 0
    """Conflicts without a decision that this side may know of."""
    still_in: tuple[str, ...] = ()
    """The people who checked in and have not checked out."""
    without_owner: tuple[str, ...] = ()
    """The after-action items that have no owner and no due date yet."""
    too_early: str = ""
    """Why the operation can't begin yet (`why_too_early`); empty once it can."""


def why_too_early(starts_at: datetime, zone: str, now: datetime) -> str:
    """Return why an operation that is planned for `starts_at` can't begin yet, or an empty text once it can.

    It begins when people can check in, or later: what was compared, cleared outside, and approved is its planned time.
    """
    opens = local(starts_at - OPENS_BEFORE, zone)
    if now >= opens:
        return ""
    return (
        f"It can begin on {short_day(opens, now)} at {clock(opens)}, {OPENS_BEFORE // timedelta(hours=1)} hours before"
        " its planned start. If it begins earlier, change the time of the event first."
    )


def state_refusals(viewer: Viewer, operation: Operation, to: OperationState, facts: StateFacts) -> tuple[Refusal, ...]:
    """Return why the viewer can't take the operation to a state; empty when they can."""
    if to not in STATES[operation.state].moves:
        moved_on = f"The operation is {operation.state.label.lower()} now. Reload the page to see the next steps."
        return (Refusal(says=moved_on, settles=Settles.ELSEWHERE),)
    refusals: list[Refusal] = []
    if operation.event.status is EventStatus.CANCELED and to not in {OperationState.STOOD_DOWN, *OVER}:
        refusals.append(Refusal(says="The operation is canceled.", settles=Settles.ELSEWHERE))
    if to is OperationState.APPROVED:
        return (*refusals, *_not_approved(viewer, operation, facts))
    if not may_plan(viewer, operation.event):
        refusals.append(Refusal(says=ONLY_WHO_LEADS, settles=Settles.SOMEONE_ELSE))
    return (*refusals, *_not_ready(operation, to, facts))


def _not_ready(operation: Operation, to: OperationState, facts: StateFacts) -> Iterator[Refusal]:
    match to:
        case OperationState.PLANNING | OperationState.SUBMITTED:
            if not any(site.is_compared for site in operation.sites):
                yield Refusal(says="Add a site first.", settles=Settles.SITES)
            if to is OperationState.SUBMITTED and not facts.has_supervisor:
                unnamed = SUPERVISOR_GONE if operation.supervisor_id else "Name the approving supervisor first."
                yield Refusal(says=unnamed, settles=Settles.SUPERVISOR)
        case OperationState.BRIEFED if operation.waiting:
            waiting = f"Not every agency has acknowledged version {operation.version}: {', '.join(operation.waiting)}."
            yield Refusal(says=waiting, settles=Settles.AGENCIES)
        case OperationState.EXECUTING if facts.too_early:
            yield Refusal(says=facts.too_early, settles=Settles.ELSEWHERE)
        case OperationState.RELEASED | OperationState.DEBRIEFED if facts.still_in:
            yield Refusal(says=who_is_not_out(facts.still_in), settles=Settles.CHECK_IN)
        case OperationState.CLOSED:
            unowned = (f"The after-action item “{item}” has no owner and no due date." for item in facts.without_owner)
            yield from (Refusal(says=sentence, settles=Settles.AFTER_ACTION) for sentence in unowned)


def _not_approved(viewer: Viewer, operation: Operation, facts: StateFacts) -> Iterator[Refusal]:
    if viewer.member_id == operation.event.lead_id:
        yield Refusal(says=NOT_THE_LEAD, settles=Settles.SOMEONE_ELSE)
    elif viewer.member_id != operation.supervisor_id:
        yield Refusal(says=ONLY_THE_SUPERVISOR, settles=Settles.SOMEONE_ELSE)
    elif own_part := own_part_in(viewer, operation):
        yield Refusal(says=own_part, settles=Settles.SOMEONE_ELSE)
    if not facts.has_supervisor:
        yield Refusal(says=SUPERVISOR_GONE, settles=Settles.SUPERVISOR)
    if facts.open_hits:
        undecided = plural(facts.open_hits, "conflict isn’t", "conflicts aren’t")
        yield Refusal(says=f"{undecided} resolved yet.", settles=Settles.CONFLICTS)
    if operation.clearance is None:
        uncleared = "There is no deconfliction number from an outside system, and no waiver."
        yield Refusal(says=uncleared, settles=Settles.CLEARANCE)
    elif operation.clearance.obstacle:
        yield Refusal(says=operation.clearance.obstacle, settles=Settles.CLEARANCE)


class PlanDuty(Struct, frozen=True, kw_only=True):
    """A plan that one viewer sees, as far as it could ask something of them."""

    line: DateLine
    state: OperationState
    version: int
    supervisor_id: UUID | None
    is_committed: bool
    """Whether the viewer's agency commits something."""
    acknowledged: int | None
    """The version that the viewer's agency acknowledged last."""


def awaits_approval(viewer: Viewer, duty: PlanDuty) -> bool:
    """Return whether a plan waits for the viewer, as its supervisor, to approve it."""
    is_supervisor = viewer.arm is Arm.LAW_ENFORCEMENT and viewer.member_id == duty.supervisor_id != duty.line.lead_id
    return is_supervisor and duty.state is OperationState.SUBMITTED


def awaits_acknowledgment(duty: PlanDuty) -> bool:
    """Return whether the viewer's agency should acknowledge the plan as it is.

    From its submission until the operation begins: before, its lead still changes it.
    """
    return duty.is_committed and duty.state in FALLS_BACK and duty.acknowledged != duty.version
