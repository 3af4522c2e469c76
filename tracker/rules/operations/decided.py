"""What the log of an operation says of decisions: its states, deconfliction numbers, and conflicts, and who decided."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from functools import partial
from typing import NamedTuple
from uuid import UUID

from msgspec import Struct

from tracker.rules.operations.activity_log import Line
from tracker.rules.operations.approvals import Approval
from tracker.rules.operations.hits import DECISION_WORDS, OUTCOME_WORDS, Decision, Hit
from tracker.rules.operations.plans import OUTSIDE_RESULTS, SYSTEM_WORDS, Clearance
from tracker.rules.operations.states import FALLS_BACK, STATE_WORDS, OperationState


class Entered(NamedTuple):
    """A state that the operation entered; `by` is empty when the tracker took it there."""

    at: datetime
    was: OperationState
    state: OperationState
    by: str


class Decided(NamedTuple):
    """What this side decided about a conflict, and until when it was its decision."""

    hit_id: UUID
    at: datetime
    decision: Decision
    reason: str
    by: str
    replaced_at: datetime | None


class Decisions(Struct, frozen=True, kw_only=True):
    """All that was decided about an operation, as far as one viewer may know."""

    states: Sequence[Entered]
    approvals: Sequence[Approval]
    clearances: Sequence[Clearance]
    hits: Sequence[Hit]
    decided: Sequence[Decided]

    def lines(self) -> Iterator[Line]:
        """Yield a line for each decision; those of one deed in the order in which they are read."""
        yield from _ends(self.clearances)
        yield from _states(self.states, self.approvals)
        yield from (Line(at=one.recorded_at, text=_recorded(one), by=one.by) for one in self.clearances)
        yield from _conflicts(self.hits, self.decided)


def _states(states: Iterable[Entered], approvals: Iterable[Approval]) -> Iterator[Line]:
    versions = {one.approved_at: one.version for one in approvals}
    for one in states:
        text = f"State: {STATE_WORDS[one.state]}"
        if one.state is OperationState.APPROVED and one.at in versions:
            text = f"{text}, version {versions[one.at]}"
        if one.state is OperationState.PLANNING and one.was in FALLS_BACK:
            text = f"{text}, sent back from {STATE_WORDS[one.was]}"
        yield Line(at=one.at, text=text, by=one.by)


def _ends(clearances: Sequence[Clearance]) -> Iterator[Line]:
    """Yield what no longer counts; not what another number or a waiver took the place of."""
    successors = {one.recorded_at for one in clearances}
    for one in clearances:
        if one.replaced_at and one.replaced_at not in successors:
            what = f"Deconfliction number ended: {_number(one)}" if one.system else "Waiver ended"
            yield Line(at=one.replaced_at, text=what, by=one.ended_by)


def _recorded(one: Clearance) -> str:
    if one.system is None or one.result is None:
        return f"Deconfliction number waived: {one.reason}"
    return f"Deconfliction number recorded: {_number(one)}, {OUTSIDE_RESULTS[one.result].lower()}"


def _number(one: Clearance) -> str:
    return f"{SYSTEM_WORDS[one.system]} {one.number}" if one.system else one.number


def _conflicts(hits: Iterable[Hit], decided: Sequence[Decided]) -> Iterator[Line]:
    """Yield what was decided about the conflicts that the viewer may know of, and how each ended."""
    limited = partial(Line, is_limited=True)
    for hit in hits:
        about = f"Conflict with {hit.other.agency}"
        of_hit = [one for one in decided if one.hit_id == hit.id]
        for one in of_hit:
            yield limited(at=one.at, text=f"{about} decided: {DECISION_WORDS[one.decision]} ({one.reason})", by=one.by)
        for one in of_hit:
            if one.replaced_at and one.replaced_at not in {other.at for other in of_hit}:
                yield limited(
                    at=one.replaced_at, text=f"{about}: a time or place changed, and the decision no longer counts"
                )
        if hit.closed_at and hit.outcome:
            yield limited(at=hit.closed_at, text=f"{about} ended: {OUTCOME_WORDS[hit.outcome]}")
