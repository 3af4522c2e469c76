"""One date of an event: show it, move or change it, cancel it, restore it.

A date that was held, and whose attendance is on record, doesn't move to a day to come.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any
from uuid import UUID

from tracker.database import writing
from tracker.errors import Conflict, Invalid, NotAllowed, NotFound
from tracker.rules.core.message_types import Canceled, Changed, Restored
from tracker.rules.core.viewers import Viewer
from tracker.rules.core.wording import to_local
from tracker.rules.events import notifications, plans
from tracker.rules.events.events import DateLine, Event, Occurrence, day_of_key, may_edit
from tracker.rules.events.history import FieldChange, HistoryVerb, UndoableDeed, UndoReach, changes_of_date
from tracker.rules.events.notifications import Notify, RecordChoice
from tracker.rules.events.plans import DateChange
from tracker.tables.background.events.invitees import invitees_of
from tracker.tables.schema import events as rows
from tracker.tables.visible import calendars
from tracker.tables.visible.events import events
from tracker.usecases.core import audit, outbox
from tracker.usecases.events import history, scheduling
from tracker.usecases.events.history import keeping_undoable
from tracker.usecases.events.invitees import notify_invitees as send
from tracker.usecases.events.replies import ask_again
from tracker.usecases.events.series import check_stays_held
from tracker.usecases.events.visibility import raise_calendar_versions

TWO_ON_A_DAY = "The series has another date on that day. Choose another day, or check “Hold both on the same day”."


async def dates_between(viewer: Viewer, start: datetime, end: datetime) -> list[DateLine]:
    """Return the dates that overlap [start, end) and that the viewer may see, earliest first."""
    return await events.lines_between(viewer, start, end)


async def next_dates_of_agency(viewer: Viewer, agency_id: UUID, start: datetime, end: datetime) -> list[DateLine]:
    """Return the dates in [start, end) that the viewer may see and to which people of an agency are invited."""
    return await calendars.dates_of_agency(viewer, agency_id, start, end)


async def date_seen_by(viewer: Viewer, event_id: UUID, key: str) -> Occurrence:
    """Return the date of an event whose original day is `key` (ISO). Errors: NotFound."""
    occurrence = await events.date_on_day(viewer, event_id, day_of_key(key))
    if occurrence is None:
        raise NotFound
    return occurrence


async def nearest_date(viewer: Viewer, event_id: UUID, now: datetime) -> Occurrence:
    """Return the next date of an event that is not over or canceled, or else its last one. Errors: NotFound."""
    event = await events.event_by_id(viewer, event_id)
    every = await events.dates_in_order(viewer, event) if event else []
    if not every:
        raise NotFound
    return next(
        (occurrence for occurrence in every if occurrence.ends_at > now and not occurrence.is_canceled), every[-1]
    )


async def dates_in_series(viewer: Viewer, event: Event) -> list[Occurrence]:
    """Return all dates of an event, in the order of its rule."""
    return await events.dates_in_order(viewer, event)


async def change_occurrence(
    viewer: Viewer,
    event_id: UUID,
    key: str,
    change: DateChange,
    expected_version: int,
    now: datetime,
    *,
    notify: Notify = Notify.CHANGES,
) -> None:
    """Move or change one date. Invitees are notified when the time or place changes, or as `notify` says.

    People are asked to reply again when the date moves by an hour or more, to another day, or to another place. When it
    is over then, no one is notified or asked.
    Errors: NotFound, NotAllowed, Conflict, Invalid by field.
    """
    async with writing():
        occurrence = await date_to_change(viewer, event_id, key, expected_version)
        plans.check_date_change(change, is_all_day=occurrence.event.is_all_day)
        if not occurrence.event.is_series:
            raise Invalid("This event has only one date. Change the event itself.")
        zone, day = occurrence.event.zone, change.starts.date()
        dates = await events.dates_in_order(viewer, occurrence.event)
        others = [other for other in dates if other.id != occurrence.id and not other.is_off]
        is_taken = day in {to_local(other.starts_at, zone).date() for other in others}
        if is_taken and day != to_local(occurrence.starts_at, zone).date() and not change.may_double:
            raise Invalid(date=TWO_ON_A_DAY)
        async with keeping_undoable(viewer, event_id, UndoableDeed.CHANGED, now, UndoReach(dates=(occurrence.id,))):
            await _change(viewer, occurrence, change, now, notify=notify)


async def _change(viewer: Viewer, occurrence: Occurrence, change: DateChange, now: datetime, *, notify: Notify) -> None:
    event = occurrence.event
    slot = plans.slot_at(change.starts, change.duration, event.zone)
    place = event.place if change.place is None else change.place
    is_moved, is_elsewhere = slot != (occurrence.starts_at, occurrence.ends_at), place != occurrence.place
    await check_stays_held(viewer, occurrence, slot[0], now)
    fields = {
        "starts_at": slot[0],
        "ends_at": slot[1],
        "is_moved": slot != plans.slot_by_rule(occurrence),
        "title": _own_text(change.title, event.title),
        "place": _own_text(change.place, event.place),
        "agenda": _own_text(change.agenda, event.agenda),
    }
    await _save_date(occurrence, now, raise_sequence=is_moved or is_elsewhere, fields=fields)
    before = (occurrence.starts_at, occurrence.ends_at)
    asks = plans.asks_reply_again(before, slot, place_changed=is_elsewhere, zone=event.zone)
    if (is_moved or is_elsewhere) and asks and slot[0] > now:
        await ask_again(event.id, occurrence.id, occurrence.sequence + 1, now)
    notified = notifications.notified_of_date(occurrence, slot, place, await invitees_of(event.id), now, notify=notify)
    announced = Changed(before=notifications.known_before_date(occurrence), reason=change.reason, is_moved=is_moved)
    await send(announced, event.id, occurrence.version + 1, now, whom=notified.update, occurrence_id=occurrence.id)
    title = event.title if change.title is None else change.title
    agenda = event.agenda if change.agenda is None else change.agenda
    changes = changes_of_date(occurrence, slot, title, place, agenda)
    verb, facts = "moved" if is_moved else "changed", notifications.silence_facts(notify)
    await _log_date(viewer, verb, occurrence, now, HistoryVerb.CHANGED, changes, reason=change.reason, facts=facts)


async def cancel_occurrence(
    viewer: Viewer,
    event_id: UUID,
    key: str,
    expected_version: int,
    reason: str,
    now: datetime,
    *,
    record: RecordChoice | None = None,
) -> None:
    """Cancel one date; the others stay. When no other one is left, the whole event is canceled.

    No one is notified when it is over. `record` says what becomes of closed attendance.
    Errors: NotFound, NotAllowed, Conflict, Invalid(record) when attendance is closed and `record` is missing.
    """
    async with writing():
        occurrence = await date_to_change(viewer, event_id, key, expected_version)
        if occurrence.is_off:
            raise Conflict("This date is already canceled.")
        if occurrence.id == await _only_date_left(viewer, occurrence.event):
            await scheduling.cancel_event(viewer, event_id, occurrence.event.version, reason, now, record=record)
            return
        notifications.check_record_choice(occurrence, record)
        facts = {"record": record} if record and notifications.is_on_record(occurrence) else {}
        off = {"is_canceled": True, "cancel_reason": reason, "is_off_record": RecordChoice.REMOVE in facts.values()}
        async with keeping_undoable(viewer, event_id, UndoableDeed.CANCELED, now, UndoReach(dates=(occurrence.id,))):
            await _save_date(occurrence, now, raise_sequence=True, fields=off)
            await _notify_of_status(Canceled(reason=reason), occurrence, now)
            await _log_date(viewer, "canceled", occurrence, now, HistoryVerb.CANCELED, reason=reason, facts=facts)


async def restore_occurrence(viewer: Viewer, event_id: UUID, key: str, expected_version: int, now: datetime) -> None:
    """Restore a canceled date, and ask people to reply again if the cancellation has been sent out.

    The only date that is left of a canceled event restores the event. When it is over, no one is notified or asked.
    Errors: NotFound, NotAllowed, Conflict.
    """
    async with writing():
        occurrence = await date_to_change(viewer, event_id, key, expected_version)
        if occurrence.is_off and occurrence.id == await _only_date_left(viewer, occurrence.event):
            await scheduling.restore_event(viewer, event_id, occurrence.event.version, now)
            return
        if not occurrence.is_canceled:
            raise Conflict("This date isn’t canceled.")
        async with keeping_undoable(viewer, event_id, UndoableDeed.CHANGED, now, UndoReach(dates=(occurrence.id,))):
            on = {"is_canceled": False, "cancel_reason": "", "is_off_record": False}
            await _save_date(occurrence, now, raise_sequence=True, fields=on)
            if occurrence.ends_at > now and await outbox.was_anyone_notified(event_id, occurrence.changed_at):
                await ask_again(event_id, occurrence.id, occurrence.sequence + 1, now)
            announced = Restored(before=notifications.known_before_date(occurrence))
            await _notify_of_status(announced, occurrence, now)
            await _log_date(viewer, "restored", occurrence, now, HistoryVerb.RESTORED)


async def _only_date_left(viewer: Viewer, event: Event) -> UUID | None:
    """Return the date of an event that alone isn't canceled by itself; None when there are several, or none."""
    left = [date.id for date in await events.dates_in_order(viewer, event) if not date.is_canceled]
    return left[0] if len(left) == 1 else None


