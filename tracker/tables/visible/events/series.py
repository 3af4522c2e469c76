"""The series before and after a series, where the viewer may see them."""

from collections.abc import Iterable
from uuid import UUID

from tracker.database.sql_list import sql_list
from tracker.rules.core.viewers import Viewer
from tracker.rules.events.event import Event
from tracker.tables.visible.core.rows import rows
from tracker.tables.visible.events.events import EVENT, FROM_EVENT, event_in, events_where

_ONWARD = "SELECT e.previous_series FROM event e WHERE MAY_SEE(e)"
_LINKS = f"{EVENT}, e.previous_series{FROM_EVENT} WHERE MAY_SEE(e)"
_AROUND = (
    " AND (e.previous_series = {} OR e.id = (SELECT n.previous_series FROM event n WHERE n.id = {}))"
    " ORDER BY e.starts, e.id"
)
_BEFORE = " AND e.id = (SELECT n.previous_series FROM event n WHERE n.id = {})"
_ONWARD_FROM = (
    " AND e.id IN (WITH RECURSIVE onward(id) AS (SELECT n.id FROM event n WHERE n.previous_series = {}"
    " UNION SELECT n.id FROM event n JOIN onward o ON n.previous_series = o.id) SELECT id FROM onward)"
    " ORDER BY e.starts, e.id"
)
_AFTER = " AND e.previous_series = {} ORDER BY e.starts, e.id"


async def links(viewer: Viewer, of: Event) -> tuple[Event | None, tuple[Event, ...]]:
    """Return the series that this event continues, and those that continue it, earliest first."""
    before, after = None, []
    for row in await rows(_LINKS, viewer, _AROUND, of.id, of.id):
        if row["previous_series"] == of.id:
            after.append(event_in(row))
        else:
            before = event_in(row)
    return before, tuple(after)


async def before(viewer: Viewer, of: Event) -> Event | None:
    """Return the series that this event continues."""
    found = await events_where(viewer, _BEFORE, of.id)
    return found[0] if found else None


async def after(viewer: Viewer, of: Event) -> tuple[Event, ...]:
    """Return the events that continue this series, earliest first; each split adds one."""
    return tuple(await events_where(viewer, _AFTER, of.id))


async def all_after(viewer: Viewer, of: Event) -> tuple[Event, ...]:
    """Return the events that continue this series, and those that continue them, earliest first."""
    return tuple(await events_where(viewer, _ONWARD_FROM, of.id))


async def gone_on_from(viewer: Viewer, event_ids: Iterable[UUID]) -> frozenset[UUID]:
    """Return which of these series are continued by another event."""
    wanted = list(event_ids)
    if not wanted:
        return frozenset()
    tail = " AND e.previous_series IN ({})"
    found = await rows(_ONWARD, viewer, tail, sql_list(wanted))
    return frozenset(row["previous_series"] for row in found)
