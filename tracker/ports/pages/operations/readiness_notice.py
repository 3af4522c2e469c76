"""A service-readiness notice for its recipients: its page, and the button that acknowledges it."""

from typing import Any

from litestar import Response, get, post

from tracker.errors import NotAllowed
from tracker.ports.http.addresses import HOME
from tracker.ports.http.dependencies import Now, Viewer
from tracker.ports.http.guards import signed_in
from tracker.ports.http.path import PathId
from tracker.ports.pages.core.dependencies import Form, HomeRows, Pages
from tracker.ports.pages.core.home_part import is_from_home
from tracker.rules.operations.readiness import MINORS_WORDS
from tracker.usecases.operations import readiness_given

SAID = "You acknowledged the notice."


@get("/notices/{notice_id:uuid}", guards=[signed_in])
async def notice_page(notice_id: PathId, pages: Pages, viewer: Viewer, now: Now) -> Response[str]:
    """Show a notice that was released to the viewer. Errors: NotFound for any other."""
    notice = await readiness_given.notice_for(viewer, notice_id, now)
    return pages.render("operations/readiness-notice.html", notice=notice, minors_words=MINORS_WORDS)


@post("/notices/{notice_id:uuid}/acknowledgments", guards=[signed_in], status_code=303)
async def acknowledge(
    notice_id: PathId, pages: Pages, viewer: Viewer, form: Form, home_rows: HomeRows, now: Now
) -> Response[Any]:
    """Acknowledge the notice on its page or on the home page."""
    page = HOME if is_from_home(form) else f"/notices/{notice_id}"
    try:
        notice = await readiness_given.acknowledge(viewer, notice_id, now)
    except NotAllowed as ended:
        if home_rows.are_asked_for(form):
            why = ended.sentence
            row = "views/home/row-settled.html"
            return home_rows.show(row, await home_rows.found(), why, refused=why, key=str(notice_id))
        return pages.refuse(page, ended.sentence)
    if home_rows.are_asked_for(form):
        return home_rows.show("operations/readiness-row.html", await home_rows.found(), SAID, one=notice)
    return pages.redirect(page, SAID)
