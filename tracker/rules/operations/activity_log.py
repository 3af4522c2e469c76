"""The activity log of an operation (ICS 214): what people wrote, in time order with what the tracker recorded.

The tracker records check-ins, the release, phases, states, deconfliction numbers, and conflicts, with who decided.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from functools import partial
from uuid import UUID

from msgspec import Struct

from tracker.errors import Invalid, NotAllowed
from tracker.rules.core.viewers import Viewer
from tracker.rules.operations.approvals import Approval
from tracker.rules.operations.check_ins import CheckIn, Release, names_and_more
from tracker.rules.operations.deconfliction import DECISION_WORDS, OUTCOME_WORDS, Decision, Hit
from tracker.rules.operations.orders import Phase
from tracker.rules.operations.plans import OUTSIDE_RESULTS, SYSTEM_WORDS, PlanClearance
from tracker.rules.operations.states import FALLS_BACK, STATES, OperationState

LONGEST_ENTRY = 500  # characters
QUICK = ("On scene", "Entry made", "Scene secure", "Subject in custody", "Search complete", "Scene cleared")
"""What is written with one tap."""
LONGEST_WAIT = timedelta(hours=24)
"""How long an entry may have waited for a network."""
IS_CLOSED = "The operation is closed, and its log no longer changes."
IS_A_DRAFT = "The plan is still a draft. Start planning before you write in the log."


class Source(StrEnum):
    """Where a line of the log comes from."""

    ENTRY = "entry"
    RECORDED = "recorded"
    """The tracker recorded it elsewhere: a state, a phase, a release, check-ins."""


class EntryVersion(Struct, frozen=True, kw_only=True):
    """One version of an entry: the first one, or a correction."""

    id: UUID
    entry_id: UUID
    """The first version; its own id for that one."""
    at: datetime
    """When it happened."""
    text: str
    by: str
    """Name and agency of the person who wrote it."""
    by_id: UUID
    written_at: datetime


class ActivityLine(Struct, frozen=True, kw_only=True):
    """One line of the log, as it holds now."""

    at: datetime
    text: str
    by: str = ""
    """Empty for what the tracker recorded itself."""
    source: Source = Source.RECORDED
    is_limited: bool = False
    """Whether only the people who may know of conflicts read it."""
    entry_id: UUID | None = None
    earlier: tuple[EntryVersion, ...] = ()
    """The versions that were corrected, oldest first."""
    last: EntryVersion | None = None
    """The version that holds; None for what the tracker recorded itself."""


def why_not_write_log(state: OperationState) -> str | None:
    """Return the sentence that explains why nothing can be written in the log now, or None when it can."""
    if state is OperationState.DRAFT:
        return IS_A_DRAFT
    return IS_CLOSED if state is OperationState.CLOSED else None


def check_log_open(state: OperationState) -> None:
    """Raise `NotAllowed` unless something can be written in the log now."""
    if refusal := why_not_write_log(state):
        raise NotAllowed(refusal)


def may_correct_entry(viewer: Viewer, line: ActivityLine, *, leads: bool) -> bool:
    """Return whether the viewer may correct a line: who wrote it first, and the people who lead the operation."""
    if line.last is None:
        return False
    first = line.earlier[0] if line.earlier else line.last
    return leads or viewer.member_id == first.by_id


def check_log_entry(text: str, at: datetime, now: datetime) -> None:
    """Raise `Invalid`, by field, unless an entry can say this and have happened then."""
    if not text:
        raise Invalid(text="Write what happened.")
    if at > now:
        raise Invalid(at="Enter a time that has passed.")


def happened_at(waited: timedelta, now: datetime) -> datetime:
    """Return when an entry was written that waited for a network. Errors: Invalid after more than a day."""
    if not timedelta() <= waited <= LONGEST_WAIT:
        raise Invalid("This entry wasn’t saved because it’s more than a day old. Write it again, and correct its time.")
    return now - waited


def activity_lines(
    written: Iterable[EntryVersion],
    decided: Iterable[ActivityLine],
    check_ins: Sequence[CheckIn],
    release: Release | None,
    phases: Iterable[Phase],
) -> list[ActivityLine]:
    """Return the log in time order, oldest first; the lines of one moment as they are given, entries first."""
    lines = [
        *_entries(written),
        *_taps("Checked in", ((check_in.time_in, check_in) for check_in in check_ins)),
        *_taps("Checked out", ((check_in.time_out, check_in) for check_in in check_ins)),
        *([ActivityLine(at=release.ordered_at, text="Everyone released", by=release.by)] if release else []),
        *(line for phase in phases for line in _phase(phase)),
        *decided,  # the last check-out releases the operation, at the same moment
    ]
    return sorted(lines, key=lambda activity_line: (activity_line.at, activity_line.source))


def _entries(written: Iterable[EntryVersion]) -> Iterator[ActivityLine]:
    versions: dict[UUID, list[EntryVersion]] = {}
    for entry_version in sorted(
        written, key=lambda version: (version.written_at, version.id != version.entry_id, version.id)
    ):
        versions.setdefault(entry_version.entry_id, []).append(entry_version)
    for entry_id, (*earlier, last) in versions.items():
        yield ActivityLine(
            at=last.at,
            text=last.text,
            by=last.by,
            source=Source.ENTRY,
            entry_id=entry_id,
            earlier=tuple(earlier),
            last=last,
        )


def _taps(label: str, taps: Iterable[tuple[datetime | None, CheckIn]]) -> Iterator[ActivityLine]:
    """Yield one line for the taps of each minute, at the time of the last of them."""
    minutes: dict[datetime, list[tuple[datetime, CheckIn]]] = {}
    for at, person in taps:
        if at:
            minutes.setdefault(at.replace(second=0, microsecond=0), []).append((at, person))
    for of_minute in minutes.values():
        yield ActivityLine(
            at=max(at for at, _ in of_minute),
            text=f"{label}: {names_and_more([check_in.words for _, check_in in of_minute])}",
        )


def _phase(phase: Phase) -> Iterator[ActivityLine]:
    if phase.begun_at:
        yield ActivityLine(at=phase.begun_at, text=f"Phase started: {phase.name}")
    if phase.ended_at:
        yield ActivityLine(at=phase.ended_at, text=f"Phase ended: {phase.name}")


def lines_by_entry(lines: Iterable[ActivityLine]) -> Mapping[UUID, ActivityLine]:
    """Return what people wrote, by the id of the entry."""
    return {line.entry_id: line for line in lines if line.entry_id}


class EnteredState(Struct, frozen=True, kw_only=True):
    """A state that the operation entered; `by` is empty when the tracker took it there."""

    at: datetime
    was: OperationState
    state: OperationState
    by: str


class SideDecision(Struct, frozen=True, kw_only=True):
    """What this side decided about a conflict, and until when it was its decision."""

    hit_id: UUID
    at: datetime
    decision: Decision
    reason: str
    by: str
    replaced_at: datetime | None


class OperationDecisions(Struct, frozen=True, kw_only=True):
    """All that was decided about an operation, as far as one viewer may know."""

    states: Sequence[EnteredState]
    approvals: Sequence[Approval]
    clearances: Sequence[PlanClearance]
    hits: Sequence[Hit]
    decided: Sequence[SideDecision]

    def lines(self) -> Iterator[ActivityLine]:
        """Yield a line for each decision; those of one deed in the order in which they are read."""
        yield from _ends(self.clearances)
        yield from _states(self.states, self.approvals)
        yield from (
            ActivityLine(at=clearance.recorded_at, text=_recorded(clearance), by=clearance.by)
            for clearance in self.clearances
        )
        yield from _conflicts(self.hits, self.decided)


def _states(states: Iterable[EnteredState], approvals: Iterable[Approval]) -> Iterator[ActivityLine]:
    versions = {approval.approved_at: approval.version for approval in approvals}
    for state in states:
        text = f"State: {STATES[state.state].label}"
        if state.state is OperationState.APPROVED and state.at in versions:
            text = f"{text}, version {versions[state.at]}"
        if state.state is OperationState.PLANNING and state.was in FALLS_BACK:
            text = f"{text}, sent back from {STATES[state.was].label}"
        yield ActivityLine(at=state.at, text=text, by=state.by)


def _ends(clearances: Sequence[PlanClearance]) -> Iterator[ActivityLine]:
    """Yield what no longer counts; not what another number or a waiver took the place of."""
    successors = {plan_clearance.recorded_at for plan_clearance in clearances}
    for clearance in clearances:
        if clearance.replaced_at and clearance.replaced_at not in successors:
            what = f"Deconfliction number ended: {_number(clearance)}" if clearance.system else "Waiver ended"
            yield ActivityLine(at=clearance.replaced_at, text=what, by=clearance.ended_by)


def _recorded(plan_clearance: PlanClearance) -> str:
    if plan_clearance.system is None or plan_clearance.result is None:
        return f"Deconfliction number waived: {plan_clearance.reason}"
    return f"Deconfliction number recorded: {_number(plan_clearance)}, {OUTSIDE_RESULTS[plan_clearance.result].lower()}"


def _number(plan_clearance: PlanClearance) -> str:
    return (
        f"{SYSTEM_WORDS[plan_clearance.system]} {plan_clearance.number}"
        if plan_clearance.system
        else plan_clearance.number
    )


def _conflicts(hits: Iterable[Hit], decided: Sequence[SideDecision]) -> Iterator[ActivityLine]:
    """Yield what was decided about the conflicts that the viewer may know of, and how each ended."""
    limited = partial(ActivityLine, is_limited=True)
    for hit in hits:
        about = f"Conflict with {hit.other.agency}"
        of_hit = [decision for decision in decided if decision.hit_id == hit.id]
        for side_decision in of_hit:
            yield limited(
                at=side_decision.at,
                text=f"{about} decided: {DECISION_WORDS[side_decision.decision]} ({side_decision.reason})",
                by=side_decision.by,
            )
        for side_decision in of_hit:
            if side_decision.replaced_at and side_decision.replaced_at not in {other.at for other in of_hit}:
                yield limited(
                    at=side_decision.replaced_at,
                    text=f"{about}: a time or place changed, and the decision no longer counts",
                )
        if hit.closed_at and hit.outcome:
            yield limited(at=hit.closed_at, text=f"{about} ended: {OUTCOME_WORDS[hit.outcome]}")
