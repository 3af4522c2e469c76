"""What the clock asks of dates: ids and moments alone, no words, for a planner that shows them to nobody.

Whether a person may know of the date is asked when the mail is written, by `visible`.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from piccolo.querystring import QueryString

from tracker.database import engine
from tracker.tables.visible.events.waiting import REPLY

_DATES = (
    "SELECT o.id, o.event, o.starts_at, e.zone, e.is_all_day, e.committee, e.kind"
    " FROM occurrence o JOIN event e ON e.id = o.event"
    " WHERE ({}) AND NOT o.is_canceled AND e.status IN ('tentative', 'confirmed')"
    " ORDER BY o.starts_at, o.id"
)
_SILENT = (
    "SELECT o.id, i.member FROM occurrence o JOIN invitation i ON i.event = o.event WHERE o.id IN ({})"
    f" AND i.withdrawn_at IS NULL AND i.role <> 'chair' AND {REPLY} = 'needs_action' ORDER BY o.id, i.member"
)


async def dates_starting(spans: Iterable[tuple[datetime, datetime]]) -> list[dict[str, Any]]:
    """Return id, event, starts_at, zone, is_all_day, committee, kind of the dates that take place, soonest first.

    Each starts in one of the spans (after, until], of which there is at least one.
    """
    within = [QueryString("(o.starts_at > {} AND o.starts_at <= {})", after, until) for after, until in spans]
    in_one = QueryString(" OR ".join(["{}"] * len(within)), *within)
    return [dict(row) for row in await engine().run_querystring(QueryString(_DATES, in_one))]


async def silent(occurrence_ids: Iterable[UUID]) -> dict[UUID, list[UUID]]:
    """Return the members who are asked to each of these dates and have not replied; its lead is never asked."""
    wanted = list(occurrence_ids)
    found: dict[UUID, list[UUID]] = {}
    if wanted:
        among = QueryString(", ".join(["{}"] * len(wanted)), *wanted)
        for row in await engine().run_querystring(QueryString(_SILENT, among)):
            found.setdefault(row["id"], []).append(row["member"])
    return found
