"""Lists for programs: everything that the viewer may see, a page at a time."""

from datetime import UTC, datetime
from uuid import UUID

from msgspec import Struct

from tracker.rules.actions.action_items import ActionItem
from tracker.rules.core.viewers import Viewer
from tracker.rules.events.events import DateLine, Event, Occurrence
from tracker.rules.operations.states import OperationState
from tracker.tables.visible import actions, views
from tracker.tables.visible.events import events as visible_events
from tracker.tables.visible.operations import plans

ListPlace = views.PageEnd
START: ListPlace = (datetime(1970, 1, 1, tzinfo=UTC), UUID(int=0))
"""The cursor before the first row of any list."""


async def page_of_events(viewer: Viewer, after: ListPlace, limit: int) -> list[Event]:
    """Return at most `limit` events after a cursor, in the order in which they were created."""
    return await views.events_after(viewer, after, limit)


async def page_of_dates(viewer: Viewer, start: datetime, end: datetime, after: ListPlace, limit: int) -> list[DateLine]:
    """Return at most `limit` dates that overlap [start, end), after a cursor, earliest first."""
    return await views.lines_after(viewer, start, end, after, limit)


class PlannedOperation(Struct, frozen=True, kw_only=True):
    """An operation with a plan, in brief."""

    occurrence: Occurrence
    state: OperationState
    version: int
    """Of the plan."""


async def page_of_operations(viewer: Viewer, after: ListPlace, limit: int) -> list[PlannedOperation]:
    """Return at most `limit` operations with a plan after a cursor, in the order in which their events were created."""
    events = await plans.planned_operations(viewer, after, limit)
    dates, states = (
        await visible_events.dates_of_events(viewer, events),
        await plans.versions_and_states(viewer, events),
    )
    return [
        PlannedOperation(occurrence=dates[event.id][0], state=states[event.id].state, version=states[event.id].version)
        for event in events
        if dates[event.id] and event.id in states
    ]


async def page_of_items(viewer: Viewer, after: ListPlace, limit: int, *, only_mine: bool) -> list[ActionItem]:
    """Return at most `limit` action items after a cursor, open or closed, in the order in which they were assigned."""
    return await actions.items_after(viewer, after, limit, [viewer.member_id] if only_mine else [])
