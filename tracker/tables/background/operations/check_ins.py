"""Releases after which someone hasn't checked out in time, as ids and times, without a viewer: the clock asks."""

from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from piccolo.querystring import QueryString

from tracker.database import engine

_WAITING = (
    "SELECT r.id, r.ordered_at, r.wait_minutes, p.event, e.lead FROM operation_release r"
    " JOIN operation_plan p ON p.id = r.plan JOIN event e ON e.id = p.event"
    " WHERE r.withdrawn_at IS NULL AND r.notified_at IS NULL AND p.state IN ('executing', 'aborted')"
    " AND EXISTS (SELECT 1 FROM operation_check_in c WHERE c.plan = p.id AND c.replaced_by IS NULL"
    " AND c.time_in IS NOT NULL AND c.time_out IS NULL) ORDER BY r.id"
)


class OverdueRelease(NamedTuple):
    """A release after which someone is still in, and the lead wasn't notified."""

    id: UUID
    event_id: UUID
    lead_id: UUID


async def overdue_releases(now: datetime) -> list[OverdueRelease]:
    """Return the releases whose time to check out is over."""
    found = await engine().run_querystring(QueryString(_WAITING))
    return [
        OverdueRelease(row["id"], row["event"], row["lead"])
        for row in found
        if row["ordered_at"] + timedelta(minutes=row["wait_minutes"]) <= now
    ]
