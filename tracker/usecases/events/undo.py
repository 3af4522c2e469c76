"""Undo within 20 seconds: delete a new event, or reverse a change or a cancellation."""

from datetime import datetime
from uuid import UUID

from tracker.database import conflicts, writing
from tracker.errors import Gone, NotAllowed
from tracker.rules.core.viewer import Viewer
from tracker.rules.events.markings import may_mark
from tracker.rules.events.undo import MEANWHILE, TOO_LATE, UNDO_FOR, check_open
from tracker.tables.background.emails import due
from tracker.tables.background.events.invitees import anybody_replied
from tracker.tables.schema.core.outbox import Message
from tracker.tables.schema.events import events as rows
from tracker.tables.schema.events.history import EventChange
from tracker.tables.visible.events import history
from tracker.usecases.core import audit, outbox
from tracker.usecases.events import events, occurrences
from tracker.usecases.events.invitees import touch
from tracker.usecases.events.permission import NOT_YOURS
from tracker.usecases.events.response_reset import forget_asking
from tracker.usecases.events.undo_snapshot import marks_otherwise, put_back


async def undo_schedule(viewer: Viewer, event_id: UUID, expected_version: int, now: datetime) -> None:
    """Discard an event that was scheduled a moment ago, with the invitations that are still waiting.

    Errors: NotFound, NotAllowed, Conflict; Gone when it is too late, or a message has gone out.
    """
    with conflicts(TOO_LATE):  # other records refer to it already
        async with writing():
            event = await events.event_to_change(viewer, event_id, expected_version)
            check_open(event.created_at, now)
            if await outbox.anyone_notified(event_id, event.created_at):
                raise Gone(TOO_LATE)
            await touch(event_id)
            await Message.delete().where(Message.event == event_id)
            await rows.Event.delete().where(rows.Event.id == event_id)
            await audit.record(viewer.actor, "undone", "event", event_id, {}, now)


async def undo_change(viewer: Viewer, event_id: UUID, key: str, expected_version: int, now: datetime) -> None:
    """Restore an event, or one date of it (`key`), as it was before a recent change, with its replies.

    Errors: NotFound, NotAllowed, Conflict; Gone when it is too late, a message has gone out, a person has replied
    since, or the change cannot be undone.
    """
    async with writing():
        date = await occurrences.date_to_change(viewer, event_id, key, expected_version) if key else None
        event = date.event if date else await events.event_to_change(viewer, event_id, expected_version)
        change = await history.last_change(viewer, event_id)
        if change is None or change.undo_snapshot is None or change.occurrence_id != (date.id if date else None):
            raise Gone(TOO_LATE)
        check_open(change.at, now)
        if await outbox.anyone_notified(event_id, change.at):
            raise Gone(TOO_LATE)
        if await anybody_replied(event_id, change.at):
            raise Gone(MEANWHILE)
        if not may_mark(viewer) and marks_otherwise(change.undo_snapshot, event):
            raise NotAllowed(NOT_YOURS)
        await put_back(change.undo_snapshot, event, date, now)
        await forget_asking(event_id, change.at)
        await outbox.take_back(event_id, change.at)
        await EventChange.delete().where(EventChange.id == change.id)
        await touch(event_id)
        subject, subject_id = ("occurrence", date.id) if date else ("event", event_id)
        await audit.record(viewer.actor, "undone", subject, subject_id, {}, now)


async def may_undo_change(viewer: Viewer, event_id: UUID, changed_at: datetime) -> bool:
    """Return whether the change made at that moment can be undone."""
    change = await history.last_change(viewer, event_id)
    return change is not None and change.at == changed_at and change.undo_snapshot is not None


async def purge_snapshots(now: datetime) -> None:
    """Delete the undo snapshots of changes that can no longer be undone, so earlier places and notes are not kept."""
    is_late = EventChange.undo_snapshot.is_not_null() & (EventChange.at <= now - UNDO_FOR)
    if await due.any_undo_over(now - UNDO_FOR):
        async with writing():
            await EventChange.update({EventChange.undo_snapshot: None}).where(is_late)


async def undo_cancellation(viewer: Viewer, event_id: UUID, key: str, expected_version: int, now: datetime) -> None:
    """Restore an event, or one date of it (`key`), that was canceled a moment ago; no one is notified.

    Errors: NotFound, NotAllowed, Conflict; Gone when it is too late.
    """
    if key:
        occurrence = await occurrences.date_for(viewer, event_id, key)
        check_open(occurrence.changed_at, now)
        await occurrences.restore_occurrence(viewer, event_id, key, expected_version, now)
    else:
        event = await events.event_for(viewer, event_id)
        check_open(event.changed_at, now)
        await events.restore(viewer, event_id, expected_version, now)
