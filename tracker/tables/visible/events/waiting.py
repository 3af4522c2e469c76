"""What dates wait for, replies and the closing of attendance, read for many dates at once."""

from collections.abc import Iterable
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple
from uuid import UUID

from tracker.database import together
from tracker.database.sql_list import sql_list
from tracker.rules.core.viewers import Viewer
from tracker.rules.events.event import Line
from tracker.tables.background.events.invitees import IS_ASKED, REPLY, TAKES_PART
from tracker.tables.visible.core.rows import Row, rows
from tracker.tables.visible.events import series
from tracker.tables.visible.events.events import lines_by_id, lines_where

_INVITATIONS = " FROM occurrence o JOIN event e ON e.id = o.event JOIN invitation i ON i.event = e.id"
_OF_DATES = f" AND o.id IN ({{}}) AND i.withdrawn_at IS NULL AND {TAKES_PART}"
_INVITED = f"SELECT o.id, COUNT(*) AS invited{_INVITATIONS} WHERE MAY_SEE(e)"
_BY_DATE = f"{_OF_DATES} GROUP BY o.id"
_UNANSWERED = (
    f"SELECT o.id, i.member, m.name, g.code, CASE WHEN {IS_ASKED} AND m.status = 'active' AND g.status = 'active'"
    f" THEN 1 ELSE 0 END AS is_asked{_INVITATIONS} JOIN member m ON m.id = i.member JOIN agency g ON g.id = m.agency"
    " WHERE MAY_SEE(e)"
)
# A plain = makes PostgreSQL expect one row of 200, and look up each person and agency by itself.
_STILL = f"{_OF_DATES} AND CASE {REPLY} WHEN 'needs_action' THEN TRUE ELSE FALSE END ORDER BY o.id, g.code, i.member"
# The NOT EXISTS runs once for each series, not for each of its dates in the span.
_LATEST = (
    "WITH latest AS MATERIALIZED (SELECT o.id, o.event,"
    " ROW_NUMBER() OVER (PARTITION BY o.event ORDER BY o.starts_at DESC, o.id) AS place"
    " FROM occurrence o JOIN event e ON e.id = o.event WHERE MAY_SEE(e)"
)


class Missing(NamedTuple):
    """How many people are invited to a date, and who of them have not replied."""

    invited: int
    waiting: dict[str, int]
    """How many people have not replied, by agency."""
    silent: dict[UUID, str]
    """Those of them who can be reminded, with their names: active people, except the organizer of the date."""


async def missing(viewer: Viewer, occurrence_ids: Iterable[UUID]) -> dict[UUID, Missing]:
    """Return which replies to each of these dates are missing; a date without invitations is left out."""
    wanted = list(occurrence_ids)
    if not wanted:
        return {}
    invited, unanswered = await together(
        rows(_INVITED, viewer, _BY_DATE, sql_list(wanted)), rows(_UNANSWERED, viewer, _STILL, sql_list(wanted))
    )
    found = {row["id"]: Missing(int(row["invited"]), {}, {}) for row in invited}
    for date_id, people in groupby(unanswered, key=itemgetter("id")):
        # The first invitation may have been added between the two statements.
        _, waiting, silent = found.setdefault(date_id, Missing(0, {}, {}))
        for row in people:
            waiting[row["code"]] = waiting.get(row["code"], 0) + 1
            if row["is_asked"]:
                silent[row["member"]] = _named(row)
    return found


def _named(row: Row) -> str:
    return f"{row['name']} ({row['code']})"


async def silent(viewer: Viewer, occurrence_ids: Iterable[UUID]) -> dict[UUID, dict[UUID, str]]:
    """Return who can be reminded of each of these dates, with their names; see `Missing`."""
    wanted = list(occurrence_ids)
    found: dict[UUID, dict[UUID, str]] = {}
    for row in await rows(_UNANSWERED, viewer, _STILL, sql_list(wanted)) if wanted else ():
        if row["is_asked"]:
            found.setdefault(row["id"], {})[row["member"]] = _named(row)
    return found


async def last_dates(viewer: Viewer, since: datetime, until: datetime) -> list[Line]:
    """Return the last dates of series that start in [since, until), without a visible series that continues them."""
    tail = (
        " AND o.starts_at >= {} AND o.starts_at < {} AND e.rrule IS NOT NULL"
        " AND e.status IN ('tentative', 'confirmed')) SELECT l.id FROM latest l WHERE l.place = 1"
        " AND NOT EXISTS (SELECT 1 FROM occurrence n WHERE n.event = l.event AND n.starts_at >= {})"
    )
    found = await rows(_LATEST, viewer, tail, since, until, until)
    last = await lines_by_id(viewer, [row["id"] for row in found])
    gone_on = await series.gone_on_from(viewer, {one.event_id for one in last})
    return [one for one in last if one.event_id not in gone_on]


async def open_sheets(viewer: Viewer, since: datetime, until: datetime) -> list[Line]:
    """Return the dates that start in [since, until), have invitees, and whose attendance is not closed.

    Deadlines, drafts and canceled dates have no attendance.
    """
    tail = (
        " AND o.starts_at >= {} AND o.starts_at < {} AND o.attendance_closed_at IS NULL AND NOT o.is_canceled"
        " AND e.status IN ('tentative', 'confirmed') AND e.kind <> 'deadline'"
        f" AND EXISTS (SELECT 1 FROM invitation i WHERE i.event = e.id AND i.withdrawn_at IS NULL AND {TAKES_PART})"
        " ORDER BY o.starts_at, o.id"
    )
    return await lines_where(viewer, tail, since, until)
