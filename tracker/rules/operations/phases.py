"""The phases of an operation: when each is planned, and when it began and ended."""

from datetime import datetime, timedelta
from uuid import UUID

from msgspec import Struct

from tracker.errors import Invalid
from tracker.rules.operations.states import OperationState

SUGGESTED = ("Briefing", "Staging", "Execution", "Release", "All out")
"""Names that the form suggests; an operation can have phases of any name."""
LONGEST_NAME = 60  # characters
MOST_PHASES = 20
NO_NAME = f"Enter the phase in up to {LONGEST_NAME} characters."
REACH = timedelta(days=2)
"""How long before the start and after the end of the operation a phase can be planned."""
TIMED = frozenset(
    {
        OperationState.APPROVED,
        OperationState.BRIEFED,
        OperationState.EXECUTING,
        OperationState.RELEASED,
        OperationState.DEBRIEFED,
        OperationState.ABORTED,
    }
)
"""The states in which it can be recorded that a phase began or ended."""


class PhasePlan(Struct, frozen=True, kw_only=True):
    """When a phase is planned; times aware UTC."""

    name: str
    starts_at: datetime
    ends_at: datetime | None
    """None for a phase that is a moment, such as all out."""


class Phase(PhasePlan, frozen=True, kw_only=True):
    """A phase, and when it began and ended; times aware UTC."""

    id: UUID
    begun_at: datetime | None = None
    ended_at: datetime | None = None
    version: int = 1
    """Rises with every change of these two moments."""


def check_plan(phase: PhasePlan, starts_at: datetime, ends_at: datetime) -> None:
    """Raise `Invalid`, by field, unless the phase can be planned for an operation from `starts_at` to `ends_at`."""
    wrong: dict[str, str] = {}
    if not phase.name or len(phase.name) > LONGEST_NAME:
        wrong["name"] = NO_NAME
    if phase.ends_at and phase.ends_at <= phase.starts_at:
        wrong["ends"] = "The phase ends before it starts."
    first, last = starts_at - REACH, ends_at + REACH
    if not first <= phase.starts_at <= last or (phase.ends_at and phase.ends_at > last):
        wrong["day"] = f"Choose a time at most {REACH.days} days before or after the operation."
    if wrong:
        raise Invalid(**wrong)


def check_times(begun_at: datetime | None, ended_at: datetime | None, now: datetime) -> None:
    """Raise `Invalid`, by field, unless a phase can have begun and ended then."""
    if ended_at and not begun_at:
        raise Invalid(begun="Enter when the phase started.")
    if begun_at and begun_at > now:
        raise Invalid(begun="Enter a time that has passed.")
    if ended_at and ended_at > now:
        raise Invalid(ended="Enter a time that has passed.")
    if begun_at and ended_at and ended_at < begun_at:
        raise Invalid(ended="The phase ended before it began.")
