"""What reports count of the dates that the viewer may see.

The rows behind a number (`visible/reports/rows.py`) come from the same pieces of SQL, so a number is the count of its
rows. A person who came without an invitation that counts for the date (`WAS_INVITED`) is a walk-in, except that a
substitute fills the place of the invitee.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from piccolo.querystring import QueryString

from tracker.database import engine, is_postgres
from tracker.database.sql_list import sql_list
from tracker.rules.core.viewer import Viewer
from tracker.rules.events.event import Kind
from tracker.rules.reports.reports import Mark, Reach, Span
from tracker.rules.reports.sums import Dates, Places
from tracker.tables.visible.attendance.sheet import WAS_INVITED
from tracker.tables.visible.core.rows import Row, rows

OVER = " AND o.starts_at >= {} AND o.starts_at < {} AND o.ends_at <= {} AND e.kind IN ({}) AND e.status <> 'draft'{}"
# Computed once: the planner would otherwise check visibility and month of a date again for each person.
HELD = (
    "WITH held AS MATERIALIZED (SELECT {} AS month, o.id, o.event, o.original_start, o.starts_at, o.ends_at, o.title,"
    " o.attendance_closed_at FROM occurrence o JOIN event e ON e.id = o.event WHERE MAY_SEE(e)"
)
# Canceling a series leaves the dates alone that were over then. A date that was canceled after it was held keeps its
# record, unless it was canceled because it did not take place. An operation that is stood down did not take place.
_STOOD_DOWN = "EXISTS (SELECT 1 FROM operation_plan p WHERE p.event = e.id AND p.state = 'stood_down')"
IS_OFF = (
    "((o.is_canceled OR (e.status = 'canceled' AND (e.rrule IS NULL OR o.ends_at > e.changed_at))"
    f" OR {_STOOD_DOWN})"
    " AND (o.attendance_closed_at IS NULL OR o.is_off_record))"
)
TAKES_PLACE = f" AND NOT {IS_OFF}"
_CAME = "k.corrected_at IS NULL AND k.status IN ('here', 'remote')"
# A substitute fills one place: of an invitee who did not come and named them in the date's effective reply.
_STOOD_IN = (
    ", stood_in AS MATERIALIZED (SELECT o.id AS occurrence, i.id AS invitation, k.member, k.status,"
    " ROW_NUMBER() OVER (PARTITION BY o.id, k.member ORDER BY i.added_at, i.id) AS place"
    " FROM reply a JOIN held o ON o.id = a.occurrence JOIN event e ON e.id = o.event"
    f" JOIN invitation i ON i.id = a.invitation AND {WAS_INVITED}"
    f" JOIN attendance_mark k ON k.occurrence = o.id AND k.member = a.substitute AND {_CAME}"
    " WHERE a.substitute IS NOT NULL AND NOT EXISTS (SELECT 1 FROM reply n WHERE n.invitation = a.invitation"
    " AND n.occurrence = a.occurrence AND n.number > a.number)"
    " AND NOT EXISTS (SELECT 1 FROM attendance_mark k WHERE k.occurrence = o.id AND k.member = i.member"
    f" AND {_CAME}) AND NOT EXISTS (SELECT 1 FROM invitation i WHERE i.event = e.id AND i.member = a.substitute"
    f" AND {WAS_INVITED}))"
)
IS_HELD = OVER + TAKES_PLACE + ")" + _STOOD_IN
STATUS = "COALESCE(s.status, k.status, CASE WHEN o.attendance_closed_at IS NULL THEN 'open' ELSE 'unmarked' END)"
INVITED = (
    " FROM held o JOIN event e ON e.id = o.event JOIN invitation i ON i.event = e.id JOIN member m ON m.id = i.member"
    " LEFT JOIN attendance_mark k ON k.occurrence = o.id AND k.member = i.member AND k.corrected_at IS NULL"
    " AND k.status <> 'cleared'"
    " LEFT JOIN stood_in s ON s.occurrence = o.id AND s.invitation = i.id AND s.place = 1"
)
IF_INVITED = " WHERE " + WAS_INVITED
WALKED_IN = (
    " FROM held o JOIN event e ON e.id = o.event JOIN attendance_mark k ON k.occurrence = o.id"
    " LEFT JOIN member m ON m.id = k.member LEFT JOIN invitation i ON i.event = e.id AND i.member = k.member AND "
    + WAS_INVITED
    + " LEFT JOIN stood_in s ON s.occurrence = o.id AND s.member = k.member AND s.place = 1"
)
IF_WALKED_IN = f" WHERE {_CAME} AND i.id IS NULL AND s.occurrence IS NULL"
_COUNTED = " SELECT o.month, e.kind, COALESCE(k.agency, m.agency) AS agency, COUNT(*) AS number,"
_BY_STATUS = f" {STATUS} AS mark"
_AS_WALK_IN = " 'walk_in' AS mark"
_GROUPED = "{} GROUP BY 1, 2, 3, 5"
_COUNT_PLACES = (
    IS_HELD
    + _COUNTED
    + _BY_STATUS
    + INVITED
    + IF_INVITED
    + _GROUPED
    + " UNION ALL"
    + _COUNTED
    + _AS_WALK_IN
    + WALKED_IN
    + IF_WALKED_IN
    + _GROUPED
)
_COUNT_DATES = (
    f"SELECT {{}} AS month, e.kind, CASE WHEN {IS_OFF} THEN 1 ELSE 0 END AS is_off,"
    " COUNT(*) AS number, SUM(CASE WHEN e.is_all_day THEN 0 ELSE {} END) AS seconds,"
    " SUM(CASE WHEN e.visibility = 'named' THEN 1 ELSE 0 END) AS restricted"
    " FROM occurrence o JOIN event e ON e.id = o.event WHERE MAY_SEE(e)"
)
_SECONDS_SQLITE = "strftime('%s', o.ends_at) - strftime('%s', o.starts_at)"
_SECONDS_POSTGRES = "EXTRACT(EPOCH FROM o.ends_at - o.starts_at)"
_LATER = "CASE WHEN o.starts_at >= {} THEN 1 ELSE 0 END"
_WITHIN_REACH = " AND (e.lead = {} OR e.committee IN ({}) OR COALESCE(k.agency, m.agency) IN ({}))"


async def places(viewer: Viewer, span: Span, months: Sequence[datetime], reach: Reach) -> list[Places]:
    """Count the places within the reader's reach; `months` are the moments at which the later months begin."""
    chosen = (_month(months), *span_values(span), within(reach), within(reach))
    return [_places(row) for row in await rows(HELD, viewer, _COUNT_PLACES, *chosen)]


