"""Importing a list of people: first a report of every row, then all of it or nothing."""

from typing import Any

from litestar import Request, Response, get, post

from tracker import clock
from tracker.errors import Invalid, TooLarge
from tracker.ports.http import errors
from tracker.ports.http.guards import signed_in
from tracker.ports.pages.core.form_values import Errors, form_of
from tracker.ports.pages.core.reauthentication import first_reauthenticate, visit_of
from tracker.ports.pages.core.request import zone_of
from tracker.ports.pages.core.templating import page
from tracker.ports.pages.core.uploads import chosen_file
from tracker.ports.pages.roster.admin_saving import done, manager_of
from tracker.rules.core.viewer import Viewer
from tracker.rules.core.wording import plural
from tracker.rules.roster.csv_rows import COLUMNS, REQUIRED
from tracker.usecases.roster import csv_import
from tracker.usecases.roster.csv_import import Report

PATH = "/people/import"
NO_FILE = "Choose the file of the list."


@get(PATH, guards=[signed_in])
async def import_page(request: Request[Any, Any, Any]) -> Response[Any]:
    """Show how to import a list."""
    manager_of(request)
    return first_reauthenticate(request, PATH) or _page(request)


@post(PATH, guards=[signed_in], status_code=303)
async def import_list(request: Request[Any, Any, Any]) -> Response[Any]:
    """Show what a file would do, row by row; when that was confirmed, do it."""
    viewer = manager_of(request)
    if first := first_reauthenticate(request, PATH):
        return first
    try:
        text, is_trial = await _list(request)
        report = await _import(request, viewer, text, is_trial=is_trial)
    except (Invalid, TooLarge) as wrong:
        return _page(request, status_code=errors.status_of(wrong), wrong=wrong.sentence)
    if is_trial or report.faults:
        shown = "" if report.faults else text.decode("utf-8-sig")
        return _page(request, status_code=422 if report.faults else 200, report=report, text=shown)
    return done(request, "/people", f"The list is imported: {_counted(report)}.")


async def _import(request: Request[Any, Any, Any], viewer: Viewer, text: bytes, *, is_trial: bool) -> Report:
    reauthenticated_at = visit_of(request).reauthenticated_at
    return await csv_import.import_as(
        viewer, text, reauthenticated_at, clock.now(), zone_of(request), is_trial=is_trial
    )


async def _list(request: Request[Any, Any, Any]) -> tuple[bytes, bool]:
    """Return the list, from a chosen file or a confirmed report, and whether it is a trial."""
    chosen = await chosen_file(request)
    form = await form_of(request)
    content = chosen or form["list"].encode()
    if not content:
        raise Invalid(file=NO_FILE)
    return content, bool(chosen) or form["confirmed"] != "yes"


def _page(
    request: Request[Any, Any, Any],
    *,
    status_code: int = 200,
    wrong: str = "",
    report: Report | None = None,
    text: str = "",
) -> Response[Any]:
    return page(
        "roster/people/import.html",
        request,
        status_code=status_code,
        wrong=wrong,
        report=report,
        text=text,
        counted=_counted(report) if report else "",
        columns=[name for name in COLUMNS if name not in REQUIRED],
        required=REQUIRED,
        errors=Errors({"file": wrong} if wrong else {}),
    )


def _counted(report: Report) -> str:
    added = sum(one.is_new for one in report.outcomes)
    changed = sum(bool(one.changes) for one in report.outcomes)
    same = len(report.outcomes) - added - changed
    return f"{plural(added, 'person', 'people')} added, {changed} changed, {same} as they were"


handlers = [import_page, import_list]
