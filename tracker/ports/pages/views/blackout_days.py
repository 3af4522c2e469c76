"""Blackout days of an agency, added and removed on its page."""

from typing import Any
from uuid import UUID

from litestar import Response, post
from litestar.response import Redirect

from tracker.errors import Invalid
from tracker.ports.http.dependencies import Now, PathId, Today, Viewer, Zone
from tracker.ports.http.guards import signed_in
from tracker.ports.pages.core.dependencies import Form, Pages
from tracker.ports.pages.core.form_values import FormReader, errors_of
from tracker.ports.pages.views.agency_pages import agency_context
from tracker.usecases.availability import blackout_days

BLACKOUT_PATH = "/agencies/{agency_id:uuid}/blackout-days"
LONGEST_REASON = 60  # characters
FIELDS = ("first", "last", "reason")


@post(BLACKOUT_PATH, guards=[signed_in], status_code=303)
async def post_blackout(
    agency_id: PathId, pages: Pages, viewer: Viewer, form: Form, zone: Zone, today: Today, now: Now
) -> Response[Any]:
    """Add blackout days, or show the page again with the errors."""
    try:
        reader = FormReader(form)
        first, last, reason = reader.day("first"), reader.day("last"), reader.text("reason", LONGEST_REASON)
        reader.check()
        await blackout_days.set_blackout(viewer, agency_id, first, last, reason, now, today)
    except Invalid as wrong:
        shown = await agency_context(viewer, agency_id, zone, today, now)
        shown |= {"form": form, "errors": errors_of(wrong, FIELDS)}
        return pages.render("views/agencies/show.html", status_code=422, **shown)
    return pages.redirect(_place_on_page(agency_id), "Blackout days added.")


@post(f"{BLACKOUT_PATH}/{{blackout_id:uuid}}/removal", guards=[signed_in], status_code=303)
async def post_blackout_removal(
    agency_id: PathId, blackout_id: PathId, pages: Pages, viewer: Viewer, now: Now
) -> Redirect:
    """Remove blackout days."""
    await blackout_days.remove_blackout(viewer, agency_id, blackout_id, now)
    return pages.redirect(_place_on_page(agency_id), "Blackout days removed.")


def _place_on_page(agency_id: UUID) -> str:
    return f"/agencies/{agency_id}#blackout-h"
