"""Changing or canceling this and following dates of a series, and adding a date to one."""

from datetime import datetime
from uuid import UUID

from tracker.database import writing
from tracker.errors import Invalid
from tracker.rules.core.message_types import DateAdded, SeriesEnded
from tracker.rules.core.viewer import Viewer
from tracker.rules.core.wording import day
from tracker.rules.events import notifications
from tracker.rules.events import plan as plan_rules
from tracker.rules.events.event import Event, Occurrence
from tracker.rules.events.history import Change, Field, Verb
from tracker.rules.events.plan import Plan
from tracker.rules.events.undo import Deed
from tracker.tables.background.events.invitees import invitees_of
from tracker.tables.schema.events import events as rows
from tracker.tables.visible.events import events
from tracker.usecases.core import audit
from tracker.usecases.events import events as event_deeds
from tracker.usecases.events import history
from tracker.usecases.events.invitees import notify, touch
from tracker.usecases.events.occurrences import date_for
from tracker.usecases.events.permission import allow_marked
from tracker.usecases.events.series import add_dates, end_series, split
from tracker.usecases.events.undo_snapshot import undoable

BESIDE_THE_RULE = "This date was added to the series. Change it alone, or all dates from another one on."


async def change_from(
    viewer: Viewer,
    event_id: UUID,
    key: str,
    plan: Plan,
    expected_version: int,
    now: datetime,
    *,
    notify: bool,
    reauthenticated_at: datetime | None = None,
) -> UUID:
    """End a series before the date `key` and continue it by the plan as a new series; return the id of the new one.

    When `key` is the first date, the whole series changes. Replies to dates whose time and place stay the same are
    kept. `reauthenticated_at` is when the viewer last confirmed who they are; opening a restricted event needs that.
    Errors: NotFound, NotAllowed, ReauthenticationNeeded, Conflict, Invalid by field.
    """
    async with writing():
        event = await event_deeds.event_to_change(viewer, event_id, expected_version)
        first = await _to_come(viewer, event, key, now)
        if plan_rules.is_added(first):
            raise Invalid(date=BESIDE_THE_RULE)
        if await _is_the_first(viewer, first):
            return await event_deeds.change(
                viewer, event_id, plan, expected_version, now, notify=notify, reauthenticated_at=reauthenticated_at
            )
        plan_rules.check(plan)
        plan_rules.check_opening(plan, event, reauthenticated_at, now)
        await allow_marked(viewer, plan, now, event)
        if plan_rules.slots(plan)[0][1][0] <= now:
            raise Invalid(date="The new dates begin in the past. Choose a later first day.")
        invited = await invitees_of(event_id)
        async with undoable(viewer, event_id, Deed.CHANGED, now) as made:
            new_id = await split(viewer, event, plan, now, event_deeds.add_event, split=first.original_start)
            made.append(new_id)
            await history.keep_plan(viewer, event, plan, invited, now, went_on_as=new_id)
        facts = {"fields": event_deeds.changed_fields(plan, event), "from": key, "next": str(new_id)}
        await audit.record(viewer.actor, "changed", "event", event_id, facts, now)
    return new_id


async def cancel_from(
    viewer: Viewer, event_id: UUID, key: str, expected_version: int, reason: str, now: datetime
) -> None:
    """End a series before the date `key`, and notify the invitees; from the first date on, cancel all of it.

    Errors: NotFound, NotAllowed, Conflict, Invalid when action items or attendance belong to one of the dates.
    """
    async with writing():
        event = await event_deeds.event_to_change(viewer, event_id, expected_version)
        first = await _to_come(viewer, event, key, now)
        if await _is_the_first(viewer, first):
            await event_deeds.cancel(viewer, event_id, expected_version, reason, now)
            return
        async with undoable(viewer, event_id, Deed.CANCELED, now):
            await end_series(event, first.original_start, now)
            whom = notifications.to_all(event, await invitees_of(event_id))
            news, version = SeriesEnded(reason=reason), event.version + 1
            await notify(news, event_id, version, now, whom=whom, dates={})
            await touch(event_id)
            await history.keep_end(viewer, event, now, reason=reason)
        await audit.record(viewer.actor, "ended", "event", event_id, {"from": key}, now)


async def add_date(viewer: Viewer, event_id: UUID, starts: datetime, expected_version: int, now: datetime) -> str:
    """Add a date beside the rule of a series (RDATE), with its length and place, and return the date's key.

    `starts` is local.
    Errors: NotFound, NotAllowed, Conflict; Invalid(date) for a time in the past, or when the series has a date on that
    day; Invalid(starts) for a time of day in an all-day series.
    """
    async with writing():
        event = await event_deeds.event_to_change(viewer, event_id, expected_version)
        if not event.is_series:
            raise Invalid(date="This event has one date. Let it repeat, or schedule another event.")
        if event.is_all_day and not plan_rules.is_of_whole_days(starts, event.duration):
            raise Invalid(starts=plan_rules.WHOLE_DAYS)
        if plan_rules.slot(starts, event.duration, event.zone)[0] <= now:
            raise Invalid(date="That is over already. Choose a day to come.")
        if any(one.original_start.date() == starts.date() for one in await events.dates(viewer, event)):
            raise Invalid(date="The series has a date on that day already. Change that one instead.")
        async with undoable(viewer, event_id, Deed.CHANGED, now):
            added = await _add(viewer, event, starts, now)
        await audit.record(viewer.actor, "date_added", "event", event_id, {"date": added.key}, now)
    return added.key


async def _add(viewer: Viewer, event: Event, starts: datetime, now: datetime) -> Occurrence:
    version = event.version + 1
    await add_dates(event.id, [(starts, plan_rules.slot(starts, event.duration, event.zone))], now)
    await rows.Event.update(
        {rows.Event.version: version, rows.Event.sequence: event.sequence + 1, rows.Event.changed_at: now}
    ).where(rows.Event.id == event.id)
    added = await date_for(viewer, event.id, starts.date().isoformat())
    whom = notifications.to_all(event, await invitees_of(event.id))
    await notify(DateAdded(starts=starts, date=added.id), event.id, version, now, whom=whom, dates={})
    await touch(event.id)
    await history.keep(viewer, event, Verb.DATE_ADDED, [Change(field=Field.WHEN, after=day(starts))], now)
    return added


async def _to_come(viewer: Viewer, event: Event, key: str, now: datetime) -> Occurrence:
    first = await date_for(viewer, event.id, key)
    if first.starts_at <= now:
        raise Invalid(date="That date has begun already. Choose a date to come.")
    return first


async def _is_the_first(viewer: Viewer, date: Occurrence) -> bool:
    before, _ = await events.neighbors(viewer, date)
    return before is None
