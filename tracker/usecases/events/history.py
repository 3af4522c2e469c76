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
from tracker.rules.events.events import Event, EventStatus, Occurrence, may_edit
from tracker.rules.events.history import (
    NO_REPLY,
    REPLY_SAID,
    ChangedField,
    FieldChange,
    HistoryEntry,
    HistoryVerb,
    changes_of_event,
    last_date_change,
    next_date_change,
    not_kept_changes,
)
from tracker.rules.events.plans import Plan
from tracker.rules.events.undo import UNDO_FOR
from tracker.tables.schema.events.events import EventChange
from tracker.tables.visible.events import events
from tracker.tables.visible.events import history as history_rows
from tracker.tables.visible.events import replies as reply_rows
from tracker.usecases.core import outbox


class RecordedEvent(Protocol):
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


async def record_change(
    viewer: Viewer,
    event: RecordedEvent,
    verb: HistoryVerb,
    changes: Iterable[FieldChange],
    now: datetime,
    date: Occurrence | None = None,
    *,
    reason: str = "",
) -> None:
    """Record what the viewer did to an event; changes to a draft are not recorded.

    `event` has its status from before the change, and the visibility under which the change is recorded. No one is
    notified for `UNDO_FOR`, during which the viewer can undo it.
    """
    if event.status is EventStatus.DRAFT and verb is not HistoryVerb.SENT:
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
            fields=json.dumps([[change.field, change.before, change.after] for change in changes], ensure_ascii=False),
            reason=reason.strip(),
        )
    )
    await outbox.hold_messages(event.id, now + UNDO_FOR)


async def forget_changes(viewer: Viewer, event_ids: Collection[UUID], at: datetime) -> None:
    """Delete what a deed of the viewer at `at` recorded of events, because it was undone."""
    if event_ids:
        deed = (EventChange.actor == viewer.member_id) & (EventChange.at == at)
        await EventChange.delete().where(deed & EventChange.event.is_in(list(event_ids)))


async def record_plan_change(
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
    changes = changes_of_event(event, plan, invited, splits=went_on_as is not None)
    after = replace(event, visibility=plan.visibility, committee_id=plan.committee_id)
    if after == event:  # who joins does not learn what others knew
        present = await dates_of_both(viewer, event, went_on_as)
        changes = (*changes, *not_kept_changes(kept_dates.lost_details(before, present)))
    if went_on_as:
        onward = replace(after, id=went_on_as)
        if after == event:
            ended = (
                *last_date_change(await events.dates_in_order(viewer, event)),
                *next_date_change(await events.dates_in_order(viewer, onward)),
            )
            await record_change(viewer, event, HistoryVerb.WENT_ON, ended, now)
        else:  # people who see only one of the two series do not learn how the other one continues
            await record_series_end(viewer, event, now)
        await record_change(viewer, onward, HistoryVerb.CONTINUED, changes, now)
    elif event.status is EventStatus.DRAFT and plan.status is not EventStatus.DRAFT:
        await record_change(viewer, after, HistoryVerb.SENT, (), now)
    elif changes:
        await record_change(viewer, after, HistoryVerb.CHANGED, changes, now)


async def dates_of_both(viewer: Viewer, event: Event, went_on_as: UUID | None) -> list[Occurrence]:
    """Return the dates of an event as they are now, and of the series that continues it, if any."""
    ids = [event.id] + ([went_on_as] if went_on_as else [])
    known = [series for event_id in ids if (series := await events.event_by_id(viewer, event_id))]
    return [date for of_event in (await events.dates_of_events(viewer, known)).values() for date in of_event]


async def record_series_end(viewer: Viewer, event: Event, now: datetime, *, reason: str = "") -> None:
    """Record that a series was cut short, and which date is now its last."""
    last = last_date_change(await events.dates_in_order(viewer, event))
    await record_change(viewer, event, HistoryVerb.ENDED, last, now, reason=reason)


async def history_of_event(viewer: Viewer, event: Event, date: Occurrence | None = None) -> list[HistoryEntry]:
    """Return the changes to an event or to one of its dates that the viewer may read, newest first.

    People who may edit the event also read which replies were recorded on behalf of whom.
    """
    if not may_edit(viewer, event):
        return await history_rows.changes_seen(viewer, event, date)
    changes, given = await together(
        history_rows.changes_seen(viewer, event, date), _recorded_replies(viewer, event, date)
    )
    return sorted([*changes, *given], key=lambda entry: entry.at, reverse=True)


async def _recorded_replies(viewer: Viewer, event: Event, date: Occurrence | None) -> list[HistoryEntry]:
    """Return one entry for each reply; one to the series can have rows for several dates."""
    replies = [
        reply
        for reply in await reply_rows.replies_recorded(viewer, event.id)
        if date is None or reply.occurrence_id in (None, date.id)
    ]
    dates = await events.dates_in_order(viewer, event) if replies else []
    known = {occurrence.id: occurrence for occurrence in dates}
    once = {(reply.at, reply.person): reply for reply in sorted(replies, key=lambda reply: reply.occurrence_id is None)}
    return [
        HistoryEntry(
            at=reply.at,
            verb=HistoryVerb.REPLY_RECORDED,
            date=known.get(reply.occurrence_id) if reply.occurrence_id else None,
            changes=(FieldChange(field=ChangedField.REPLY, after=_reply_words(reply)),),
            actor=reply.by,
        )
        for reply in once.values()
    ]


def _reply_words(reply: reply_rows.RecordedReply) -> str:
    whom = f"the substitute of {reply.person}" if reply.is_of_substitute else reply.person
    return f"{REPLY_SAID.get(reply.value, NO_REPLY).capitalize()}, for {whom}"
