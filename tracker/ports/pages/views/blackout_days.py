"""Blackout days of an agency, named and taken back on its page."""

from typing import Any
from uuid import UUID

from litestar import Request, Response, post
from litestar.params import FromPath
from litestar.response import Redirect

from tracker import clock
from tracker.errors import Invalid
from tracker.ports.http.guards import signed_in
from tracker.ports.pages.core.form_values import FormValues, Reader, errors_of, form_of
from tracker.ports.pages.core.request import said, viewer_of, zone_of
from tracker.ports.pages.core.templating import page
from tracker.ports.pages.views.agency_pages import agency_context
from tracker.rules.core.wording import local
from tracker.usecases.availability import blackout_days

PATH = "/agencies/{agency_id:uuid}/blackout-days"
LONGEST_REASON = 60  # characters
FIELDS = ("first", "last", "reason")


@post(PATH, guards=[signed_in], status_code=303)
async def name_blackout(agency_id: FromPath[UUID], request: Request[Any, Any, Any]) -> Response[Any]:
    """Name blackout days, or show the page again with what keeps them from being named."""
    form = await form_of(request)
    try:
        await _name(request, agency_id, form)
    except Invalid as wrong:
        shown = await agency_context(request, agency_id) | {"form": form, "errors": errors_of(wrong, FIELDS)}
        return page("roster/agencies/show.html", request, status_code=422, **shown)
    return said(request, _place(agency_id), "The blackout days are saved.")


@post(f"{PATH}/{{blackout_id:uuid}}/removal", guards=[signed_in], status_code=303)
async def take_back(
    agency_id: FromPath[UUID], blackout_id: FromPath[UUID], request: Request[Any, Any, Any]
) -> Redirect:
    """Take blackout days back."""
    await blackout_days.take_back(viewer_of(request), agency_id, blackout_id, clock.now())
    return said(request, _place(agency_id), "The blackout days are removed.")


async def _name(request: Request[Any, Any, Any], agency_id: UUID, form: FormValues) -> None:
    reader, now = Reader(form), clock.now()
    first, last, reason = reader.day("first"), reader.day("last"), reader.text("reason", LONGEST_REASON)
    reader.check()
    today = local(now, zone_of(request)).date()
    await blackout_days.name(viewer_of(request), agency_id, first, last, reason, now, today)


def _place(agency_id: UUID) -> str:
    return f"/agencies/{agency_id}#blackout-h"


handlers = [name_blackout, take_back]
