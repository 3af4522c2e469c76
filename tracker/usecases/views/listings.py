"""Lists for programs: everything that the viewer may see, a page at a time."""

from datetime import UTC, datetime
from uuid import UUID

from tracker.rules.actions.action_items import ActionItem
from tracker.rules.core.viewer import Viewer
from tracker.rules.events.event import Event, Line
from tracker.tables.visible.actions import action_items
from tracker.tables.visible.views import listings

Place = listings.Place
START: Place = (datetime(1970, 1, 1, tzinfo=UTC), UUID(int=0))
"""The cursor before the first row of any list."""


async def events(viewer: Viewer, after: Place, limit: int) -> list[Event]:
    """Return at most `limit` events after a cursor, in the order in which they were created."""
    return await listings.events(viewer, after, limit)


async def dates(viewer: Viewer, start: datetime, end: datetime, after: Place, limit: int) -> list[Line]:
    """Return at most `limit` dates that overlap [start, end), after a cursor, earliest first."""
    return await listings.lines(viewer, start, end, after, limit)


async def items(viewer: Viewer, after: Place, limit: int, *, only_mine: bool) -> list[ActionItem]:
    """Return at most `limit` action items after a cursor, open or closed, in the order in which they were assigned."""
    return await action_items.after(viewer, after, limit, [viewer.member_id] if only_mine else [])
