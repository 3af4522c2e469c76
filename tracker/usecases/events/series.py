"""The dates of an event as rows: created with it, moved with its rule, or split off into a new series.

When time zone data changes, upcoming dates go back to the wall-clock time at which they were scheduled. Governments
change their clocks at short notice; 10 AM on Tuesday stays 10 AM on Tuesday. Reminders follow, because they are
computed from the dates, and calendars know the zone by its name.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol
from uuid import UUID

from msgspec.structs import replace

from tracker.crypto import ids
from tracker.database import conflicts, writing
from tracker.database.binding import bulk_insert
from tracker.errors import Conflict, Invalid
from tracker.rules.core.message_types import RemovedFromSeries, SeriesContinued
from tracker.rules.core.viewers import BY_COMMAND, Viewer
from tracker.rules.core.wording import to_local
from tracker.rules.events import kept_dates, notifications
from tracker.rules.events import plans as plan_rules
from tracker.rules.events.events import Event, Occurrence, next_sequence
from tracker.rules.events.kept_dates import CarriedDates, SeriesDate
from tracker.rules.events.notifications import Notify, Recipients
from tracker.rules.events.plans import Plan
from tracker.rules.recurrence.series import check_number_of_dates, dates_by_rule, to_rrule, until_before
from tracker.tables.background.events import invitees
from tracker.tables.background.events.events import drifted_dates, number_of_dates, put_date_right, raise_event_versions
from tracker.tables.background.events.invitees import invitees_of
from tracker.tables.schema import events as rows
from tracker.tables.schema.core.tables import Message
from tracker.tables.schema.events import EventChange
from tracker.tables.visible import attendance
from tracker.tables.visible.events import events
from tracker.usecases.core import audit, outbox
from tracker.usecases.events import substitutes
from tracker.usecases.events.invitees import entry_in_calendars, notify_people, withdraw_invitations
from tracker.usecases.events.invitees import notify_invitees as send
from tracker.usecases.events.visibility import may_narrow_to, raise_calendar_versions, who_may_see, write_audiences

AN_INSTANT = timedelta(microseconds=1)
WAS_HELD = "This event was held, and its attendance is recorded. Schedule a new event, or duplicate this one."
_TAKE_OVER = (
    " ON CONFLICT (id) DO UPDATE SET event = EXCLUDED.event, original_start = EXCLUDED.original_start,"
    " starts_at = EXCLUDED.starts_at, ends_at = EXCLUDED.ends_at, title = EXCLUDED.title, place = EXCLUDED.place,"
    " agenda = EXCLUDED.agenda, is_canceled = EXCLUDED.is_canceled, cancel_reason = EXCLUDED.cancel_reason,"
    " is_changed = EXCLUDED.is_changed, is_moved = EXCLUDED.is_moved, sequence = EXCLUDED.sequence,"
    " changed_at = EXCLUDED.changed_at, version = occurrence.version + 1"
)


class AddEvent(Protocol):
    """Write the rows of a new event that follows `previous`, with its dates, and invite `invited` by email."""

    async def __call__(
        self,
        viewer: Viewer,
        plan: Plan,
        now: datetime,
        *,
        previous: Event,
        dates: Sequence[SeriesDate],
        invited: frozenset[UUID],
    ) -> UUID:
        """Return the id of the new event."""


async def write_dates(event_id: UUID, made: Iterable[SeriesDate], now: datetime, *, is_new: bool = False) -> None:
    """Write the dates of an event; a date that takes over an earlier one (`was`) keeps its row and its records.

    `is_new`: the event has no other dates. Errors: Invalid when the event has too many dates afterward.
    """
    written = [
        {
            **{name: value for name, value in series_date._asdict().items() if name != "was"},
            "id": series_date.was.id if series_date.was else ids.new_id(),
            "event": event_id,
            "is_changed": series_date.is_changed,
            "changed_at": now,
        }
        for series_date in made
    ]
    if is_new:
        written.reverse()  # search numbers an event by the month of its last date, and so does it once
    await bulk_insert(rows.Occurrence, written, _TAKE_OVER)
    check_number_of_dates(len(written) if is_new else await number_of_dates(event_id))


async def move_dates(viewer: Viewer, event: Event, before: Sequence[Occurrence], plan: Plan, now: datetime) -> None:
    """Make the dates of an event, which were `before`, match the plan; `kept_dates` says what stays of each.

    Added dates that are over stay as they were held. The only date of an event goes along even when it is over.
    Errors: Invalid(date=…) when its attendance is on record and the plan has it on a day to come.
    """
    if len(before) == 1 and not event.is_series:
        await check_stays_held(viewer, before[0], plan_rules.slots_of_plan(plan)[0][1][0], now)
    if plan_rules.only_end_moves(plan, event):
        await _end_elsewhere(event, before, plan, now)
        return
    carried = _carried_dates(event, before, plan, now)
    await _forget_dates(event, carried.gone, now)
    # A row that already is what it should be stays; texts of its own never change with the rule.
    changed = [
        date
        for date in carried.dates
        if not date.was
        or (date.original_start, *date.slot) != (date.was.original_start, date.was.starts_at, date.was.ends_at)
    ]
    await write_dates(event.id, changed, now)


def ids_of_lost_dates(
    event: Event, before: Sequence[Occurrence], plan: Plan, now: datetime, *, is_split: bool
) -> tuple[UUID, ...]:
    """Return which of its dates (`before`) an event loses when it becomes what the plan says.

    They are deleted, or with `is_split` may belong to the series that continues it.
    """
    lost: Iterable[Occurrence] = ()
    if is_split:
        lost = dates_split_off(before, _start_to_come(now, event.zone))
    elif plan_rules.moves_event(plan, event):
        is_end_alone = plan_rules.only_end_moves(plan, event)
        lost = _dates_beyond_end(event, before, plan) if is_end_alone else _carried_dates(event, before, plan, now).gone
    return tuple(occurrence.id for occurrence in lost)


def _carried_dates(event: Event, before: Sequence[Occurrence], plan: Plan, now: datetime) -> CarriedDates:
    by_rule = set(plan_rules.starts_by_rule(event))
    replaced = [
        occurrence for occurrence in before if occurrence.starts_at > now or occurrence.original_start in by_rule
    ]
    return kept_dates.carry_dates(replaced, event, plan, event, now)


async def _end_elsewhere(event: Event, before: Iterable[Occurrence], plan: Plan, now: datetime) -> None:
    every, by_rule = kept_dates.dates_of_new_event(plan), set(plan_rules.starts_by_rule(event))
    gone = _dates_beyond_end(event, before, plan)
    if any(occurrence.starts_at <= now for occurrence in gone):
        raise Invalid(until="A date that has begun stays in the series. Choose a later end.")
    await _forget_dates(event, gone, now)
    days = {occurrence.original_start.date() for occurrence in before}  # a date may have been added on that day
    later = [
        series_date
        for series_date in every
        if series_date.original_start not in by_rule and series_date.original_start.date() not in days
    ]
    await write_dates(event.id, later, now)


def _dates_beyond_end(event: Event, before: Iterable[Occurrence], plan: Plan) -> list[Occurrence]:
    gone = set(plan_rules.starts_by_rule(event)) - {new.original_start for new in kept_dates.dates_of_new_event(plan)}
    return [occurrence for occurrence in before if occurrence.original_start in gone]


def _start_to_come(now: datetime, zone: str) -> datetime:
    """Return the local start from which the dates of a series are to come."""
    return to_local(now, zone).replace(tzinfo=None) + AN_INSTANT


def dates_split_off(before: Iterable[Occurrence], ends: datetime) -> list[Occurrence]:
    """Return which of the dates of a series it loses when it ends before the local start `ends`."""
    return [occurrence for occurrence in before if occurrence.original_start >= ends]


async def split_series(
    viewer: Viewer,
    event: Event,
    plan: Plan,
    now: datetime,
    add_event: AddEvent,
    *,
    split: datetime | None = None,
    notify: Notify = Notify.CHANGES,
) -> UUID:
    """End a series with its last date before `split`, continue it by the plan as a new series, and return the new id.

    `split` is the local start in the series from which the plan applies. Without it, the series ends with its last date
    before `now`, and the new series has the dates of the plan that are still to come.

    - Dates keep what was changed about them alone, and their records (`kept_dates`).
    - Replies to dates that stay where and when they are still count.
    - People who may not see the new series lose access to the old one, and no one gains it.
    - A committee of both arms does not take the old series away from one arm.
    - With `split`, people taken off the list stay invited to the earlier dates.
    - `notify` says whether people who stay on the list get emails.
    """
    ends = split or _start_to_come(now, event.zone)
    before = await events.dates_in_order(viewer, event)
    rest = dates_split_off(before, ends)
    onward = plan if split else _plan_onward(plan, _start_to_come(now, plan.zone))
    shown = kept_dates.event_with_usual_texts(event, rest) if split else event
    carried = kept_dates.carry_dates(rest, event, onward, shown, now)
    notified = await _say_that_it_ends(viewer, event, plan, now, notify, ends=ends, is_whole=split is None)
    moved = [date._replace(sequence=0) for date in carried.dates]
    taken = {date.was.id: _still_counts(date.was, date, onward) for date in moved if date.was}
    new_id = await add_event(viewer, onward, now, previous=event, dates=moved, invited=notified.invitation)
    if taken:
        await EventChange.update(event=new_id).where(EventChange.occurrence.is_in(list(taken)))
        await Message.update(event=new_id).where(Message.occurrence.is_in(list(taken)))
    if not event.is_restricted and onward.marking == event.marking:  # else its emails may not say what that one's did
        await outbox.pass_on_messages(event.id, new_id, taken)
    async with substitutes.notifying_substitutes(event.id, now), substitutes.notifying_substitutes(new_id, now):
        await invitees.copy_replies_to_series(event.id, new_id, taken)
    await end_series(event, before, ends, now)
    return new_id


async def _say_that_it_ends(
    viewer: Viewer, event: Event, plan: Plan, now: datetime, notify: Notify, *, ends: datetime, is_whole: bool
) -> Recipients:
    """Notify people that another series continues this one, withdraw those who lose it, and return who is notified."""
    entry = await entry_in_calendars(viewer, event, now)
    closes = entry if notifications.closes_to_named(event, plan) else None
    is_narrower = plan_rules.narrows_event(plan, event)
    if is_narrower and await may_narrow_to(plan, event):
        # Only people who see the plan and already saw the series, so that no one gains its past.
        saw = await who_may_see(event.id, plan.invitees, now)
        named = {member_id: role for member_id, role in plan.invitees.items() if member_id in saw}
        narrowed = rows.Event.update(visibility=plan.visibility, committee=plan.committee_id)
        await narrowed.where(rows.Event.id == event.id)
        past = replace(plan, invitees=named, marking=event.marking)
        await write_audiences(viewer, event.id, event.lead_id, past, now, list_of=event.id)
    invited = await invitees_of(event.id)
    notified = notifications.notified_of_change(event, plan, invited, now, splits=True, notify=notify)
    gone = frozenset(invited) - frozenset(plan.invitees) - {event.lead_id}
    announced, version = SeriesContinued(entry=closes, since=ends), event.version + 1
    await send(announced, event.id, version, now, whom=notified.update, dates={})
    if is_whole or is_narrower:
        await withdraw_invitations(event.id, gone, event.version + 1, now, notified=notified.withdrawal, entry=entry)
    else:  # they stay invited to the earlier dates
        await notify_people(RemovedFromSeries(), event.id, notified.withdrawal, event.version + 1, now)
    return notified


def _still_counts(was: Occurrence, series_date: SeriesDate, onward: Plan) -> bool:
    """Return whether replies to a date still count when it has become this one of the next series."""
    is_elsewhere = (onward.place if series_date.place is None else series_date.place) != was.place
    before = (was.starts_at, was.ends_at)
    return not was.is_canceled and not plan_rules.asks_reply_again(
        before, series_date.slot, place_changed=is_elsewhere, zone=onward.zone
    )


async def end_series(event: Event, before: Iterable[Occurrence], split: datetime, now: datetime) -> None:
    """End a series, whose dates were `before`, with its last date before the local start `split`.

    Errors: Invalid(date=…).
    """
    rule = plan_rules.rule_of(event)
    if rule is None:
        raise Invalid("Only a series can end early.")
    shorter = until_before(rule, event.starts, split=split)
    await raise_calendar_versions(event.id)
    await rows.Event.update(
        rrule=to_rrule(shorter, event.starts, None if event.is_all_day else event.zone),
        version=event.version + 1,
        sequence=next_sequence(event, before),
        changed_at=now,
    ).where(rows.Event.id == event.id)
    ahead = (rows.Occurrence.original_start >= split) & (rows.Occurrence.starts_at > now)
    await _delete_dates(event, ahead, now)


async def _forget_dates(event: Event, dates: Iterable[Occurrence], now: datetime) -> None:
    if date_ids := [occurrence.id for occurrence in dates]:
        await _delete_dates(event, rows.Occurrence.id.is_in(date_ids), now)


async def _delete_dates(event: Event, which: Any, now: datetime) -> None:
    """Delete dates that the new rule does not have.

    Errors: Invalid(date=…) when action items or attendance belong to one of them.
    """
    try:
        with conflicts():
            async with writing(), substitutes.notifying_substitutes(event.id, now):
                await rows.Occurrence.delete().where((rows.Occurrence.event == event.id) & which)
    except Conflict as held:
        raise Invalid(
            date="An upcoming date has action items or attendance. Move or cancel dates one at a time instead."
        ) from held


def _plan_onward(plan: Plan, split: datetime) -> Plan:
    """Return the plan from its first date at or after `split`, with the same last date."""
    every = dates_by_rule(plan.rule, plan.starts)
    ahead = [start for start in every if start >= split]
    if not ahead:
        raise Invalid(date="The new dates are all in the past. Choose a later start.")
    return replace(
        plan, starts=ahead[0], rule=replace(plan.rule, until=every[-1].date(), count=None) if plan.rule else None
    )


async def count_drifted_dates(now: datetime) -> int:
    """Return how many upcoming dates differ from where this computer's time zone data puts them."""
    return len(await drifted_dates(now))


async def reproject_dates(now: datetime) -> int:
    """Move those dates in one transaction, and return how many there were."""
    async with writing():
        dates = await drifted_dates(now)
        for drifted_date in dates:
            await put_date_right(drifted_date, now)
        events = {date.event_id for date in dates}
        for event_id in events:
            await raise_calendar_versions(event_id)
        if dates:
            await raise_event_versions(events)
            await audit.record(BY_COMMAND, "replanned", "calendar", "", {"dates": len(dates)}, now)
    return len(dates)


async def check_stays_held(viewer: Viewer, date: Occurrence, begins: datetime, now: datetime) -> None:
    """Check that a date whose attendance is on record does not move to a day to come, where it would begin at `begins`.

    Its record would be that of a meeting that has not been held. Errors: Invalid(date=…).
    """
    if not date.starts_at <= now < begins:
        return
    if date.attendance_closed_at is not None or await attendance.recorded_marks(viewer, date):
        raise Invalid(date=WAS_HELD)
