"""Reports: the figures of a period for one reader, and the rows behind each number.

Figures are computed from the current rows each time: corrected attendance shows in the next report, and no report is
stored. The rows are those that were counted, within the same reach.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from msgspec import Struct, convert, field

from tracker.database import together, writing
from tracker.errors import NotFound
from tracker.rules.actions import ActionItem
from tracker.rules.attendance import QuorumOfRecord
from tracker.rules.core.viewers import Arm, Viewer, Visibility
from tracker.rules.events.events import Kind
from tracker.rules.events.markings import banner_of_all
from tracker.rules.reports import reports, sums
from tracker.rules.reports.reports import ReportCell, ReportCommittee, ReportReach, ReportRequest
from tracker.rules.reports.sums import (
    DateCount,
    ItemColumn,
    ItemLine,
    ItemWindow,
    KindLine,
    MonthLine,
    OperationCount,
    PlaceTally,
    ReportAgency,
    count_operations,
)
from tracker.tables.schema.roster import Agency as AgencyRow
from tracker.tables.visible import actions, attendance
from tracker.tables.visible import reports as visible_reports
from tracker.tables.visible.reports import DateRow, PlaceRow, item_counts, operation_parts
from tracker.usecases.core import audit
from tracker.usecases.roster import committees

OTHER_AGENCIES = ReportAgency(id=None, code="Others", name="Walk-ins from other agencies", arm=None, level="")
WALK_INS = "others"
"""The agency of walk-ins whose agency is not in the directory."""


class PeriodReport(Struct, frozen=True, kw_only=True):
    """The figures of a period, over what one reader may see."""

    asked: ReportRequest
    reach: ReportReach
    agencies: list[tuple[ReportAgency, PlaceTally]]
    arms: list[tuple[Arm, PlaceTally]]
    total: PlaceTally
    months: list[MonthLine]
    activities: list[KindLine]
    """By kind, and last their sum; empty when nothing was held or canceled."""
    operations: OperationCount | None
    """The joint operations that the reader can see; None when another kind was asked for."""
    items: list[ItemLine]
    """By agency, and last their sum; empty when there were no items."""
    is_restricted: bool
    """Whether it counts a date that is for named people only."""


async def report_for(viewer: Viewer, asked: ReportRequest) -> PeriodReport:
    """Return the figures that were asked for. At most five queries. Errors: NotAllowed for a viewer without reports."""
    reports.check_report_reader(viewer)
    reach, months = reports.span_reach(viewer), asked.period.months()
    later = [asked.span(first).start for first in months[1:]]
    window = item_window_of(asked)
    places, dates, every, items = await together(
        visible_reports.count_places(viewer, asked.span(), later, reach),
        visible_reports.count_dates(viewer, asked.span(), later),
        report_agencies(),
        item_counts(viewer, window, asked.committee.id if asked.committee else None),
    )
    lines = sums.tally_by_agency(places, every)
    return PeriodReport(
        asked=asked,
        reach=reach,
        agencies=lines,
        arms=sums.tally_by_arm(lines),
        total=sums.tally_places(places),
        months=sums.lines_by_month(places, dates, months),
        activities=sums.activities_by_kind(places, dates),
        operations=await _operation_count(viewer, asked, dates),
        items=sums.item_lines(items, every, window),
        is_restricted=any(date_count.restricted and not date_count.is_off for date_count in dates),
    )


async def report_committees(viewer: Viewer) -> list[ReportCommittee]:
    """Return the committees to which the viewer may limit a report: all for a coordinator, else those they sit in."""
    return [ReportCommittee(*committee) for committee in (await committees.committee_names(viewer)).items()]


async def report_agencies() -> list[ReportAgency]:
    """Return every present and past agency, by arm and short name, and last the one for guests without an agency."""
    columns = (AgencyRow.id, AgencyRow.code, AgencyRow.name, AgencyRow.arm, AgencyRow.level)
    agencies = convert(await AgencyRow.select(*columns), list[ReportAgency], strict=False)
    order = list(Arm)
    agencies.sort(key=lambda agency: (order.index(agency.arm or order[-1]), agency.code.casefold()))
    return [*agencies, OTHER_AGENCIES]


def item_window_of(asked: ReportRequest) -> ItemWindow:
    """Return the time in which action items count; of a current period, only its past."""
    start, end = asked.period.span(asked.zone)
    return ItemWindow(start=start, end=max(start, min(end, asked.now)), zone=asked.zone)


async def note_download(viewer: Viewer, asked: ReportRequest, what: str, form: str, now: datetime) -> None:
    """Record in the audit log that the viewer downloads figures or rows."""
    reports.check_report_reader(viewer)
    facts = {"what": what, "format": form, "from": asked.period.first, "to": asked.period.last}
    async with writing():
        await audit.record(viewer.actor, "exported", "report", asked.period.key, facts, now)


async def _operation_count(viewer: Viewer, asked: ReportRequest, dates: Iterable[DateCount]) -> OperationCount | None:
    if asked.kind not in (None, Kind.JOINT_OPERATION):
        return None
    were_held = any(date_count.kind is Kind.JOINT_OPERATION and not date_count.is_off for date_count in dates)
    return count_operations(await operation_parts(viewer, asked.span()) if were_held else [])


class NumberPart(StrEnum):
    """What a number counts."""

    PLACES = "places"
    DATES = "dates"
    ITEMS = "items"


class ReportNumber(Struct, frozen=True, kw_only=True):
    """One number of a report: its column, and the row it is in (nothing = the total row)."""

    part: NumberPart
    measure: str
    """A key of `rules.reports.reports.MEASURES`; held or canceled; a `Column` of items."""
    agency: UUID | str | None = None
    """An agency's id, or `OTHER_AGENCIES`."""
    arm: Arm | None = None
    month: date | None = None


