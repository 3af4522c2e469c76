"""Operations for the list of an emergency access: ids and times, and nothing of what they are."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from piccolo.querystring import QueryString

from tracker.database import engine
from tracker.rules.core.audiences import Audience, emergency
from tracker.tables.schema.events.events import EventAudience
from tracker.tables.schema.operations.emergency import EmergencyOpening

MOST = 500  # dates in the list
_OPERATIONS = (
    "SELECT e.id, e.lead, o.original_start, o.starts_at, o.ends_at FROM event e JOIN occurrence o ON o.event = e.id"
    " WHERE e.kind = 'joint_operation' AND e.visibility = 'named' AND e.status <> 'draft' AND o.ends_at >= {}{}"
    " ORDER BY o.starts_at, e.id LIMIT {}"
)
_ONE = " AND e.id = {}"


class Known(NamedTuple):
    """One date of an operation for named people."""

    event_id: UUID
    lead_id: UUID
    original_start: datetime
    starts_at: datetime
    ends_at: datetime


async def operations(since: datetime) -> list[Known]:
    """Return the dates of operations for named people that end after `since`, in order."""
    return await _known(since, QueryString(""))


async def operation(event_id: UUID, since: datetime) -> Known | None:
    """Return the first date of an operation that is in the list; None for any other event."""
    found = await _known(since, QueryString(_ONE, event_id))
    return found[0] if found else None


async def opened(access_id: UUID) -> frozenset[UUID]:
    """Return the operations that were opened with an access."""
    found = await EmergencyOpening.select(EmergencyOpening.event).where(EmergencyOpening.access == access_id)
    return frozenset(row["event"] for row in found)


async def close(access_id: UUID) -> None:
    """Take the audience of an access away from every operation that was opened with it."""
    await EventAudience.delete().where(EventAudience.audience == Audience(emergency(access_id)))


async def _known(since: datetime, which: QueryString) -> list[Known]:
    found = await engine().run_querystring(QueryString(_OPERATIONS, since, which, MOST))
    return [Known(row["id"], row["lead"], row["original_start"], row["starts_at"], row["ends_at"]) for row in found]
