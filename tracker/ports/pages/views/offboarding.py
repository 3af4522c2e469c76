"""Offboarding a person: what passes to whom, which invitations and emails follow, and the button that does it."""

from collections.abc import Sequence
from functools import partial
from typing import Any
from uuid import UUID

from litestar import Response, get, post

from tracker.errors import Invalid
from tracker.ports.http.dependencies import Now, PathId, Today, Viewer, Visit, Zone
from tracker.ports.http.guards import signed_in
from tracker.ports.pages.core import choosers
from tracker.ports.pages.core.choosers import ChosenPerson
from tracker.ports.pages.core.date_entries import date_address, date_times
from tracker.ports.pages.core.dependencies import Form, Pages, first_reauthenticate
from tracker.ports.pages.core.form_values import Errors, errors_of, id_in
from tracker.ports.pages.roster.admin_forms import check_roster_manager
from tracker.ports.pages.roster.list_review import dates_by_event, is_reviewed, review_of
from tracker.ports.pages.roster.people import ROSTER_WORDS
from tracker.rules.views.impact import ListImpact, list_change_words
from tracker.usecases.views import offboarding, preview

PATH = "/people/{person_id:uuid}/offboarding"
DONE = (
    "Removed. Their work was reassigned and all access ended."
    " The successor gets an email about each action item and event that they take over."
)


@get(PATH, guards=[signed_in])
async def offboarding_page(person_id: PathId, pages: Pages, visit: Visit, zone: Zone, now: Now) -> Response[Any]:
    """Show what a person is responsible for, and ask for a successor."""
    check_roster_manager(visit.viewer)
    first = first_reauthenticate(visit, f"/people/{person_id}/offboarding", now)
    return first or await _page(pages, visit.viewer, zone, now, person_id, ChosenPerson())


@post(PATH, guards=[signed_in], status_code=303)
async def post_offboarding(
    person_id: PathId, pages: Pages, visit: Visit, form: Form, zone: Zone, today: Today, now: Now
) -> Response[Any]:
    """Offboard a person; first show which invitations pass to whom, and which emails go out."""
    check_roster_manager(visit.viewer)
    if first := first_reauthenticate(visit, f"/people/{person_id}/offboarding", now):
        return first
    chosen = await choosers.read_chosen_person(
        form, "successor", await offboarding.successors_of(visit.viewer, person_id)
    )
    proof = visit.reauthenticated_at
    deed = partial(offboarding.offboard_person, visit.viewer, person_id, id_in(chosen.value), proof, now, today)
    if chosen.error:
        wrong = Invalid(successor=chosen.error)
        return await _page(pages, visit.viewer, zone, now, person_id, chosen, wrong)
    try:
        impact = await preview.do_and_roll_back(deed)
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
) -> Response[Any]:
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
