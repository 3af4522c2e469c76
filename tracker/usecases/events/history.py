"""Keeping what changed about an event, inside the transaction of the change, and reading it."""

import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from tracker.crypto import ids
from tracker.rules.core.viewer import Viewer
from tracker.rules.events.event import Event, EventStatus, Occurrence
from tracker.rules.events.history import Change, Entry, Verb, changes_of, last_date, next_date
from tracker.rules.events.markings import standing
from tracker.rules.events.plan import Plan
from tracker.rules.events.undo import UNDO_FOR
from tracker.tables.schema.events.history import EventChange
from tracker.tables.visible.events import events
from tracker.tables.visible.events import history as history_rows
from tracker.usecases.core import outbox
from tracker.usecases.events.undo_snapshot import of_event


async def keep(
    viewer: Viewer,
    event: Event,
    verb: Verb,
    changes: Iterable[Change],
    now: datetime,
    date: Occurrence | None = None,
    *,
    undo_snapshot: str | None = None,
) -> None:
    """Keep what the viewer does to an event, which is given as it was before; of a draft nothing is kept.

    With `former`, which says what it replaces, the deed can be taken back for a moment, in which nobody is told.
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
            undo_snapshot=undo_snapshot,
        )
    )
    await outbox.hold(event.id, now + UNDO_FOR)


async def keep_plan(
    viewer: Viewer, event: Event, plan: Plan, invited: Iterable[UUID], now: datetime, *, went_on_as: UUID | None = None
) -> None:
    """Keep what a plan changes about an event to which `invited` were asked before; the series that goes on, too."""
    changes = changes_of(event, plan, invited, splits=went_on_as is not None)
    after = replace(event, visibility=plan.visibility, committee_id=plan.committee_id)
    if went_on_as:
        onward = replace(after, id=went_on_as)
        if after == event:
            ended = (*last_date(await events.dates(viewer, event)), *next_date(await events.dates(viewer, onward)))
            await keep(viewer, event, Verb.WENT_ON, ended, now)
        else:  # one circle is not told with which date another goes on
            await keep_end(viewer, event, now)
        await keep(viewer, onward, Verb.CONTINUED, changes, now)
    elif event.status is EventStatus.DRAFT and plan.status is not EventStatus.DRAFT:
        await keep(viewer, after, Verb.SENT, (), now)
    elif changes:
        is_same_circle = after == event and standing(event.marking) is standing(plan.marking)
        undo_snapshot = (
            of_event(event, plan) if is_same_circle and set(invited) == {*plan.invitees, event.lead_id} else None
        )
        await keep(viewer, after, Verb.CHANGED, changes, now, undo_snapshot=undo_snapshot)


async def keep_end(viewer: Viewer, event: Event, now: datetime) -> None:
    """Keep that a series was cut short, and with which date it ends now."""
    await keep(viewer, event, Verb.ENDED, last_date(await events.dates(viewer, event)), now)


async def history(viewer: Viewer, event: Event, date: Occurrence | None = None) -> list[Entry]:
    """Return what was done to an event or to one of its dates, newest first, as much as the viewer may read."""
    return await history_rows.history(viewer, event, date)
