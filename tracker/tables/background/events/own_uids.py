"""Which UIDs are our own, without a viewer: for leaving them out of something, never for showing them."""

from collections.abc import Iterable

from tracker.tables.schema.events.events import Event

CHUNK = 500  # UIDs in one query


async def are_ours(uids: Iterable[str]) -> list[bool]:
    """Return for each of these UIDs whether an event of ours has it."""
    asked = list(uids)
    ours: set[str] = set()
    for first in range(0, len(asked), CHUNK):
        some = Event.uid.is_in(asked[first : first + CHUNK])
        ours.update(await Event.select(Event.uid).where(some).output(as_list=True))
    return [one in ours for one in asked]
