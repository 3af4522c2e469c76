"""What a new state of a plan does to calendars outside of the tracker."""

from datetime import datetime
from typing import Any
from uuid import UUID

from tracker.rules.events.event import EventStatus
from tracker.rules.operations.in_calendars import status_of_plan
from tracker.rules.operations.states import OperationState
from tracker.tables.schema.events.events import Event, Occurrence
from tracker.usecases.events.invitees import touch


async def show(event_id: UUID, before: OperationState | None, after: OperationState, now: datetime) -> None:
    """Let feeds show the new status of an operation, if it has one, inside the caller's `writing()`.

    DTSTAMP and LAST-MODIFIED move with each new status. SEQUENCE rises only when the operation is stood down or
    planned again, as for any event that is canceled or restored (RFC 5546 §2.1.4). The event's
    version stays: no one edited it.
    """
    was, becomes = before and status_of_plan(before), status_of_plan(after)
    if was is becomes:
        return
    changed: dict[Any, Any] = {Event.changed_at: now}
    if EventStatus.CANCELED in (was, becomes):
        changed[Event.sequence] = Event.sequence + 1
        await Occurrence.update({Occurrence.sequence: Occurrence.sequence + 1}).where(Occurrence.event == event_id)
    await Event.update(changed).where(Event.id == event_id)
    await touch(event_id)
