"""Importing a list of people: first a report on every row, then all of them or none."""

from functools import partial
from typing import Any

from litestar import Response, get, post

from tracker.errors import Invalid, TooLarge
from tracker.ports.http import errors
from tracker.ports.http.dependencies import Now, Viewer, Visit, Zone
from tracker.ports.http.guards import signed_in
from tracker.ports.pages.core.dependencies import Form, Pages, Upload, first_reauthenticate
from tracker.ports.pages.core.form_values import Errors, FormValues, upload_content
from tracker.ports.pages.roster.admin_forms import check_roster_manager
from tracker.ports.pages.roster.list_review import Review, review_of
from tracker.rules.core.wording import plural
from tracker.rules.roster.csv_file import COLUMNS, REQUIRED
from tracker.rules.views.impact import list_change_words
from tracker.usecases.roster.csv_import import RosterImportReport
from tracker.usecases.views import preview, seat_changes

PATH = "/people/import"
NO_FILE = "Choose a CSV file."


@get(PATH, guards=[signed_in])
async def roster_import_page(pages: Pages, viewer: Viewer, visit: Visit, now: Now) -> Response[Any]:
    """Show how to import a list."""
    check_roster_manager(viewer)
    return first_reauthenticate(visit, PATH, now) or _page(pages)


@post(PATH, guards=[signed_in], status_code=303)
async def post_roster_import(
    pages: Pages, viewer: Viewer, visit: Visit, form: Form, upload: Upload, zone: Zone, now: Now
) -> Response[Any]:
    """Show what a file would do, row by row; after confirmation, import it."""
    check_roster_manager(viewer)
    if first := first_reauthenticate(visit, PATH, now):
        return first
    try:
        text, is_trial = _list(upload, form)
        deed = partial(seat_changes.import_list_for, viewer, text, visit.reauthenticated_at, now, zone)
        report, impact = await (preview.do_and_roll_back(deed) if is_trial else deed())
    except (Invalid, TooLarge) as wrong:
        return _page(pages, status_code=errors.status_of(wrong), wrong=wrong.sentence)
    if is_trial or report.faults:
        shown = "" if report.faults else text.decode("utf-8-sig")
        review = review_of(impact, zone)
        return _page(pages, status_code=422 if report.faults else 200, report=report, text=shown, review=review)
    return pages.redirect("/people", f"Import complete: {_counted(report)}.{list_change_words(impact)}")


def _list(upload: Upload | None, form: FormValues) -> tuple[bytes, bool]:
    """Return the list, from a chosen file or a confirmed report, and whether it is a trial."""
    chosen = upload_content(upload)
    content = chosen or form["list"].encode()
    if not content:
        raise Invalid(file=NO_FILE)
    return content, bool(chosen) or form["confirmed"] != "yes"


def _page(
    pages: Pages,
    *,
    status_code: int = 200,
    wrong: str = "",
    report: RosterImportReport | None = None,
    text: str = "",
    review: Review | None = None,
) -> Response[Any]:
    return pages.render(
        "roster/people/import.html",
        status_code=status_code,
        wrong=wrong,
        report=report,
        text=text,
        counted=_counted(report) if report else "",
        review=review,
        columns=[name for name in COLUMNS if name not in REQUIRED],
        required=REQUIRED,
        errors=Errors({"file": wrong} if wrong else {}),
    )


def _counted(report: RosterImportReport) -> str:
    added = sum(outcome.is_new for outcome in report.outcomes)
    changed = sum(bool(outcome.changes) for outcome in report.outcomes)
    same = len(report.outcomes) - added - changed
    return f"{plural(added, 'person', 'people')} added, {changed} changed, {same} unchanged"
