"""Undo within 20 seconds: a new event is gone as if it had never been; a cancellation did not happen."""

from datetime import datetime
from uuid import UUID

from tracker.database import conflicts, writing
from tracker.errors import Gone
from tracker.rules.people import Viewer
from tracker.rules.undo import TOO_LATE, check_open
from tracker.tables import meetings as rows
from tracker.tables.outbox import Message
from tracker.usecases import audit, meeting_dates, meetings, outbox
from tracker.usecases.invitees import touch


async def undo_schedule(viewer: Viewer, event_id: UUID, expected_version: int, now: datetime) -> None:
    """Discard an event that was scheduled a moment ago, with the invitations that still wait.

    Errors: NotFound, NotAllowed, Conflict; Gone when it is too late, or somebody was told.
    """
    with conflicts(TOO_LATE):  # something hangs on it already
        async with writing():
            event = await meetings.event_to_change(viewer, event_id, expected_version)
            check_open(event.created_at, now)
            if await outbox.anybody_heard(event_id, event.created_at):
                raise Gone(TOO_LATE)
            await touch(event_id)
            await Message.delete().where(Message.event == event_id)
            await rows.Event.delete().where(rows.Event.id == event_id)
            await audit.record(viewer.member_id, viewer.door, "undone", "event", event_id, {}, now)


async def undo_cancellation(viewer: Viewer, event_id: UUID, key: str, expected_version: int, now: datetime) -> None:
    """Let an event take place, or one date of it (`key`), that was cancelled a moment ago; nobody is told.

    Errors: NotFound, NotAllowed, Conflict; Gone when it is too late.
    """
    if key:
        occurrence = await meeting_dates.date_for(viewer, event_id, key)
        check_open(occurrence.changed_at, now)
        await meeting_dates.reinstate_date(viewer, event_id, key, expected_version, now)
    else:
        event = await meetings.event_for(viewer, event_id)
        check_open(event.changed_at, now)
        await meetings.reinstate(viewer, event_id, expected_version, now)
