"""Dates to come that do not stand where the present time zone data puts them; ids and moments alone, for the clock."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from piccolo.querystring import QueryString

from tracker.database import engine
from tracker.rules.events.plan import slot
from tracker.tables.schema.events.events import Event, Occurrence

_BY_RULE = (
    "SELECT o.id, o.event, o.original_start, o.starts_at, o.ends_at, e.zone, e.duration"
    " FROM occurrence o JOIN event e ON e.id = o.event WHERE o.starts_at > {} AND NOT o.is_moved ORDER BY o.id"
)


@dataclass(frozen=True, kw_only=True)
class Drifted:
    """A date whose wall-clock time is another moment now."""

    id: UUID
    event_id: UUID
    starts_at: datetime
    ends_at: datetime
    """Where it belongs."""


async def drifted(now: datetime) -> list[Drifted]:
    """Return the dates after `now` whose moments are not those of the wall clock of their rule any more.

    A date that somebody moved keeps the moment that was chosen; one that was only renamed follows its rule.
    """
    found = await engine().run_querystring(QueryString(_BY_RULE, now))
    judged = ((row, slot(row["original_start"], row["duration"], row["zone"])) for row in found)
    return [
        Drifted(id=row["id"], event_id=row["event"], starts_at=right[0], ends_at=right[1])
        for row, right in judged
        if right != (row["starts_at"], row["ends_at"])
    ]


async def put_right(one: Drifted, now: datetime) -> None:
    """Let a date stand where it belongs; the caller is inside `writing()`."""
    await Occurrence.update(
        {Occurrence.starts_at: one.starts_at, Occurrence.ends_at: one.ends_at, Occurrence.changed_at: now}
    ).where(Occurrence.id == one.id)


async def raise_versions(event_ids: Iterable[UUID]) -> None:
    """Let what is kept of these events for feeds be made anew: a date that was renamed stands there by its moment."""
    await Event.update({Event.version: Event.version + 1}).where(Event.id.is_in(sorted(event_ids)))
