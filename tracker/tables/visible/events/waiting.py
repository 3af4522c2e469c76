"""What dates wait for, replies and the closing of attendance, read for many dates at once."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from tracker.database.sql_list import sql_list
from tracker.rules.core.viewer import Viewer
from tracker.rules.events.event import Line
from tracker.tables.background.events.invitees import IS_ASKED, REPLY, TAKES_PART
from tracker.tables.visible.core.rows import rows
from tracker.tables.visible.events import series
from tracker.tables.visible.events.events import lines_by_id

_INVITED = (
    " FROM occurrence o JOIN event e ON e.id = o.event JOIN invitation i ON i.event = e.id"
    " JOIN member m ON m.id = i.member JOIN agency g ON g.id = m.agency WHERE MAY_SEE(e)"
)
_REPLIES = (
    "SELECT o.id, g.code, COUNT(*) AS invited,"
    f" SUM(CASE WHEN {REPLY} = 'needs_action' THEN 1 ELSE 0 END) AS waiting{_INVITED}"
)
_SILENT = "SELECT o.id, i.member, m.name, g.code" + _INVITED
_OF_SILENT = (
    f" AND o.id IN ({{}}) AND i.withdrawn_at IS NULL AND {IS_ASKED} AND m.status = 'active'"
    f" AND g.status = 'active' AND {REPLY} = 'needs_action' ORDER BY o.id, i.member"
)
# The NOT EXISTS runs once for each series, not for each of its dates in the span.
_LATEST = (
    "WITH latest AS MATERIALIZED (SELECT o.id, o.event,"
    " ROW_NUMBER() OVER (PARTITION BY o.event ORDER BY o.starts_at DESC, o.id) AS place"
    " FROM occurrence o JOIN event e ON e.id = o.event WHERE MAY_SEE(e)"
)
_DATES = "SELECT o.id FROM occurrence o JOIN event e ON e.id = o.event WHERE MAY_SEE(e)"


class Replies(NamedTuple):
    """How many people of one agency are invited to a date, and how many of them have not replied."""

    agency: str
    invited: int
    waiting: int


async def replies(viewer: Viewer, occurrence_ids: Iterable[UUID]) -> dict[UUID, list[Replies]]:
    """Return the replies to each of these dates by agency; a date without invitations is left out."""
    wanted = list(occurrence_ids)
    if not wanted:
        return {}
    tail = (
        f" AND o.id IN ({{}}) AND i.withdrawn_at IS NULL AND {TAKES_PART} GROUP BY o.id, g.code ORDER BY o.id, g.code"
    )
    found = await rows(_REPLIES, viewer, tail, sql_list(wanted))
    of_date: dict[UUID, list[Replies]] = {}
    for row in found:
        of_date.setdefault(row["id"], []).append(Replies(row["code"], int(row["invited"]), int(row["waiting"])))
    return of_date


async def silent(viewer: Viewer, occurrence_ids: Iterable[UUID]) -> dict[UUID, dict[UUID, str]]:
    """Return the active invitees of each of these dates who have not replied, with their names; not its organizer."""
    wanted = list(occurrence_ids)
    found: dict[UUID, dict[UUID, str]] = {}
    if wanted:
        for row in await rows(_SILENT, viewer, _OF_SILENT, sql_list(wanted)):
            found.setdefault(row["id"], {})[row["member"]] = f"{row['name']} ({row['code']})"
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
    )
    found = await rows(_DATES, viewer, tail, since, until)
    return await lines_by_id(viewer, [row["id"] for row in found])
