"""Upcoming dates that are not where current time zone data puts them; only ids and times, for the clock."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from msgspec import Struct
from piccolo.querystring import QueryString

from tracker.database import engine
from tracker.rules.events.plan import slot
from tracker.tables.schema.events.events import Event, Occurrence

_BY_RULE = (
    "SELECT o.id, o.event, o.original_start, o.starts_at, o.ends_at, e.zone, e.duration"
    " FROM occurrence o JOIN event e ON e.id = o.event WHERE o.starts_at > {} AND NOT o.is_moved ORDER BY o.id"
)


class Drifted(Struct, frozen=True, kw_only=True):
    """A date whose wall-clock time is now another moment."""

    id: UUID
    event_id: UUID
    starts_at: datetime
    ends_at: datetime
    """The right times."""


async def drifted(now: datetime) -> list[Drifted]:
    """Return the dates after `now` whose times no longer match the wall clock of their rule.

    A date that a person moved keeps its chosen time; one that was only renamed follows its rule.
    """
    found = await engine().run_querystring(QueryString(_BY_RULE, now))
    judged = ((row, slot(row["original_start"], row["duration"], row["zone"])) for row in found)
    return [
        Drifted(id=row["id"], event_id=row["event"], starts_at=right[0], ends_at=right[1])
        for row, right in judged
        if right != (row["starts_at"], row["ends_at"])
    ]


async def put_right(one: Drifted, now: datetime) -> None:
    """Move a date to its right time; the caller is inside `writing()`."""
    await Occurrence.update(
        {Occurrence.starts_at: one.starts_at, Occurrence.ends_at: one.ends_at, Occurrence.changed_at: now}
    ).where(Occurrence.id == one.id)


async def raise_versions(event_ids: Iterable[UUID]) -> None:
    """Raise the versions of these events, because cached feed entries list renamed dates by their time."""
    await Event.update({Event.version: Event.version + 1}).where(Event.id.is_in(sorted(event_ids)))
