"""What an administrator does with an account: a sign-in link, suspending, reopening, the yearly review."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from litestar import Response, get, post

from tracker.errors import Invalid
from tracker.ports.http.dependencies import Now, Settings, Viewer, Visit
from tracker.ports.http.guards import signed_in
from tracker.ports.http.path import PathId
from tracker.ports.pages.core.dependencies import Drafts, Form, Pages
from tracker.ports.pages.core.form_values import Errors, FormValues, errors_of
from tracker.ports.pages.core.reauthentication import first_reauthenticate
from tracker.ports.pages.roster.admin_saving import check_manager
from tracker.ports.pages.roster.people import WORDS
from tracker.rules.core.drafts import DraftForm, DraftKey
from tracker.rules.roster.accounts import needs_review
from tracker.usecases.identity.one_time_links import LIFETIME
from tracker.usecases.roster import accounts, directory

SUSPENSION = "/people/{person_id:uuid}/suspension"
Deed = Callable[[Viewer, UUID, datetime, datetime], Awaitable[None]]
SUSPENDED = "Account suspended. Their sessions ended, and they’ll get no emails."
REOPENED = "The account is active again."
REVIEWED = "Account confirmed for another year."


@post("/people/{person_id:uuid}/sign-in-link", guards=[signed_in], status_code=200)
async def make_link(
    person_id: PathId, pages: Pages, viewer: Viewer, visit: Visit, now: Now, settings: Settings
) -> Response[Any]:
    """Make a sign-in link and show it, only once: it is not stored."""
    check_manager(viewer)
    if first := first_reauthenticate(visit, f"/people/{person_id}", now):
        return first
    token = await accounts.make_link(viewer, person_id, visit.reauthenticated_at, now)
    base_url = settings.base_url
    return pages.render(
        "roster/people/link.html",
        person=await directory.person(viewer, person_id),
        link=f"{base_url}/sign-in/link/{token}",
        minutes=LIFETIME // timedelta(minutes=1),
    )


@get(SUSPENSION, guards=[signed_in])
async def ask_to_suspend(
    person_id: PathId, pages: Pages, viewer: Viewer, visit: Visit, drafts: Drafts, now: Now
) -> Response[Any]:
    """Explain what suspending does, and ask for the reason."""
    check_manager(viewer)
    if first := first_reauthenticate(visit, f"/people/{person_id}/suspension", now):
        return first
    form = await drafts.begun(DraftKey(form=DraftForm.SUSPENSION, subject=str(person_id)), FormValues({}))
    return await _suspension(pages, viewer, visit, now, person_id, form["why"])


@post(SUSPENSION, guards=[signed_in], status_code=303)
async def suspend(person_id: PathId, pages: Pages, viewer: Viewer, visit: Visit, form: Form, now: Now) -> Response[Any]:
    """Suspend an account."""
    check_manager(viewer)
    if first := first_reauthenticate(visit, f"/people/{person_id}/suspension", now):
        return first
    why = form["why"]
    try:
        await accounts.suspend(viewer, person_id, why, visit.reauthenticated_at, now)
    except Invalid as wrong:
        return await _suspension(pages, viewer, visit, now, person_id, why, wrong)
    return pages.redirect(f"/people/{person_id}", SUSPENDED)


@post("/people/{person_id:uuid}/restoration", guards=[signed_in], status_code=303)
async def reopen(person_id: PathId, pages: Pages, viewer: Viewer, visit: Visit, now: Now) -> Response[Any]:
    """Reopen a suspended account."""
    return await _do(pages, viewer, visit, now, person_id, accounts.reopen, REOPENED)


@post("/people/{person_id:uuid}/review", guards=[signed_in], status_code=303)
async def review(person_id: PathId, pages: Pages, viewer: Viewer, visit: Visit, now: Now) -> Response[Any]:
    """Confirm that an account is still needed."""
    return await _do(pages, viewer, visit, now, person_id, accounts.review, REVIEWED)


@get("/people/review", guards=[signed_in])
async def review_page(pages: Pages, viewer: Viewer, now: Now) -> Response[Any]:
    """Show the accounts that no one confirmed within a year."""
    check_manager(viewer)
    due = [
        one
        for one in await directory.people(viewer)
        if one.account and needs_review(one.account.reviewed_at, one.account.joined_at, now)
    ]
    return pages.render("roster/people/review.html", **WORDS, people=due)


async def _suspension(
    pages: Pages, viewer: Viewer, visit: Visit, now: Now, person_id: UUID, why: str = "", wrong: Invalid | None = None
) -> Response[Any]:
    person = await accounts.may_suspend(viewer, person_id, visit.reauthenticated_at, now)
    return pages.render(
        "roster/people/suspension.html",
        status_code=422 if wrong else 200,
        person=person,
        why=why,
        longest=accounts.LONGEST_REASON,
        errors=errors_of(wrong, ("why",)) or Errors(),
    )


async def _do(
    pages: Pages, viewer: Viewer, visit: Visit, now: Now, person_id: UUID, deed: Deed, said: str
) -> Response[Any]:
    address = f"/people/{person_id}"
    if first := first_reauthenticate(visit, address, now):
        return first
    await deed(viewer, person_id, visit.reauthenticated_at, now)
    return pages.redirect(address, said)
