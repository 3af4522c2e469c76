"""Long lists a page at a time, in an order that new rows do not disturb: each page starts where the last one ended."""

from datetime import datetime
from uuid import UUID

from tracker.rules.core.viewers import Viewer
from tracker.rules.events.event import Event, Line
from tracker.tables.visible.events.events import LONGEST, events_where, lines_where

PageEnd = tuple[datetime, UUID]
"""Where a page ended: the time by which the list is ordered, and the id of the last row."""


async def events_after(viewer: Viewer, after: PageEnd, limit: int) -> list[Event]:
    """Return events in the order in which they were created."""
    tail = " AND (e.created_at > {} OR (e.created_at = {} AND e.id > {})) ORDER BY e.created_at, e.id LIMIT {}"
    return await events_where(viewer, tail, after[0], *after, limit)


async def lines_after(viewer: Viewer, start: datetime, end: datetime, after: PageEnd, limit: int) -> list[Line]:
    """Return the dates that overlap [start, end), earliest first."""
    tail = (
        " AND o.starts_at >= {} AND o.starts_at < {} AND o.ends_at > {}"
        " AND (o.starts_at > {} OR (o.starts_at = {} AND o.id > {})) ORDER BY o.starts_at, o.id LIMIT {}"
    )
    return await lines_where(viewer, tail, start - LONGEST, end, start, after[0], *after, limit)
