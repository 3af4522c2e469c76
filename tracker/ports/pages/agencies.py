"""The agencies of the task force, and the page of one: its people, seats, open action items and next events."""

from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

from litestar import Request, Response, get
from litestar.params import FromPath

from tracker import clock
from tracker.ports.guards import signed_in
from tracker.ports.pages.action_views import today_of
from tracker.ports.pages.entries import Agenda, agenda
from tracker.ports.pages.form_values import Errors, FormValues, query_of
from tracker.ports.pages.keeping import NO_FORM
from tracker.ports.pages.people import WORDS
from tracker.ports.pages.report_addresses import asked_in, linked, page_of, periods_for
from tracker.ports.pages.request import viewer_of, zone_of
from tracker.ports.pages.templating import page
from tracker.rules.action_items import days_late
from tracker.rules.blackouts import may_name
from tracker.rules.calendar_grid import Seen
from tracker.rules.directory import LEVEL_WORDS
from tracker.rules.report_periods import CUSTOM
from tracker.rules.reports import may_read
from tracker.rules.wording import local
from tracker.usecases import action_lists, blackouts, directory, meeting_dates, report_rows

AHEAD = timedelta(days=21)


@get("/agencies", guards=[signed_in])
async def agencies_page(request: Request[Any, Any, Any]) -> Response[str]:
    """Show the agencies that the viewer may know."""
    found = await directory.agencies(viewer_of(request))
    return page("agencies/list.html", request, **WORDS, level_words=LEVEL_WORDS, agencies=found)


@get("/agencies/{agency_id:uuid}", guards=[signed_in])
async def agency_page(agency_id: FromPath[UUID], request: Request[Any, Any, Any]) -> Response[str]:
    """Show one agency; `period` in the address is that of its attendance, for those who have reports."""
    return page("agencies/show.html", request, **await agency_context(request, agency_id))


async def agency_context(request: Request[Any, Any, Any], agency_id: UUID) -> dict[str, Any]:
    """Return what the page of an agency shows. Errors: NotFound."""
    viewer, today = viewer_of(request), today_of(request)
    found = await directory.agency(viewer, agency_id)
    items = await action_lists.open_items_of_people(viewer, [person.id for person in found.people])
    return {
        **WORDS, "level_words": LEVEL_WORDS, "agency": found, "items": items, "days": await _next(request, agency_id),
        "late": sum(days_late(item, today) > 0 for item in items), **await _attendance(request, agency_id),
        "blackouts": await blackouts.of_agency(agency_id, today), "may_name": may_name(viewer, agency_id),
        "form": NO_FORM, "errors": Errors(),
    }  # fmt: skip


async def _attendance(request: Request[Any, Any, Any], agency_id: UUID) -> dict[str, Any]:
    """Return how the agency attended in the period that is asked for; nothing for a viewer without reports."""
    if not may_read(viewer_of(request)):
        return {"attendance": None}
    period = query_of(request)["period"]
    asked = await asked_in(request, FormValues({"period": [period if period != CUSTOM else ""]}))
    return {
        "attendance": await report_rows.of_agency(viewer_of(request), asked, agency_id), "asked": asked,
        "link": partial(linked(asked), "places", agency=agency_id), "report": page_of(asked),
        "periods": periods_for(asked),
    }  # fmt: skip


async def _next(request: Request[Any, Any, Any], agency_id: UUID) -> Agenda:
    zone, now = zone_of(request), clock.now()
    lines = await meeting_dates.next_of_agency(viewer_of(request), agency_id, now, now + AHEAD)
    today = local(now, zone).date()
    return agenda((Seen(line=line) for line in lines if not line.is_off), today, today + AHEAD, zone)


handlers = [agencies_page, agency_page]
