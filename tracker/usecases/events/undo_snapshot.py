"""Keep what a change to an event replaces, inside the transaction of the change, while it can be undone."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from uuid import UUID

import msgspec

from tracker.crypto import ids
from tracker.rules.core.viewer import Viewer
from tracker.rules.events.undo import Deed, difference
from tracker.tables.background.events import undo
from tracker.tables.schema.events.undo import UndoSnapshot
from tracker.usecases.core import outbox


@asynccontextmanager
async def undoable(viewer: Viewer, event_id: UUID, deed: Deed, now: datetime) -> AsyncIterator[list[UUID]]:
    """Keep what is replaced inside, so that the viewer can undo it; list the ids of further events that it makes.

    Nothing is kept while an email about the event is being sent, because that email may already show the change.
    """
    before = await undo.rows_of([event_id], now)
    made: list[UUID] = []
    yield made
    if await outbox.anyone_notified(event_id, now):
        return
    replaced = difference(deed, before, await undo.rows_of([event_id, *made], now))
    mine = (UndoSnapshot.event == event_id) & (UndoSnapshot.actor == viewer.member_id)
    await UndoSnapshot.delete().where(mine & (UndoSnapshot.at == now))  # where the clock stands still, the last counts
    await UndoSnapshot.insert(
        UndoSnapshot(
            id=ids.new_id(),
            event=event_id,
            actor=viewer.member_id,
            at=now,
            replaced=msgspec.json.encode(replaced).decode(),
        )
    )
