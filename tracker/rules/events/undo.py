"""Undoing a recent change, before people are notified."""

from datetime import datetime, timedelta
from enum import StrEnum

from tracker.errors import Gone

UNDO_FOR = timedelta(seconds=20)
"""How long a change can be undone; messages about the event wait for it, edits longer (`outbox`)."""
TOO_LATE = "The 20 seconds are over, so it stays. You can still change or cancel it."
MEANWHILE = "Somebody changed it or replied to it meanwhile, so it stays. You can still change or cancel it."


class Deed(StrEnum):
    """A change that can be undone."""

    SCHEDULED = "scheduled"
    CANCELED = "canceled"
    CHANGED = "changed"


def check_open(done_at: datetime, now: datetime) -> None:
    """Check that a change is recent enough to be undone. Errors: Gone."""
    if now - done_at >= UNDO_FOR:
        raise Gone(TOO_LATE)
