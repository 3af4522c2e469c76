"""The next step of a plan: what it does and to whom, what is in its way, and what to know before it is taken.

The sentence that follows a step is made of the same parts, so that it repeats the same numbers. A part of the plan's
page is addressed as "#add-site", another page of the operation by the end of its address: "/check-in".
"""

from collections.abc import Iterable, Iterator

from tracker.rules.core.button_effects import ButtonEffect, Caution
from tracker.rules.core.viewers import Viewer
from tracker.rules.core.wording import clock, local, plural, short_day
from tracker.rules.operations.approvals import Refusal, Settles
from tracker.rules.operations.check_ins import Turnout, may_read_check_ins
from tracker.rules.operations.plans import Operation, OutsideResult
from tracker.rules.operations.states import FALLS_BACK, STATES, OperationState

NO_EMAIL = "No one gets an email."
CHECK_IN = "/check-in"
_SETTLED_AT = {
    Settles.SITES: ("#add-site", "Add a site"),
    Settles.SUPERVISOR: ("#basics-h", "Name a supervisor"),
    Settles.CONFLICTS: ("#conflicts-h", "Decide"),
    Settles.CLEARANCE: ("#record-number", "Record a number"),
    Settles.AGENCIES: ("#agencies-h", "See the agencies"),
    Settles.CHECK_IN: (CHECK_IN, "Open check-in"),
    Settles.AFTER_ACTION: ("/after", "Open the after-action"),
}
"""Where the people who lead settle a reason, and the words of the link."""


def missing_parts(refusals: Iterable[Refusal], *, leads: bool, may_waive: bool) -> tuple[Caution, ...]:
    """Return what is in the way of a step, each with the part that settles it for someone who can settle it."""
    return tuple(_missing(refusal, leads=leads, may_waive=may_waive) for refusal in refusals)


def _missing(refusal: Refusal, *, leads: bool, may_waive: bool) -> Caution:
    to, link = _SETTLED_AT.get(refusal.settles, ("", "")) if leads else ("", "")
    if refusal.settles is Settles.CLEARANCE and may_waive and not leads:
        to, link = "#waive", "Waive it"
    return Caution(says=refusal.says, to=to, link=link)


_DEEDS = {
    OperationState.PLANNING: "move the plan to planning",
    OperationState.SUBMITTED: "submit the plan for approval",
    OperationState.APPROVED: "approve the plan",
    OperationState.BRIEFED: "mark it as briefed",
    OperationState.EXECUTING: "begin the operation",
    OperationState.RELEASED: "mark it as released",
    OperationState.DEBRIEFED: "mark it as debriefed",
    OperationState.CLOSED: "close the operation",
}


def waiting_for(viewer: Viewer, operation: Operation, to: OperationState) -> str:
    """Return for whom a plan waits to take it to its next state; empty for that person, and when there is none."""
    is_approval = to is OperationState.APPROVED
    person_id = operation.supervisor_id if is_approval else operation.event.lead_id
    name = operation.supervisor if is_approval else operation.event.lead
    if not name or person_id == viewer.member_id or not may_read_check_ins(viewer):
        return ""
    return f"Waiting for {name} to {_DEEDS[to]}."


def emailed_by(operation: Operation, to: OperationState) -> str:
    """Return who gets an email when the plan enters a state."""
    match to:
        case OperationState.SUBMITTED:
            return f"1 person gets an email: {operation.supervisor}."
        case OperationState.APPROVED:
            return f"1 person gets an email: {operation.event.lead}."
        case _:
            return NO_EMAIL


def step_effect(operation: Operation, to: OperationState, turnout: Turnout, open_hits: int) -> ButtonEffect:
    """Return what taking the plan to a state does, and what to know first."""
    says = " ".join(part for part in (_done_by(operation, to, turnout), emailed_by(operation, to)) if part)
    return ButtonEffect(says=says, cautions=tuple(_cautions(operation, to, turnout, open_hits)))


