"""Lists for programs: everything that the viewer may see, a page at a time."""

from datetime import UTC, datetime
from uuid import UUID

from msgspec import Struct

from tracker.rules.actions.action_items import ActionItem
from tracker.rules.core.viewer import Viewer
from tracker.rules.events.event import Event, Line, Occurrence
from tracker.rules.operations.states import OperationState
from tracker.tables.visible.actions import action_items
from tracker.tables.visible.events import events as visible_events
from tracker.tables.visible.operations import listing
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


class Planned(Struct, frozen=True, kw_only=True):
    """An operation with a plan, in brief."""

    occurrence: Occurrence
    state: OperationState
    version: int
    """Of the plan."""


async def operations(viewer: Viewer, after: Place, limit: int) -> list[Planned]:
    """Return at most `limit` operations with a plan after a cursor, in the order in which their events were created."""
    found = await listing.planned(viewer, after, limit)
    dates, states = await visible_events.dates_of(viewer, found), await listing.states(viewer, found)
    return [
        Planned(occurrence=dates[one.id][0], state=states[one.id].state, version=states[one.id].version)
        for one in found
        if dates[one.id] and one.id in states
    ]


async def items(viewer: Viewer, after: Place, limit: int, *, only_mine: bool) -> list[ActionItem]:
    """Return at most `limit` action items after a cursor, open or closed, in the order in which they were assigned."""
    return await action_items.after(viewer, after, limit, [viewer.member_id] if only_mine else [])
