"""A report and its rows as tables for files: the same figures and names as on the page."""

from collections.abc import Iterable
from datetime import datetime

from tracker.ports.pages.core.spreadsheets import Cell, SpreadsheetTable
from tracker.ports.pages.reports.addresses import KIND_WORDS, limits_in_words
from tracker.rules.actions.action_items import ActionItem
from tracker.rules.attendance.roll_call import QuorumOfRecord
from tracker.rules.core.wording import clock, local, short_day, zone_word
from tracker.rules.reports.reports import ReportRequest
from tracker.rules.reports.sums import ItemColumn, ItemLine, KindLine, OperationCount, PlaceTally, days_to_completion
from tracker.usecases.reports.reports import PeriodReport, ReportRows

TALLY = (
    "Invited",
    "Present",
    "In the room",
    "Remote",
    "Excused",
    "Absent",
    "Not marked",
    "Still open",
    "Rate (%)",
    "Walk-ins",
)
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
    "invited": "Invited",
    "present": "Present",
    "here": "In the room",
    "remote": "Remote",
    "excused": "Excused",
    "absent": "Absent",
    "unmarked": "Not marked",
    "open": "Not marked yet",
    "not_marked": "Not marked",
    "walk_in": "Walk-ins",
    "attended": "People present",
    "held": "Dates held",
    "canceled": "Dates canceled",
    **{column.value: f"Action items: {words.lower()}" for column, words in AGES.items()},
}
WITHHELD = "Withheld"
"""In place of the joint operations of a reader who sees none, whether or not there were any."""
MARK_WORDS = {
    "here": "In the room",
    "remote": "Remote",
    "excused": "Excused",
    "absent": "Absent",
    "unmarked": "Not marked",
    "open": "Not marked yet",
    "walk_in": "Walk-in, in the room",
}


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
    sums = [(ARMS[arm], "", "", "", *_tally(tally)) for arm, tally in report.arms]
    agencies = [
        (agency.code, agency.name, _words(agency.arm or ""), _words(agency.level), *_tally(tally))
        for agency, tally in report.agencies
    ]
    return [
        SpreadsheetTable(
            name="Attendance by agency",
            columns=("Agency", "Name", "Arm", "Level", *TALLY),
            rows=[*agencies, *sums, ("All", "", "", "", *_tally(report.total))],
            totals=len(sums) + 1,
        ),
        SpreadsheetTable(
            name="Attendance by month",
            columns=("Month", "Dates held", *TALLY),
            rows=[(f"{line.first:%Y-%m}", line.held, *_tally(line.tally)) for line in report.months],
        ),
        SpreadsheetTable(
            name="Action items",
            columns=("Agency", *AGES.values(), "Median days to complete"),
            rows=[_items(line) for line in report.items],
            totals=1,
        ),
        SpreadsheetTable(
            name="Activity",
            columns=("Activity", "Held", "Canceled", "Hours", "People present"),
            rows=[_activity(line) for line in report.activities],
            totals=1,
        ),
        *_operations(report.operations),
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


def _tally(tally: PlaceTally) -> Iterable[Cell]:
    return (
        tally.invited,
        tally.present,
        tally.here,
        tally.remote,
        tally.excused,
        tally.absent,
        tally.not_marked,
        tally.open,
        tally.rate,
        tally.walk_in,
    )


def _items(line: ItemLine) -> tuple[Cell, ...]:
    return (line.agency.code if line.agency else "All", *(line.numbers[age] for age in AGES), line.median_days)


def _activity(line: KindLine) -> tuple[Cell, ...]:
    kind = KIND_WORDS[line.kind] if line.kind else "All"
    return kind, line.held, line.canceled, hours(line.minutes), line.tally.attended


def _operations(operations: OperationCount | None) -> list[SpreadsheetTable]:
    if operations is None:
        return []
    counted: tuple[Cell, ...] = (operations.held, len(operations.agencies), ", ".join(operations.agencies))
    row = (WITHHELD, WITHHELD, "") if operations.is_withheld else counted
    columns = ("Joint operations that you can see", "Agencies", "Which")
    return [SpreadsheetTable(name="Joint operations", columns=columns, rows=[row])]


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
