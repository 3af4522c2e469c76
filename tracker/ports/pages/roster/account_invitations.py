"""Inviting people who never signed in: some or all, each by an email with a link of their own."""

from datetime import timedelta
from typing import Any

from litestar import Response, get, post

from tracker.errors import Invalid
from tracker.ports.http.dependencies import Now, Viewer, Visit, Zone
from tracker.ports.http.guards import signed_in
from tracker.ports.pages.core.dependencies import Form, Pages, first_reauthenticate
from tracker.ports.pages.core.form_values import Errors, errors_of, ids_among
from tracker.ports.pages.roster.admin_forms import check_roster_manager
from tracker.rules.core.wording import local, plural, short_day
from tracker.rules.emails.messages import STATE_WORDS
from tracker.usecases.roster import account_invitations
from tracker.usecases.roster.account_invitations import LIFETIME, InvitationsSent

PATH = "/people/invitations"
FIELDS = ("person",)


@get(PATH, guards=[signed_in])
async def invitations_page(pages: Pages, viewer: Viewer, visit: Visit, now: Now) -> Response[Any]:
    """Show who never signed in, and the state of each person's last invitation."""
    check_roster_manager(viewer)
    return first_reauthenticate(visit, PATH, now) or await _page(pages, viewer, now)


@post(PATH, guards=[signed_in], status_code=303)
async def post_invitations(
    pages: Pages, viewer: Viewer, visit: Visit, form: Form, zone: Zone, now: Now
) -> Response[Any]:
    """Invite the selected people, or everyone."""
    check_roster_manager(viewer)
    if first := first_reauthenticate(visit, PATH, now):
        return first
    chosen = None if form["everybody"] else ids_among(form.all("person"))
    try:
        invited = await account_invitations.send_invitations(viewer, chosen, visit.reauthenticated_at, now)
    except Invalid as wrong:
        return await _page(pages, viewer, now, wrong)
    until = short_day(local(now + LIFETIME, zone), local(now, zone).date())
    answer = pages.refuse if invited.paused else pages.redirect
    return answer(PATH, _said(invited, until))


def _said(invited: InvitationsSent, until: str) -> str:
    sentences = []
    if invited.sent:
        sent = plural(invited.sent, "invitation is", "invitations are")
        sentences.append(f"{sent} on the way by email. A link works once, until {until}.")
    if invited.paused:
        held = plural(invited.paused, "invitation wasn’t", "invitations weren’t")
        address = "that address" if invited.paused == 1 else "those addresses"
        sentences.append(f"{held} sent because sending to {address} is paused. Resume it on the person’s page.")
    return " ".join(sentences)


async def _page(pages: Pages, viewer: Viewer, now: Now, wrong: Invalid | None = None) -> Response[str]:
    check_roster_manager(viewer)
    new = await account_invitations.newcomers(viewer, now)
    return pages.render(
        "roster/people/invitations.html",
        status_code=422 if wrong else 200,
        newcomers=new,
        moment=now,
        errors=errors_of(wrong, FIELDS) if wrong else Errors(),
        days=LIFETIME // timedelta(days=1),
        state_words=STATE_WORDS,
    )
