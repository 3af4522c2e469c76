"""Record what changed about an event, inside the transaction of the change; read it back; undo it within 20 seconds.

Whatever a change did to an event, its dates, people, replies and messages is reversed. What a change replaces is kept
inside its transaction, while it can be undone.
"""

import json
from collections.abc import AsyncIterator, Collection, Iterable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from uuid import UUID

import msgspec
from msgspec import structs
from msgspec.structs import replace
from piccolo.table import Table

from tracker.crypto import ids
from tracker.database import conflicts, together, writing
from tracker.database.binding import bulk_insert, insert_row, run_for_each
from tracker.errors import Gone, NotAllowed
from tracker.rules.core.drafts import SentForm
from tracker.rules.core.viewers import Viewer
from tracker.rules.events import events as event_rules
from tracker.rules.events import history as rules
from tracker.rules.events import kept_dates
from tracker.rules.events.events import Event, EventStatus, Occurrence, may_edit
from tracker.rules.events.history import ChangedField, FieldChange, HistoryEntry, HistoryVerb, ReplacedRows
from tracker.rules.events.plans import Plan
from tracker.tables.background.emails import outbox_queue
from tracker.tables.background.events import events as undo_rows
from tracker.tables.background.events.events import PUT_BACK
from tracker.tables.background.events.invitees import UpcomingMeeting
from tracker.tables.background.operations import has_plan
from tracker.tables.schema import events as tables
from tracker.tables.schema.core.tables import Message
from tracker.tables.schema.events import EventChange, UndoSnapshot
from tracker.tables.visible.events import events
from tracker.tables.visible.events import replies as reply_rows
from tracker.usecases.core import audit, drafts, outbox
from tracker.usecases.events.visibility import raise_calendar_versions


async def record_change(
    viewer: Viewer,
    event: Event | UpcomingMeeting,
    verb: HistoryVerb,
    changes: Iterable[FieldChange],
    now: datetime,
    date: Occurrence | None = None,
    *,
    reason: str = "",
) -> None:
    """Record what the viewer did to an event; changes to a draft are not recorded.

    `event` has its status from before the change, and the visibility under which the change is recorded. No one is
    notified for `UNDO_FOR`, during which the viewer can undo it.
    """
    if event.status is EventStatus.DRAFT and verb is not HistoryVerb.SENT:
        return
    await insert_row(
        EventChange,
        event=event.id,
        occurrence=date.id if date else None,
        actor=viewer.member_id,
        at=now,
        verb=verb,
        visibility=event.visibility,
        committee=event.committee_id,
        fields=json.dumps([[change.field, change.before, change.after] for change in changes], ensure_ascii=False),
        reason=reason.strip(),
    )
    await outbox.hold_messages(event.id, now + rules.UNDO_FOR)


async def forget_changes(viewer: Viewer, event_ids: Collection[UUID], at: datetime) -> None:
    """Delete what a deed of the viewer at `at` recorded of events, because it was undone."""
    if event_ids:
        deed = (EventChange.actor == viewer.member_id) & (EventChange.at == at)
        await EventChange.delete().where(deed & EventChange.event.is_in(list(event_ids)))


async def record_plan_change(
    viewer: Viewer,
    event: Event,
    plan: Plan,
    invited: Iterable[UUID],
    before: Iterable[Occurrence],
    now: datetime,
    *,
    went_on_as: UUID | None = None,
) -> None:
    """Record what a plan changes about an event, and about the series that continues it, if any.

    `invited` are the people who were invited before the change, and `before` the dates.
    """
    changes = rules.changes_of_event(event, plan, invited, splits=went_on_as is not None)
    after = replace(event, visibility=plan.visibility, committee_id=plan.committee_id)
    if after == event:  # who joins does not learn what others knew
        both = [await events.event_by_id(viewer, event_id) for event_id in (event.id, went_on_as) if event_id]
        of_events = await events.dates_of_events(viewer, [known for known in both if known])
        present = [date for dates in of_events.values() for date in dates]
        lost = kept_dates.lost_details(before, present)
        changes = (*changes, *(FieldChange(field=ChangedField.NOT_KEPT, after=date.words) for date in lost))
    if went_on_as:
        onward = replace(after, id=went_on_as)
        if after == event:
            ended = (
                *rules.last_date_change(await events.dates_in_order(viewer, event)),
                *rules.next_date_change(await events.dates_in_order(viewer, onward)),
            )
            await record_change(viewer, event, HistoryVerb.WENT_ON, ended, now)
        else:  # people who see only one of the two series do not learn how the other one continues
            await record_series_end(viewer, event, now)
        await record_change(viewer, onward, HistoryVerb.CONTINUED, changes, now)
    elif event.status is EventStatus.DRAFT and plan.status is not EventStatus.DRAFT:
        await record_change(viewer, after, HistoryVerb.SENT, (), now)
    elif changes:
        await record_change(viewer, after, HistoryVerb.CHANGED, changes, now)


