"""When people and sites are busy, as far as the viewer may know it."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from tracker.database import engine, is_postgres
from tracker.database.queries import id_list, sql_list, wanted_ids
from tracker.rules.core.viewers import Viewer
from tracker.tables.background.events.invitees import TAKES_PART
from tracker.tables.visible.core import Row, rows
from tracker.tables.visible.events.events import LONGEST

# The SQL form of `rules.attendance.sheet.named_participants`. Dates are selected first: starting from the people, an
# engine without statistics reads every date that they ever had.
_TAKEN = (
    "WITH near AS MATERIALIZED (SELECT id, event, starts_at, ends_at, title FROM occurrence"
    " WHERE starts_at >= {} AND starts_at < {} AND ends_at > {} AND NOT is_canceled)"
    " SELECT i.member AS member, o.id AS occurrence, o.starts_at AS starts_at, o.ends_at AS ends_at,"
    " COALESCE(o.title, e.title) AS title, e.mark_categories, e.id AS event, e.status AS status,"
    " a.reply AS reply, a.occurrence AS replied_for"
    f" FROM near o JOIN event e ON e.id = o.event JOIN invitation i ON i.event = e.id AND {TAKES_PART}"
    " AND i.withdrawn_at IS NULL"
    " JOIN member m ON m.id = i.member JOIN agency g ON g.id = m.agency"
    " LEFT JOIN reply a ON a.invitation = i.id AND (a.occurrence IS NULL OR a.occurrence = o.id) WHERE MAY_SEE(e)"
)
_BUSY_TAIL = (
    " AND e.status IN ('tentative', 'confirmed') AND e.kind <> 'deadline' AND i.member IN ({})"
    " AND (g.arm = {} OR e.lead = {} OR e.lead = i.member OR e.committee IN ({}) OR {} = 1)"
    " ORDER BY CASE WHEN a.occurrence IS NULL THEN 0 ELSE 1 END, a.number"
)


async def busy_rows(viewer: Viewer, member_ids: Iterable[UUID], start: datetime, end: datetime) -> list[Row]:
    """Return a row for each person and date that overlaps [start, end), with the reply that counts, if there is one."""
    records = await rows(
        _TAKEN,
        viewer,
        _BUSY_TAIL,
        start - LONGEST,
        end,
        start,
        wanted_ids(member_ids),
        viewer.arm.value,
        viewer.member_id,
        id_list(viewer.chairs),
        int(viewer.is_coordinator),
    )
    return list({(row["member"], row["occurrence"]): row for row in records}.values())


_THERE = (
    "SELECT e.id AS event, COALESCE(o.title, e.title) AS title, e.mark_categories, o.starts_at, o.ends_at"
    " FROM occurrence o"
    " JOIN event e ON e.id = o.event WHERE o.starts_at >= {} AND o.starts_at < {} AND o.ends_at > {}"
    " AND NOT o.is_canceled AND MAY_SEE(e)"
)
_BOOKINGS_TAIL = (
    " AND e.status IN ('tentative', 'confirmed') AND e.kind <> 'deadline'"
    " AND LOWER(COALESCE(o.place, e.place)) IN ({}) ORDER BY o.starts_at, o.id"
)
_BOOKED_TAIL_ON_SQLITE = _BOOKINGS_TAIL.replace("LOWER(", "FOLD(")


async def bookings_at(viewer: Viewer, places: Sequence[str], start: datetime, end: datetime) -> list[Row]:
    """Return the dates that overlap [start, end) at one of some places (at least one), given in lower case."""
    tail = _BOOKINGS_TAIL if is_postgres(engine()) else _BOOKED_TAIL_ON_SQLITE
    return await rows(_THERE, viewer, tail, start - LONGEST, end, start, sql_list(places))
