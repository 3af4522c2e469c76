"""Changing or canceling this and following dates of a series, and adding a date to one."""

from datetime import datetime
from uuid import UUID

from msgspec.structs import replace

from tracker.database import writing
from tracker.errors import Invalid
from tracker.rules.core.message_types import Changed, DateAdded, SeriesEnded
from tracker.rules.core.viewers import Viewer
from tracker.rules.events import history as history_rules
from tracker.rules.events import kept_dates, notifications
from tracker.rules.events import plans as plan_rules
from tracker.rules.events.events import Event, Occurrence, next_sequence
from tracker.rules.events.history import HistoryVerb, UndoableDeed, UndoReach
from tracker.rules.events.kept_dates import OWN_TEXTS, SeriesDate
from tracker.rules.events.notifications import Notify, silence_facts
from tracker.rules.events.plans import Plan
from tracker.tables.background.events.invitees import invitees_of
from tracker.tables.schema import events as rows
from tracker.tables.visible.events import events
from tracker.usecases.core import audit
from tracker.usecases.events import history
from tracker.usecases.events import scheduling as event_deeds
from tracker.usecases.events.history import keeping_undoable
from tracker.usecases.events.invitees import notify_invitees as send
from tracker.usecases.events.occurrences import date_seen_by
from tracker.usecases.events.replies import ask_about
from tracker.usecases.events.series import dates_split_off, end_series, split_series, write_dates
from tracker.usecases.events.visibility import check_may_schedule_marked, raise_calendar_versions

BESIDE_THE_RULE = "This date was added to the series. Change it alone, or choose another date and the ones after it."


async def plan_from_date_on(viewer: Viewer, event_id: UUID, key: str) -> tuple[Event, Plan]:
    """Return the event and the plan that a form for its date `key` and those after it shows.

    Its texts are those that most of these dates have. Errors: NotFound, NotAllowed.
    """
    event, plan = await event_deeds.plan_to_change(viewer, event_id)
    first = await date_seen_by(viewer, event_id, key)
    return event, kept_dates.plan_shown_from(event, plan, first, await events.dates_in_order(viewer, event))


async def change_from_date_on(
    viewer: Viewer,
    event_id: UUID,
    key: str,
    plan: Plan,
    expected_version: int,
    now: datetime,
    *,
    notify: Notify = Notify.CHANGES,
    reauthenticated_at: datetime | None = None,
) -> UUID:
    """Change a series from its date `key` on, and return the id of the event that has these dates then.

    - When `key` is the first date, the whole series changes.
    - When only texts change that dates can have of their own, the dates get them in the same series.
    - Otherwise the series ends before the date, and a new one continues it.

    Either way, dates keep their own details (`kept_dates`), and replies to dates whose time and place stay the same
    hold. `notify` and `reauthenticated_at` are those of `scheduling.change_event`.
    Errors: NotFound, NotAllowed, ReauthenticationNeeded, Conflict, Invalid by field.
    """
    async with writing():
        event = await event_deeds.event_to_change(viewer, event_id, expected_version)
        first = await _upcoming_date(viewer, event, key, now)
        if plan_rules.is_added(first):
            raise Invalid(date=BESIDE_THE_RULE)
        if await _is_first_date(viewer, first):
            return await event_deeds.change_event(
                viewer, event_id, plan, expected_version, now, notify=notify, reauthenticated_at=reauthenticated_at
            )
        plan_rules.check_plan(plan)
        plan = replace(plan, title=plan.title.strip())
        _, shown = await plan_from_date_on(viewer, event_id, key)
        if plan_rules.changes_only(plan, shown, OWN_TEXTS, event.lead_id):
            await _change_texts(viewer, event, first, shown, plan, now, notify=notify)
            return event_id
        kept_dates.check_texts_from_a_date_on(plan, shown, event.lead_id)
        plan_rules.check_opening(plan, event, reauthenticated_at, now)
        return await _continue_series(viewer, event, first, plan, now, notify)


async def _continue_series(
    viewer: Viewer, event: Event, first: Occurrence, plan: Plan, now: datetime, notify: Notify
) -> UUID:
    """End a series before a date and continue it by the plan; return the id of the new series."""
    await check_may_schedule_marked(viewer, plan, now, event)
    if plan_rules.slots_of_plan(plan)[0][1][0] <= now:
        raise Invalid(date="The new dates start in the past. Choose a later first day.")
    invited, before = await invitees_of(event.id), await events.dates_in_order(viewer, event)
    lost = tuple(occurrence.id for occurrence in dates_split_off(before, first.original_start))
    async with keeping_undoable(viewer, event.id, UndoableDeed.CHANGED, now, UndoReach(lost=lost)) as made:
        new_id = await split_series(
            viewer, event, plan, now, event_deeds.write_new_event, split=first.original_start, notify=notify
        )
        made.append(new_id)
        await history.record_plan_change(viewer, event, plan, invited, before, now, went_on_as=new_id)
    fields = event_deeds.changed_field_names(plan, event)
    facts = {"fields": fields, "from": first.key, "next": str(new_id), **silence_facts(notify)}
    await audit.record(viewer.actor, "changed", "event", event.id, facts, now)
    return new_id


