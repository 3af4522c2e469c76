"""All emails that wait for a viewer's decision: replies to events that they may change, and about action items.

They are counted only for people who may decide about them.
"""

from datetime import datetime
from uuid import UUID

from tracker.database import together
from tracker.rules.core.viewer import Viewer
from tracker.rules.events.event import Line, may_edit
from tracker.rules.intake.unrecorded import SHOWN_FOR
from tracker.rules.intake.waiting_emails import WaitingEmails
from tracker.tables.visible.events import events
from tracker.tables.visible.intake import replies as visible
from tracker.usecases.intake import item_emails


async def waiting(viewer: Viewer, now: datetime) -> WaitingEmails:
    """Return the emails that wait for the viewer."""
    dates, items = await together(_dates(viewer, now), item_emails.waiting(viewer, now))
    return WaitingEmails(dates=dates, items=items)


async def waiting_and_decided(viewer: Viewer, now: datetime) -> WaitingEmails:
    """Return the emails that wait, and those about items whose decision can be undone."""
    dates, items = await together(_dates(viewer, now), item_emails.kept(viewer, now))
    return WaitingEmails(dates=dates, items=items)


async def _dates(viewer: Viewer, now: datetime) -> list[tuple[Line, list[datetime]]]:
    found: dict[UUID, list[datetime]] = {}
    for date_id, at in await visible.waiting(viewer, now, now - SHOWN_FOR):
        found.setdefault(date_id, []).append(at)
    lines = await events.lines_by_id(viewer, found)
    return [(line, found[line.id]) for line in lines if may_edit(viewer, line)]
