"""Reports as files for spreadsheets."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from io import BytesIO
from operator import attrgetter
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from msgspec import Struct
from xlsxwriter import Workbook
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from tracker.errors import Invalid, NotFound
from tracker.ports.http.dependencies import Now, Viewer
from tracker.ports.pages.core.form_values import FormReader, FormValues, id_in
from tracker.rules.actions import ActionItem
from tracker.rules.attendance import QuorumOfRecord
from tracker.rules.calendars.calendars import month_in_text
from tracker.rules.core.clean_text import csv_bytes, is_formula
from tracker.rules.core.viewers import Arm
from tracker.rules.core.wording import clock, local, short_day, zone_word
from tracker.rules.events.events import Kind
from tracker.rules.reports import reports as period_rules
from tracker.rules.reports.reports import CUSTOM, KINDS, ReportCommittee, ReportPeriod, ReportRequest
from tracker.rules.reports.sums import ItemColumn, OperationCount, PlaceTally, days_to_completion
from tracker.usecases import reports
from tracker.usecases.reports import WALK_INS, NumberPart, PeriodReport, ReportNumber, ReportRows

Cell = str | int | float | None
WIDEST = 60  # characters
LONGEST_NAME = 31  # characters that a sheet's name may have
NOT_IN_A_TAB = re.compile(r"[\[\]:*?/\\]")
CSV_TYPE = "text/csv"  # Litestar adds the charset
XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PLAIN = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False, "in_memory": True}


class SpreadsheetTable(Struct, frozen=True, kw_only=True):
    """A table with a name; its last `totals` rows are totals."""

    name: str
    columns: tuple[str, ...]
    rows: Sequence[Sequence[Cell]]
    totals: int = 0


def csv_of(heading: str, sheets: Sequence[SpreadsheetTable], banner: str = "") -> bytes:
    """Return the heading, then each table under its name, with an empty line before it; the banner comes first."""
    rows: list[Sequence[Cell]] = [(banner,), (heading,)] if banner else [(heading,)]
    for sheet in sheets:
        rows += [(), (sheet.name,), sheet.columns, *sheet.rows]
    return csv_bytes(rows)


def xlsx_of(heading: str, sheets: Sequence[SpreadsheetTable], made_at: datetime, banner: str = "") -> bytes:
    """Return a workbook with a sheet for each table, the heading at the top of each; equal input gives equal bytes.

    The banner is above the heading, and at the top and bottom of each printed page.
    """
    file = BytesIO()
    with Workbook(file, PLAIN) as book:
        book.set_properties({"title": heading, "created": made_at.replace(tzinfo=None)})
        looks = CellLooks(book)
        for sheet in sheets:
            page = book.add_worksheet(NOT_IN_A_TAB.sub("", sheet.name)[:LONGEST_NAME].strip(" '") or "Rows")
            head = [banner, heading] if banner else [heading]
            for number, line in enumerate(head):
                _write(page, number, 0, line, looks)
            if len(head) > 1:
                page.set_header(f"&C{head[0]}")
                page.set_footer(f"&C{head[0]}")
            for column, name in enumerate(sheet.columns):
                _write(page, 2, column, name, looks, is_bold=True)
                longest = max((len(str(row[column])) for row in sheet.rows if column < len(row)), default=0)
                page.set_column(column, column, min(max(longest, len(name)) + 2, WIDEST))
            for number, row in enumerate(sheet.rows):
                is_total = number >= len(sheet.rows) - sheet.totals
                for column, cell in enumerate(row):
                    _write(page, number + 3, column, cell, looks, is_bold=is_total)
            page.freeze_panes(3, 1)
            page.repeat_rows(2)
            page.set_landscape()
            page.fit_to_pages(1, 0)
    return file.getvalue()


class CellLooks:
    """How cells look: plain or bold, and marked as text where a program would calculate what a person types again."""

    def __init__(self, book: Workbook) -> None:
        self._plain, self._bold = None, book.add_format({"bold": True})
        self._text = book.add_format({"quote_prefix": True})
        self._bold_text = book.add_format({"bold": True, "quote_prefix": True})

    def of(self, cell: Cell, *, is_bold: bool) -> Format | None:
        """Return the format of a cell; None = the usual one."""
        if isinstance(cell, str) and is_formula(cell):
            return self._bold_text if is_bold else self._text
        return self._bold if is_bold else self._plain


def _write(page: Worksheet, row: int, column: int, cell: Cell, looks: CellLooks, *, is_bold: bool = False) -> None:
    look = looks.of(cell, is_bold=is_bold)
    if isinstance(cell, str):
        page.write_string(row, column, cell, look)
    elif cell is not None:
        page.write_number(row, column, cell, look)


TALLY = {
    "invited": "Invited",
    "present": "Present",
    "here": "In the room",
    "remote": "Remote",
    "excused": "Excused",
    "absent": "Absent",
    "not_marked": "Not marked",
    "open": "Still open",
    "rate": "Rate (%)",
    "walk_in": "Walk-ins",
}
"""The columns of a tally: its numbers, and their words."""
_tally: Callable[[PlaceTally], tuple[Cell, ...]] = attrgetter(*TALLY)
OF_DATES = ("Day", "Start", "Event", "Kind", "Minutes", "Quorum", "Seats present", "Seats not present")
ARMS = {"law_enforcement": "Law-enforcement arm", "victim_services": "Victim-services arm"}
AGES = {
    ItemColumn.GIVEN: "Assigned",
    ItemColumn.CLOSED: "Done",
    ItemColumn.ON_TIME: "Done on time",
    ItemColumn.OPEN: "Open",
    ItemColumn.NOT_DUE: "Not yet due",
    ItemColumn.LATE_WEEK: "1–7 days late",
    ItemColumn.LATE_MONTH: "8–30 days late",
    ItemColumn.LATE_LONGER: "Over 30 days late",
}
MEASURE_WORDS = {
    **TALLY,
    "unmarked": "Not marked",
    "attended": "People present",
    "held": "Dates held",
    "canceled": "Dates canceled",
    **{column.value: f"Action items: {words.lower()}" for column, words in AGES.items()},
}
WITHHELD = "Withheld"
"""In place of the joint operations of a reader who sees none, whether or not there were any."""
MARK_WORDS = {**MEASURE_WORDS, "open": "Not marked yet", "walk_in": "Walk-in, in the room"}


def heading_of(task_force: str, asked: ReportRequest, reader: str, *, is_restricted: bool) -> str:
    """Return the first line of a file: the reader, the period, the time, and what it covers."""
    marking = "Named participants only. " if is_restricted else ""
    kept = f" {limits_in_words(asked)}." if limits_in_words(asked) else ""
    return f"{marking}{task_force}. {asked.period.name}.{kept} As of {as_of(asked)}. Counts what {reader} can see."


def as_of(asked: ReportRequest) -> str:
    """Return the time of a report in words."""
    moment = local(asked.now, asked.zone)
    return f"{short_day(moment)}, {moment.year}, {clock(moment)} {zone_word(asked.zone)}"


def report_sheets(report: PeriodReport) -> list[SpreadsheetTable]:
    """Return the tables of a report: four, and one of joint operations unless another kind was asked for."""
    activities = [
        (KIND_WORDS[row.kind] if row.kind else "All", row.held, row.canceled, hours(row.minutes), row.tally.attended)
        for row in report.activities
    ]
    sums = [(ARMS[arm], "", "", "", *_tally(tally)) for arm, tally in report.arms]
    agencies = [
        (agency.code, agency.name, _words(agency.arm or ""), _words(agency.level), *_tally(tally))
        for agency, tally in report.agencies
    ]
    return [
        SpreadsheetTable(
            name="Attendance by agency",
            columns=("Agency", "Name", "Arm", "Level", *TALLY.values()),
            rows=[*agencies, *sums, ("All", "", "", "", *_tally(report.total))],
            totals=len(sums) + 1,
        ),
        SpreadsheetTable(
            name="Attendance by month",
            columns=("Month", "Dates held", *TALLY.values()),
            rows=[(f"{line.first:%Y-%m}", line.held, *_tally(line.tally)) for line in report.months],
        ),
        SpreadsheetTable(
            name="Action items",
            columns=("Agency", *AGES.values(), "Median days to complete"),
            rows=[
                (line.agency.code if line.agency else "All", *(line.numbers[age] for age in AGES), line.median_days)
                for line in report.items
            ],
            totals=1,
        ),
        SpreadsheetTable(
            name="Activity",
            columns=("Activity", "Held", "Canceled", "Hours", "People present"),
            rows=activities,
            totals=1,
        ),
        *([_operations(report.operations)] if report.operations else []),
    ]


def row_sheet(name: str, rows: ReportRows, zone: str) -> SpreadsheetTable:
    """Return the rows behind a number as a table."""
    if rows.items:
        columns = ("Number", "Action", "Owner", "Agency", "Assigned", "Due", "Status", "Closed", "Days open")
        return SpreadsheetTable(
            name=name, columns=columns, rows=[_item(action_item, zone) for action_item in rows.items]
        )
    if rows.dates:
        dates = [
            (*_when(row.starts_at, zone), row.title, _words(row.kind), row.minutes, *_quorum(rows.quorums.get(row.id)))
            for row in rows.dates
        ]
        return SpreadsheetTable(name=name, columns=OF_DATES, rows=dates)
    places = [
        (
            *_when(row.date.starts_at, zone),
            row.date.title,
            row.person,
            row.agency,
            mark_words(row.mark, is_remote=row.is_remote, substitute=row.substitute),
        )
        for row in rows.places
    ]
    return SpreadsheetTable(name=name, columns=("Day", "Start", "Event", "Person", "Agency", "Attendance"), rows=places)


def mark_words(mark: str, *, is_remote: bool, substitute: str) -> str:
    """Return what became of an invited place, in words, and who came instead."""
    words = "Walk-in, remote" if mark == "walk_in" and is_remote else MARK_WORDS[mark]
    return f"{words}, replaced by {substitute}" if substitute else words


def hours(minutes: int) -> float:
    """Return minutes as hours, to a tenth."""
    return round(minutes / 60, 1)


def _operations(operations: OperationCount) -> SpreadsheetTable:
    counted: tuple[Cell, ...] = (operations.held, len(operations.agencies), ", ".join(operations.agencies))
    row = (WITHHELD, WITHHELD, "") if operations.is_withheld else counted
    columns = ("Joint operations that you can see", "Agencies", "Which")
    return SpreadsheetTable(name="Joint operations", columns=columns, rows=[row])


def _item(item: ActionItem, zone: str) -> tuple[Cell, ...]:
    closed = local(item.closed_at, zone).date().isoformat() if item.closed_at else ""
    return (
        item.reference,
        item.title,
        item.owner,
        item.agency,
        local(item.created_at, zone).date().isoformat(),
        item.due.isoformat(),
        item.status.label,
        closed,
        days_to_completion(item, zone) if item.closed_at else None,
    )


def _quorum(record: QuorumOfRecord | None) -> tuple[Cell, Cell, Cell]:
    return (record.words, record.present, record.missing) if record else ("", "", "")


def _words(value: str) -> str:
    return value.replace("_", " ").capitalize()


def _when(moment: datetime, zone: str) -> tuple[str, str]:
    at = local(moment, zone)
    return at.date().isoformat(), f"{at:%H:%M}"


PAGE = "/reports"
UNKNOWN = ReportCommittee(UUID(int=0), "a committee you don’t have access to")
FIELDS = ("period", "from", "to", "kind", "committee")
KIND_WORDS = {
    Kind.MEETING: "Meetings",
    Kind.TRAINING: "Trainings",
    Kind.OUTREACH: "Outreach events",
    Kind.JOINT_OPERATION: "Joint operations",
}


async def report_request_in(viewer: Viewer, zone: str, now: Now, query: FormValues) -> ReportRequest:
    """Return the query of the address; by default, this grant half-year of all kinds and committees.

    `Invalid` for days that make no period; an unknown word is ignored; a committee that the viewer may not know has no
    events.
    """
    committee, wanted = None, id_in(query["committee"])
    if wanted:
        known = await reports.report_committees(viewer)
        committee = next((report_committee for report_committee in known if report_committee.id == wanted), UNKNOWN)
    return ReportRequest(
        period=_period(query, now, zone),
        kind=next((kind for kind in KINDS if kind == query["kind"]), None),
        zone=zone,
        now=now,
        committee=committee,
    )


def report_query(asked: ReportRequest) -> dict[str, str]:
    """Return the query of a report."""
    days = {"from": asked.period.first.isoformat(), "to": asked.period.last.isoformat()}
    query = {"period": asked.period.key, **(days if asked.period.key == CUSTOM else {})}
    if asked.kind:
        query["kind"] = asked.kind
    if asked.committee:
        query["committee"] = str(asked.committee.id)
    return query


def limits_in_words(asked: ReportRequest) -> str:
    """Return what a report is limited to, in words: "Meetings of Steering Committee only"; nothing for no limit."""
    kind = KIND_WORDS[asked.kind] if asked.kind else "Events" if asked.committee else ""
    return f"{kind}{f' of {asked.committee.name}' if asked.committee else ''} only" if kind else ""


def period_choices(asked: ReportRequest) -> list[Any]:
    """Return the named periods to choose from; one that is not offered comes first while it is shown."""
    offered = period_rules.offered_periods(local(asked.now, asked.zone).date())
    known = {period.key for _, periods in offered for period in periods}
    other = [] if asked.period.key in {*known, CUSTOM} else [(asked.period.key, asked.period.name)]
    return [*other, *((heading, [(period.key, period.name) for period in periods]) for heading, periods in offered)]


def report_address(asked: ReportRequest) -> str:
    """Return the address of a report."""
    return f"{PAGE}?{urlencode(report_query(asked))}"


def rows_link(asked: ReportRequest) -> Callable[..., str]:
    """Return the function for the address of a number's rows: link("places", "here", agency=…, month=…, kind=…)."""

    def link(part: str, measure: str, **line: Any) -> str:
        return f"{PAGE}/rows?{urlencode(report_query(asked) | number_query(part, measure, line))}"

    return link


