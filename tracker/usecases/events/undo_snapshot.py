"""Keep what a change to an event replaces, inside the transaction of the change, while it can be undone."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from uuid import UUID

import msgspec

from tracker.crypto import ids
from tracker.database.bulk_insert import bulk_insert
from tracker.rules.core.drafts import SentForm
from tracker.rules.core.viewers import Viewer
from tracker.rules.events.undo import WHOLE_EVENT, Deed, Reach, Replaced, fingerprint
from tracker.tables.background.events import undo
from tracker.tables.schema.events.undo import UndoSnapshot
from tracker.usecases.core import outbox


@asynccontextmanager
async def undoable(
    viewer: Viewer, event_id: UUID, deed: Deed, now: datetime, reach: Reach = WHOLE_EVENT
) -> AsyncIterator[list[UUID]]:
    """Keep what is replaced inside, so that the viewer can undo it; list the ids of further events that it makes.

    Only what is in `reach` is kept. Nothing is kept while an email about the event is being sent, because that email
    may already show the change.
    """
    before = await undo.rows_of([event_id], reach, now)
    last_numbers = await undo.last_numbers(event_id, reach.lost)
    waited = await undo.waiting([event_id])
    made: list[UUID] = []
    yield made
    if await outbox.was_anyone_notified(event_id, now):
        return
    every = [event_id, *made]
    replaced = Replaced(
        deed=deed,
        reach=reach,
        before=msgspec.Raw(before.encode()),
        last_numbers=last_numbers,
        superseded=tuple(sorted(waited - await undo.waiting(every))) if waited else (),
        made=tuple(made),
        left=fingerprint(await undo.state_of(every)),
    )
    mine = (UndoSnapshot.event == event_id) & (UndoSnapshot.actor == viewer.member_id)
    await UndoSnapshot.delete().where(mine & (UndoSnapshot.at == now))  # if the clock hasn't moved, the last counts
    await _keep(viewer, event_id, replaced, now)


async def keep_new(viewer: Viewer, event_id: UUID, now: datetime, form: SentForm | None = None) -> None:
    """Keep that the viewer has made an event, so that they can undo it; the caller is inside `writing()`.

    `form` is what they made it with, which they then get back.
    """
    replaced = Replaced(
        deed=Deed.SCHEDULED,
        reach=WHOLE_EVENT,
        before=msgspec.Raw(b"{}"),
        last_numbers={},
        superseded=(),
        made=(event_id,),
        left=fingerprint(await undo.state_of([event_id])),
        form=form,
    )
    await _keep(viewer, event_id, replaced, now)


async def _keep(viewer: Viewer, event_id: UUID, replaced: Replaced, now: datetime) -> None:
    row = {
        "id": ids.new_id(),
        "event": event_id,
        "actor": viewer.member_id,
        "at": now,
        "replaced": msgspec.json.encode(replaced).decode(),
    }
    await bulk_insert(UndoSnapshot, [row])