async def _change_texts(
    viewer: Viewer, event: Event, first: Occurrence, shown: Plan, plan: Plan, now: datetime, *, notify: Notify
) -> None:
    """Give the dates from `first` on the texts of the plan; those that have others of their own keep them."""
    changes = history_rules.changes_of_texts(shown, plan)
    if not changes:
        return
    async with keeping_undoable(viewer, event.id, UndoableDeed.CHANGED, now):
        before, version = await events.dates_in_order(viewer, event), event.version + 1
        following = [
            occurrence
            for occurrence in before
            if occurrence.original_start >= first.original_start and occurrence.starts_at > now
        ]
        made = kept_dates.dates_with_texts(following, event, shown, plan)
        await write_dates(event.id, made, now)
        # The series' version rises: its cached feed entry holds these dates. Its own texts, SEQUENCE and DTSTAMP stay.
        await rows.Event.update(version=version).where(rows.Event.id == event.id)
        await raise_calendar_versions(event.id)
        is_elsewhere = plan.place != shown.place
        if is_elsewhere:
            sequence = next_sequence(event, before)
            await rows.Event.update(sequence=sequence, changed_at=now).where(rows.Event.id == event.id)
            await ask_about(event.id, before, await events.dates_in_order(viewer, event), event.zone, sequence, now)
        if notify is Notify.ALL or (is_elsewhere and notify is not Notify.NO_ONE):
            was = event_deeds.known_before(replace(event, title=shown.title, place=shown.place, agenda=shown.agenda))
            whom = notifications.notified_of_all(event, await invitees_of(event.id))
            announced = Changed(before=was, since=first.original_start)
            dates = {
                series_date.was.id: notifications.known_before_date(series_date.was)
                for series_date in made
                if series_date.was
            }
            await send(announced, event.id, version, now, whom=whom, dates=dates)
        await history.record_change(
            viewer, event, HistoryVerb.CHANGED, history_rules.changes_from_date(first, changes), now
        )
    facts = {"fields": sorted(change.field for change in changes), "from": first.key, **silence_facts(notify)}
    await audit.record(viewer.actor, "changed", "event", event.id, facts, now)


async def cancel_from_date_on(
    viewer: Viewer, event_id: UUID, key: str, expected_version: int, reason: str, now: datetime
) -> None:
    """End a series before the date `key`, and notify the invitees; from the first date on, cancel all of it.

    Errors: NotFound, NotAllowed, Conflict, Invalid when action items or attendance belong to one of the dates.
    """
    async with writing():
        event = await event_deeds.event_to_change(viewer, event_id, expected_version)
        first = await _upcoming_date(viewer, event, key, now)
        if await _is_first_date(viewer, first):
            await event_deeds.cancel_event(viewer, event_id, expected_version, reason, now)
            return
        before = await events.dates_in_order(viewer, event)
        lost = tuple(occurrence.id for occurrence in dates_split_off(before, first.original_start))
        async with keeping_undoable(viewer, event_id, UndoableDeed.CANCELED, now, UndoReach(lost=lost)):
            await end_series(event, before, first.original_start, now)
            whom = notifications.notified_of_all(event, await invitees_of(event_id))
            announced, version = SeriesEnded(reason=reason), event.version + 1
            await send(announced, event_id, version, now, whom=whom, dates={})
            await raise_calendar_versions(event_id)
            await history.record_series_end(viewer, event, now, reason=reason)
        await audit.record(viewer.actor, "ended", "event", event_id, {"from": key}, now)


async def add_occurrence(viewer: Viewer, event_id: UUID, starts: datetime, expected_version: int, now: datetime) -> str:
    """Add a date beside the rule of a series (RDATE), with its length and place, and return the date's key.

    `starts` is local.
    Errors: NotFound, NotAllowed, Conflict; Invalid(date) for a time in the past, or when the series has a date on that
    day; Invalid(starts) for a time of day in an all-day series.
    """
    async with writing():
        event = await event_deeds.event_to_change(viewer, event_id, expected_version)
        if not event.is_series:
            raise Invalid(date="This event has only one date. Make it repeat, or schedule another event.")
        if event.is_all_day and not plan_rules.is_of_whole_days(starts, event.duration):
            raise Invalid(starts=plan_rules.WHOLE_DAYS)
        if plan_rules.slot_at(starts, event.duration, event.zone)[0] <= now:
            raise Invalid(date="That date has passed. Choose a date in the future.")
        before = await events.dates_in_order(viewer, event)
        if any(occurrence.original_start.date() == starts.date() for occurrence in before):
            raise Invalid(date="The series already has a date on that day. Change that one instead.")
        async with keeping_undoable(viewer, event_id, UndoableDeed.CHANGED, now):
            version = event.version + 1
            begins, ends = plan_rules.slot_at(starts, event.duration, event.zone)
            await write_dates(event.id, [SeriesDate(original_start=starts, starts_at=begins, ends_at=ends)], now)
            changed = rows.Event.update(version=version, sequence=next_sequence(event, before), changed_at=now)
            await changed.where(rows.Event.id == event.id)
            added = await date_seen_by(viewer, event.id, starts.date().isoformat())
            whom = notifications.notified_of_all(event, await invitees_of(event.id))
            await send(DateAdded(starts=starts, date=added.id), event.id, version, now, whom=whom, dates={})
            await raise_calendar_versions(event.id)
            await history.record_change(
                viewer, event, HistoryVerb.DATE_ADDED, history_rules.added_date_change(added), now, added
            )
        await audit.record(viewer.actor, "date_added", "event", event_id, {"date": added.key}, now)
    return added.key


async def _upcoming_date(viewer: Viewer, event: Event, key: str, now: datetime) -> Occurrence:
    first = await date_seen_by(viewer, event.id, key)
    if first.starts_at <= now:
        raise Invalid(date="That date has already begun. Choose an upcoming date.")
    return first


async def _is_first_date(viewer: Viewer, date: Occurrence) -> bool:
    before, _ = await events.dates_beside(viewer, date)
    return before is None
