"""Seeing somebody out: what passes to others, who takes it over, and the one button that does it."""

from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.params import FromPath

from tracker import clock
from tracker.errors import Invalid
from tracker.ports.http.guards import signed_in
from tracker.ports.pages.core.date_entries import address_of, times_of
from tracker.ports.pages.core.form_values import Errors, errors_of, form_of, id_in
from tracker.ports.pages.core.reauthentication import first_reauthenticate, visit_of
from tracker.ports.pages.core.request import zone_of
from tracker.ports.pages.core.templating import page
from tracker.ports.pages.roster.admin_saving import done, manager_of
from tracker.ports.pages.roster.people import WORDS, by_agency
from tracker.rules.core.wording import local
from tracker.usecases.views import offboarding

PATH = "/people/{person_id:uuid}/offboarding"


@get(PATH, guards=[signed_in])
async def preview_offboarding(person_id: FromPath[UUID], request: Request[Any, Any, Any]) -> Response[Any]:
    """Show what somebody has in hand, and ask who takes it over."""
    manager_of(request)
    return first_reauthenticate(request, f"/people/{person_id}/offboarding") or await _page(request, person_id)


@post(PATH, guards=[signed_in], status_code=303)
async def leave(person_id: FromPath[UUID], request: Request[Any, Any, Any]) -> Response[Any]:
    """See somebody out."""
    viewer, now = manager_of(request), clock.now()
    if first := first_reauthenticate(request, f"/people/{person_id}/offboarding"):
        return first
    successor_id = id_in((await form_of(request))["successor"])
    today = local(now, zone_of(request)).date()
    try:
        await offboarding.depart(viewer, person_id, successor_id, visit_of(request).reauthenticated_at, now, today)
    except Invalid as wrong:
        return await _page(request, person_id, wrong)
    return done(
        request, f"/people/{person_id}", "They have left. What was theirs is in other hands, every door is shut."
    )


async def _page(request: Request[Any, Any, Any], person_id: UUID, wrong: Invalid | None = None) -> Response[Any]:
    found = await offboarding.plan_transfer(manager_of(request), person_id, clock.now())
    successors = [
        (first.agency, [(str(one.id), one.name) for one in group]) for first, group in by_agency(found.successors)
    ]
    zone = zone_of(request)
    return page(
        "roster/people/offboarding.html",
        request,
        status_code=422 if wrong else 200,
        **WORDS,
        found=found,
        person=found.person,
        successors=[("", "Choose a person"), *successors],
        errors=errors_of(wrong, ("successor",)) or Errors(),
        address=address_of,
        times=lambda line: times_of(line, zone),
        items=found.items,
    )


handlers = [preview_offboarding, leave]
