"""How many dates an event has, without a viewer: for writers, who may add only so many."""

from uuid import UUID

from tracker.tables.schema.events.events import Occurrence


async def number_of_dates(event_id: UUID) -> int:
    """Return how many dates an event has, canceled ones included."""
    found: int = await Occurrence.count().where(Occurrence.event == event_id)
    return found
