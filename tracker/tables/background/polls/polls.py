"""Date polls as ids and times, for writers inside their transaction and for the clock."""

from uuid import UUID

from piccolo.querystring import QueryString

from tracker.database import engine

_OPEN = (
    "SELECT p.id FROM poll p JOIN event e ON e.id = p.event"
    " WHERE e.id = {} AND e.status = 'draft' AND p.canceled_at IS NULL"
)


async def has_open_poll(event_id: UUID) -> bool:
    """Return whether people are being asked about the date of a draft."""
    return bool(await engine().run_querystring(QueryString(_OPEN, event_id)))
