"""The dates of an event as rows: created with it, moved with its rule, or split off into a new series."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from types import MappingProxyType
from typing import Any, Protocol
from uuid import UUID

from tracker.crypto import ids
from tracker.database import conflicts, writing
from tracker.database.bulk_insert import bulk_insert
from tracker.errors import Conflict, Invalid
from tracker.rules.core.message_types import SeriesContinued
from tracker.rules.core.viewer import Viewer
from tracker.rules.core.wall_clock import to_local
from tracker.rules.events import notifications
from tracker.rules.events import plan as plan_rules
from tracker.rules.events.event import Event, Occurrence
from tracker.rules.events.plan import Plan, Slot
from tracker.rules.recurrence import check_number, dates, to_rrule, until_before
from tracker.tables.background.events import copied_replies
from tracker.tables.background.events.dates import number_of_dates
from tracker.tables.background.events.invitees import invitees_of
from tracker.tables.schema.events import events as rows
from tracker.tables.visible.events import events
from tracker.usecases.events import substitutes
from tracker.usecases.events.invitees import let_go, mailed_entry, notify, touch, withdraw
from tracker.usecases.events.visibility import circle_is_within, set_audiences, who_may_see

INSTANT = timedelta(microseconds=1)
_IN_PLACE = (
    " ON CONFLICT (id) DO UPDATE SET original_start = EXCLUDED.original_start, starts_at = EXCLUDED.starts_at,"
    " ends_at = EXCLUDED.ends_at, is_changed = EXCLUDED.is_changed, is_moved = EXCLUDED.is_moved,"
    " changed_at = EXCLUDED.changed_at, title = NULL,"
    " place = NULL, agenda = NULL, version = occurrence.version + 1"
)


class AddEvent(Protocol):
    """Write the rows of a new event that follows `previous`."""

    async def __call__(self, viewer: Viewer, plan: Plan, now: datetime, *, previous: Event) -> UUID:
        """Return the id of the new event."""


async def add_dates(
    event_id: UUID,
    slots: Iterable[tuple[datetime, Slot]],
    now: datetime,
    moved: frozenset[datetime] = frozenset(),
    *,
    kept: Mapping[datetime, UUID] = MappingProxyType({}),
) -> None:
    """Write one row for each date; dates in `moved` are marked as moved off the rule.

    A date in `kept` reuses the row with that id. Records that refer to the row stay; changes made to that date alone
    are dropped. Errors: Invalid when the event has too many dates afterward.
    """
    made = [
        {
            "id": kept.get(start) or ids.new_id(),
            "event": event_id,
            "original_start": start,
            "starts_at": slot[0],
            "ends_at": slot[1],
            "is_changed": start in moved,
            "is_moved": start in moved,
            "changed_at": now,
        }
        for start, slot in slots
    ]
    await bulk_insert(rows.Occurrence, made, _IN_PLACE if kept else "")
    check_number(await number_of_dates(event_id))


async def splits(viewer: Viewer, event: Event, now: datetime) -> bool:
    """Return whether a change of time or rule needs a new series: one of the dates of the old rule has begun."""
    by_rule = _by_rule(event)
    begun = (one.original_start in by_rule for one in await events.dates(viewer, event) if one.starts_at <= now)
    return event.is_series and any(begun)


async def move_dates(event: Event, before: list[Occurrence], plan: Plan, now: datetime) -> None:
    """Make the dates of an event, which were `before`, match the plan.

    A single event keeps its row, so records that refer to it stay. In a series, a date that stays on its day keeps its
    row. Dates added beside the rule stay, unless the new rule has a date on that day. A date that moves drops its own
    changes, but a canceled date stays canceled if its day stays.
    """
    if plan_rules.only_end_moves(plan, event):
        await _end_elsewhere(event, before, plan, now)
        return
    before = [one for one in before if one.starts_at > now or one.original_start in _by_rule(event)]
    wanted = dict(plan_rules.slots(plan))
    days = {start.date() for start in wanted}
    beside = {one.original_start for one in before} - _by_rule(event)
    wanted |= {start: plan_rules.slot(start, plan.duration, plan.zone) for start in beside if start.date() not in days}
    if len(before) == len(wanted) == 1:
        [(start, slot)] = wanted.items()
        await rows.Occurrence.update(
            {
                rows.Occurrence.original_start: start,
                rows.Occurrence.starts_at: slot[0],
                rows.Occurrence.ends_at: slot[1],
                rows.Occurrence.changed_at: now,
                rows.Occurrence.version: before[0].version + 1,
                rows.Occurrence.is_changed: False,
                rows.Occurrence.is_moved: False,
                rows.Occurrence.title: None,
                rows.Occurrence.place: None,
                rows.Occurrence.agenda: None,
            }
        ).where(rows.Occurrence.id == before[0].id)
    else:
        await _replace_dates(event, before, wanted, plan, now)
        await _cancel_again(event.id, wanted, {one.original_start.date() for one in before if one.is_canceled})


async def _end_elsewhere(event: Event, before: Iterable[Occurrence], plan: Plan, now: datetime) -> None:
    wanted, by_rule = dict(plan_rules.slots(plan)), _by_rule(event)
    gone = [one for one in before if one.original_start in by_rule - set(wanted)]
    if any(one.starts_at <= now for one in gone):
        raise Invalid(until="A date that has begun stays in the series. Choose a later end.")
    if gone:
        await _forget_dates(event, rows.Occurrence.id.is_in([one.id for one in gone]), now)
    days = {one.original_start.date() for one in before}  # a date may have been added on that day
    later = [(start, slot) for start, slot in wanted.items() if start not in by_rule and start.date() not in days]
    await add_dates(event.id, later, now, plan_rules.moved_starts(plan))


def _by_rule(event: Event) -> set[datetime]:
    """Return the local starts of the rule, including those that were taken out of the series."""
    rule = plan_rules.rule_of(event)
    return set(dates(rule, event.starts)) if rule else {event.starts}


async def _replace_dates(
    event: Event, before: Iterable[Occurrence], wanted: Mapping[datetime, Slot], plan: Plan, now: datetime
) -> None:
    is_same = (plan.duration, plan.zone) == (event.duration, event.zone)
    known = {one.original_start: one.id for one in before}
    new = {start: slot for start, slot in wanted.items() if not (is_same and start in known)}
    moving = {start: one for start, one in known.items() if not (is_same and start in wanted)}
    on_day = {start.date(): one for start, one in moving.items()}
    kept = {start: on_day[start.date()] for start in new if start.date() in on_day}
    if gone := sorted(start for start, one in moving.items() if one not in kept.values()):
        await _forget_dates(event, rows.Occurrence.original_start.is_in(gone), now)
    await add_dates(event.id, new.items(), now, plan_rules.moved_starts(plan), kept=kept)


async def split(
    viewer: Viewer, event: Event, plan: Plan, now: datetime, add_event: AddEvent, *, split: datetime | None = None
) -> UUID:
    """End a series with its last date before `split`, continue it by the plan as a new series, and return the new id.

    `split` is the local start in the series from which the plan applies. Without it, the series ends with its last date
    before `now`, and the new series has the dates of the plan that are still to come.

    - Where the new rule has a date on the day of an old one that was canceled or already held, that date is canceled.
    - Replies to dates whose time and place stay the same are copied.
    - People who may not see the new series lose access to the old one, and no one gains it.
    - A committee of both arms does not take the old series away from one arm.
    - With `split`, people taken off the list stay invited to the earlier dates.
    """
    ends = split or _local(now, event.zone) + INSTANT
    rest = [one for one in await events.dates(viewer, event) if one.original_start >= ends]
    onward = plan if split else _onward(plan, _local(now, plan.zone) + INSTANT)
    off = {one.original_start.date() for one in rest if one.is_canceled or one.starts_at <= now}
    entry = await mailed_entry(viewer, event, now)
    closes = entry if notifications.closes(event, plan) else None
    is_narrower = plan_rules.narrows(plan, event)
    if is_narrower:
        await _narrow(viewer, event, plan, now)
    invited = await invitees_of(event.id)
    notified = notifications.of_change(event, plan, invited, splits=True, notify=False)
    gone = frozenset(invited) - frozenset(plan.invitees) - {event.lead_id}
    news, version = SeriesContinued(entry=closes), event.version + 1
    await notify(news, event.id, version, now, whom=notified.update, dates={})
    if split and not is_narrower:
        await let_go(event.id, notified.withdrawal, event.version + 1, now)
    else:
        await withdraw(event.id, gone, event.version + 1, now, notified=notified.withdrawal, entry=entry)
    new_id = await add_event(viewer, onward, now, previous=event)
    await _add_again(rest, event, onward, new_id, now)
    await _cancel_again(new_id, [start for start, _ in plan_rules.slots(onward)], off)
    async with substitutes.notified(new_id, now):
        await copied_replies.carry(event.id, new_id, now)
    await end_series(event, ends, now)
    return new_id


async def _cancel_again(event_id: UUID, starts: Iterable[datetime], days: set[date]) -> None:
    """Cancel the dates that the rule puts on some days, because the dates they replace were canceled."""
    if same_day := [start for start in starts if start.date() in days]:
        await rows.Occurrence.update({rows.Occurrence.is_canceled: True, rows.Occurrence.is_changed: True}).where(
            (rows.Occurrence.event == event_id) & rows.Occurrence.original_start.is_in(same_day)
        )


async def _add_again(rest: Iterable[Occurrence], event: Event, onward: Plan, new_id: UUID, now: datetime) -> None:
    """Carry dates that were added beside the rule over to the series that continues."""
    days = {start.date() for start, _ in plan_rules.slots(onward)}
    beside = [one.original_start for one in rest if one.original_start not in _by_rule(event) and not one.is_canceled]
    again = [start for start in beside if start.date() not in days]
    await add_dates(new_id, [(start, plan_rules.slot(start, onward.duration, onward.zone)) for start in again], now)


async def end_series(event: Event, split: datetime, now: datetime) -> None:
    """End a series with its last date before the local start `split`. Errors: Invalid(date=…)."""
    rule = plan_rules.rule_of(event)
    if rule is None:
        raise Invalid("Only a series can end early.")
    shorter = until_before(rule, event.starts, split=split)
    await touch(event.id)
    await rows.Event.update(
        {
            rows.Event.rrule: to_rrule(shorter, event.starts, None if event.is_all_day else event.zone),
            rows.Event.version: event.version + 1,
            rows.Event.sequence: event.sequence + 1,
            rows.Event.changed_at: now,
        }
    ).where(rows.Event.id == event.id)
    ahead = (rows.Occurrence.original_start >= split) & (rows.Occurrence.starts_at > now)
    await _forget_dates(event, ahead, now)


async def _narrow(viewer: Viewer, event: Event, plan: Plan, now: datetime) -> None:
    """Limit an ending series to people who see the plan and already saw the series, so no one gains its past."""
    if not await circle_is_within(plan, event):
        return
    saw = await who_may_see(event.id, plan.invitees, now)
    named = {member_id: role for member_id, role in plan.invitees.items() if member_id in saw}
    await rows.Event.update({rows.Event.visibility: plan.visibility, rows.Event.committee: plan.committee_id}).where(
        rows.Event.id == event.id
    )
    past = replace(plan, invitees=named, marking=event.marking)
    await set_audiences(viewer, event.id, event.lead_id, past, now, list_of=event.id)


async def _forget_dates(event: Event, which: Any, now: datetime) -> None:
    """Delete dates that the new rule does not have.

    Errors: Invalid(date=…) when action items or attendance belong to one of them.
    """
    try:
        with conflicts():
            async with writing(), substitutes.notified(event.id, now):
                await rows.Occurrence.delete().where((rows.Occurrence.event == event.id) & which)
    except Conflict as held:
        raise Invalid(
            date="A date to come has action items or attendance. Move or cancel dates one by one instead."
        ) from held


def _local(moment: datetime, zone: str) -> datetime:
    return to_local(moment, zone).replace(tzinfo=None)


def _onward(plan: Plan, split: datetime) -> Plan:
    """Return the plan from its first date at or after `split`, with the same last date."""
    every = dates(plan.rule, plan.starts)
    ahead = [start for start in every if start >= split]
    if not ahead:
        raise Invalid(date="The new dates are all in the past. Choose a later start.")
    return replace(
        plan, starts=ahead[0], rule=replace(plan.rule, until=every[-1].date(), count=None) if plan.rule else None
    )
