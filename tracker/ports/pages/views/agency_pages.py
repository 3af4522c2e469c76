"""Pages of an agency, its blackout days, and offboarding."""

from collections.abc import Sequence
from datetime import date, timedelta
from functools import partial
from typing import Annotated, Any
from uuid import UUID

from litestar import get, post
from litestar.params import FromQuery
from litestar.response import Redirect

from tracker.database import together
from tracker.errors import Invalid
from tracker.ports.http.dependencies import Now, PathId, Today, Viewer, Visit, Zone
from tracker.ports.http.guards import signed_in
from tracker.ports.pages.core import form_values
from tracker.ports.pages.core.date_entries import agenda_of, date_address, date_times
from tracker.ports.pages.core.dependencies import Form, Page, Pages, first_reauthenticate
from tracker.ports.pages.core.form_shapes import DayField, FormShape, Text, form_context
from tracker.ports.pages.core.form_values import ChosenPerson, Errors, FormValues, errors_of, id_in
from tracker.ports.pages.reports.spreadsheets import period_choices, report_address, report_request_in, rows_link
from tracker.ports.pages.roster.admin_forms import check_roster_manager
from tracker.ports.pages.roster.people import ROSTER_WORDS, dates_by_event, is_reviewed, review_of
from tracker.rules.actions import days_late
from tracker.rules.availability.suggested_times import may_set_blackouts
from tracker.rules.calendars.calendars import SeenDate
from tracker.rules.reports.reports import CUSTOM, may_read_reports
from tracker.rules.views.impact import ListImpact, list_change_words
from tracker.usecases import availability, reports
from tracker.usecases.actions import item_lists
from tracker.usecases.events import occurrences
from tracker.usecases.roster import directory
from tracker.usecases.views import impact as offboarding

AHEAD = timedelta(days=21)


@get("/agencies", guards=[signed_in])
async def agencies_page(pages: Pages, viewer: Viewer) -> Page:
    """Show the agencies that the viewer may know."""
    agency_cards = await directory.agencies_for(viewer)
    return pages.render("views/agencies/list.html", **ROSTER_WORDS, agencies=agency_cards)


@get("/agencies/{agency_id:uuid}", guards=[signed_in])
async def agency_page(
    agency_id: PathId, pages: Pages, viewer: Viewer, zone: Zone, today: Today, now: Now, period: FromQuery[str] = ""
) -> Page:
    """Show one agency; `period` in the address is that of its attendance, for people who have reports."""
    return pages.render("views/agencies/show.html", **await agency_context(viewer, agency_id, zone, today, now, period))


