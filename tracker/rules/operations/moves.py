"""What a moved time does to the plan of an operation and to its service-readiness notice, in words.

The clock compares a moved plan soon after it was saved. So what a form, its confirmation, and an email say is the same
rule, asked before and after.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from msgspec import Struct

from tracker.rules.core.wording import clock, local, short_day
from tracker.rules.operations.plans import moved_too_far
from tracker.rules.operations.readiness import is_outside_window
from tracker.rules.operations.states import COMPARED, FALLS_BACK, OperationState

Span = tuple[datetime, datetime]
"""A start and an end; aware UTC."""


class PlanMove(Struct, frozen=True, kw_only=True):
    """What a moved time does to a plan."""

    state: OperationState
    """Where the plan is before."""
    ends_clearance: bool
    """Whether it moved by more than the buffer, so that what was cleared and approved no longer counts."""
    window: Span | None = None
    """The window that a notice keeps, although the operation isn't within it; None without such a notice."""

    @property
    def is_back(self) -> bool:
        """Return whether the plan returns to planning."""
        return self.ends_clearance and self.state in FALLS_BACK

    def words(self, lead: str, zone: str) -> str:
        """Return what happens to the plan and its notice, and that `lead` ("You", or a name) hears of it; or ""."""
        parts = []
        if self.is_back:
            is_approved = self.state is not OperationState.SUBMITTED
            gone = "approval and deconfliction number" if is_approved else "submission and deconfliction number"
            parts.append(
                f"The plan returns to planning, because the time moved beyond its buffer: its {gone} no longer count."
            )
        if self.window:
            parts.append(f"{notice_keeps(self.window, zone)} Its recipients aren’t notified.")
        if parts:
            parts.append(f"{lead} {'get' if lead == 'You' else 'gets'} an email about this.")
        return " ".join(parts)


def notice_keeps(window: Span, zone: str) -> str:
    """Return that a service-readiness notice still names an earlier window."""
    starts, ends = (local(moment, zone) for moment in window)
    shown = f"{short_day(starts)}, {clock(starts)} – {short_day(ends)}, {clock(ends)}"
    return f"The service-readiness notice keeps its window, {shown}."


def move_of_plan(
    state: OperationState, before: Span, after: Span, relied_on: Iterable[Span], buffer: timedelta, window: Span | None
) -> PlanMove | None:
    """Return what a move does; None when the time is as it was compared last, and for a plan that isn't compared.

    `relied_on` are the times for which the deconfliction number and the approval were given, so that small moves add
    up; `window` is that of the notice that hasn't ended.
    """
    ends_clearance = any(moved_too_far(time, after, buffer) for time in (before, *relied_on))
    if state not in COMPARED or (before == after and not ends_clearance):
        return None
    is_left = before != after and window is not None and is_outside_window(window, after)
    return PlanMove(state=state, ends_clearance=ends_clearance, window=window if is_left else None)
