"""The values that a change to an event replaces, kept as text while the change can be undone."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import msgspec

from tracker.rules.events import plan as plan_rules
from tracker.rules.events.event import Event, Occurrence
from tracker.rules.events.event_fields import EventFields, fields_of, when, where
from tracker.rules.events.markings import Marking
from tracker.rules.events.plan import Plan
from tracker.tables.schema.events import events as rows
from tracker.tables.schema.events.event_columns import columns_of

Columns = dict[Any, Any]


@dataclass(frozen=True, kw_only=True)
class OldDate:
    """A date before the change; for `title`, `place` and `agenda`, None means the series' own."""

    original_start: datetime
    starts_at: datetime
    ends_at: datetime
    is_changed: bool
    is_moved: bool
    title: str | None = None
    place: str | None = None
    agenda: str | None = None


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """The values that a change replaces; None when it leaves the event, or the date, alone."""

    event: EventFields | None = None
    rrule: str | None = None
    date: OldDate | None = None


def of_date(date: Occurrence) -> str:
    """Return the values that a change of one date replaces."""
    event = date.event
    kept = OldDate(
        original_start=date.original_start,
        starts_at=date.starts_at,
        ends_at=date.ends_at,
        is_changed=date.is_changed,
        is_moved=plan_rules.is_moved(date),
        title=None if date.title == event.title else date.title,
        place=None if date.place == event.place else date.place,
        agenda=None if date.agenda == event.agenda else date.agenda,
    )
    return _text(Snapshot(date=kept))


def of_event(event: Event, plan: Plan) -> str | None:
    """Return the values that a plan replaces in an event; None for new dates of a series, which cannot be undone."""
    moves = plan_rules.moves(plan, event)
    if moves and (event.is_series or plan.rule):
        return None
    starts_at, ends_at = plan_rules.slot(event.starts, event.duration, event.zone)
    date = OldDate(original_start=event.starts, starts_at=starts_at, ends_at=ends_at, is_changed=False, is_moved=False)
    return _text(Snapshot(event=fields_of(event), rrule=event.rrule, date=date if moves else None))


async def put_back(undo_snapshot: str, event: Event, date: Occurrence | None, now: datetime) -> None:
    """Write the earlier values back as a new version, because a feed may have shown the changed ones."""
    kept = _read(undo_snapshot)
    fresh: Columns = {"version": event.version + 1}
    if kept.event:
        was, present = (when(kept.event), where(kept.event), kept.rrule), (when(event), where(event), event.rrule)
        sequence = event.sequence + (was != present)
        fresh |= {**columns_of(kept.event, kept.rrule), "sequence": sequence, "changed_at": now}
    await rows.Event.update(fresh).where(rows.Event.id == event.id)
    if kept.date:
        await _put_back_date(kept.date, event, date, now)


def marks_otherwise(undo_snapshot: str, event: Event) -> bool:
    """Return whether the event had another marking before the change, or none."""
    kept = _read(undo_snapshot).event
    marking: Marking | None = kept.marking if kept else event.marking
    return marking != event.marking


async def _put_back_date(kept: OldDate, event: Event, date: Occurrence | None, now: datetime) -> None:
    values: Columns = {**asdict(kept), "changed_at": now}
    if date is None:  # a single event: its version and sequence are raised on the event
        await rows.Occurrence.update(values).where(rows.Occurrence.event == event.id)
        return
    place = event.place if kept.place is None else kept.place
    is_elsewhere = (kept.starts_at, kept.ends_at, place) != (date.starts_at, date.ends_at, date.place)
    raised: Columns = {"version": date.version + 1, "sequence": date.sequence + is_elsewhere}
    await rows.Occurrence.update({**values, **raised}).where(rows.Occurrence.id == date.id)


def _text(kept: Snapshot) -> str:
    return msgspec.json.encode(kept).decode()


def _read(undo_snapshot: str) -> Snapshot:
    return msgspec.json.decode(undo_snapshot, type=Snapshot)
