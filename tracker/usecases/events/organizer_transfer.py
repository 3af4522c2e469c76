"""A new organizer for an event whose organizer leaves the task force; inside the caller's transaction."""

from datetime import datetime
from typing import Any
from uuid import UUID

from tracker.rules.core.message_types import Canceled
from tracker.rules.core.viewers import Viewer
from tracker.rules.events.event import Event, EventStatus
from tracker.rules.events.history import Change, Field, Verb
from tracker.rules.events.notifications import asked
from tracker.tables.background.events.invitees import invitees_of
from tracker.tables.background.events.transfer import is_draft
from tracker.tables.schema.events import events as rows
from tracker.usecases.core import audit, outbox
from tracker.usecases.events import history
from tracker.usecases.events.invitees import change_lead, notify, touch

NO_LEAD = "Its organizer left the task force."


async def transfer(by: Viewer, event: Event, new_owner: Viewer, now: datetime) -> None:
    """Make a person who may see the event its organizer, and notify only them."""
    await touch(event.id)
    changed: dict[Any, Any] = {"lead": new_owner.member_id, "version": event.version + 1, "changed_at": now}
    await rows.Event.update(changed).where(rows.Event.id == event.id)
    await change_lead(by, event.id, event.lead_id, new_owner.member_id, now)
    await touch(event.id)
    words = Change(
        field=Field.LEAD, before=f"{event.lead} ({event.lead_agency})", after=f"{new_owner.name} ({new_owner.agency})"
    )
    await history.keep(by, event, Verb.CHANGED, [words], now)
    await audit.record(by.actor, "changed", "event", event.id, {"fields": ["lead"]}, now)


async def drop(by: Viewer, event_id: UUID, now: datetime) -> None:
    """Cancel an event that only its organizer could see, and notify invited guests; a draft is discarded."""
    if await is_draft(event_id):
        await outbox.detach_event(event_id)
        await rows.Event.delete().where(rows.Event.id == event_id)
        await audit.record(by.actor, "discarded", "event", event_id, {}, now)
        return
    changed: dict[Any, Any] = {
        rows.Event.status: EventStatus.CANCELED,
        rows.Event.cancel_reason: NO_LEAD,
        rows.Event.changed_at: now,
        rows.Event.version: rows.Event.version + 1,
        rows.Event.sequence: rows.Event.sequence + 1,
    }
    [after] = await rows.Event.update(changed).where(rows.Event.id == event_id).returning(rows.Event.version)
    await touch(event_id)
    whom = asked(await invitees_of(event_id))
    await notify(Canceled(reason=NO_LEAD), event_id, after["version"], now, whom=whom)
    await audit.record(by.actor, "canceled", "event", event_id, {}, now)
