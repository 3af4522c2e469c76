"""Dates to come that do not stand where the present time zone data puts them; ids and moments alone, for the clock."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from piccolo.querystring import QueryString

from tracker.database import engine
from tracker.rules.planning import Slot, slot
from tracker.tables.meetings import Occurrence

_BY_RULE = (
    "SELECT o.id, o.event, o.original_start, o.starts_at, o.ends_at, e.zone, e.duration"
    " FROM occurrence o JOIN event e ON e.id = o.event WHERE o.starts_at > {} AND NOT o.is_changed ORDER BY o.id"
)


@dataclass(frozen=True, kw_only=True)
class Misplaced:
    """A date whose wall-clock time is another moment now."""

    id: UUID
    event_id: UUID
    right: Slot


async def misplaced(now: datetime) -> list[Misplaced]:
    """Return the dates after `now` that follow their rule and whose moments are not those of its wall clock any more.

    A date that somebody moved keeps the moment that was chosen.
    """
    found = await engine().run_querystring(QueryString(_BY_RULE, now))
    judged = ((row, slot(row["original_start"], row["duration"], row["zone"])) for row in found)
    return [
        Misplaced(id=row["id"], event_id=row["event"], right=right)
        for row, right in judged
        if right != (row["starts_at"], row["ends_at"])
    ]


async def put_right(one: Misplaced, now: datetime) -> None:
    """Let a date stand where it belongs; the caller is inside `writing()`."""
    await Occurrence.update(
        {Occurrence.starts_at: one.right[0], Occurrence.ends_at: one.right[1], Occurrence.changed_at: now}
    ).where(Occurrence.id == one.id)
