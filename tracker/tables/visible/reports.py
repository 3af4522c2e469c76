"""The sums of reports and the rows behind each number, as far as the viewer may see them."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct
from piccolo.querystring import QueryString

from tracker.database import engine, is_postgres
from tracker.database.queries import sql_list
from tracker.rules.core.viewers import Viewer, Visibility
from tracker.rules.events.events import Kind
from tracker.rules.events.markings import Marking
from tracker.rules.reports.reports import PlaceMark, ReportCell, ReportReach, ReportSpan
from tracker.rules.reports.sums import DateCount, ItemCount, ItemWindow, OperationPart, PlaceCount
from tracker.tables.schema.events import MARKING, marking_in
from tracker.tables.visible.attendance import WAS_INVITED
from tracker.tables.visible.core import Row, rows, rows_as, seen_by

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
_COUNTED = " SELECT o.month, e.kind, COALESCE(k.agency, m.agency) AS agency_id, COUNT(*) AS number,"
_GROUPED = "{} GROUP BY 1, 2, 3, 5"
_COUNT_PLACES = (
    IS_HELD
    + _COUNTED
    + f" {STATUS} AS mark"
    + INVITED
    + IF_INVITED
    + _GROUPED
    + " UNION ALL"
    + _COUNTED
    + " 'walk_in' AS mark"
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
_ITEM_CLOSED = "CASE WHEN i.closed_at < {} THEN"
_ITEM_COUNTS = (
    "SELECT i.agency AS agency_id, i.due, MIN(i.status) AS status, MIN(i.created_at) AS created_at,"
    f" MIN({_ITEM_CLOSED} i.closed_at END) AS closed_at, COUNT(*) AS number"
    " FROM action_item i LEFT JOIN occurrence o ON o.id = i.origin LEFT JOIN event e ON e.id = o.event"
    " WHERE ((i.origin IS NOT NULL AND MAY_SEE(e))"
)
_ITEMS_COUNTED = (
    " OR (i.origin IS NULL AND i.audience IN ({})))"
    " AND i.created_at < {} AND (i.closed_at IS NULL OR i.closed_at >= {}){}"
)
# The days of a closed item are those of a zone, which SQLite doesn't know: each stays a row of its own.
_ITEMS_ALIKE = f" GROUP BY i.agency, i.due, i.created_at >= {{}}, {_ITEM_CLOSED} i.id END"
_TOOK_PART = (
    "SELECT DISTINCT o.id, g.code FROM occurrence o JOIN event e ON e.id = o.event JOIN member l ON l.id = e.lead"
    " LEFT JOIN operation_plan p ON p.event = e.id LEFT JOIN operation_agency a ON a.plan = p.id"
    " JOIN agency g ON g.id = l.agency OR g.id = a.agency WHERE MAY_SEE(e)"
)


async def count_places(
    viewer: Viewer, span: ReportSpan, months: Sequence[datetime], reach: ReportReach
) -> list[PlaceCount]:
    """Count the places within the reader's reach; `months` are the moments at which the later months begin."""
    chosen = (_month(months), *span_values(span), within_reach(reach), within_reach(reach))
    return await rows_as(PlaceCount, HELD, viewer, _COUNT_PLACES, *chosen)