async def record_series_end(viewer: Viewer, event: Event, now: datetime, *, reason: str = "") -> None:
    """Record that a series was cut short, and which date is now its last."""
    last = rules.last_date_change(await events.dates_in_order(viewer, event))
    await record_change(viewer, event, HistoryVerb.ENDED, last, now, reason=reason)


async def history_of_event(viewer: Viewer, event: Event, date: Occurrence | None = None) -> list[HistoryEntry]:
    """Return the changes to an event or to one of its dates that the viewer may read, newest first.

    People who may edit the event also read which replies were recorded on behalf of whom.
    """
    if not may_edit(viewer, event):
        return await events.changes_seen(viewer, event, date)
    changes, given = await together(events.changes_seen(viewer, event, date), _recorded_replies(viewer, event, date))
    return sorted([*changes, *given], key=lambda entry: entry.at, reverse=True)


async def _recorded_replies(viewer: Viewer, event: Event, date: Occurrence | None) -> list[HistoryEntry]:
    """Return one entry for each reply; one to the series can have rows for several dates."""
    replies = [
        reply
        for reply in await reply_rows.replies_recorded(viewer, event.id)
        if date is None or reply.occurrence_id in (None, date.id)
    ]
    dates = await events.dates_in_order(viewer, event) if replies else []
    known = {occurrence.id: occurrence for occurrence in dates}
    once = {(reply.at, reply.person): reply for reply in sorted(replies, key=lambda reply: reply.occurrence_id is None)}
    entries = []
    for reply in once.values():
        whom = f"the substitute of {reply.person}" if reply.is_of_substitute else reply.person
        words = f"{rules.REPLY_SAID.get(reply.value, rules.NO_REPLY).capitalize()}, for {whom}"
        entry = HistoryEntry(
            at=reply.at,
            verb=HistoryVerb.REPLY_RECORDED,
            date=known.get(reply.occurrence_id) if reply.occurrence_id else None,
            changes=(FieldChange(field=ChangedField.REPLY, after=words),),
            actor=reply.by,
        )
        entries.append(entry)
    return entries


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


async def undo_change(viewer: Viewer, event_id: UUID, change_id: UUID, now: datetime) -> rules.UndoneChange:
    """Undo a change that the viewer made to an event a moment ago, and return what it was; no one is notified.

    The event is as before, and so are its dates, invitations, replies, history and waiting messages; only versions and
    SEQUENCE rise. The form of a new event is its person's draft again, unless they have begun another one. A change can
    be undone by the person who made it, as long as they may edit the event before or after it.
    Errors: NotAllowed; Gone or Conflict when it is too late, an email may have gone out, another person has changed the
    event or replied to it since, or other records refer to what the change made.
    """
    with conflicts(rules.MEANWHILE):
        async with writing():
            kept = await undo_rows.kept_change(change_id, event_id, viewer.member_id)
            if kept is None:
                raise Gone(rules.TOO_LATE_TO_UNDO)
            rules.check_undo_open(kept.at, now)
            replaced = msgspec.json.decode(kept.replaced, type=ReplacedRows)
            event_ids = {event_id, *replaced.made}
            await _check_as_left(event_ids, replaced, kept.at)
            was = rules.tables_of(replaced.before)
            reach = structs.replace(replaced.reach, lost=())
            present = rules.tables_of(await undo_rows.stored_rows_of(event_ids, reach, kept.at))
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
    return rules.UndoneChange(
        deed=replaced.deed, form_page=page, is_form_lost=replaced.form is not None and not is_back
    )


async def change_made_at(viewer: Viewer, event_id: UUID, changed_at: datetime) -> UUID | None:
    """Return the change that the viewer made to an event at that moment; None if it can't be undone."""
    return await undo_rows.change_kept_at(event_id, viewer.member_id, changed_at)


async def purge_snapshots(now: datetime) -> None:
    """Delete what changes replaced that can no longer be undone, so earlier places and notes are not kept."""
    if await undo_rows.is_any_over(now - rules.UNDO_FOR):
        async with writing():
            await UndoSnapshot.delete().where(UndoSnapshot.at <= now - rules.UNDO_FOR)