def number_query(part: str, measure: str, line: Mapping[str, Any]) -> dict[str, str]:
    """Return the query of a number; values that are None in its line are left out."""
    return {
        "part": part,
        "of": measure,
        **{
            name: f"{value:%Y-%m}" if isinstance(value, date) else str(value)
            for name, value in line.items()
            if value is not None
        },
    }


def number_in(query: FormValues) -> ReportNumber:
    """Return the number whose rows the address requests; `NotFound` when there is none."""
    agency = query["agency"]
    if query["part"] not in list(NumberPart) or (query["arm"] and query["arm"] not in list(Arm)):
        raise NotFound
    if agency and agency != WALK_INS and id_in(agency) is None:
        raise NotFound
    return ReportNumber(
        part=NumberPart(query["part"]),
        measure=query["of"],
        agency=WALK_INS if agency == WALK_INS else id_in(agency),
        arm=Arm(query["arm"]) if query["arm"] else None,
        month=month_in_text(query["month"]),
    )


def line_of_number(number: ReportNumber) -> dict[str, Any]:
    """Return the line of a number, as `number_query` takes it."""
    return {"agency": number.agency, "arm": number.arm, "month": number.month}


def _period(query: FormValues, now: Now, zone: str) -> ReportPeriod:
    if query["period"] != CUSTOM:
        return period_rules.period_named(query["period"]) or period_rules.half_year_at(local(now, zone).date())
    reader = FormReader(query)
    first, last = reader.day("from", "Choose a first day."), reader.day("to", "Choose a last day.")
    reader.check()
    if first is None or last is None:
        raise Invalid("Choose a first and a last day.")
    return period_rules.custom_period(first, last)
