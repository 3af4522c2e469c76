"""Undo within 20 seconds: whatever a change did to an event, its dates, people, replies and messages is reversed."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

import msgspec
from msgspec import structs
from piccolo.table import Table

from tracker.database import conflicts, writing
from tracker.database.bulk_insert import bulk_insert, run_for_each
from tracker.errors import Gone, NotAllowed
from tracker.rules.core.viewers import Viewer
from tracker.rules.events import event as event_rules
from tracker.rules.events.undo import (
    MEANWHILE,
    NOTIFIED,
    TOO_LATE,
    UNDO_FOR,
    Replaced,
    Row,
    Tables,
    Undone,
    check_open,
    fingerprint,
    renumbered,
    replaced_rows,
    tables_of,
)
from tracker.tables.background.emails import outbox_queue
from tracker.tables.background.events import undo as undo_rows
from tracker.tables.background.operations.plans import has_plan
from tracker.tables.schema.core.tables import Message
from tracker.tables.schema.events.events import Event, Occurrence
from tracker.tables.schema.events.undo import PUT_BACK, UndoSnapshot
from tracker.tables.visible.events import events
from tracker.usecases.core import audit, drafts, outbox
from tracker.usecases.events.invitees import touch

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


async def undo(viewer: Viewer, event_id: UUID, change_id: UUID, now: datetime) -> Undone:
    """Undo a change that the viewer made to an event a moment ago, and return what it was; no one is notified.

    The event is as before, and so are its dates, invitations, replies, history and waiting messages; only versions and
    SEQUENCE rise. The form of a new event is its person's draft again, unless they have begun another one. A change can
    be undone by the person who made it, as long as they may edit the event before or after it.
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
            about = {event_id, *replaced.made}
            await _check_as_left(about, replaced, kept.at)
            was = tables_of(replaced.before)
            present = tables_of(await undo_rows.rows_of(about, structs.replace(replaced.reach, lost=()), kept.at))
            before = await events.event(viewer, event_id)
            for one in sorted(about):
                await touch(one)
            await _delete(replaced, was, present, kept.at)
            await _put_back(was, present, now)
            await _put_messages_back(replaced, was)
            await _delete_events(replaced)
            await outbox_queue.drop_empty_sendings(kept.at)
            await _check_editor(viewer, event_id, before)
            await UndoSnapshot.delete().where(UndoSnapshot.id == change_id)
            await touch(event_id)
            is_back = replaced.form is not None and await drafts.put_back_form(viewer, replaced.form, now)
            await audit.record(viewer.actor, "undone", "event", event_id, {"change": replaced.deed}, now)
    page = replaced.form.page if replaced.form and is_back else ""
    return Undone(deed=replaced.deed, form_page=page, is_form_lost=replaced.form is not None and not is_back)


async def change_to_undo(viewer: Viewer, event_id: UUID, changed_at: datetime) -> UUID | None:
    """Return the change that the viewer made to an event at that moment; None if it can't be undone."""
    return await undo_rows.change_at(event_id, viewer.member_id, changed_at)


async def purge_snapshots(now: datetime) -> None:
    """Delete what changes replaced that can no longer be undone, so earlier places and notes are not kept."""
    if await undo_rows.any_over(now - UNDO_FOR):
        async with writing():
            await UndoSnapshot.delete().where(UndoSnapshot.at <= now - UNDO_FOR)


async def _check_as_left(about: Iterable[UUID], replaced: Replaced, changed_at: datetime) -> None:
    """Check that the events are as the change left them, and that no one knows of it. Errors: Gone."""
    if any([await outbox.was_anyone_notified(one, changed_at, of_anything=one in replaced.made) for one in about]):
        raise Gone(NOTIFIED)
    if any([await has_plan(one) for one in replaced.made]):
        raise Gone(MEANWHILE)
    if fingerprint(await undo_rows.state_of(about)) != replaced.left:
        raise Gone(MEANWHILE)


async def _check_editor(viewer: Viewer, event_id: UUID, before: event_rules.Event | None) -> None:
    after = await events.event(viewer, event_id)
    if not any(one is not None and event_rules.may_edit(viewer, one) for one in (before, after)):
        raise NotAllowed("Only the organizer, the committee’s chair, or a coordinator can change this event.")


async def _delete(replaced: Replaced, was: Tables, present: Tables, changed_at: datetime) -> None:
    """Delete what the change made, except for events; nothing else may refer to it."""
    made = {name: [[row_id] for row_id in rows if row_id not in was.get(name, ())] for name, rows in present.items()}
    # Others queue messages too, while it can be undone.
    await run_for_each(_DELETE_MESSAGE, [[*one, changed_at] for one in made.pop("message")])
    await run_for_each(_DELETE_LATER_REPLIES, list(replaced.last_numbers.items()))
    for name in reversed([name for name in made if name != "event"]):
        await run_for_each(_DELETE.format(name), made[name])


async def _delete_events(replaced: Replaced) -> None:
    """Delete the events that the change made, after the dates and messages that it moved there are back."""
    if made := list(replaced.made):
        await Message.delete().where(Message.event.is_in(made))
        await Event.delete().where(Event.id.is_in(made))


async def _put_back(was: Tables, present: Tables, now: datetime) -> None:
    for table in PUT_BACK:
        name = table._meta.tablename  # noqa: SLF001 - as above
        rows = replaced_rows(was.get(name, {}), present[name])
        if name in _NUMBERED:
            rows = [renumbered(row, present[name].get(UUID(row["id"])), now) for row in rows]
        if table is Occurrence:
            await _make_way(rows)
        await _write(table, rows, [one._meta.name for one in table._meta.columns])  # noqa: SLF001 - as above


async def _put_messages_back(replaced: Replaced, was: Tables) -> None:
    """Let messages say what they said, and those that the change superseded wait again.

    One that was being sent when the change was made may be sent by now, and stays so.
    """
    rows = was.get("message", {})
    said = [[UUID(row["event"]), _id(row["occurrence"]), row["facts"], row_id] for row_id, row in rows.items()]
    await run_for_each(_BE_ABOUT, said)
    await run_for_each(_WAIT_AGAIN, [[rows[one]["reason"], one] for one in replaced.superseded])


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


def _id(text: str | None) -> UUID | None:
    return UUID(text) if text else None