async def dates(viewer: Viewer, span: Span, months: Sequence[datetime]) -> list[Dates]:
    """Count the dates, held and canceled."""
    seconds = QueryString(_SECONDS_POSTGRES if is_postgres(engine()) else _SECONDS_SQLITE)
    asked = (_month(months), seconds, *span_values(span))
    found = await rows(_COUNT_DATES, viewer, OVER + " GROUP BY 1, 2, 3", *asked)
    return [
        Dates(
            month=row["month"],
            kind=Kind(row["kind"]),
            is_off=bool(row["is_off"]),
            number=row["number"],
            minutes=int(row["seconds"]) // 60,
            restricted=int(row["restricted"]),
        )
        for row in found
    ]


def span_values(span: Span) -> tuple[Any, ...]:
    """Return the arguments of `OVER` and `IS_HELD`."""
    of_committee = QueryString(" AND e.committee = {}", span.committee_id) if span.committee_id else QueryString("")
    return span.start, span.end, span.until, listed(span.kinds), of_committee


def within(reach: Reach) -> QueryString:
    """Return the condition that limits rows to the reader's reach; none for readers of everyone's attendance."""
    if reach.is_whole:
        return QueryString("")
    agencies = [reach.agency_id] if reach.agency_id else []
    return QueryString(_WITHIN_REACH, reach.lead_id, listed(reach.committees), listed(agencies))


def listed(values: Iterable[Any]) -> QueryString:
    """Return values for IN; an empty list matches nothing."""
    every = sorted(values, key=str)
    return sql_list(every) if every else QueryString("NULL")


def _month(months: Sequence[datetime]) -> QueryString:
    """Return the number of a date's month: how many of the later months had begun by then."""
    return QueryString(" + ".join(["0", *[_LATER] * len(months)]), *months)


def _places(row: Row) -> Places:
    agency = row["agency"]
    return Places(
        month=row["month"],
        kind=Kind(row["kind"]),
        agency_id=UUID(str(agency)) if agency else None,
        mark=Mark(row["mark"]),
        number=row["number"],
    )
