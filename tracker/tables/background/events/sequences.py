"""Raises the SEQUENCE of an event above all that its emails had, for writers inside their transaction."""

from uuid import UUID

from tracker.tables.schema.events.events import Event, Occurrence


async def raise_sequence(event_id: UUID) -> None:
    """Give an event a SEQUENCE above its own and those of its dates (RFC 5546 §2.1.4)."""
    own = await Event.select(Event.sequence).where(Event.id == event_id).output(as_list=True)
    dates = Occurrence.select(Occurrence.sequence).where(Occurrence.event == event_id).output(as_list=True)
    await Event.update({Event.sequence: max([*own, *await dates]) + 1}).where(Event.id == event_id)