async def _check_as_left(event_ids: Iterable[UUID], replaced: ReplacedRows, changed_at: datetime) -> None:
    """Check that the events are as the change left them, and that no one knows of it. Errors: Gone."""
    for event_id in event_ids:
        if await outbox.was_anyone_notified(event_id, changed_at, of_anything=event_id in replaced.made):
            raise Gone(rules.NOTIFIED)
    if any([await has_plan(event_id) for event_id in replaced.made]):
        raise Gone(rules.MEANWHILE)
    if rules.fingerprint_of(await undo_rows.state_of_events(event_ids)) != replaced.left:
        raise Gone(rules.MEANWHILE)


async def _delete_rows(
    replaced: ReplacedRows, was: rules.StoredTables, present: rules.StoredTables, changed_at: datetime
) -> None:
    """Delete what the change made, except for events; nothing else may refer to it."""
    made = {name: [[row_id] for row_id in rows if row_id not in was.get(name, ())] for name, rows in present.items()}
    # Others queue messages too, while it can be undone.
    await run_for_each(_DELETE_MESSAGE, [[*message_id, changed_at] for message_id in made.pop("message")])
    await run_for_each(_DELETE_LATER_REPLIES, list(replaced.last_numbers.items()))
    for name in reversed([name for name in made if name != "event"]):
        await run_for_each(_DELETE.format(name), made[name])


async def _put_rows_back(was: rules.StoredTables, present: rules.StoredTables, now: datetime) -> None:
    for table in PUT_BACK:
        name = table._meta.tablename  # noqa: SLF001 - as above
        rows = rules.replaced_rows(was.get(name, {}), present[name])
        if name in _NUMBERED:
            rows = [rules.renumber_row(row, present[name].get(UUID(row["id"])), now) for row in rows]
        if table is tables.Occurrence:
            # Two dates may have swapped their days, so each first gets one that no other has.
            apart = [row | {"original_start": _LONG_AGO + timedelta(days=day)} for day, row in enumerate(rows)]
            await _write_rows(tables.Occurrence, apart, ["original_start"])
        await _write_rows(table, rows, [column._meta.name for column in table._meta.columns])  # noqa: SLF001 - as above


async def _put_messages_back(replaced: ReplacedRows, was: rules.StoredTables) -> None:
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


async def _write_rows(table: type[Table], rows: Iterable[rules.StoredRow], columns: Iterable[str]) -> None:
    """Insert rows, or write these columns of those that are there."""
    kinds = {column._meta.name: column.value_type | None for column in table._meta.columns}  # noqa: SLF001 - as above
    values = [{name: msgspec.convert(row[name], kind) for name, kind in kinds.items()} for row in rows]
    assigned = ", ".join(f"{name} = EXCLUDED.{name}" for name in columns)
    await bulk_insert(table, values, f" ON CONFLICT (id) DO UPDATE SET {assigned}")


@asynccontextmanager
async def keeping_undoable(
    viewer: Viewer, event_id: UUID, deed: rules.UndoableDeed, now: datetime, reach: rules.UndoReach = rules.WHOLE_EVENT
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
        left=rules.fingerprint_of(await undo_rows.state_of_events(every)),
    )
    own = (UndoSnapshot.event == event_id) & (UndoSnapshot.actor == viewer.member_id)
    await UndoSnapshot.delete().where(own & (UndoSnapshot.at == now))  # if the clock hasn't moved, the last counts
    await _keep_snapshot(viewer, event_id, replaced, now)


async def keep_new_event(viewer: Viewer, event_id: UUID, now: datetime, form: SentForm | None = None) -> None:
    """Keep that the viewer has made an event, so that they can undo it; the caller is inside `writing()`.

    `form` is what they made it with, which they then get back.
    """
    left = rules.fingerprint_of(await undo_rows.state_of_events([event_id]))
    replaced = ReplacedRows(deed=rules.UndoableDeed.SCHEDULED, made=(event_id,), left=left, form=form)
    await _keep_snapshot(viewer, event_id, replaced, now)


async def _keep_snapshot(viewer: Viewer, event_id: UUID, replaced: ReplacedRows, now: datetime) -> None:
    kept = msgspec.json.encode(replaced).decode()
    row = {"id": ids.new_id(), "event": event_id, "actor": viewer.member_id, "at": now, "replaced": kept}
    await bulk_insert(UndoSnapshot, [row])
