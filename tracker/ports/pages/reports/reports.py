"""Reports: the page with a period's figures and their chart, the rows behind each number, and both as files.

The chart shows the attendance rate by month as bars, measured here so that the template only draws.
"""

import asyncio
from collections.abc import Sequence
from typing import Any, NamedTuple, TypeAlias
from urllib.parse import urlencode

from litestar import Response, get
from litestar.di import Provide
from litestar.types import Scope

from tracker.database import together
from tracker.errors import Invalid, TooLarge
from tracker.ports.http.dependencies import Injected, Now, Settings, Viewer, Visit, Zone
from tracker.ports.http.guards import signed_in
from tracker.ports.pages.core.dependencies import Page, Pages, Query, QueryString, first_reauthenticate
from tracker.ports.pages.core.drafts import saved_in
from tracker.ports.pages.core.form_values import Errors, FormValues, errors_of
from tracker.ports.pages.reports import spreadsheets
from tracker.ports.pages.reports.spreadsheets import (
    AGES,
    ARMS,
    CSV_TYPE,
    KIND_WORDS,
    MEASURE_WORDS,
    PAGE,
    XLSX_TYPE,
    SpreadsheetTable,
    as_of,
    csv_of,
    heading_of,
    hours,
    mark_words,
    number_in,
    report_query,
    report_request_in,
    report_sheets,
    row_sheet,
    rows_link,
    xlsx_of,
)
from tracker.rules.core.wording import MONTHS
from tracker.rules.reports.reports import CUSTOM, ReportRequest
from tracker.rules.reports.sums import MonthLine
from tracker.usecases import reports
from tracker.usecases.reports import ReportNumber

SHOWN = 500  # rows of a page
MOST = 100_000  # rows of a file
FILES = ("csv", "xlsx")
"""The file formats of figures and rows."""
FileType: TypeAlias = Injected[str]
"""The format that the address requests."""
TOP, BOTTOM = 20.0, 190.0  # of 100 and of 0 percent
LEFT, RIGHT = 44.0, 510.0
STEPS = (0, 25, 50, 75, 100)  # percent
BAR_WIDTH = 0.6  # of the width of a month
WIDEST = 52.0
MOST_LABELED = 12  # months whose bars have a label; with more, the table has the numbers


def _file_type(scope: Scope) -> str:
    return scope["path"].rpartition(".")[2]


FILE_TYPE = {"file_type": Provide(_file_type, sync_to_thread=False)}


@get(PAGE, guards=[signed_in])
async def report_page(
    pages: Pages, viewer: Viewer, params: Query, query_string: QueryString, zone: Zone, now: Now
) -> Page:
    """Show a period's figures; the address holds period, kind and, for chosen days, from and to."""
    try:
        asked, errors = await report_request_in(viewer, zone, now, params), Errors()
    except Invalid as wrong:
        errors = errors_of(wrong, spreadsheets.FIELDS)
        asked = await report_request_in(viewer, zone, now, FormValues({}))
    period_report, committees, saved = await together(
        reports.report_for(viewer, asked), reports.report_committees(viewer), saved_in(viewer, query_string, "reports")
    )
    other = [asked.committee] if asked.committee and asked.committee not in committees else []
    days = {"from": asked.period.first.isoformat(), "to": asked.period.last.isoformat()}
    texts = {**days, "kind": "", "committee": "", **report_query(asked)}
    return pages.render(
        "reports/show.html",
        status_code=422 if errors else 200,
        report=period_report,
        errors=errors,
        form=params if errors else FormValues({name: (text,) for name, text in texts.items()}),
        chart=rate_chart(period_report.months),
        files=_files(PAGE, report_query(asked)),
        periods=[*spreadsheets.period_choices(asked), (CUSTOM, "Chosen days")],
        kind_choices=[("", "All kinds"), *KIND_WORDS.items()],
        **_shared_context(asked),
        committees=[
            ("", "All committees"),
            *((str(committee.id), committee.name) for committee in (*committees, *other)),
        ],
        **saved,
    )


@get(f"{PAGE}/rows", guards=[signed_in])
async def rows_page(pages: Pages, viewer: Viewer, params: Query, zone: Zone, now: Now) -> Page:
    """Show the rows that one number counts."""
    asked, number = await report_request_in(viewer, zone, now, params), number_in(params)
    report_rows = await reports.rows_behind(viewer, asked, number, SHOWN)
    query = report_query(asked) | spreadsheets.number_query(
        number.part, number.measure, spreadsheets.line_of_number(number)
    )
    return pages.render(
        "reports/rows.html",
        rows=report_rows,
        number=number,
        title=await _number_words(number),
        files=_files(f"{PAGE}/rows", query),
        **_shared_context(asked),
    )


@get([f"{PAGE}.{form}" for form in FILES], guards=[signed_in], dependencies=FILE_TYPE)
async def report_file(
    file_type: FileType, viewer: Viewer, visit: Visit, params: Query, zone: Zone, now: Now, settings: Settings
) -> Page:
    """Return a period's figures as a file, and record that in the audit log."""
    asked = await report_request_in(viewer, zone, now, params)
    period_report = await reports.report_for(viewer, asked)
    if period_report.is_restricted and (proof := first_reauthenticate(visit, spreadsheets.report_address(asked), now)):
        return proof
    file = FigureFile("figures", report_sheets(period_report), period_report.is_restricted)
    return await _file_of(file_type, viewer, settings, asked, file)


