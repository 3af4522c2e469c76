"""What pages report after a change: how to undo it, and how many people are notified."""

from datetime import datetime
from uuid import UUID

from tracker.ports.http import flash
from tracker.rules.core.viewer import Viewer
from tracker.rules.core.wording import plural
from tracker.rules.events.undo import UNDO_FOR
from tracker.usecases.events import undo


async def undo_for(viewer: Viewer, event_id: UUID, now: datetime, key: str = "") -> flash.Undo | None:
    """Return how the viewer can undo what they did `now` to an event; None if it can't be undone.

    Afterward they see the date `key`, or the nearest one.
    """
    change_id = await undo.change_to_undo(viewer, event_id, now)
    if change_id is None:
        return None
    fields = {"change": str(change_id), "key": key}
    return flash.Undo(address=f"/events/{event_id}/undo", fields=fields, until=now + UNDO_FOR)


def with_number_notified(deed: str, people: int, *, any_waiting: bool = False) -> str:
    """Return what was done and how many people get an email about it.

    `any_waiting`: emails that wait since an earlier change include it.
    """
    no_one = f"No one will get {'another' if any_waiting else 'an'} email."
    emails = f"{plural(people, 'person', 'people')} will get an email." if people else no_one
    return f"{deed} {emails}"
