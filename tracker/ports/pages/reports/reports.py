"""Reports: the page with a period's figures, the rows behind each number, and both as files."""

import asyncio
from typing import Any, TypeAlias

from litestar import Response, get
from litestar.di import Provide
from litestar.types import Scope

from tracker.database import together
from tracker.errors import Invalid, TooLarge
from tracker.ports.http.dependencies import Injected, Now, Settings, Viewer, Visit, Zone
from tracker.ports.http.guards import signed_in
from tracker.ports.pages.core.dependencies import Pages, Query, QueryString
from tracker.ports.pages.core.form_values import Errors, FormValues, errors_of
from tracker.ports.pages.core.reauthentication import first_reauthenticate
from tracker.ports.pages.core.saved_filters import saved_in
from tracker.ports.pages.core.spreadsheets import CSV_TYPE, XLSX_TYPE, Sheet, csv_of, xlsx_of
from tracker.ports.pages.reports import addresses
from tracker.ports.pages.reports.addresses import KIND_WORDS, PAGE, asked_in, linked, number_in, query_for
from tracker.ports.pages.reports.chart import chart
from tracker.ports.pages.reports.spreadsheets import (
    AGES,
    ARMS,
    MEASURE_WORDS,
    as_of,
    heading_of,
    hours,
    mark_words,
    report_sheets,
    row_sheet,
)
from tracker.rules.reports.periods import CUSTOM
from tracker.rules.reports.reports import Asked
from tracker.usecases.reports import reports, rows
from tracker.usecases.reports.rows import Number

SHOWN = 500  # rows of a page
MOST = 100_000  # rows of a file
FILES = ("csv", "xlsx")
"""The file formats of figures and rows."""
FileType: TypeAlias = Injected[str]
"""The format that the address requests."""


def _file_type(scope: Scope) -> str:
    return scope["path"].rpartition(".")[2]


FILE_TYPE = {"file_type": Provide(_file_type, sync_to_thread=False)}


@get(PAGE, guards=[signed_in])
async def report_page(
    pages: Pages, viewer: Viewer, params: Query, query_string: QueryString, zone: Zone, now: Now
) -> Response[str]:
    """Show a period's figures; the address holds period, kind and, for chosen days, from and to."""
    try:
        asked, errors = await asked_in(viewer, zone, now, params), Errors()
    except Invalid as wrong:
        asked, errors = await asked_in(viewer, zone, now, FormValues({})), errors_of(wrong, addresses.FIELDS)
    found, committees, saved = await together(
        reports.report(viewer, asked), _committees(viewer, asked), saved_in(viewer, query_string, "reports")
    )
    status_code = 422 if errors else 200
    return pages.render(
        "reports/show.html",
        status_code=status_code,
        report=found,
        errors=errors,
        form=params if errors else FormValues({name: (text,) for name, text in _form_of(asked).items()}),
        chart=chart(found.months),
        files=_files(PAGE, query_for(asked)),
        **_choices(asked),
        **_words(asked),
        committees=committees,
        **saved,
    )


@get(f"{PAGE}/rows", guards=[signed_in])
async def rows_page(pages: Pages, viewer: Viewer, params: Query, zone: Zone, now: Now) -> Response[str]:
    """Show the rows that one number counts."""
    asked, number = await asked_in(viewer, zone, now, params), number_in(params)
    found = await rows.rows(viewer, asked, number, SHOWN)
    address = query_for(asked) | addresses.number_query(number.part, number.measure, addresses.line_of(number))
    return pages.render(
        "reports/rows.html",
        rows=found,
        number=number,
        title=await _name(number),
        files=_files(f"{PAGE}/rows", address),
        **_words(asked),
    )


@get([f"{PAGE}.{form}" for form in FILES], guards=[signed_in], dependencies=FILE_TYPE)
async def report_file(
    file_type: FileType, viewer: Viewer, visit: Visit, params: Query, zone: Zone, now: Now, settings: Settings
) -> Response[Any]:
    """Return a period's figures as a file, and record that in the audit log."""
    asked = await asked_in(viewer, zone, now, params)
    found = await reports.report(viewer, asked)
    if found.is_restricted and (proof := first_reauthenticate(visit, addresses.page_of(asked), now)):
        return proof
    figures = report_sheets(found)
    return await _file(file_type, viewer, settings, asked, figures, "figures", is_restricted=found.is_restricted)