@get([f"{PAGE}/rows.{form}" for form in FILES], guards=[signed_in], dependencies=FILE_TYPE)
async def rows_file(
    file_type: FileType, viewer: Viewer, visit: Visit, params: Query, zone: Zone, now: Now, settings: Settings
) -> Page:
    """Return the rows behind a number as a file, and record that in the audit log."""
    asked, number = await report_request_in(viewer, zone, now, params), number_in(params)
    report_rows = await reports.rows_behind(viewer, asked, number, MOST)
    if report_rows.shown < report_rows.count:
        raise TooLarge(f"A file can have at most {MOST:,} rows. Choose a shorter period.")
    back = rows_link(asked)(number.part, number.measure, **spreadsheets.line_of_number(number))
    if report_rows.is_restricted and (proof := first_reauthenticate(visit, back, now)):
        return proof
    name = await _number_words(number)
    sheets = [row_sheet(name, report_rows, asked.zone)]
    file = FigureFile(f"rows of {name}", sheets, report_rows.is_restricted, report_rows.banner)
    return await _file_of(file_type, viewer, settings, asked, file)


class FigureFile(NamedTuple):
    """What a file holds; `words` is what the audit log calls it."""

    words: str
    sheets: list[SpreadsheetTable]
    is_restricted: bool
    banner: str = ""


async def _file_of(
    file_type: FileType, viewer: Viewer, settings: Settings, asked: ReportRequest, file: FigureFile
) -> Response[bytes]:
    reader = f"{viewer.name} ({viewer.agency})"
    heading = heading_of(settings.task_force_name, asked, reader, is_restricted=file.is_restricted)
    if file_type == "csv":
        content = await asyncio.to_thread(csv_of, heading, file.sheets, file.banner)
    else:
        content = await asyncio.to_thread(xlsx_of, heading, file.sheets, asked.now, file.banner)
    await reports.note_download(viewer, asked, file.words, file_type, asked.now)
    name = f"report-{asked.period.first}-{asked.period.last}.{file_type}"
    return Response(
        content,
        media_type=CSV_TYPE if file_type == "csv" else XLSX_TYPE,
        headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store, private"},
    )


async def _number_words(number: ReportNumber) -> str:
    """Return a number in words: "Remote: FBI, 2026-12"."""
    words = MEASURE_WORDS[number.measure]
    codes = {agency.id or reports.WALK_INS: agency.code for agency in await reports.report_agencies()}
    agency = codes.get(number.agency, "") if number.agency else ""
    arm = ARMS[number.arm] if number.arm else ""
    month = f"{number.month:%B %Y}" if number.month else ""
    line = ", ".join(filter(None, (agency, arm, month)))
    return f"{words}: {line}" if line else words


def _files(path: str, query: dict[str, str]) -> list[tuple[str, str]]:
    return [(form.upper(), f"{path}.{form}?{urlencode(query)}") for form in FILES]


def _shared_context(asked: ReportRequest) -> dict[str, Any]:
    """Return the values that all report pages share."""
    return {
        "asked": asked,
        "link": rows_link(asked),
        "as_of": as_of(asked),
        "back": spreadsheets.report_address(asked),
        "only": spreadsheets.limits_in_words(asked),
        "kinds": KIND_WORDS,
        "arms": ARMS,
        "ages": AGES,
        "hours": hours,
        "mark_words": mark_words,
    }


class ChartBar(NamedTuple):
    """One month: the position of its bar and its label; `rate` None = no one was invited, so there is no bar."""

    x: float
    y: float
    width: float
    height: float
    middle: float
    label: str
    rate: int | None


class ChartStep(NamedTuple):
    """One line of the scale."""

    y: float
    percent: int


class RateChart(NamedTuple):
    """The whole drawing; `words` is its text alternative."""

    bars: list[ChartBar]
    steps: list[ChartStep]
    words: str
    is_labelled: bool


def rate_chart(months: Sequence[MonthLine]) -> RateChart | None:
    """Return the drawing of a period; None when no month has a rate."""
    if all(line.tally.rate is None for line in months):
        return None
    wide = (RIGHT - LEFT) / len(months)
    width = min(wide * BAR_WIDTH, WIDEST)
    bars = []
    for number, line in enumerate(months):
        x, y = LEFT + wide * number, _y(line.tally.rate or 0)
        is_unlabeled = wide < WIDEST / 2 and line.first.month % 3 != 1
        bars.append(
            ChartBar(
                x=round(x + (wide - width) / 2, 1),
                y=y,
                width=round(width, 1),
                height=round(BOTTOM - y, 1),
                middle=round(x + wide / 2, 1),
                label="" if is_unlabeled else MONTHS[line.first.month - 1][:3],
                rate=line.tally.rate,
            )
        )
    said = [
        f"{MONTHS[line.first.month - 1]} {line.first.year} {line.tally.rate}"
        for line in months
        if line.tally.rate is not None
    ]
    return RateChart(
        bars, [ChartStep(_y(step), step) for step in STEPS], f"{', '.join(said)} percent.", len(bars) <= MOST_LABELED
    )


def _y(percent: int) -> float:
    return round(BOTTOM - (BOTTOM - TOP) * percent / 100, 1)
