"""What search and lists of several rooms find, as far as the viewer may see it."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from tracker.database.queries import wanted_ids
from tracker.rules.core.viewers import Viewer
from tracker.rules.events.events import DateLine, Event
from tracker.tables.visible.core import Row, rows, seen_with_words
from tracker.tables.visible.events.events import LONGEST, events_where, lines_where

_ORDER = "r.situation || ' ' || r.mission || ' ' || r.execution || ' ' || r.administration || ' ' || r.command"
_LATEST_ORDER = (
    f"SELECT {_ORDER} FROM operation_order r JOIN operation_plan p ON p.id = r.plan WHERE p.event = e.id"
    " AND r.version = (SELECT MAX(x.version) FROM operation_order x WHERE x.plan = p.id)"
)
_FOUND = (
    "SELECT e.id AS id, e.reference AS reference, e.title AS title, e.place AS place, e.agenda AS agenda,"
    " e.description AS description,"
    " e.kind AS kind, e.visibility AS visibility, e.status AS status, e.zone AS zone, e.is_all_day AS is_all_day,"
    f" e.mark_categories AS mark_categories, ({_LATEST_ORDER}) AS orders,"
    " COUNT(d.id) AS dates, MIN(CASE WHEN d.ends_at > {} THEN d.starts_at END) AS next, MAX(d.starts_at) AS last"
    " FROM ({}) f JOIN event_text t ON t.id = f.rowid JOIN event e ON e.id = t.event"
    " JOIN occurrence d ON d.event = e.id WHERE MAY_SEE(e)"
)
_UPCOMING_FIRST = " GROUP BY e.id ORDER BY CASE WHEN MAX(d.ends_at) > {} THEN 0 ELSE 1 END, MAX(d.starts_at) DESC, e.id"
_SITES = (
    "SELECT p.event AS event, s.place AS place FROM operation_site s JOIN operation_plan p ON p.id = s.plan"
    " JOIN event e ON e.id = p.event WHERE MAY_SEE(e)"
)
_OWN_TEXTS = (
    "SELECT d.event AS event, d.starts_at AS starts_at, d.title AS title, d.place AS place, d.agenda AS agenda"
    " FROM occurrence d JOIN event e ON e.id = d.event WHERE MAY_SEE(e)"
)


async def events_with_words(viewer: Viewer, words: Sequence[str], now: datetime, limit: int) -> list[Row]:
    """Return events that have all the words in their texts, of a date, or of a plan; upcoming ones first.

    Of more than `limit`, those whose last date is in the latest months. A row holds what the list shows of an event,
    how many `dates` it has, its `next` (None: over) and `last` start, and of an operation the text of its `orders`.
    """
    records = await rows(_FOUND, viewer, _UPCOMING_FIRST, now, seen_with_words("event", viewer, words, limit), now)
    # SQLite gives a time that SQL computed as text, because only columns have a type there.
    starts = [{"next": row["next"], "last": row["last"]} for row in records]
    moments = msgspec.convert(starts, list[dict[str, datetime | None]])
    return [{**row, **moment} for row, moment in zip(records, moments, strict=True)]


async def sites_of_events(viewer: Viewer, event_ids: Iterable[UUID]) -> dict[UUID, list[str]]:
    """Return the places of the sites of operations, by event."""
    places: dict[UUID, list[str]] = {}
    for row in await rows(_SITES, viewer, " AND e.id IN ({}) ORDER BY s.place, s.id", wanted_ids(event_ids)):
        places.setdefault(row["event"], []).append(row["place"])
    return places


async def own_texts_of(viewer: Viewer, event_ids: Iterable[UUID]) -> dict[UUID, list[Row]]:
    """Return the dates of events that have a title, place, or agenda of their own, soonest first, by event."""
    tail = " AND e.id IN ({}) AND COALESCE(d.title, d.place, d.agenda) IS NOT NULL ORDER BY d.starts_at, d.id"
    texts: dict[UUID, list[Row]] = {}
    for row in await rows(_OWN_TEXTS, viewer, tail, wanted_ids(event_ids)):
        texts.setdefault(row["event"], []).append(row)
    return texts


PageEnd = tuple[datetime, UUID]
"""Where a page ended: the time by which the list is ordered, and the id of the last row."""


async def events_after(viewer: Viewer, after: PageEnd, limit: int) -> list[Event]:
    """Return events in the order in which they were created."""
    tail = " AND (e.created_at > {} OR (e.created_at = {} AND e.id > {})) ORDER BY e.created_at, e.id LIMIT {}"
    return await events_where(viewer, tail, after[0], *after, limit)


async def lines_after(viewer: Viewer, start: datetime, end: datetime, after: PageEnd, limit: int) -> list[DateLine]:
    """Return the dates that overlap [start, end), earliest first."""
    tail = (
        " AND o.starts_at >= {} AND o.starts_at < {} AND o.ends_at > {}"
        " AND (o.starts_at > {} OR (o.starts_at = {} AND o.id > {})) ORDER BY o.starts_at, o.id LIMIT {}"
    )
    return await lines_where(viewer, tail, start - LONGEST, end, start, after[0], *after, limit)
