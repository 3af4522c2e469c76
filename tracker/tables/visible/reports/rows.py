"""The rows behind the numbers of a report: people's places at dates, and dates."""

from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

from msgspec import Struct
from piccolo.querystring import QueryString

from tracker.rules.core.audiences import Visibility
from tracker.rules.core.viewers import Viewer
from tracker.rules.events.event import Kind
from tracker.rules.events.markings import Marking
from tracker.rules.reports.reports import PlaceMark, ReportCell, ReportReach, ReportSpan
from tracker.tables.schema.events.marking_columns import MARK, marking_of
from tracker.tables.visible.core.rows import Row, rows
from tracker.tables.visible.reports.sums import (
    HELD,
    IF_INVITED,
    IF_WALKED_IN,
    INVITED,
    IS_HELD,
    IS_OFF,
    OVER,
    STATUS,
    TAKES_PLACE,
    WALKED_IN,
    span_values,
    value_list,
    within_reach,
)

_AGENCY = " LEFT JOIN agency g ON g.id = COALESCE(k.agency, m.agency)"
_PLACE = (
    " SELECT o.id, o.event, o.original_start, o.starts_at, o.ends_at, e.zone, e.is_all_day, e.kind, e.visibility,"
    " COALESCE(o.title, e.title) AS title, COALESCE(m.name, k.guest) AS person,"
    f" COALESCE(g.code, k.guest_agency) AS code, {MARK}"
)
_SUBSTITUTE = " LEFT JOIN member c ON c.id = s.member"
_DATE = (
    "SELECT o.id, o.event, o.original_start, o.starts_at, o.ends_at, e.zone, e.is_all_day, e.kind, e.visibility,"
    f" COALESCE(o.title, e.title) AS title, {MARK} FROM occurrence o JOIN event e ON e.id = o.event WHERE MAY_SEE(e)"
)
_COUNT = " SELECT COUNT(*) AS number"
_BY_PERSON = (
    f" SELECT i.member, {STATUS} AS status, COUNT(*) AS number,"
    " SUM(CASE WHEN e.visibility = 'named' THEN 1 ELSE 0 END) AS restricted"
)
_OFF = OVER + f" AND {IS_OFF}"
_ON = OVER + TAKES_PLACE
_INVITED = (
    IS_HELD + _PLACE + f", {STATUS} AS status, c.name AS substitute" + INVITED + _AGENCY + _SUBSTITUTE + IF_INVITED
)
_WALKED_IN = IS_HELD + _PLACE + ", k.status, NULL AS substitute" + WALKED_IN + _AGENCY + IF_WALKED_IN
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
    found: list[PlaceRow] = []
    if cell.marks - {PlaceMark.WALK_IN}:
        marks = QueryString(_MARKED, value_list(cell.marks))
        invited = await rows(HELD, viewer, _INVITED + "{}{}{}" + _IN_ORDER, *chosen, marks, at_most)
        found += [_place(row, PlaceMark(row["status"])) for row in invited]
    if PlaceMark.WALK_IN in cell.marks:
        walked = await rows(HELD, viewer, _WALKED_IN + "{}{}" + _IN_ORDER, *chosen, at_most)
        found += [_place(row, PlaceMark.WALK_IN) for row in walked]
    return sorted(found, key=_order)[:at_most]


async def place_count(viewer: Viewer, span: ReportSpan, reach: ReportReach, cell: ReportCell) -> int:
    """Return how many places are behind a number."""
    chosen = (_NO_MONTH, *span_values(span), within_reach(reach), _of(cell.agencies))
    found: list[Row] = []
    if cell.marks - {PlaceMark.WALK_IN}:
        marks = QueryString(_MARKED, value_list(cell.marks))
        found += await rows(HELD, viewer, _COUNT_INVITED + "{}{}{}", *chosen, marks)
    if PlaceMark.WALK_IN in cell.marks:
        found += await rows(HELD, viewer, _COUNT_WALKED_IN + "{}{}", *chosen)
    return sum(row["number"] for row in found)


async def counts_by_person(viewer: Viewer, span: ReportSpan, reach: ReportReach, agency_id: UUID) -> list[PersonCount]:
    """Return how many places people had by person and mark, for those who served at an agency at the time."""
    chosen = (_NO_MONTH, *span_values(span), within_reach(reach), _of([agency_id]))
    found = await rows(HELD, viewer, _COUNT_BY_PERSON + "{}{} GROUP BY 1, 2", *chosen)
    return [
        PersonCount(
            member_id=UUID(str(row["member"])),
            mark=PlaceMark(row["status"]),
            number=row["number"],
            restricted=int(row["restricted"]),
        )
        for row in found
    ]


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
    return PlaceRow(
        date=_date(row),
        person=row["person"],
        agency=row["code"] or "",
        mark=mark,
        is_remote=is_remote,
        substitute=row["substitute"] or "",
    )


def _date(row: Row) -> DateRow:
    return DateRow(
        id=row["id"],
        event_id=row["event"],
        key=row["original_start"].date().isoformat(),
        starts_at=row["starts_at"],
        ends_at=row["ends_at"],
        zone=row["zone"],
        is_all_day=bool(row["is_all_day"]),
        title=row["title"],
        kind=Kind(row["kind"]),
        visibility=Visibility(row["visibility"]),
        marking=marking_of(row),
    )
