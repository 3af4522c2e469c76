"""Chains: a series and those that continue it, about which no one is asked to reply twice within two days."""

from collections.abc import Iterable
from uuid import UUID

from piccolo.querystring import QueryString

from tracker.database import engine
from tracker.database.sql_list import sql_list

# Where other people may see the one than the other, joining them would show that there is another.
_SEEN_BY_THE_SAME = (
    "NOT EXISTS (SELECT 1 FROM event_audience a WHERE a.event IN (o.id, n.id) GROUP BY a.audience HAVING COUNT(*) = 1)"
)
CHAIN = (
    "WITH RECURSIVE chain (event, id) AS (SELECT e.id, e.id FROM event e WHERE e.id IN ({})"
    " UNION SELECT c.event, n.id FROM chain c JOIN event o ON o.id = c.id"
    " JOIN event n ON (n.previous_series = o.id OR n.id = o.previous_series)"
    f" AND {_SEEN_BY_THE_SAME})"
)
"""The rows `chain (event, id)`: each of these events, with every event of its chain, itself too."""
_CHAINS = f"{CHAIN} SELECT event, id FROM chain"


async def chains(event_ids: Iterable[UUID]) -> dict[UUID, UUID]:
    """Return the id of its chain for each of these events, and for each other event of their chains.

    The series that a split made of one are a chain as far as the same people may see them.
    """
    wanted = list(event_ids)
    if not wanted:
        return {}
    found: dict[UUID, set[UUID]] = {}
    for row in await engine().run_querystring(QueryString(_CHAINS, sql_list(wanted))):
        found.setdefault(row["event"], set()).add(row["id"])
    return {event: min(events) for events in found.values() for event in events}
