"""The agencies of the task force, and the page of one: its people, seats, open action items and next events."""

from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

from litestar import Response, get
from litestar.params import FromQuery

from tracker.database import together
from tracker.ports.http.dependencies import Now, PathId, Today, Viewer, Zone
from tracker.ports.http.guards import signed_in
from tracker.ports.pages.core.date_entries import Agenda, agenda_of
from tracker.ports.pages.core.dependencies import Pages
from tracker.ports.pages.core.form_values import Errors, FormValues
from tracker.ports.pages.core.sheets import NO_FORM
from tracker.ports.pages.reports.addresses import period_choices, report_address, report_request_in, rows_link
from tracker.ports.pages.roster.people import ROSTER_WORDS
from tracker.rules.actions.action_items import days_late
from tracker.rules.availability.blackout_days import may_set_blackouts
from tracker.rules.calendars.calendars import SeenDate
from tracker.rules.reports.reports import CUSTOM, may_read_reports
from tracker.usecases.actions import item_lists
from tracker.usecases.availability import blackout_days
from tracker.usecases.events import occurrences
from tracker.usecases.reports import reports
from tracker.usecases.roster import directory

AHEAD = timedelta(days=21)


@get("/agencies", guards=[signed_in])
async def agencies_page(pages: Pages, viewer: Viewer) -> Response[str]:
    """Show the agencies that the viewer may know."""
    agency_cards = await directory.agencies_for(viewer)
    return pages.render("views/agencies/list.html", **ROSTER_WORDS, agencies=agency_cards)


@get("/agencies/{agency_id:uuid}", guards=[signed_in])
async def agency_page(
    agency_id: PathId, pages: Pages, viewer: Viewer, zone: Zone, today: Today, now: Now, period: FromQuery[str] = ""
) -> Response[str]:
    """Show one agency; `period` in the address is that of its attendance, for people who have reports."""
    return pages.render("views/agencies/show.html", **await agency_context(viewer, agency_id, zone, today, now, period))


async def agency_context(
    viewer: Viewer, agency_id: UUID, zone: Zone, today: Today, now: Now, period: str = ""
) -> dict[str, Any]:
    """Return the values of an agency's page. Errors: NotFound."""
    agency_card = await directory.agency_for(viewer, agency_id)
    items, days, attendance, blackouts = await together(
        item_lists.open_items_of_people(viewer, [person.id for person in agency_card.people]),
        _next(viewer, agency_id, zone, today, now),
        _attendance(viewer, agency_id, zone, now, period),
        blackout_days.blackouts_of_agency(agency_id, today),
    )
    return {
        **ROSTER_WORDS,
        "agency": agency_card,
        "items": items,
        "days": days,
        "late": sum(days_late(item, today) > 0 for item in items),
        **attendance,
        "blackouts": blackouts,
        "may_name": may_set_blackouts(viewer, agency_id),
        "form": NO_FORM,
        "errors": Errors(),
    }


async def _attendance(viewer: Viewer, agency_id: UUID, zone: Zone, now: Now, period: str) -> dict[str, Any]:
    """Return the agency's attendance in the requested period; None for a viewer without reports."""
    if not may_read_reports(viewer):
        return {"attendance": None}
    asked = await report_request_in(viewer, zone, now, FormValues({"period": [period if period != CUSTOM else ""]}))
    return {
        "attendance": await reports.attendance_of_agency(viewer, asked, agency_id),
        "asked": asked,
        "link": partial(rows_link(asked), "places", agency=agency_id),
        "report": report_address(asked),
        "periods": period_choices(asked),
    }


async def _next(viewer: Viewer, agency_id: UUID, zone: Zone, today: Today, now: Now) -> Agenda:
    lines = await occurrences.next_dates_of_agency(viewer, agency_id, now, now + AHEAD)
    return agenda_of((SeenDate(line=line) for line in lines if not line.is_off), today, today + AHEAD, zone)
