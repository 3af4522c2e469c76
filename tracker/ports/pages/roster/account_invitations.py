"""Inviting those who never signed in: some of them or all, each by a mail with a link of their own."""

from datetime import timedelta
from typing import Any

from litestar import Request, Response, get, post

from tracker import clock
from tracker.errors import Invalid
from tracker.ports.http.guards import signed_in
from tracker.ports.pages.core.form_values import Errors, errors_of, form_of, ids_in
from tracker.ports.pages.core.reauthentication import first_reauthenticate, visit_of
from tracker.ports.pages.core.request import said, zone_of
from tracker.ports.pages.core.templating import page
from tracker.ports.pages.roster.admin_saving import manager_of
from tracker.rules.core.wording import day, local, plural
from tracker.rules.emails.messages import STATE_WORDS
from tracker.usecases.roster import account_invitations
from tracker.usecases.roster.account_invitations import LIFETIME

PATH = "/people/invitations"
FIELDS = ("person",)


@get(PATH, guards=[signed_in])
async def invitations_page(request: Request[Any, Any, Any]) -> Response[Any]:
    """Show who never signed in, and how the last invitation of each stands."""
    manager_of(request)
    return first_reauthenticate(request, PATH) or await _page(request)


@post(PATH, guards=[signed_in], status_code=303)
async def invite(request: Request[Any, Any, Any]) -> Response[Any]:
    """Invite those who are ticked, or everybody."""
    viewer, form, now = manager_of(request), await form_of(request), clock.now()
    if first := first_reauthenticate(request, PATH):
        return first
    chosen = None if form["everybody"] else ids_in(form.all("person"))
    try:
        invited = await account_invitations.invite(viewer, chosen, visit_of(request).reauthenticated_at, now)
    except Invalid as wrong:
        return await _page(request, wrong)
    ends = local(now + LIFETIME, zone_of(request))
    until = day(ends, local(now, zone_of(request)).date())
    mails = plural(invited, "invitation is", "invitations are")
    return said(request, PATH, f"{mails} on the way by email. A link works once, until {until}.")


async def _page(request: Request[Any, Any, Any], wrong: Invalid | None = None) -> Response[str]:
    viewer, now = manager_of(request), clock.now()
    new = await account_invitations.newcomers(viewer, now)
    return page(
        "roster/people/invitations.html",
        request,
        status_code=422 if wrong else 200,
        newcomers=new,
        moment=now,
        errors=errors_of(wrong, FIELDS) if wrong else Errors(),
        days=LIFETIME // timedelta(days=1),
        state_words=STATE_WORDS,
    )


handlers = [invitations_page, invite]