class ReportRows(Struct, frozen=True, kw_only=True):
    """The rows behind a number, or the first of them; one of the lists is filled."""

    count: int
    places: list[PlaceRow]
    dates: list[DateRow]
    items: list[ActionItem]
    quorums: Mapping[UUID, QuorumOfRecord] = field(default_factory=dict)
    """Of the dates, the quorum when attendance was closed, by the id of the date."""

    @property
    def shown(self) -> int:
        """Return how many rows are here."""
        return len(self.places) + len(self.dates) + len(self.items)

    @property
    def is_restricted(self) -> bool:
        """Return whether a row comes from an event for named people only."""
        dates = [*self.dates, *(row.date for row in self.places)]
        return any(row.visibility is Visibility.NAMED for row in dates) or any(
            item.is_restricted for item in self.items
        )

    @property
    def banner(self) -> str:
        """Return the banner over all rows that come from marked events; empty when there are none."""
        of_dates = [date_row.marking for date_row in (*self.dates, *(row.date for row in self.places))]
        return banner_of_all(marking for marking in (*of_dates, *(item.marking for item in self.items)) if marking)


class AgencyAttendance(Struct, frozen=True, kw_only=True):
    """The attendance of one agency's people, together and each."""

    total: PlaceTally
    people: Mapping[UUID, PlaceTally]
    is_restricted: bool
    """Whether a date that is for named people only is counted."""


async def attendance_of_agency(viewer: Viewer, asked: ReportRequest, agency_id: UUID) -> AgencyAttendance:
    """Return an agency's attendance, counted as in the report of the same period. Errors: NotAllowed."""
    reports.check_report_reader(viewer)
    counts = await visible_reports.counts_by_person(viewer, asked.span(), reports.span_reach(viewer), agency_id)
    people: dict[UUID, Counter[str]] = {}
    for count in counts:
        people.setdefault(count.member_id, Counter())[count.mark.value] += count.number
    tallies = {member_id: PlaceTally(**counted) for member_id, counted in people.items()}
    is_restricted = any(person_count.restricted for person_count in counts)
    return AgencyAttendance(total=sums.total_tally(tallies.values()), people=tallies, is_restricted=is_restricted)


async def rows_behind(viewer: Viewer, asked: ReportRequest, number: ReportNumber, at_most: int) -> ReportRows:
    """Return the rows behind one number. Errors: NotFound for a number that no report has."""
    reports.check_report_reader(viewer)
    match number.part:
        case NumberPart.PLACES if number.measure in reports.MEASURES:
            cell = ReportCell(marks=reports.MEASURES[number.measure], agencies=await _agencies_in(number))
            chosen = (viewer, asked.span(number.month), reports.span_reach(viewer), cell)
            place_rows = await visible_reports.place_rows(*chosen, at_most)
            return ReportRows(count=await visible_reports.place_count(*chosen), places=place_rows, dates=[], items=[])
        case NumberPart.DATES if number.measure in ("held", "canceled"):
            is_off, span = number.measure == "canceled", asked.span(number.month)
            read = visible_reports.canceled_rows if is_off else visible_reports.held_rows
            counted = await visible_reports.count_dates(viewer, span, [])
            count = sum(date_count.number for date_count in counted if date_count.is_off is is_off)
            date_rows = await read(viewer, span, at_most)
            quorums = await attendance.recorded_quorums(viewer, [date_row.id for date_row in date_rows])
            return ReportRows(count=count, places=[], dates=date_rows, items=[], quorums=quorums)
        case NumberPart.ITEMS if number.measure in list(ItemColumn):
            window = item_window_of(asked)
            items = [
                item
                for item in await actions.reported_items(viewer, window.start, window.end)
                if (asked.committee is None or item.committee_id == asked.committee.id)
                and number.measure in sums.item_columns_of(item, window)
                and number.agency in (None, item.agency_id)
            ]
            return ReportRows(count=len(items), places=[], dates=[], items=items[:at_most])
    raise NotFound


async def _agencies_in(number: ReportNumber) -> frozenset[UUID | None] | None:
    if number.arm is not None:
        return frozenset(agency.id for agency in await report_agencies() if agency.arm is number.arm)
    if number.agency is None:
        return None
    return frozenset({None if number.agency == WALK_INS else UUID(str(number.agency))})
