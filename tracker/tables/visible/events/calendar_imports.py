"""Which UIDs of a calendar file belong to events that the viewer may see already."""

from collections.abc import Collection

from piccolo.querystring import QueryString

from tracker.database.sql_list import sql_list
from tracker.rules.core.viewers import Viewer
from tracker.tables.visible.core.rows import rows

_IMPORTED = "SELECT i.source AS name FROM imported_event i JOIN event e ON e.id = i.event WHERE MAY_SEE(e)"
_OWN = "SELECT e.uid AS name FROM event e WHERE MAY_SEE(e)"


async def known_sources(viewer: Viewer, sources: Collection[str]) -> set[str]:
    """Return which of these hashes (`ImportedEvent.source`) belong to events that the viewer may see."""
    return {row["name"] for row in await rows(_IMPORTED, viewer, " AND i.source IN ({})", _list(sources))}


async def known_uids(viewer: Viewer, uids: Collection[str]) -> set[str]:
    """Return which of these UIDs are our own and belong to events that the viewer may see."""
    return {row["name"] for row in await rows(_OWN, viewer, " AND e.uid IN ({})", _list(uids))}


def _list(texts: Collection[str]) -> QueryString:
    wanted = sorted(texts) or [""]
    return sql_list(wanted)
