"""What a keeper of accounts does with one: a sign-in link, suspending, opening again, the yearly review."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.params import FromPath

from tracker import clock
from tracker.errors import Invalid
from tracker.ports.http.guards import signed_in
from tracker.ports.pages.core.form_values import Errors, errors_of, form_of
from tracker.ports.pages.core.reauthentication import first_reauthenticate, visit_of
from tracker.ports.pages.core.request import viewer_of
from tracker.ports.pages.core.templating import page
from tracker.ports.pages.roster.admin_saving import done, manager_of
from tracker.ports.pages.roster.people import WORDS
from tracker.rules.core.viewer import Viewer
from tracker.rules.roster.accounts import needs_review
from tracker.usecases.identity.one_time_links import LIFETIME
from tracker.usecases.roster import accounts, directory

SUSPENSION = "/people/{person_id:uuid}/suspension"
Deed = Callable[[Viewer, UUID, datetime, datetime], Awaitable[None]]
SUSPENDED = "The account is suspended: sessions have ended, and no mail goes out."
REOPENED = "The account is open again."
REVIEWED = "The account is reviewed, for another year."


@post("/people/{person_id:uuid}/sign-in-link", guards=[signed_in], status_code=200)
async def make_link(person_id: FromPath[UUID], request: Request[Any, Any, Any]) -> Response[Any]:
    """Make a sign-in link and show it, this once: it is not kept anywhere."""
    viewer = manager_of(request)
    if first := first_reauthenticate(request, f"/people/{person_id}"):
        return first
    token = await accounts.make_link(viewer, person_id, visit_of(request).reauthenticated_at, clock.now())
    base_url = request.scope["state"]["settings"].base_url
    return page(
        "roster/people/link.html",
        request,
        person=await directory.person(viewer, person_id),
        link=f"{base_url}/sign-in/link/{token}",
        minutes=LIFETIME // timedelta(minutes=1),
    )


@get(SUSPENSION, guards=[signed_in])
async def ask_to_suspend(person_id: FromPath[UUID], request: Request[Any, Any, Any]) -> Response[Any]:
    """Say what suspending does, and ask why."""
    manager_of(request)
    return first_reauthenticate(request, f"/people/{person_id}/suspension") or await _suspension(request, person_id)


@post(SUSPENSION, guards=[signed_in], status_code=303)
async def suspend(person_id: FromPath[UUID], request: Request[Any, Any, Any]) -> Response[Any]:
    """Suspend an account."""
    viewer = manager_of(request)
    if first := first_reauthenticate(request, f"/people/{person_id}/suspension"):
        return first
    why = (await form_of(request))["why"]
    try:
        await accounts.suspend(viewer, person_id, why, visit_of(request).reauthenticated_at, clock.now())
    except Invalid as wrong:
        return await _suspension(request, person_id, why, wrong)
    return done(request, f"/people/{person_id}", SUSPENDED)


@post("/people/{person_id:uuid}/restoration", guards=[signed_in], status_code=303)
async def reopen(person_id: FromPath[UUID], request: Request[Any, Any, Any]) -> Response[Any]:
    """Open a suspended account again."""
    return await _do(request, person_id, accounts.reopen, REOPENED)


@post("/people/{person_id:uuid}/review", guards=[signed_in], status_code=303)
async def review(person_id: FromPath[UUID], request: Request[Any, Any, Any]) -> Response[Any]:
    """Confirm that an account is still needed."""
    return await _do(request, person_id, accounts.review, REVIEWED)


@get("/people/review", guards=[signed_in])
async def review_page(request: Request[Any, Any, Any]) -> Response[Any]:
    """Show the accounts that nobody confirmed within a year."""
    now = clock.now()
    due = [
        one
        for one in await directory.people(manager_of(request))
        if one.account and needs_review(one.account.reviewed_at, one.account.joined_at, now)
    ]
    return page("roster/people/review.html", request, **WORDS, people=due)


async def _suspension(
    request: Request[Any, Any, Any], person_id: UUID, why: str = "", wrong: Invalid | None = None
) -> Response[Any]:
    person = await accounts.may_suspend(
        viewer_of(request), person_id, visit_of(request).reauthenticated_at, clock.now()
    )
    return page(
        "roster/people/suspension.html",
        request,
        status_code=422 if wrong else 200,
        person=person,
        why=why,
        longest=accounts.LONGEST_REASON,
        errors=errors_of(wrong, ("why",)) or Errors(),
    )


async def _do(request: Request[Any, Any, Any], person_id: UUID, deed: Deed, said: str) -> Response[Any]:
    viewer = viewer_of(request)
    address = f"/people/{person_id}"
    if first := first_reauthenticate(request, address):
        return first
    await deed(viewer, person_id, visit_of(request).reauthenticated_at, clock.now())
    return done(request, address, said)


handlers = [make_link, ask_to_suspend, suspend, reopen, review, review_page]