async def count_dates(viewer: Viewer, span: ReportSpan, months: Sequence[datetime]) -> list[DateCount]:
    """Count the dates, held and canceled."""
    seconds = QueryString(_SECONDS_POSTGRES if is_postgres(engine()) else _SECONDS_SQLITE)
    asked = (_month(months), seconds, *span_values(span))
    records = await rows(_COUNT_DATES, viewer, OVER + " GROUP BY 1, 2, 3", *asked)
    counted = [{**row, "minutes": int(row["seconds"]) // 60} for row in records]
    return msgspec.convert(counted, list[DateCount], strict=False)


def span_values(span: ReportSpan) -> tuple[Any, ...]:
    """Return the arguments of `OVER` and `IS_HELD`."""
    of_committee = QueryString(" AND e.committee = {}", span.committee_id) if span.committee_id else QueryString("")
    return span.start, span.end, span.until, value_list(span.kinds), of_committee


def within_reach(reach: ReportReach) -> QueryString:
    """Return the condition that limits rows to the reader's reach; none for readers of everyone's attendance."""
    if reach.is_whole:
        return QueryString("")
    agencies = [reach.agency_id] if reach.agency_id else []
    return QueryString(_WITHIN_REACH, reach.lead_id, value_list(reach.committees), value_list(agencies))


def value_list(values: Iterable[Any]) -> QueryString:
    """Return values for IN; an empty list matches nothing."""
    every = sorted(values, key=str)
    return sql_list(every) if every else QueryString("NULL")


def _month(months: Sequence[datetime]) -> QueryString:
    """Return the number of a date's month: how many of the later months had begun by then."""
    return QueryString(" + ".join(["0", *[_LATER] * len(months)]), *months)


async def item_counts(viewer: Viewer, window: ItemWindow, committee_id: UUID | None) -> list[ItemCount]:
    """Count the items that may count in a window, those of one committee if given."""
    of_committee = QueryString(" AND i.committee = {}", committee_id) if committee_id else QueryString("")
    counted = (seen_by(viewer)[0], window.end, window.start, of_committee)
    where = _ITEMS_COUNTED + _ITEMS_ALIKE
    return await rows_as(ItemCount, _ITEM_COUNTS, viewer, where, window.end, *counted, window.start, window.end)


async def operation_parts(viewer: Viewer, span: ReportSpan) -> list[OperationPart]:
    """Return each agency that led a held operation or committed something to it, once for each operation."""
    tail = OVER + TAKES_PLACE + " AND e.kind = {}"
    records = await rows(_TOOK_PART, viewer, tail, *span_values(span), Kind.JOINT_OPERATION)
    return [OperationPart(row["id"], row["code"]) for row in records]


_AGENCY = " LEFT JOIN agency g ON g.id = COALESCE(k.agency, m.agency)"
_PLACE = (
    " SELECT o.id, o.event AS event_id, o.original_start, o.starts_at, o.ends_at, e.zone, e.is_all_day, e.kind,"
    " e.visibility, COALESCE(o.title, e.title) AS title, COALESCE(m.name, k.guest) AS person,"
    f" COALESCE(g.code, k.guest_agency) AS code, {MARKING}"
)
_DATE = (
    "SELECT o.id, o.event AS event_id, o.original_start, o.starts_at, o.ends_at, e.zone, e.is_all_day, e.kind,"
    f" e.visibility, COALESCE(o.title, e.title) AS title, {MARKING}"
    " FROM occurrence o JOIN event e ON e.id = o.event WHERE MAY_SEE(e)"
)
_COUNT = " SELECT COUNT(*) AS number"
_BY_PERSON = (
    f" SELECT i.member AS member_id, {STATUS} AS mark, COUNT(*) AS number,"
    " SUM(CASE WHEN e.visibility = 'named' THEN 1 ELSE 0 END) AS restricted"
)
_OFF = OVER + f" AND {IS_OFF}"
_ON = OVER + TAKES_PLACE
_INVITED = (
    IS_HELD
    + _PLACE
    + f", {STATUS} AS status, COALESCE(c.name, '') AS substitute"
    + INVITED
    + _AGENCY
    + " LEFT JOIN member c ON c.id = s.member"
    + IF_INVITED
)
_WALKED_IN = IS_HELD + _PLACE + ", k.status, '' AS substitute" + WALKED_IN + _AGENCY + IF_WALKED_IN
_COUNT_INVITED = IS_HELD + _COUNT + INVITED + IF_INVITED
_COUNT_WALKED_IN = IS_HELD + _COUNT + WALKED_IN + IF_WALKED_IN
_COUNT_BY_PERSON = IS_HELD + _BY_PERSON + INVITED + IF_INVITED
_NO_MONTH = QueryString("0")
_OF_AGENCIES = " AND COALESCE(k.agency, m.agency) IN ({})"
_OF_OTHERS = " AND COALESCE(k.agency, m.agency) IS NULL"
_MARKED = f" AND {STATUS} IN ({{}})"
_IN_ORDER = " ORDER BY o.starts_at, o.event, o.original_start, code, person LIMIT {}"
_BY_START = " ORDER BY o.starts_at, o.event, o.original_start LIMIT {}"


class DateRow(Struct, frozen=True, kw_only=True):
    """One date behind a number."""

    id: UUID
    event_id: UUID
    key: str
    starts_at: datetime
    ends_at: datetime
    zone: str
    is_all_day: bool
    title: str
    kind: Kind
    visibility: Visibility
    marking: Marking | None = None

    @property
    def minutes(self) -> int:
        """Return the length in minutes; whole days are not counted."""
        return 0 if self.is_all_day else (self.ends_at - self.starts_at) // timedelta(minutes=1)


class PlaceRow(Struct, frozen=True, kw_only=True):
    """One person's place at one date."""

    date: DateRow
    person: str
    agency: str
    mark: PlaceMark
    is_remote: bool
    """Whether the person, or a walk-in, attended remotely."""
    substitute: str
    """The substitute who came."""


class PersonCount(Struct, frozen=True, kw_only=True):
    """How many places of one person had one mark, and how many of them at dates for named people only."""

    member_id: UUID
    mark: PlaceMark
    number: int
    restricted: int


async def place_rows(
    viewer: Viewer, span: ReportSpan, reach: ReportReach, cell: ReportCell, at_most: int
) -> list[PlaceRow]:
    """Return the places behind a number, by date, agency and name; the first `at_most` of them."""
    chosen = (_NO_MONTH, *span_values(span), within_reach(reach), _of(cell.agencies))
    places: list[PlaceRow] = []
    if cell.marks - {PlaceMark.WALK_IN}:
        marks = QueryString(_MARKED, value_list(cell.marks))
        invited = await rows(HELD, viewer, _INVITED + "{}{}{}" + _IN_ORDER, *chosen, marks, at_most)
        places += [_place(row, PlaceMark(row["status"])) for row in invited]
    if PlaceMark.WALK_IN in cell.marks:
        walked = await rows(HELD, viewer, _WALKED_IN + "{}{}" + _IN_ORDER, *chosen, at_most)
        places += [_place(row, PlaceMark.WALK_IN) for row in walked]
    return sorted(places, key=_order)[:at_most]


async def place_count(viewer: Viewer, span: ReportSpan, reach: ReportReach, cell: ReportCell) -> int:
    """Return how many places are behind a number."""
    chosen = (_NO_MONTH, *span_values(span), within_reach(reach), _of(cell.agencies))
    records: list[Row] = []
    if cell.marks - {PlaceMark.WALK_IN}:
        marks = QueryString(_MARKED, value_list(cell.marks))
        records += await rows(HELD, viewer, _COUNT_INVITED + "{}{}{}", *chosen, marks)
    if PlaceMark.WALK_IN in cell.marks:
        records += await rows(HELD, viewer, _COUNT_WALKED_IN + "{}{}", *chosen)
    return sum(row["number"] for row in records)


async def counts_by_person(viewer: Viewer, span: ReportSpan, reach: ReportReach, agency_id: UUID) -> list[PersonCount]:
    """Return how many places people had by person and mark, for those who served at an agency at the time."""
    chosen = (_NO_MONTH, *span_values(span), within_reach(reach), _of([agency_id]))
    return await rows_as(PersonCount, HELD, viewer, _COUNT_BY_PERSON + "{}{} GROUP BY 1, 2", *chosen)


async def held_rows(viewer: Viewer, span: ReportSpan, at_most: int) -> list[DateRow]:
    """Return the dates that were held, earliest first."""
    return [_date(row) for row in await rows(_DATE, viewer, _ON + _BY_START, *span_values(span), at_most)]


async def canceled_rows(viewer: Viewer, span: ReportSpan, at_most: int) -> list[DateRow]:
    """Return the dates that were canceled, earliest first."""
    return [_date(row) for row in await rows(_DATE, viewer, _OFF + _BY_START, *span_values(span), at_most)]


def _of(agencies: Collection[UUID | None] | None) -> QueryString:
    if agencies is None:
        return QueryString("")
    if None in agencies:
        return QueryString(_OF_OTHERS)
    return QueryString(_OF_AGENCIES, value_list(agencies))


def _order(row: PlaceRow) -> tuple[object, ...]:
    return row.date.starts_at, str(row.date.event_id), row.date.key, row.agency, row.person


def _place(row: Row, mark: PlaceMark) -> PlaceRow:
    is_remote = row["status"] == PlaceMark.REMOTE
    place = {**row, "date": _date(row), "agency": row["code"] or "", "mark": mark, "is_remote": is_remote}
    return msgspec.convert(place, PlaceRow, strict=False)


def _date(row: Row) -> DateRow:
    key = row["original_start"].date().isoformat()
    return msgspec.convert({**row, "key": key, "marking": marking_in(row)}, DateRow, strict=False)