def _done_by(operation: Operation, to: OperationState, turnout: Turnout) -> str:
    starts = local(operation.starts_at, operation.event.zone)
    return {
        OperationState.PLANNING: _back_to_planning(operation)
        or "From then on, the plan is compared with other operations.",
        OperationState.SUBMITTED: f"This asks for approval of version {operation.version}.",
        OperationState.APPROVED: f"This approves version {operation.version}, and calendars show it as confirmed.",
        OperationState.BRIEFED: "This records that the people on the operation are briefed.",
        OperationState.EXECUTING: f"It’s planned for {short_day(starts)}, {clock(starts)}. Once it has begun, you can’t"
        " return to planning.",
        OperationState.RELEASED: f"{turnout.who_is_out} This ends the operation.",
        OperationState.DEBRIEFED: "This records that the debriefing is done.",
        OperationState.CLOSED: "After that, the check-in list no longer changes.",
    }.get(to, "")


def _back_to_planning(operation: Operation) -> str:
    """Return what no longer counts when a plan returns to planning; empty for one that begins it."""
    match operation.state:
        case OperationState.SUBMITTED:
            return "The deconfliction number no longer counts."
        case state if state in FALLS_BACK:
            return "The approval and the deconfliction number no longer count."
        case OperationState.STOOD_DOWN:
            return "The plan needs a new approval and a new deconfliction number."
        case _:
            return ""


def _cautions(operation: Operation, to: OperationState, turnout: Turnout, open_hits: int) -> Iterator[Caution]:
    if to is OperationState.SUBMITTED and open_hits:
        yield Caution(says=f"{plural(open_hits, 'conflict')} to decide first.", to="#conflicts-h", link="Decide")
    if to is OperationState.SUBMITTED and operation.clearance is None:
        yield Caution(
            says=f"The deconfliction number is missing. {operation.supervisor} can’t approve without one, or a waiver.",
            to="#record-number",
            link="Record a number",
        )
    if to in {OperationState.SUBMITTED, OperationState.APPROVED, OperationState.EXECUTING}:
        yield from _outside(operation)
    if to is OperationState.EXECUTING and turnout.never_in:
        yield Caution(says=turnout.not_in_yet, to=CHECK_IN, link="Open check-in")
    if to is OperationState.RELEASED and turnout.never_in:
        yield Caution(says=turnout.who_never_came, to=CHECK_IN, link="Open check-in")


def _outside(operation: Operation) -> Iterator[Caution]:
    clearance = operation.clearance
    if clearance and clearance.system and clearance.result not in {None, OutsideResult.NO_CONFLICT}:
        answer = f"{clearance.system.label}: {clearance.result.label.lower()}."
        yield Caution(says=answer, to="#outside-h", link="See it")
    elif clearance and clearance.system is None:
        yield Caution(says=f"The deconfliction number was waived: {clearance.reason}", to="#outside-h", link="See it")


def step_sentence(operation: Operation, to: OperationState, turnout: Turnout) -> str:
    """Return what is said after the plan was taken to a state, with the numbers that its button had."""
    sentence = STATES[to].sentence
    match to:
        case OperationState.PLANNING if gone := _back_to_planning(operation):
            return f"Returned to planning. {gone} {NO_EMAIL}"
        case OperationState.EXECUTING:
            return " ".join(part for part in (sentence, turnout.not_in_yet, NO_EMAIL) if part)
        case OperationState.RELEASED:
            return " ".join(part for part in (turnout.who_is_out, turnout.who_never_came, sentence, NO_EMAIL) if part)
        case OperationState.STOOD_DOWN | OperationState.ABORTED:
            return sentence
        case _:
            return f"{sentence} {emailed_by(operation, to)}"


STAND_DOWN = ButtonEffect(
    says="This ends the plan’s conflicts, its approval, and its deconfliction number. If you return to planning, you’ll"
    " need a new approval and number. Subscribed calendars show the operation as canceled, and its reminders stop."
    " People on the operation aren’t emailed. To notify them, cancel the event. Recipients of a released"
    " service-readiness notice get an email that says only to sign in."
)
ABORT = ButtonEffect(
    says="Use this to stop an operation that is under way. It ends the operation’s conflicts, and you can’t undo it."
    " The event stays in calendars, and no one is emailed."
)


def site_effect(operation: Operation) -> ButtonEffect:
    """Return what changing a site does: one that is the same place in other words ends nothing."""
    falls_back = operation.state in FALLS_BACK and operation.state is not OperationState.PLANNING
    caution = Caution(says="Another place, purpose, or radius takes the plan back to planning.")
    return ButtonEffect(
        says="Another place, purpose, or radius ends the deconfliction number. Other words for the same place don’t.",
        cautions=(caution,) if falls_back else (),
    )
