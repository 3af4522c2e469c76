"""Importing a calendar file: first a report on every event, then all of them or none."""

from typing import Any

from litestar import Response, get, post

from tracker.errors import Busy, Invalid, TooLarge
from tracker.ports.http import errors
from tracker.ports.http.dependencies import Now, Viewer, Zone
from tracker.ports.http.forms import read_upload
from tracker.ports.http.guards import signed_in
from tracker.ports.pages.core.dependencies import Form, Pages, Upload
from tracker.ports.pages.core.form_values import Errors, FormValues, upload_content
from tracker.rules.events.calendar_import import CalendarFile, ImportReport, check_importer, file_event_in_words
from tracker.usecases.events import calendar_import

IMPORT_PATH = "/calendar/import"
NO_FILE = "Choose a calendar file."
SHOWN = 500  # rows of a report


@get(IMPORT_PATH, guards=[signed_in])
async def show_calendar_import(pages: Pages, viewer: Viewer) -> Response[Any]:
    """Show how to import a calendar file."""
    check_importer(viewer)
    return _import_page(pages)


@post(IMPORT_PATH, guards=[signed_in], status_code=303)
async def post_calendar_import(
    pages: Pages, viewer: Viewer, form: Form, upload: Upload, zone: Zone, now: Now
) -> Response[Any]:
    """Show what a file would do, row by row; after confirmation, import it."""
    check_importer(viewer)
    try:
        text, form = _sent(upload, form)
        file = await read_upload(text, now, zone)
    except (Invalid, TooLarge, Busy) as wrong:
        return _import_page(pages, status_code=errors.status_of(wrong), wrong=wrong.sentence)
    is_confirmed, skips_refused = form["confirmed"] == "yes", form["skip"] == "yes"
    report = await _report(viewer, file, now, is_confirmed=is_confirmed, skips_refused=skips_refused)
    stops = bool(report.refused) and not skips_refused
    if not is_confirmed or stops:
        return _import_page(pages, status_code=422 if stops else 200, report=report, text=text.decode("utf-8-sig"))
    return pages.redirect("/calendar", f"Import complete: {report.words}. No one will get an email.")


async def _report(
    viewer: Viewer, file: CalendarFile, now: Now, *, is_confirmed: bool, skips_refused: bool
) -> ImportReport:
    if is_confirmed:
        return await calendar_import.import_calendar(viewer, file, now, skips_refused=skips_refused)
    return await calendar_import.preview_calendar_import(viewer, file)


def _sent(upload: Upload | None, form: FormValues) -> tuple[bytes, FormValues]:
    """Return the file, newly chosen or confirmed after its report, and the form; a new file is never confirmed."""
    chosen = upload_content(upload)
    content = chosen or form["calendar"].encode()
    if not content:
        raise Invalid(file=NO_FILE)
    return content, form.but({"confirmed": ""}) if chosen else form


def _import_page(
    pages: Pages, *, status_code: int = 200, wrong: str = "", report: ImportReport | None = None, text: str = ""
) -> Response[Any]:
    rows = report.rows[:SHOWN] if report else ()
    return pages.render(
        "events/import.html",
        status_code=status_code,
        report=report,
        text=text,
        rows=[(row, file_event_in_words(row.event) if row.event else "") for row in rows],
        errors=Errors({"file": wrong} if wrong else {}),
    )
