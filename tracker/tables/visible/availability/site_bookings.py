"""Events at a site that the viewer may see; for the viewer, the site is otherwise free."""

from collections.abc import Sequence
from datetime import datetime

from tracker.database import engine, is_postgres
from tracker.database.sql_list import sql_list
from tracker.rules.core.viewers import Viewer
from tracker.tables.visible.core.rows import Row, rows
from tracker.tables.visible.events.events import LONGEST

_THERE = (
    "SELECT e.id AS event, COALESCE(o.title, e.title) AS title, e.mark_categories, o.starts_at, o.ends_at"
    " FROM occurrence o"
    " JOIN event e ON e.id = o.event WHERE o.starts_at >= {} AND o.starts_at < {} AND o.ends_at > {}"
    " AND NOT o.is_canceled AND MAY_SEE(e)"
)
_TAIL = (
    " AND e.status IN ('tentative', 'confirmed') AND e.kind <> 'deadline'"
    " AND LOWER(COALESCE(o.place, e.place)) IN ({}) ORDER BY o.starts_at, o.id"
)
_TAIL_ON_SQLITE = _TAIL.replace("LOWER(", "FOLD(")


async def there(viewer: Viewer, places: Sequence[str], start: datetime, end: datetime) -> list[Row]:
    """Return the dates that overlap [start, end) at one of some places (at least one), given in lower case."""
    among = sql_list(places)
    tail = _TAIL if is_postgres(engine()) else _TAIL_ON_SQLITE
    return await rows(_THERE, viewer, tail, start - LONGEST, end, start, among)
