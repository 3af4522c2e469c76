"""Record what changed about an event, inside the transaction of the change, and read it back."""

import json
from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Protocol
from uuid import UUID

from msgspec.structs import replace

from tracker.crypto import ids
from tracker.database import together
from tracker.rules.core.audiences import Visibility
from tracker.rules.core.viewers import Viewer
from tracker.rules.events import kept_dates
from tracker.rules.events.confirmations import NO_REPLY, SAID
from tracker.rules.events.event import Event, EventStatus, Occurrence, may_edit
from tracker.rules.events.history import Change, Entry, Field, Verb, changes_of, last_date, next_date, not_kept
from tracker.rules.events.plan import Plan
from tracker.rules.events.undo import UNDO_FOR
from tracker.tables.schema.events.history import EventChange
from tracker.tables.visible.events import events
from tracker.tables.visible.events import history as history_rows
from tracker.tables.visible.events import replies as reply_rows
from tracker.usecases.core import outbox


class Recorded(Protocol):
    """What the history notes of an event: also a meeting that was read without a viewer has it."""

    @property
    def id(self) -> UUID:
        """Return the id of the event."""

    @property
    def status(self) -> EventStatus:
        """Return its status."""

    @property
    def visibility(self) -> Visibility:
        """Return who may see it."""

    @property
    def committee_id(self) -> UUID | None:
        """Return the committee that meets."""


async def keep(
    viewer: Viewer,
    event: Recorded,
    verb: Verb,
    changes: Iterable[Change],
    now: datetime,
    date: Occurrence | None = None,
    *,
    reason: str = "",
) -> None:
    """Record what the viewer did to an event; changes to a draft are not recorded.

    `event` has its status from before the change, and the visibility under which the change is recorded. No one is
    notified for `UNDO_FOR`, during which the viewer can undo it.
    """
    if event.status is EventStatus.DRAFT and verb is not Verb.SENT:
        return
    await EventChange.insert(
        EventChange(
            id=ids.new_id(),
            event=event.id,
            occurrence=date.id if date else None,
            actor=viewer.member_id,
            at=now,
            verb=verb,
            visibility=event.visibility,
            committee=event.committee_id,
            fields=json.dumps([[one.field, one.before, one.after] for one in changes], ensure_ascii=False),
            reason=reason.strip(),
        )
    )
    await outbox.hold_messages(event.id, now + UNDO_FOR)


async def take_back(viewer: Viewer, event_ids: Collection[UUID], at: datetime) -> None:
    """Delete what a deed of the viewer at `at` recorded of events, because it was undone."""
    if event_ids:
        deed = (EventChange.actor == viewer.member_id) & (EventChange.at == at)
        await EventChange.delete().where(deed & EventChange.event.is_in(list(event_ids)))


async def keep_plan(
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
    changes = changes_of(event, plan, invited, splits=went_on_as is not None)
    after = replace(event, visibility=plan.visibility, committee_id=plan.committee_id)
    if after == event:  # who joins does not learn what others knew
        present = await dates_of_both(viewer, event, went_on_as)
        changes = (*changes, *not_kept(kept_dates.lost(before, present)))
    if went_on_as:
        onward = replace(after, id=went_on_as)
        if after == event:
            ended = (*last_date(await events.dates(viewer, event)), *next_date(await events.dates(viewer, onward)))
            await keep(viewer, event, Verb.WENT_ON, ended, now)
        else:  # people who see only one of the two series do not learn how the other one continues
            await keep_end(viewer, event, now)
        await keep(viewer, onward, Verb.CONTINUED, changes, now)
    elif event.status is EventStatus.DRAFT and plan.status is not EventStatus.DRAFT:
        await keep(viewer, after, Verb.SENT, (), now)
    elif changes:
        await keep(viewer, after, Verb.CHANGED, changes, now)


async def dates_of_both(viewer: Viewer, event: Event, went_on_as: UUID | None) -> list[Occurrence]:
    """Return the dates of an event as they are now, and of the series that continues it, if any."""
    ids = [event.id] + ([went_on_as] if went_on_as else [])
    known = [one for event_id in ids if (one := await events.event(viewer, event_id))]
    return [date for of_event in (await events.dates_of(viewer, known)).values() for date in of_event]


async def keep_end(viewer: Viewer, event: Event, now: datetime, *, reason: str = "") -> None:
    """Record that a series was cut short, and which date is now its last."""
    await keep(viewer, event, Verb.ENDED, last_date(await events.dates(viewer, event)), now, reason=reason)


async def history(viewer: Viewer, event: Event, date: Occurrence | None = None) -> list[Entry]:
    """Return the changes to an event or to one of its dates that the viewer may read, newest first.

    People who may edit the event also read which replies were recorded on behalf of whom.
    """
    if not may_edit(viewer, event):
        return await history_rows.history(viewer, event, date)
    changes, given = await together(history_rows.history(viewer, event, date), _recorded_replies(viewer, event, date))
    return sorted([*changes, *given], key=lambda one: one.at, reverse=True)


async def _recorded_replies(viewer: Viewer, event: Event, date: Occurrence | None) -> list[Entry]:
    """Return one entry for each reply; one to the series can have rows for several dates."""
    found = [one for one in await reply_rows.recorded(viewer, event.id) if _concerns(one.occurrence_id, date)]
    known = {one.id: one for one in await events.dates(viewer, event)} if found else {}
    first = {(one.at, one.person): one for one in sorted(found, key=lambda one: one.occurrence_id is None)}
    return [
        Entry(
            at=one.at,
            verb=Verb.REPLY_RECORDED,
            date=known.get(one.occurrence_id) if one.occurrence_id else None,
            changes=(Change(field=Field.REPLY, after=_said(one)),),
            actor=one.by,
        )
        for one in first.values()
    ]


def _said(one: reply_rows.Recorded) -> str:
    whom = f"the substitute of {one.person}" if one.is_of_substitute else one.person
    return f"{SAID.get(one.value, NO_REPLY).capitalize()}, for {whom}"


def _concerns(occurrence_id: UUID | None, date: Occurrence | None) -> bool:
    return date is None or occurrence_id in (None, date.id)
