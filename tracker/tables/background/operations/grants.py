"""Need-to-know without a viewer: whose access is open, and until when. People read `visible.operations.grants`."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from tracker.tables.schema.operations.grants import OperationGrant

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


class Lapsed(NamedTuple):
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


async def limited(event_id: UUID) -> dict[UUID, UUID]:
    """Return the people whose access to an operation ends by itself, each with the id of their access."""
    return {member: one.id for member, one in (await open_grants(event_id)).items() if one.is_granted and one.until}


async def approved_for(event_id: UUID, member_ids: Iterable[UUID]) -> frozenset[UUID]:
    """Return which of these people were let see an operation with the approval of a second person."""
    known = await open_grants(event_id)
    return frozenset(one for one in member_ids if one in known and known[one].is_approved)


async def lapsed(now: datetime) -> list[Lapsed]:
    """Return the access and requests that have not been ended, and whose time is over."""
    found = (
        await OperationGrant.select(
            OperationGrant.id, OperationGrant.event, OperationGrant.member, OperationGrant.granted_at
        )
        .where((OperationGrant.until <= now) & OperationGrant.ended_at.is_null())
        .order_by(OperationGrant.until, OperationGrant.id)
    )
    return [Lapsed(row["id"], row["event"], row["member"], row["granted_at"] is not None) for row in found]
