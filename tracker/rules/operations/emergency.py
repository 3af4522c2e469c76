"""Emergency access of administrators to operations: for a reason, for an hour, to read (decision 31)."""

from datetime import datetime, timedelta

from msgspec import Struct

from tracker.errors import Invalid
from tracker.rules.core.viewer import Role, Viewer

LASTS = timedelta(minutes=60)
LONGEST_REASON = 500  # characters
LOOKS_BACK = timedelta(days=30)
"""Operations that ended longer ago can't be opened."""
NO_REASON = "Say why you need emergency access. The coordinators, and the leads of operations that you open, read it."


class Opened(Struct, frozen=True, kw_only=True):
    """One operation that an administrator opened, as the people on it see it; times aware UTC."""

    person: str
    """Name and agency."""
    reason: str
    opened_at: datetime
    until: datetime
    """When access ended, or is to end."""

    def is_open(self, now: datetime) -> bool:
        """Return whether they can still read it."""
        return now < self.until


class Use(Struct, frozen=True, kw_only=True):
    """One emergency access; what was opened isn't part of it."""

    person: str
    reason: str
    began_at: datetime
    until: datetime
    """When it ended, or is to end."""


def may_use(viewer: Viewer) -> bool:
    """Return whether the viewer can get emergency access: an administrator."""
    return Role.ADMINISTRATOR in viewer.roles


def may_read_uses(viewer: Viewer) -> bool:
    """Return whether the viewer reads who had emergency access, and why: administrators and coordinators."""
    return may_use(viewer) or viewer.is_coordinator


def check_reason(reason: str) -> None:
    """Raise `Invalid` unless there is a reason that fits."""
    if not reason:
        raise Invalid(reason=NO_REASON)
    if len(reason) > LONGEST_REASON:
        raise Invalid(reason=f"Keep the reason to {LONGEST_REASON} characters.")
