"""Personnel accountability: the lead releases everyone, and after some minutes is notified of who isn't out."""

from datetime import datetime, timedelta

from msgspec import Struct

from tracker.errors import Invalid, NotAllowed
from tracker.rules.operations.states import OperationState

DEFAULT_WAIT = 30  # minutes between the release and the email to the lead
SHORTEST_WAIT, LONGEST_WAIT = 5, 240  # minutes


class Release(Struct, frozen=True, kw_only=True):
    """That everyone was released."""

    ordered_at: datetime
    by: str
    """Name and agency of the person who ordered it."""
    wait: timedelta
    """How long people have to check out before the lead is notified."""

    @property
    def due_at(self) -> datetime:
        """Return when everyone has to be out."""
        return self.ordered_at + self.wait


def check_wait(minutes: int | None) -> int:
    """Return the minutes between a release and the email. Errors: Invalid(minutes)."""
    if minutes is None or not SHORTEST_WAIT <= minutes <= LONGEST_WAIT:
        raise Invalid(minutes=f"Enter minutes from {SHORTEST_WAIT} to {LONGEST_WAIT}.")
    return minutes


def check_release(state: OperationState, release: Release | None) -> None:
    """Raise `NotAllowed` unless everyone can be released now."""
    if state is not OperationState.EXECUTING:
        raise NotAllowed("You can release everyone only while the operation is under way.")
    if release:
        raise NotAllowed("Everyone was released already.")


def follows(state: OperationState, release: Release | None, *, is_anyone_in: bool) -> OperationState:
    """Return the state after someone checked out, or a check-out was taken back.

    Once everyone was released, the last check-out ends the operation.
    """
    if state is OperationState.EXECUTING and release and not is_anyone_in:
        return OperationState.RELEASED
    if state is OperationState.RELEASED and is_anyone_in:
        return OperationState.EXECUTING
    return state
