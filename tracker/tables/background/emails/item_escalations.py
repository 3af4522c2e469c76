"""On which days action items reached whom: ids and days, for the planner and the senders of their emails."""

from collections.abc import Collection
from datetime import date
from typing import NamedTuple
from uuid import UUID

from tracker.tables.schema.emails.item_escalations import ItemEscalation


class Escalated(NamedTuple):
    """The last day on which an item reached a rung, while its owner's agency was this one."""

    item_id: UUID
    rung: int
    agency_id: UUID
    day: date


async def escalated(item_ids: Collection[UUID]) -> list[Escalated]:
    """Return what these items reached, earliest first."""
    if not item_ids:
        return []
    rows = (
        await ItemEscalation.select()
        .where(ItemEscalation.item.is_in(list(item_ids)))
        .order_by(ItemEscalation.day, ItemEscalation.id)
    )
    return [Escalated(row["item"], row["rung"], row["agency"], row["day"]) for row in rows]
