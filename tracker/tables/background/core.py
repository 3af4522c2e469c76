"""What every room uses."""

from datetime import datetime
from uuid import UUID

from piccolo.querystring import QueryString

from tracker.database import engine

_NEWEST = "SELECT d.id FROM draft d WHERE d.member = {} ORDER BY d.saved_at DESC, d.id"
_OVER = "SELECT d.id FROM draft d WHERE d.saved_at <= {} OR d.discarded_at <= {}"
_ABOUT = "SELECT d.member, d.event FROM draft d WHERE d.event IS NOT NULL"


async def drafts_beyond(member_id: UUID, most: int) -> list[UUID]:
    """Return the drafts of a member beyond the `most` newest ones."""
    rows = await engine().run_querystring(QueryString(_NEWEST, member_id))
    return [row["id"] for row in rows[most:]]


async def drafts_over(saved_before: datetime, discarded_before: datetime) -> list[UUID]:
    """Return the drafts that no one typed in since a moment, or that were discarded until another."""
    rows = await engine().run_querystring(QueryString(_OVER, saved_before, discarded_before))
    return [row["id"] for row in rows]


async def events_of_each() -> dict[UUID, set[UUID]]:
    """Return, for each member with drafts about events, which events these are."""
    events: dict[UUID, set[UUID]] = {}
    for row in await engine().run_querystring(QueryString(_ABOUT)):
        events.setdefault(row["member"], set()).add(row["event"])
    return events
