"""Taking back what was done a moment ago, before anybody was told."""

from datetime import datetime, timedelta
from enum import StrEnum

from tracker.errors import Gone

UNDO_FOR = timedelta(seconds=20)
"""So long a deed can be taken back; news of the event waits for it, changes longer (`outbox`)."""
TOO_LATE = "The 20 seconds are over, so it stays. You can still change or cancel it."
MEANWHILE = "Somebody changed it or replied to it meanwhile, so it stays. You can still change or cancel it."


class Deed(StrEnum):
    """What can be taken back."""

    SCHEDULED = "scheduled"
    CANCELED = "canceled"
    CHANGED = "changed"


def check_open(done_at: datetime, now: datetime) -> None:
    """Raise `Gone` when a deed was done too long ago to be taken back."""
    if now - done_at >= UNDO_FOR:
        raise Gone(TOO_LATE)
