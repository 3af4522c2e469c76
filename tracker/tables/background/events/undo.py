"""The rows of events as text, for undo: they go unread back into the tables from which they were read."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import msgspec
from piccolo.custom_types import Combinable
from piccolo.table import Table

from tracker.rules.core.outbox import State
from tracker.rules.events.undo import StoredRows
from tracker.tables.schema.core.outbox import Message
from tracker.tables.schema.events.undo import PUT_BACK, UndoSnapshot


class Kept(NamedTuple):
    """A change that can still be undone; `replaced` is what it replaced."""

    at: datetime
    replaced: StoredRows


async def rows_of(event_ids: Iterable[UUID], now: datetime) -> StoredRows:
    """Return the rows that hang on these events and that a change of an event may write.

    Of the messages, those that wait, and those about dates to come, which lose their date when it is deleted.
    """
    ids = sorted(event_ids)
    found = {table._meta.tablename: await _rows(table, of.is_in(ids)) for table, of in PUT_BACK.items()}  # noqa: SLF001 - Piccolo has no public name
    is_open = (Message.state == State.PENDING.value) | (Message.occurrence.starts_at > now)
    found["message"] = await _rows(Message, Message.event.is_in(ids) & is_open)
    return StoredRows(msgspec.json.encode(found).decode())


async def kept(change_id: UUID, event_id: UUID, actor_id: UUID) -> Kept | None:
    """Return a change that this person made to an event; None if there is none, or if it is kept no longer."""
    mine = (UndoSnapshot.id == change_id) & (UndoSnapshot.event == event_id) & (UndoSnapshot.actor == actor_id)
    found = await UndoSnapshot.select(UndoSnapshot.at, UndoSnapshot.replaced).where(mine)
    return Kept(found[0]["at"], StoredRows(found[0]["replaced"])) if found else None


async def change_at(event_id: UUID, actor_id: UUID, at: datetime) -> UUID | None:
    """Return the change that this person made to an event at that moment; None if it cannot be undone."""
    mine = (UndoSnapshot.event == event_id) & (UndoSnapshot.actor == actor_id) & (UndoSnapshot.at == at)
    found: list[UUID] = await UndoSnapshot.select(UndoSnapshot.id).where(mine).output(as_list=True)
    return found[0] if found else None


async def any_over(until: datetime) -> bool:
    """Return whether a change is kept that was made by then."""
    return await UndoSnapshot.exists().where(UndoSnapshot.at <= until)


async def _rows(table: type[Table], where: Combinable) -> dict[UUID, dict[str, object]]:
    found = await table.select(*table.all_columns()).where(where).order_by(table._meta.primary_key)  # noqa: SLF001 - as above
    return {row["id"]: row for row in found}