@get([f"{PAGE}/rows.{form}" for form in FILES], guards=[signed_in], dependencies=FILE_TYPE)
async def rows_file(
    file_type: FileType, viewer: Viewer, visit: Visit, params: Query, zone: Zone, now: Now, settings: Settings
) -> Response[Any]:
    """Return the rows behind a number as a file, and record that in the audit log."""
    asked, number = await asked_in(viewer, zone, now, params), number_in(params)
    found = await rows.rows(viewer, asked, number, MOST)
    if found.shown < found.count:
        raise TooLarge(f"A file can have at most {MOST:,} rows. Choose a shorter period.")
    back = linked(asked)(number.part, number.measure, **addresses.line_of(number))
    if found.is_restricted and (proof := first_reauthenticate(visit, back, now)):
        return proof
    name = await _name(number)
    sheets = [row_sheet(name, found, asked.zone)]
    what = f"rows of {name}"
    return await _file(
        file_type, viewer, settings, asked, sheets, what, is_restricted=found.is_restricted, banner=found.banner
    )


async def _file(
    file_type: FileType,
    viewer: Viewer,
    settings: Settings,
    asked: Asked,
    sheets: list[Sheet],
    what: str,
    *,
    is_restricted: bool,
    banner: str = "",
) -> Response[bytes]:
    heading = heading_of(
        settings.task_force_name, asked, f"{viewer.name} ({viewer.agency})", is_restricted=is_restricted
    )
    if file_type == "csv":
        content = await asyncio.to_thread(csv_of, heading, sheets, banner)
    else:
        content = await asyncio.to_thread(xlsx_of, heading, sheets, asked.now, banner)
    await reports.note_download(viewer, asked, what, file_type, asked.now)
    name = f"report-{asked.period.first}-{asked.period.last}.{file_type}"
    return Response(
        content,
        media_type=CSV_TYPE if file_type == "csv" else XLSX_TYPE,
        headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store, private"},
    )


async def _name(number: Number) -> str:
    """Return a number in words: "Remote: FBI, 2026-12"."""
    words = MEASURE_WORDS[number.measure]
    agency = next((one.code for one in await reports.agencies() if number.agency == (one.id or rows.OTHERS)), "")
    line = [agency, ARMS[number.arm] if number.arm else "", f"{number.month:%B %Y}" if number.month else ""]
    return ": ".join([words, *([", ".join(filter(None, line))] if any(line) else [])])


async def _committees(viewer: Viewer, asked: Asked) -> list[tuple[str, str]]:
    known = await reports.committees(viewer)
    other = [asked.committee] if asked.committee and asked.committee not in known else []
    return [("", "All committees"), *((str(one.id), one.name) for one in (*known, *other))]


def _form_of(asked: Asked) -> dict[str, str]:
    """Return the form of a requested report; its days are filled in for chosen days."""
    days = {"from": asked.period.first.isoformat(), "to": asked.period.last.isoformat()}
    return {**days, "kind": "", "committee": "", **query_for(asked)}


def _files(path: str, query: dict[str, str]) -> list[tuple[str, str]]:
    return [(form.upper(), f"{path}.{form}?{addresses.encoded(query)}") for form in FILES]


def _choices(asked: Asked) -> dict[str, Any]:
    return {
        "periods": [*addresses.periods_for(asked), (CUSTOM, "Chosen days")],
        "kind_choices": [("", "All kinds"), *KIND_WORDS.items()],
    }


def _words(asked: Asked) -> dict[str, Any]:
    """Return the values that all report pages share."""
    return {
        "asked": asked,
        "link": linked(asked),
        "as_of": as_of(asked),
        "back": addresses.page_of(asked),
        "only": addresses.only(asked),
        "kinds": KIND_WORDS,
        "arms": ARMS,
        "ages": AGES,
        "hours": hours,
        "mark_words": mark_words,
    }
