"""Undo within 20 seconds: whatever a change did to an event, its dates, people, replies and messages is reversed.

What a change replaces is kept inside its transaction, while it can be undone.
"""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from uuid import UUID

import msgspec
from msgspec import structs
from piccolo.table import Table

from tracker.crypto import ids
from tracker.database import conflicts, writing
from tracker.database.bulk_insert import bulk_insert, run_for_each
from tracker.errors import Gone, NotAllowed
from tracker.rules.core.drafts import SentForm
from tracker.rules.core.viewers import Viewer
from tracker.rules.events import events as event_rules
from tracker.rules.events.undo import (
    MEANWHILE,
    NOTIFIED,
    TOO_LATE_TO_UNDO,
    UNDO_FOR,
    WHOLE_EVENT,
    ReplacedRows,
    StoredRow,
    StoredTables,
    UndoableDeed,
    UndoneChange,
    UndoReach,
    check_undo_open,
    fingerprint_of,
    renumber_row,
    replaced_rows,
    tables_of,
)
from tracker.tables.background.emails import outbox_queue
from tracker.tables.background.events import undo as undo_rows
from tracker.tables.background.operations.plans import has_plan
from tracker.tables.schema.core.tables import Message
from tracker.tables.schema.events import events as tables
from tracker.tables.schema.events.undo import PUT_BACK, UndoSnapshot
from tracker.tables.visible.events import events
from tracker.usecases.core import audit, drafts, outbox
from tracker.usecases.events.invitees import raise_calendar_versions

_NUMBERED = ("event", "occurrence")
"""Tables whose rows have a version and a SEQUENCE."""
_LONG_AGO = datetime(1900, 1, 1)  # noqa: DTZ001 - local, as the column is
_DELETE = "DELETE FROM {} WHERE id = {{}}"
_DELETE_MESSAGE = "DELETE FROM message WHERE id = {} AND created_at = {}"
_DELETE_LATER_REPLIES = "DELETE FROM reply WHERE invitation = {} AND number > {}"
_BE_ABOUT = "UPDATE message SET event = {}, occurrence = {}, facts = {} WHERE id = {}"
_WAIT_AGAIN = (
    "UPDATE message SET state = 'pending', reason = {} WHERE id = {}"
    " AND state = 'superseded' AND sent_at IS NULL AND unconfirmed_at IS NULL AND worker = ''"
)


async def undo_change(viewer: Viewer, event_id: UUID, change_id: UUID, now: datetime) -> UndoneChange:
    """Undo a change that the viewer made to an event a moment ago, and return what it was; no one is notified.

    The event is as before, and so are its dates, invitations, replies, history and waiting messages; only versions and
    SEQUENCE rise. The form of a new event is its person's draft again, unless they have begun another one. A change can
    be undone by the person who made it, as long as they may edit the event before or after it.
    Errors: NotAllowed; Gone or Conflict when it is too late, an email may have gone out, another person has changed the
    event or replied to it since, or other records refer to what the change made.
    """
    with conflicts(MEANWHILE):
        async with writing():
            kept = await undo_rows.kept_change(change_id, event_id, viewer.member_id)
            if kept is None:
                raise Gone(TOO_LATE_TO_UNDO)
            check_undo_open(kept.at, now)
            replaced = msgspec.json.decode(kept.replaced, type=ReplacedRows)
            event_ids = {event_id, *replaced.made}
            await _check_as_left(event_ids, replaced, kept.at)
            was = tables_of(replaced.before)
            reach = structs.replace(replaced.reach, lost=())
            present = tables_of(await undo_rows.stored_rows_of(event_ids, reach, kept.at))
            before = await events.event_by_id(viewer, event_id)
            for changed_id in sorted(event_ids):
                await raise_calendar_versions(changed_id)
            await _delete_rows(replaced, was, present, kept.at)
            await _put_rows_back(was, present, now)
            await _put_messages_back(replaced, was)
            if made := list(replaced.made):  # after the dates and messages that it moved there are back
                await Message.delete().where(Message.event.is_in(made))
                await tables.Event.delete().where(tables.Event.id.is_in(made))
            await outbox_queue.drop_empty_sendings(kept.at)
            after = await events.event_by_id(viewer, event_id)
            if not any(event is not None and event_rules.may_edit(viewer, event) for event in (before, after)):
                raise NotAllowed("Only the organizer, the committee’s chair, or a coordinator can change this event.")
            await UndoSnapshot.delete().where(UndoSnapshot.id == change_id)
            await raise_calendar_versions(event_id)
            is_back = replaced.form is not None and await drafts.put_back_form(viewer, replaced.form, now)
            await audit.record(viewer.actor, "undone", "event", event_id, {"change": replaced.deed}, now)
    page = replaced.form.page if replaced.form and is_back else ""
    return UndoneChange(deed=replaced.deed, form_page=page, is_form_lost=replaced.form is not None and not is_back)


async def change_made_at(viewer: Viewer, event_id: UUID, changed_at: datetime) -> UUID | None:
    """Return the change that the viewer made to an event at that moment; None if it can't be undone."""
    return await undo_rows.change_kept_at(event_id, viewer.member_id, changed_at)


async def purge_snapshots(now: datetime) -> None:
    """Delete what changes replaced that can no longer be undone, so earlier places and notes are not kept."""
    if await undo_rows.is_any_over(now - UNDO_FOR):
        async with writing():
            await UndoSnapshot.delete().where(UndoSnapshot.at <= now - UNDO_FOR)


