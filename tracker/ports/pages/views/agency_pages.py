"""The agencies of the task force, and the page of one: its people, seats, open action items and next events."""

from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

from litestar import Request, Response, get
from litestar.params import FromPath

from tracker import clock
from tracker.ports.http.guards import signed_in
from tracker.ports.pages.actions.item_views import today_of
from tracker.ports.pages.core.date_entries import Agenda, agenda
from tracker.ports.pages.core.form_values import Errors, FormValues, query_of
from tracker.ports.pages.core.request import viewer_of, zone_of
from tracker.ports.pages.core.templating import page
from tracker.ports.pages.reports.addresses import asked_in, linked, page_of, periods_for
from tracker.ports.pages.roster.admin_saving import NO_FORM
from tracker.ports.pages.roster.people import WORDS
from tracker.rules.actions.action_items import days_late
from tracker.rules.availability.blackout_days import may_name
from tracker.rules.calendars.month_grid import Seen
from tracker.rules.core.wording import local
from tracker.rules.reports.periods import CUSTOM
from tracker.rules.reports.reports import may_read
from tracker.rules.roster.directory import LEVEL_WORDS
from tracker.usecases.actions import item_lists
from tracker.usecases.availability import blackout_days
from tracker.usecases.events import occurrences
from tracker.usecases.reports import rows
from tracker.usecases.roster import directory

AHEAD = timedelta(days=21)


@get("/agencies", guards=[signed_in])
async def agencies_page(request: Request[Any, Any, Any]) -> Response[str]:
    """Show the agencies that the viewer may know."""
    found = await directory.agencies(viewer_of(request))
    return page("roster/agencies/list.html", request, **WORDS, level_words=LEVEL_WORDS, agencies=found)


@get("/agencies/{agency_id:uuid}", guards=[signed_in])
async def agency_page(agency_id: FromPath[UUID], request: Request[Any, Any, Any]) -> Response[str]:
    """Show one agency; `period` in the address is that of its attendance, for those who have reports."""
    return page("roster/agencies/show.html", request, **await agency_context(request, agency_id))


async def agency_context(request: Request[Any, Any, Any], agency_id: UUID) -> dict[str, Any]:
    """Return what the page of an agency shows. Errors: NotFound."""
    viewer, today = viewer_of(request), today_of(request)
    found = await directory.agency(viewer, agency_id)
    items = await item_lists.open_items_of_people(viewer, [person.id for person in found.people])
    return {
        **WORDS,
        "level_words": LEVEL_WORDS,
        "agency": found,
        "items": items,
        "days": await _next(request, agency_id),
        "late": sum(days_late(item, today) > 0 for item in items),
        **await _attendance(request, agency_id),
        "blackouts": await blackout_days.of_agency(agency_id, today),
        "may_name": may_name(viewer, agency_id),
        "form": NO_FORM,
        "errors": Errors(),
    }


async def _attendance(request: Request[Any, Any, Any], agency_id: UUID) -> dict[str, Any]:
    """Return how the agency attended in the period that is asked for; nothing for a viewer without reports."""
    if not may_read(viewer_of(request)):
        return {"attendance": None}
    period = query_of(request)["period"]
    asked = await asked_in(request, FormValues({"period": [period if period != CUSTOM else ""]}))
    return {
        "attendance": await rows.of_agency(viewer_of(request), asked, agency_id),
        "asked": asked,
        "link": partial(linked(asked), "places", agency=agency_id),
        "report": page_of(asked),
        "periods": periods_for(asked),
    }


async def _next(request: Request[Any, Any, Any], agency_id: UUID) -> Agenda:
    zone, now = zone_of(request), clock.now()
    lines = await occurrences.next_of_agency(viewer_of(request), agency_id, now, now + AHEAD)
    today = local(now, zone).date()
    return agenda((Seen(line=line) for line in lines if not line.is_off), today, today + AHEAD, zone)


handlers = [agencies_page, agency_page]
