"""Which UIDs of a calendar file stand for events that the viewer may see already."""

from collections.abc import Collection

from piccolo.querystring import QueryString

from tracker.rules.core.viewer import Viewer
from tracker.tables.schema.events.events import Event
from tracker.tables.visible.events.events import rows

CHUNK = 500  # names in one query
_IMPORTED = "SELECT i.source AS name FROM imported_event i JOIN event e ON e.id = i.event WHERE ("
_OWN = "SELECT e.uid AS name FROM event e WHERE ("


async def known_sources(viewer: Viewer, sources: Collection[str]) -> set[str]:
    """Return those of the given marks (`ImportedEvent.source`) whose events the viewer may see."""
    return {row["name"] for row in await rows(_IMPORTED, viewer, ") AND i.source IN ({})", _list(sources))}


async def known_uids(viewer: Viewer, uids: Collection[str]) -> set[str]:
    """Return those of the given UIDs that are our own, of events that the viewer may see."""
    return {row["name"] for row in await rows(_OWN, viewer, ") AND e.uid IN ({})", _list(uids))}


async def own_uids(uids: Collection[str]) -> set[str]:
    """Return those of the given UIDs that are our own, whoever may see them: to leave them out, never to show them."""
    wanted = sorted(uids)
    found: set[str] = set()
    for first in range(0, len(wanted), CHUNK):
        chunk = wanted[first : first + CHUNK]
        found.update(await Event.select(Event.uid).where(Event.uid.is_in(chunk)).output(as_list=True))
    return found


def _list(texts: Collection[str]) -> QueryString:
    wanted = sorted(texts) or [""]
    return QueryString(", ".join(["{}"] * len(wanted)), *wanted)