async def agency_context(
    viewer: Viewer, agency_id: UUID, zone: Zone, today: Today, now: Now, period: str = ""
) -> dict[str, Any]:
    """Return the values of an agency's page. Errors: NotFound."""
    agency_card = await directory.agency_for(viewer, agency_id)
    items, lines, attendance, blackouts = await together(
        item_lists.open_items_of_people(viewer, [person.id for person in agency_card.people]),
        occurrences.next_dates_of_agency(viewer, agency_id, now, now + AHEAD),
        _attendance(viewer, agency_id, zone, now, period),
        availability.blackouts_of_agency(agency_id, today),
    )
    seen = (SeenDate(line=line) for line in lines if not line.is_off)
    return {
        **ROSTER_WORDS,
        "agency": agency_card,
        "items": items,
        "days": agenda_of(seen, today, today + AHEAD, zone),
        "late": sum(days_late(item, today) > 0 for item in items),
        **attendance,
        "blackouts": blackouts,
        "may_name": may_set_blackouts(viewer, agency_id),
        **form_context(None, None, BlackoutForm),
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


BLACKOUT_PATH = "/agencies/{agency_id:uuid}/blackout-days"
LONGEST_REASON = 60  # characters


class BlackoutForm(FormShape, kw_only=True):
    """Days on which no one at an agency is available."""

    first: Annotated[date | None, DayField("First day")] = None
    last: Annotated[date | None, DayField("Last day")] = None
    reason: Annotated[str, Text("Reason", LONGEST_REASON)] = ""


@post(BLACKOUT_PATH, guards=[signed_in], status_code=303)
async def post_blackout(
    agency_id: PathId, pages: Pages, viewer: Viewer, form: Form, zone: Zone, today: Today, now: Now
) -> Page:
    """Add blackout days, or show the page again with the errors."""
    try:
        blackout = BlackoutForm.read(form)
        await availability.set_blackout(viewer, agency_id, blackout.first, blackout.last, blackout.reason, now, today)
    except Invalid as wrong:
        context = await agency_context(viewer, agency_id, zone, today, now)
        return pages.render("views/agencies/show.html", **context | form_context(form, wrong, BlackoutForm))
    return pages.redirect(f"/agencies/{agency_id}#blackout-h", "Blackout days added.")


@post(f"{BLACKOUT_PATH}/{{blackout_id:uuid}}/removal", guards=[signed_in], status_code=303)
async def post_blackout_removal(
    agency_id: PathId, blackout_id: PathId, pages: Pages, viewer: Viewer, now: Now
) -> Redirect:
    """Remove blackout days."""
    await availability.remove_blackout(viewer, agency_id, blackout_id, now)
    return pages.redirect(f"/agencies/{agency_id}#blackout-h", "Blackout days removed.")


PATH = "/people/{person_id:uuid}/offboarding"
DONE = (
    "Removed. Their work was reassigned and all access ended."
    " The successor gets an email about each action item and event that they take over."
)


@get(PATH, guards=[signed_in])
async def offboarding_page(person_id: PathId, pages: Pages, visit: Visit, zone: Zone, now: Now) -> Page:
    """Show what a person is responsible for, and ask for a successor."""
    check_roster_manager(visit.viewer)
    first = first_reauthenticate(visit, f"/people/{person_id}/offboarding", now)
    return first or await _page(pages, visit.viewer, zone, now, person_id, ChosenPerson())


@post(PATH, guards=[signed_in], status_code=303)
async def post_offboarding(
    person_id: PathId, pages: Pages, visit: Visit, form: Form, zone: Zone, today: Today, now: Now
) -> Page:
    """Offboard a person; first show which invitations pass to whom, and which emails go out."""
    check_roster_manager(visit.viewer)
    if first := first_reauthenticate(visit, f"/people/{person_id}/offboarding", now):
        return first
    chosen = await form_values.read_chosen_person(
        form, "successor", await offboarding.successors_of(visit.viewer, person_id)
    )
    proof = visit.reauthenticated_at
    deed = partial(offboarding.offboard_person, visit.viewer, person_id, id_in(chosen.value), proof, now, today)
    if chosen.error:
        wrong = Invalid(successor=chosen.error)
        return await _page(pages, visit.viewer, zone, now, person_id, chosen, wrong)
    try:
        impact = await offboarding.do_and_roll_back(deed)
        if not (form["reviewed"] and is_reviewed(form, impact)):
            return await _page(pages, visit.viewer, zone, now, person_id, chosen, impact=impact)
        done = await deed()
    except Invalid as wrong:
        return await _page(pages, visit.viewer, zone, now, person_id, chosen, wrong)
    return pages.redirect(f"/people/{person_id}", f"{DONE}{list_change_words(done)}")


async def _page(
    pages: Pages,
    viewer: Viewer,
    zone: str,
    now: Now,
    person_id: UUID,
    chosen: ChosenPerson,
    wrong: Invalid | None = None,
    *,
    impact: Sequence[ListImpact] | None = None,
) -> Page:
    """Show the page; `impact` is what the chosen successor takes over on lists of events, for review.

    The button removes the person only when that is shown.
    """
    transfer = await offboarding.plan_transfer(viewer, person_id, now)
    passed = {list_impact.dates[0].event_id for list_impact in impact or ()}
    return pages.render(
        "views/offboarding.html",
        status_code=422 if wrong else 200,
        **ROSTER_WORDS,
        found=transfer,
        person=transfer.person,
        invitations=dates_by_event(transfer.invitations, zone),
        review=review_of(impact or (), zone),
        is_last=impact is not None,
        unfilled=dates_by_event(
            (invitation for invitation in transfer.invitations if invitation.event_id not in passed), zone
        ),
        successor=chosen,
        errors=errors_of(wrong, ("successor",)) or Errors(),
        address=date_address,
        times=lambda line: date_times(line, zone),
        items=transfer.items,
    )
