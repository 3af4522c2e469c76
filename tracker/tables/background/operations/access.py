"""Need-to-know without a viewer: whose access is open, and until when. People read `visible.operations.access`.

For emergency access, operations are ids and times, and nothing of what they are.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from piccolo.querystring import QueryString

from tracker.database import engine
from tracker.rules.core.audiences import Audience, emergency_audience
from tracker.tables.schema.events.events import EventAudience
from tracker.tables.schema.operations.access import EmergencyOpening, OperationGrant

UNTIL = (
    "SELECT 'grant', CAST(g.until AS VARCHAR(40)), CAST(g.id AS VARCHAR(36)), CAST(w.member AS VARCHAR(36)){more}"
    " FROM who w JOIN operation_grant g ON g.member = w.member WHERE g.until > {}"
    " AND g.granted_at IS NOT NULL AND g.ended_at IS NULL"
)
"""The access of some people that ends by itself and hasn't yet, among their rights (`usecases.core.viewers.RIGHTS`)."""


class OpenGrant(NamedTuple):
    """Access that has not ended, or waits for a second person."""

    id: UUID
    is_granted: bool
    is_approved: bool
    """Whether a second person approved it."""
    until: datetime | None


class LapsedGrant(NamedTuple):
    """Access, or a request for it, whose time is over."""

    id: UUID
    event_id: UUID
    member_id: UUID
    is_granted: bool


async def open_grants(event_id: UUID) -> dict[UUID, OpenGrant]:
    """Return the access to an operation that has not ended, by person."""
    grant = OperationGrant
    found = await grant.select(grant.id, grant.member, grant.granted_at, grant.approver, grant.until).where(
        (grant.event == event_id) & grant.ended_at.is_null()
    )
    return {
        row["member"]: OpenGrant(row["id"], row["granted_at"] is not None, row["approver"] is not None, row["until"])
        for row in found
    }


async def limited_access(event_id: UUID) -> dict[UUID, UUID]:
    """Return the people whose access to an operation ends by itself, each with the id of their access."""
    return {member: one.id for member, one in (await open_grants(event_id)).items() if one.is_granted and one.until}


async def approved_for(event_id: UUID, member_ids: Iterable[UUID]) -> frozenset[UUID]:
    """Return which of these people were let see an operation with the approval of a second person."""
    known = await open_grants(event_id)
    return frozenset(one for one in member_ids if one in known and known[one].is_approved)


async def lapsed_grants(now: datetime) -> list[LapsedGrant]:
    """Return the access and requests that have not been ended, and whose time is over."""
    found = (
        await OperationGrant.select(
            OperationGrant.id, OperationGrant.event, OperationGrant.member, OperationGrant.granted_at
        )
        .where((OperationGrant.until <= now) & OperationGrant.ended_at.is_null())
        .order_by(OperationGrant.until, OperationGrant.id)
    )
    return [LapsedGrant(row["id"], row["event"], row["member"], row["granted_at"] is not None) for row in found]


MOST = 500  # dates in the list
_OPERATIONS = (
    "SELECT e.id, e.lead, o.original_start, o.starts_at, o.ends_at FROM event e JOIN occurrence o ON o.event = e.id"
    " WHERE e.kind = 'joint_operation' AND e.visibility = 'named' AND e.status <> 'draft' AND o.ends_at >= {}{}"
    " ORDER BY o.starts_at, e.id LIMIT {}"
)
_ONE = " AND e.id = {}"


class EmergencyDate(NamedTuple):
    """One date of an operation for named people."""

    event_id: UUID
    lead_id: UUID
    original_start: datetime
    starts_at: datetime
    ends_at: datetime


async def emergency_dates(since: datetime) -> list[EmergencyDate]:
    """Return the dates of operations for named people that end after `since`, in order."""
    return await _emergency_dates(since, QueryString(""))


async def emergency_date(event_id: UUID, since: datetime) -> EmergencyDate | None:
    """Return the first date of an operation that is in the list; None for any other event."""
    found = await _emergency_dates(since, QueryString(_ONE, event_id))
    return found[0] if found else None


async def opened_operations(access_id: UUID) -> frozenset[UUID]:
    """Return the operations that were opened with an access."""
    found = await EmergencyOpening.select(EmergencyOpening.event).where(EmergencyOpening.access == access_id)
    return frozenset(row["event"] for row in found)


async def close_emergency_audience(access_id: UUID) -> None:
    """Take the audience of an access away from every operation that was opened with it."""
    await EventAudience.delete().where(EventAudience.audience == Audience(emergency_audience(access_id)))


async def _emergency_dates(since: datetime, which: QueryString) -> list[EmergencyDate]:
    found = await engine().run_querystring(QueryString(_OPERATIONS, since, which, MOST))
    return [
        EmergencyDate(row["id"], row["lead"], row["original_start"], row["starts_at"], row["ends_at"]) for row in found
    ]
