"""What somebody who leaves has in hand, as the handover needs it, whoever may see it; a person reads `visible_led`.

Only ids come out of here: to whom a thing passes is asked of `visible`, with each candidate as the viewer.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from piccolo.querystring import QueryString

from tracker.database import engine

_LED = (
    "SELECT e.id FROM event e WHERE e.lead = {} AND e.status <> 'canceled'"
    " AND EXISTS (SELECT 1 FROM occurrence o WHERE o.event = e.id AND o.ends_at > {}) ORDER BY e.id"
)
_OWNED = (
    "SELECT i.id, i.created_by, o.event, e.lead FROM action_item i LEFT JOIN occurrence o ON o.id = i.origin"
    " LEFT JOIN event e ON e.id = o.event WHERE i.owner = {} AND i.closed_at IS NULL ORDER BY i.id"
)
# Nearest first: colleagues, then those who must be there.
_INVITED = (
    "SELECT i.member FROM invitation i JOIN member m ON m.id = i.member JOIN agency g ON g.id = m.agency"
    " WHERE i.event = {} AND i.withdrawn_at IS NULL AND m.status = 'active' AND g.status = 'active'"
    " AND NOT m.is_guest ORDER BY CASE WHEN m.agency = {} THEN 0 ELSE 1 END,"
    " CASE WHEN i.role = 'optional' THEN 1 ELSE 0 END, m.name, m.id"
)


class Owned(NamedTuple):
    """An open action item, with who could take it over: its giver, and who leads the event that it comes from."""

    id: UUID
    giver_id: UUID
    event_id: UUID | None
    lead_id: UUID | None


async def led(member_id: UUID, now: datetime) -> list[UUID]:
    """Return the events that somebody leads and that are not over, drafts included."""
    return [row["id"] for row in await engine().run_querystring(QueryString(_LED, member_id, now))]


async def owned(member_id: UUID) -> list[Owned]:
    """Return the open action items of somebody."""
    found = await engine().run_querystring(QueryString(_OWNED, member_id))
    return [Owned(row["id"], row["created_by"], row["event"], row["lead"]) for row in found]


async def invited(event_id: UUID, agency_id: UUID, but: Iterable[UUID]) -> list[UUID]:
    """Return who is invited to an event and could lead it, the people of an agency first."""
    found = await engine().run_querystring(QueryString(_INVITED, event_id, agency_id))
    left_out = set(but)
    return [row["member"] for row in found if row["member"] not in left_out]