async def _check_as_left(event_ids: Iterable[UUID], replaced: ReplacedRows, changed_at: datetime) -> None:
    """Check that the events are as the change left them, and that no one knows of it. Errors: Gone."""
    for event_id in event_ids:
        if await outbox.was_anyone_notified(event_id, changed_at, of_anything=event_id in replaced.made):
            raise Gone(NOTIFIED)
    if any([await has_plan(event_id) for event_id in replaced.made]):
        raise Gone(MEANWHILE)
    if fingerprint_of(await undo_rows.state_of_events(event_ids)) != replaced.left:
        raise Gone(MEANWHILE)


async def _delete_rows(replaced: ReplacedRows, was: StoredTables, present: StoredTables, changed_at: datetime) -> None:
    """Delete what the change made, except for events; nothing else may refer to it."""
    made = {name: [[row_id] for row_id in rows if row_id not in was.get(name, ())] for name, rows in present.items()}
    # Others queue messages too, while it can be undone.
    await run_for_each(_DELETE_MESSAGE, [[*message_id, changed_at] for message_id in made.pop("message")])
    await run_for_each(_DELETE_LATER_REPLIES, list(replaced.last_numbers.items()))
    for name in reversed([name for name in made if name != "event"]):
        await run_for_each(_DELETE.format(name), made[name])


async def _put_rows_back(was: StoredTables, present: StoredTables, now: datetime) -> None:
    for table in PUT_BACK:
        name = table._meta.tablename  # noqa: SLF001 - as above
        rows = replaced_rows(was.get(name, {}), present[name])
        if name in _NUMBERED:
            rows = [renumber_row(row, present[name].get(UUID(row["id"])), now) for row in rows]
        if (
            table is tables.Occurrence
        ):  # two dates may have swapped their days, so each first gets one that no other has
            apart = [row | {"original_start": _LONG_AGO + timedelta(days=day)} for day, row in enumerate(rows)]
            await _write_rows(tables.Occurrence, apart, ["original_start"])
        await _write_rows(table, rows, [column._meta.name for column in table._meta.columns])  # noqa: SLF001 - as above


async def _put_messages_back(replaced: ReplacedRows, was: StoredTables) -> None:
    """Let messages say what they said, and those that the change superseded wait again.

    One that was being sent when the change was made may be sent by now, and stays so.
    """
    rows = was.get("message", {})
    facts = [
        [UUID(row["event"]), UUID(row["occurrence"]) if row["occurrence"] else None, row["facts"], message_id]
        for message_id, row in rows.items()
    ]
    await run_for_each(_BE_ABOUT, facts)
    await run_for_each(_WAIT_AGAIN, [[rows[message_id]["reason"], message_id] for message_id in replaced.superseded])


async def _write_rows(table: type[Table], rows: Iterable[StoredRow], columns: Iterable[str]) -> None:
    """Insert rows, or write these columns of those that are there."""
    kinds = {column._meta.name: column.value_type | None for column in table._meta.columns}  # noqa: SLF001 - as above
    values = [{name: msgspec.convert(row[name], kind) for name, kind in kinds.items()} for row in rows]
    assigned = ", ".join(f"{name} = EXCLUDED.{name}" for name in columns)
    await bulk_insert(table, values, f" ON CONFLICT (id) DO UPDATE SET {assigned}")


@asynccontextmanager
async def keeping_undoable(
    viewer: Viewer, event_id: UUID, deed: UndoableDeed, now: datetime, reach: UndoReach = WHOLE_EVENT
) -> AsyncIterator[list[UUID]]:
    """Keep what is replaced inside, so that the viewer can undo it; list the ids of further events that it makes.

    Only what is in `reach` is kept. Nothing is kept while an email about the event is being sent, because that email
    may already show the change.
    """
    before = await undo_rows.stored_rows_of([event_id], reach, now)
    last_numbers = await undo_rows.last_numbers(event_id, reach.lost)
    waited = await undo_rows.waiting_messages([event_id])
    made: list[UUID] = []
    yield made
    if await outbox.was_anyone_notified(event_id, now):
        return
    every = [event_id, *made]
    replaced = ReplacedRows(
        deed=deed,
        reach=reach,
        before=msgspec.Raw(before.encode()),
        last_numbers=last_numbers,
        superseded=tuple(sorted(waited - await undo_rows.waiting_messages(every))) if waited else (),
        made=tuple(made),
        left=fingerprint_of(await undo_rows.state_of_events(every)),
    )
    condition = (UndoSnapshot.event == event_id) & (UndoSnapshot.actor == viewer.member_id)
    await UndoSnapshot.delete().where(
        condition & (UndoSnapshot.at == now)
    )  # if the clock hasn't moved, the last counts
    await _keep_snapshot(viewer, event_id, replaced, now)


async def keep_new_event(viewer: Viewer, event_id: UUID, now: datetime, form: SentForm | None = None) -> None:
    """Keep that the viewer has made an event, so that they can undo it; the caller is inside `writing()`.

    `form` is what they made it with, which they then get back.
    """
    replaced = ReplacedRows(
        deed=UndoableDeed.SCHEDULED,
        reach=WHOLE_EVENT,
        before=msgspec.Raw(b"{}"),
        last_numbers={},
        superseded=(),
        made=(event_id,),
        left=fingerprint_of(await undo_rows.state_of_events([event_id])),
        form=form,
    )
    await _keep_snapshot(viewer, event_id, replaced, now)


async def _keep_snapshot(viewer: Viewer, event_id: UUID, replaced: ReplacedRows, now: datetime) -> None:
    row = {
        "id": ids.new_id(),
        "event": event_id,
        "actor": viewer.member_id,
        "at": now,
        "replaced": msgspec.json.encode(replaced).decode(),
    }
    await bulk_insert(UndoSnapshot, [row])