async def date_to_change(viewer: Viewer, event_id: UUID, key: str, expected_version: int) -> Occurrence:
    """Return the date if the viewer may change it and it has not changed since they read it.

    Errors: NotFound, NotAllowed, Conflict.
    """
    occurrence = await date_seen_by(viewer, event_id, key)
    if not may_edit(viewer, occurrence.event):
        raise NotAllowed("Only the organizer, the committee’s chair, or a coordinator can change this date.")
    if occurrence.version != expected_version:
        raise Conflict
    return occurrence


async def _save_date(occurrence: Occurrence, now: datetime, *, raise_sequence: bool, fields: dict[str, Any]) -> None:
    sequence = max(occurrence.sequence, occurrence.event.sequence) + 1 if raise_sequence else occurrence.sequence
    await rows.Occurrence.update(
        is_changed=True, version=occurrence.version + 1, sequence=sequence, changed_at=now, **fields
    ).where(rows.Occurrence.id == occurrence.id)
    # The series' version rises too: its cached feed entry holds this date. SEQUENCE and DTSTAMP stay (RFC 5546).
    await rows.Event.update(version=occurrence.event.version + 1).where(rows.Event.id == occurrence.event.id)
    await raise_calendar_versions(occurrence.event.id)


async def _notify_of_status(announced: Canceled | Restored, occurrence: Occurrence, now: datetime) -> None:
    event = occurrence.event
    whom = notifications.notified_of_cancellation(event, [occurrence], await invitees_of(event.id), now)
    await send(announced, event.id, occurrence.version + 1, now, whom=whom, occurrence_id=occurrence.id)


async def _log_date(
    viewer: Viewer,
    verb: str,
    occurrence: Occurrence,
    now: datetime,
    kept: HistoryVerb,
    changes: Iterable[FieldChange] = (),
    *,
    reason: str = "",
    facts: Mapping[str, object] = MappingProxyType({}),
) -> None:
    await history.record_change(viewer, occurrence.event, kept, changes, now, occurrence, reason=reason)
    await audit.record(viewer.actor, verb, "occurrence", occurrence.id, {"date": occurrence.key, **facts}, now)


def _own_text(value: str | None, of_series: str) -> str | None:
    """Return the text to store with a date: none where it equals that of its series."""
    return None if value is None or value == of_series else value
