"""Need-to-know without a viewer: whose access is open, and until when. People read `visible.operations.grants`."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from tracker.tables.schema.operations.grants import OperationGrant


class OpenGrant(NamedTuple):
    """Access that has not ended, or waits for a second person."""

    id: UUID
    is_granted: bool
    until: datetime | None


async def open_grants(event_id: UUID) -> dict[UUID, OpenGrant]:
    """Return the access to an operation that has not ended, by person."""
    found = await OperationGrant.select(
        OperationGrant.id, OperationGrant.member, OperationGrant.granted_at, OperationGrant.until
    ).where((OperationGrant.event == event_id) & OperationGrant.ended_at.is_null())
    return {row["member"]: OpenGrant(row["id"], row["granted_at"] is not None, row["until"]) for row in found}


async def granted_to(event_id: UUID, member_ids: Iterable[UUID]) -> frozenset[UUID]:
    """Return which of these people were let see an operation: by one person, or by two where that is needed."""
    known = await open_grants(event_id)
    return frozenset(one for one in member_ids if one in known and known[one].is_granted)
