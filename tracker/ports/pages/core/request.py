"""What pages report after a change: how to undo it, and how many people are notified."""

from datetime import datetime
from uuid import UUID

from tracker.ports.http import flash
from tracker.rules.core.wording import plural
from tracker.rules.events.undo import UNDO_FOR, Deed


def undo_for(event_id: UUID, deed: Deed, version: int, now: datetime, key: str = "") -> flash.Undo:
    """Return how a change to an event, made `now`, can be undone; `version` is the one after the change."""
    fields = {"deed": deed, "version": str(version), "key": key}
    return flash.Undo(address=f"/events/{event_id}/undo", fields=fields, until=now + UNDO_FOR)


def with_number_notified(deed: str, people: int) -> str:
    """Return what was done and how many people get an email about it."""
    mails = f"{plural(people, 'person gets', 'people get')} a mail about it." if people else "No mail goes out."
    return f"{deed} {mails}"
