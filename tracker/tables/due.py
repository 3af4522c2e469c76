"""What the clock asks of dates: ids and moments alone, no words, for a planner that shows them to nobody.

Whether a person may know of the date is asked when the mail is written, by `visible`.
"""

from datetime import datetime
from typing import Any

from piccolo.querystring import QueryString

from tracker.database import engine

_DATES = (
    "SELECT o.id, o.event, o.starts_at, e.zone, e.is_all_day, e.body FROM occurrence o JOIN event e ON e.id = o.event"
    " WHERE o.starts_at > {} AND o.starts_at <= {} AND NOT o.is_cancelled AND e.status IN ('tentative', 'confirmed')"
    " ORDER BY o.starts_at, o.id"
)


async def dates_starting(after: datetime, until: datetime) -> list[dict[str, Any]]:
    """Return id, event, starts_at, zone, is_all_day, body of the dates that start in (after, until] and take place."""
    return [dict(row) for row in await engine().run_querystring(QueryString(_DATES, after, until))]
