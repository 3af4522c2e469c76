"""What a deed on an event replaces, kept as text for the moment in which it can be taken back."""

import json
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from tracker.rules.events import plan as plan_rules
from tracker.rules.events.event import Event, Occurrence
from tracker.rules.events.plan import Plan
from tracker.tables.schema.events import events as rows
from tracker.tables.schema.events.marking_columns import columns_of

WHEN_AND_WHERE = ("starts", "duration", "is_all_day", "zone", "rrule", "place", "video_link")
"""What raises SEQUENCE (RFC 5546)."""
READ: Mapping[str, Callable[[Any], Any]] = {
    **dict.fromkeys(("original_start", "starts_at", "ends_at", "starts"), datetime.fromisoformat),
    "duration": lambda seconds: timedelta(seconds=seconds),
    "mark_agency": UUID,
    "mark_until": date.fromisoformat,
}
"""How what JSON cannot hold as it is becomes a value again."""
Columns = dict[Any, Any]


def of_date(date: Occurrence) -> str:
    """Return what a change of one date replaces."""
    event = date.event
    return _text(
        {
            "date": {
                "original_start": date.original_start,
                "starts_at": date.starts_at,
                "ends_at": date.ends_at,
                "is_changed": date.is_changed,
                "is_moved": plan_rules.is_moved(date),
                "title": None if date.title == event.title else date.title,
                "place": None if date.place == event.place else date.place,
                "agenda": None if date.agenda == event.agenda else date.agenda,
            }
        }
    )


def of_event(event: Event, plan: Plan) -> str | None:
    """Return what a plan replaces in an event; None when it gives a series other dates, which would be too much."""
    moves = plan_rules.moves(plan, event)
    if moves and (event.is_series or plan.rule):
        return None
    starts_at, ends_at = plan_rules.slot(event.starts, event.duration, event.zone)
    date = {
        "original_start": event.starts,
        "starts_at": starts_at,
        "ends_at": ends_at,
        "is_changed": False,
        "is_moved": False,
    }
    return _text({"event": _itself(event), **({"date": date} if moves else {})})


async def put_back(undo_snapshot: str, event: Event, date: Occurrence | None, now: datetime) -> None:
    """Write what was before into the rows again, as a version of its own: a feed may have shown the other one."""
    kept = json.loads(undo_snapshot)
    fresh: Columns = {"version": event.version + 1}
    if "event" in kept:
        values, present = _columns(kept["event"]), _itself(event)
        raised = event.sequence + any(present[name] != values[name] for name in WHEN_AND_WHERE)
        fresh |= {**values, "sequence": raised, "changed_at": now}
    await rows.Event.update(fresh).where(rows.Event.id == event.id)
    if "date" in kept:
        await _put_back_date(_columns(kept["date"]), event, date, now)


def marks_otherwise(undo_snapshot: str, event: Event) -> bool:
    """Whether the event was marked in another way before, or not at all."""
    values, present = _columns(json.loads(undo_snapshot).get("event", {})), columns_of(event.marking)
    return any(values[name] != present[name] for name in present.keys() & values.keys())


async def _put_back_date(values: Columns, event: Event, date: Occurrence | None, now: datetime) -> None:
    if date is None:  # the only one of its event, which has the numbers
        await rows.Occurrence.update({**values, "changed_at": now}).where(rows.Occurrence.event == event.id)
        return
    place = event.place if values["place"] is None else values["place"]
    is_elsewhere = (values["starts_at"], values["ends_at"], place) != (date.starts_at, date.ends_at, date.place)
    raised: Columns = {"version": date.version + 1, "sequence": date.sequence + is_elsewhere}
    await rows.Occurrence.update({**values, **raised, "changed_at": now}).where(rows.Occurrence.id == date.id)


def _itself(event: Event) -> Columns:
    return {
        "kind": event.kind,
        "title": event.title,
        "description": event.description,
        "place": event.place,
        "video_link": event.video_link,
        "agenda": event.agenda,
        "status": event.status,
        "starts": event.starts,
        "duration": event.duration,
        "is_all_day": event.is_all_day,
        "rrule": event.rrule,
        "zone": event.zone,
        **columns_of(event.marking),
    }


def _columns(kept: Mapping[str, Any]) -> Columns:
    return {name: READ[name](value) if name in READ and value is not None else value for name, value in kept.items()}


def _text(kept: Mapping[str, Mapping[str, Any]]) -> str:
    return json.dumps(kept, default=_plain)


def _plain(value: timedelta | date | UUID) -> float | str:
    if isinstance(value, timedelta):
        return value.total_seconds()
    return value.isoformat() if isinstance(value, date) else str(value)
