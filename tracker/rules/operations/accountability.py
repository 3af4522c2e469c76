"""Personnel accountability: everyone was released, and after some minutes the lead is notified of who isn't out."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from tracker.errors import Invalid
from tracker.rules.operations.states import OperationState

DEFAULT_WAIT = 30  # minutes between the release and the email to the lead
SHORTEST_WAIT, LONGEST_WAIT = 5, 240  # minutes
COUNTED = frozenset({OperationState.EXECUTING, OperationState.ABORTED})
"""The states in which people who were released are still to check out."""


@dataclass(frozen=True, kw_only=True)
class Release:
    """That the lead released everyone; times aware UTC."""

    ordered_at: datetime
    by: str
    """Name and agency of the person who ordered it."""
    wait: timedelta
    notified_at: datetime | None = None
    """When the lead was emailed that someone hadn't checked out."""

    @property
    def due_at(self) -> datetime:
        """Return from when on the lead is notified of people who haven't checked out."""
        return due_at(self.ordered_at, self.wait)


def due_at(ordered_at: datetime, wait: timedelta) -> datetime:
    """Return when everyone has to be out."""
    return ordered_at + wait


def check_wait(minutes: int | None) -> int:
    """Return the minutes between a release and the email. Errors: Invalid(minutes)."""
    if minutes is None or not SHORTEST_WAIT <= minutes <= LONGEST_WAIT:
        raise Invalid(minutes=f"Enter minutes from {SHORTEST_WAIT} to {LONGEST_WAIT}.")
    return minutes
