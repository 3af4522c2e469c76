"""Conflicts between two operations: what each side is shown, and which decisions end one."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from msgspec import Struct


class Decision(StrEnum):
    """What one side decides about a conflict."""

    PROCEED = "proceed"
    """Both go ahead, coordinated; each side that knows must say so."""
    JOINT = "joint"
    """They become one operation; both sides must say so."""
    RESCHEDULE = "reschedule"
    """This side moves; the conflict ends when the facts no longer match."""
    CANCEL = "cancel"
    """This side cancels; the conflict ends when it has."""
    NOT_A_CONFLICT = "not_a_conflict"
    """A false alarm; each side that knows must say so."""


DECISION_WORDS = {
    Decision.PROCEED: "Both proceed, with coordination",
    Decision.JOINT: "Combine the operations",
    Decision.RESCHEDULE: "We’ll change our time or place",
    Decision.CANCEL: "We’ll cancel",
    Decision.NOT_A_CONFLICT: "Not a conflict",
}
ALONE_WORDS = {
    Decision.PROCEED: "We proceed",
    Decision.RESCHEDULE: "We’ll change our time or place",
    Decision.CANCEL: "We’ll cancel",
    Decision.NOT_A_CONFLICT: "Not a conflict",
}
"""What a side can decide that shows the other nothing."""
TOGETHER = frozenset({Decision.PROCEED, Decision.JOINT, Decision.NOT_A_CONFLICT})
"""Decisions that hold as soon as both sides made the same."""


class Outcome(StrEnum):
    """How a conflict ended."""

    PROCEED = "proceed"
    JOINT = "joint"
    RESCHEDULED = "rescheduled"
    CANCELED = "canceled"
    NOT_A_CONFLICT = "not_a_conflict"
    SUPERSEDED = "superseded"
    """The facts changed, and no one had said that they would."""


OUTCOME_WORDS = {
    Outcome.PROCEED: "Both proceed",
    Outcome.JOINT: "One operation",
    Outcome.RESCHEDULED: "Rescheduled",
    Outcome.CANCELED: "Canceled",
    Outcome.NOT_A_CONFLICT: "Not a conflict",
    Outcome.SUPERSEDED: "No longer in conflict",
}
AGREED = (Outcome.PROCEED, Outcome.JOINT, Outcome.NOT_A_CONFLICT)
"""Outcomes to which both sides agreed; the same facts are no new conflict."""
_MOVED = {Decision.RESCHEDULE: Outcome.RESCHEDULED, Decision.CANCEL: Outcome.CANCELED}


class Side(Struct, frozen=True, kw_only=True):
    """The other side of a conflict, as far as it discloses itself; empty fields are not disclosed.

    Of a conflict that has ended, only the agency and who led it then are left.
    """

    agency: str
    lead: str
    phone: str
    email: str
    starts_at: datetime | None = None
    ends_at: datetime | None = None


class Hit(Struct, frozen=True, kw_only=True):
    """A conflict as one side sees it."""

    id: UUID
    other_plan: UUID
    """The other operation, to tell whether two conflicts are with the same one; it's never shown."""
    found_at: datetime
    other: Side
    distance_ft: int | None
    """None when the other side does not disclose it."""
    gap: timedelta | None
    mine: Decision | None
    theirs: Decision | None
    outcome: Outcome | None
    closed_at: datetime | None
    lead: str = ""
    """Who led this side when it ended."""
    reason: str = ""
    """Of this side's decision; empty before it."""
    dropped_at: datetime | None = None
    """When earlier decisions ended because a time or place changed; None if that never happened."""

    @property
    def is_open(self) -> bool:
        """Return whether it still needs a decision."""
        return self.outcome is None


class Conflict(NamedTuple):
    """What there is between two operations: the last conflict, and those that ended before it, oldest first."""

    last: Hit
    earlier: tuple[Hit, ...]


def by_operation(hits: Iterable[Hit]) -> list[Conflict]:
    """Return the conflicts of one side, those with the same operation as one; open is last."""
    of_other: dict[UUID, list[Hit]] = {}
    for hit in sorted(hits, key=lambda one: (one.is_open, one.found_at)):
        of_other.setdefault(hit.other_plan, []).append(hit)
    return [Conflict(last, tuple(earlier)) for *earlier, last in of_other.values()]


def agreed(decisions: Mapping[UUID, Decision], asked: Collection[UUID]) -> Outcome | None:
    """Return how a conflict ends by what its sides decided so far; None while it stays open.

    `asked` are the sides that know of it. One that shows the other nothing decides alone, but not for one operation.
    """
    made = {decisions.get(side) for side in asked}
    possible = TOGETHER if len(asked) > 1 else TOGETHER - {Decision.JOINT}
    decided = next(iter(made)) if len(made) == 1 else None
    return Outcome(decided.value) if decided in possible else None


def ended(decisions: Mapping[UUID, Decision]) -> Outcome:
    """Return how a conflict ended whose facts no longer match."""
    return next((_MOVED[one] for one in sorted(decisions.values()) if one in _MOVED), Outcome.SUPERSEDED)
