"""Undo within 20 seconds: whatever a change did to an event, its dates, people, replies and messages is reversed."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

import msgspec
from piccolo.table import Table

from tracker.database import conflicts, writing
from tracker.database.bulk_insert import bulk_insert
from tracker.errors import Gone, NotAllowed
from tracker.rules.core.viewer import Viewer
from tracker.rules.events import event as event_rules
from tracker.rules.events.undo import (
    MEANWHILE,
    NOTIFIED,
    TOO_LATE,
    UNDO_FOR,
    Deed,
    Replaced,
    Row,
    Tables,
    check_open,
    fingerprint,
    renumbered,
    tables_of,
)
from tracker.tables.background.events import undo as undo_rows
from tracker.tables.schema.core.outbox import Message
from tracker.tables.schema.events.events import Event, Occurrence
from tracker.tables.schema.events.undo import PUT_BACK, UndoSnapshot
from tracker.tables.visible.events import events
from tracker.usecases.core import audit, outbox
from tracker.usecases.events.invitees import touch

_NUMBERED = ("event", "occurrence")
"""Tables whose rows have a version and a SEQUENCE."""
_LONG_AGO = datetime(1900, 1, 1)  # noqa: DTZ001 - local, as the column is
_OF_MESSAGES = ("event", "occurrence", "state", "reason")
"""What a change does to messages: it replaces those that wait, or deletes or moves the date that they are about."""


async def undo(viewer: Viewer, event_id: UUID, change_id: UUID, now: datetime) -> Deed:
    """Undo a change that the viewer made to an event a moment ago, and return what it was; no one is notified.

    The event is as before, and so are its dates, invitations, replies, history and waiting messages; only versions and
    SEQUENCE rise. It can be undone by the person who made it, as long as they may edit the event before or after it.
    Errors: NotAllowed; Gone or Conflict when it is too late, an email may have gone out, another person has changed the
    event or replied to it since, or other records refer to what the change made.
    """
    with conflicts(MEANWHILE):
        async with writing():
            kept = await undo_rows.kept(change_id, event_id, viewer.member_id)
            if kept is None:
                raise Gone(TOO_LATE)
            check_open(kept.at, now)
            replaced = msgspec.json.decode(kept.replaced, type=Replaced)
            about = {event_id, *replaced.made["event"]}
            present = await _as_left(about, replaced, kept.at, now)
            before = await events.event(viewer, event_id)
            for one in sorted(about):
                await touch(one)
            await _delete(replaced, kept.at)
            await _put_back(replaced, present, now)
            await _delete_events(replaced)
            await _check_editor(viewer, event_id, before)
            await UndoSnapshot.delete().where(UndoSnapshot.id == change_id)
            await touch(event_id)
            await audit.record(viewer.actor, "undone", "event", event_id, {"change": replaced.deed}, now)
    return replaced.deed


async def change_to_undo(viewer: Viewer, event_id: UUID, changed_at: datetime) -> UUID | None:
    """Return the change that the viewer made to an event at that moment; None if it can't be undone."""
    return await undo_rows.change_at(event_id, viewer.member_id, changed_at)


async def purge_snapshots(now: datetime) -> None:
    """Delete what changes replaced that can no longer be undone, so earlier places and notes are not kept."""
    if await undo_rows.any_over(now - UNDO_FOR):
        async with writing():
            await UndoSnapshot.delete().where(UndoSnapshot.at <= now - UNDO_FOR)


async def _as_left(about: Iterable[UUID], replaced: Replaced, changed_at: datetime, now: datetime) -> Tables:
    """Return the rows of the events. Errors: Gone unless they are as the change left them and no one knows of it."""
    made = replaced.made["event"]
    if any([await outbox.anyone_notified(one, changed_at, of_anything=one in made) for one in about]):
        raise Gone(NOTIFIED)
    present = await undo_rows.rows_of(about, now)
    if fingerprint(present) != replaced.left:
        raise Gone(MEANWHILE)
    return tables_of(present)


async def _check_editor(viewer: Viewer, event_id: UUID, before: event_rules.Event | None) -> None:
    after = await events.event(viewer, event_id)
    if not any(one is not None and event_rules.may_edit(viewer, one) for one in (before, after)):
        raise NotAllowed("Only the organizer, the committee's chair or a coordinator can change this event.")


async def _delete(replaced: Replaced, changed_at: datetime) -> None:
    """Delete what the change made, except for events; nothing else may refer to it."""
    if queued := replaced.made["message"]:
        is_of_then = Message.created_at == changed_at  # an earlier one is listed too if its date is now to come
        await Message.delete().where(Message.id.is_in(list(queued)) & is_of_then)
    for table in reversed([one for one in PUT_BACK if one is not Event]):
        if made := replaced.made[table._meta.tablename]:  # noqa: SLF001 - Piccolo has no public name
            await table.delete().where(table._meta.primary_key.is_in(list(made)))  # noqa: SLF001 - as above


async def _delete_events(replaced: Replaced) -> None:
    """Delete the events that the change made, after the dates and messages that it moved there are back."""
    if made := replaced.made["event"]:
        await Message.delete().where(Message.event.is_in(list(made)))
        await Event.delete().where(Event.id.is_in(list(made)))


async def _put_back(replaced: Replaced, present: Tables, now: datetime) -> None:
    for table in PUT_BACK:
        name = table._meta.tablename  # noqa: SLF001 - as above
        rows = list(replaced.before[name])
        if name in _NUMBERED:
            rows = [renumbered(row, present[name].get(UUID(row["id"])), now) for row in rows]
        if table is Occurrence:
            await _make_way(rows)
        await _write(table, rows, [one._meta.name for one in table._meta.columns])  # noqa: SLF001 - as above
    await _write(Message, replaced.before["message"], _OF_MESSAGES)


async def _make_way(dates: Iterable[Row]) -> None:
    """Give each date a day that no other one has, because two dates may have swapped theirs."""
    apart = [row | {"original_start": _LONG_AGO + timedelta(days=day)} for day, row in enumerate(dates)]
    await _write(Occurrence, apart, ["original_start"])


async def _write(table: type[Table], rows: Iterable[Row], columns: Iterable[str]) -> None:
    """Insert rows, or write these columns of those that are there."""
    kinds = {one._meta.name: one.value_type | None for one in table._meta.columns}  # noqa: SLF001 - as above
    values = [{name: msgspec.convert(row[name], kind) for name, kind in kinds.items()} for row in rows]
    assigned = ", ".join(f"{name} = EXCLUDED.{name}" for name in columns)
    await bulk_insert(table, values, f" ON CONFLICT (id) DO UPDATE SET {assigned}")
