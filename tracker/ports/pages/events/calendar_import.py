"""Importing a calendar file: first a report of every event, then all of it or nothing."""

from typing import Any

from litestar import Request, Response, get, post

from tracker import clock
from tracker.errors import Busy, Invalid, TooLarge
from tracker.ports.http import errors
from tracker.ports.http.calendar_files import read_calendar
from tracker.ports.http.guards import signed_in
from tracker.ports.pages.core.form_values import Errors, FormValues, form_of
from tracker.ports.pages.core.request import said, viewer_of, zone_of
from tracker.ports.pages.core.templating import page
from tracker.ports.pages.core.uploads import chosen_file
from tracker.rules.core.viewer import Viewer
from tracker.rules.events.calendar_import import CalendarFile, Report, check_importer, dates_in_words
from tracker.usecases.events import calendar_import

PATH = "/calendar/import"
NO_FILE = "Choose the calendar file."
SHOWN = 500  # rows of a report


@get(PATH, guards=[signed_in])
async def import_page(request: Request[Any, Any, Any]) -> Response[Any]:
    """Show how to import a calendar file."""
    _importer(request)
    return _page(request)


@post(PATH, guards=[signed_in], status_code=303)
async def import_events(request: Request[Any, Any, Any]) -> Response[Any]:
    """Show what a file would do, row by row; when that was confirmed, do it."""
    viewer = _importer(request)
    try:
        text, form = await _sent(request)
        file = await read_calendar(text, clock.now(), zone_of(request))
    except (Invalid, TooLarge, Busy) as wrong:
        return _page(request, status_code=errors.status_of(wrong), wrong=wrong.sentence)
    is_confirmed, skips_refused = form["confirmed"] == "yes", form["skip"] == "yes"
    report = await _report(viewer, file, is_confirmed=is_confirmed, skips_refused=skips_refused)
    stops = bool(report.refused) and not skips_refused
    if not is_confirmed or stops:
        return _page(request, status_code=422 if stops else 200, report=report, text=text.decode("utf-8-sig"))
    return said(request, "/calendar", f"The file is imported: {report.words}. No mail goes out.")


async def _report(viewer: Viewer, file: CalendarFile, *, is_confirmed: bool, skips_refused: bool) -> Report:
    if is_confirmed:
        return await calendar_import.import_calendar(viewer, file, clock.now(), skips_refused=skips_refused)
    return await calendar_import.preview(viewer, file)


async def _sent(request: Request[Any, Any, Any]) -> tuple[bytes, FormValues]:
    """Return the file, chosen now or confirmed after its report, and the form; a chosen file is never confirmed."""
    chosen = await chosen_file(request)
    form = await form_of(request)
    content = chosen or form["calendar"].encode()
    if not content:
        raise Invalid(file=NO_FILE)
    return content, form.but({"confirmed": ""}) if chosen else form


def _importer(request: Request[Any, Any, Any]) -> Viewer:
    viewer = viewer_of(request)
    check_importer(viewer)
    return viewer


def _page(
    request: Request[Any, Any, Any],
    *,
    status_code: int = 200,
    wrong: str = "",
    report: Report | None = None,
    text: str = "",
) -> Response[Any]:
    rows = report.rows[:SHOWN] if report else ()
    return page(
        "calendars/import.html",
        request,
        status_code=status_code,
        report=report,
        text=text,
        rows=[(one, dates_in_words(one.event) if one.event else "") for one in rows],
        errors=Errors({"file": wrong} if wrong else {}),
    )


handlers = [import_page, import_events]
