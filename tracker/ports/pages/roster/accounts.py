"""Accounts: links, suspending, reopening, the yearly review, invitations by email, and further addresses."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

from litestar import HttpMethod, Response, get, post, route
from litestar.handlers import HTTPRouteHandler
from litestar.response import Redirect

from tracker.errors import Gone, Invalid, NotAllowed, NotFound
from tracker.ports.http import errors
from tracker.ports.http.cookies import Undo
from tracker.ports.http.dependencies import Links, Now, Origin, PathId, PathText, Settings, Viewer, Visit, Zone
from tracker.ports.http.guards import link, signed_in
from tracker.ports.pages.core.dependencies import Drafts, Form, Pages, first_reauthenticate
from tracker.ports.pages.core.form_values import Errors, FormValues, errors_of, ids_among
from tracker.ports.pages.roster.admin_forms import check_roster_manager
from tracker.ports.pages.roster.people import ROSTER_WORDS
from tracker.rules.core.drafts import DraftForm, DraftKey
from tracker.rules.core.wording import local, plural, short_day
from tracker.rules.emails.messages import STATE_WORDS
from tracker.rules.roster.directory import UNDO_FOR, needs_review
from tracker.usecases.identity.one_time_links import LIFETIME
from tracker.usecases.roster import accounts, directory, known_people, people
from tracker.usecases.roster.people import LIFETIME as PEOPLE_LIFETIME
from tracker.usecases.roster.people import InvitationsSent

SUSPENSION = "/people/{person_id:uuid}/suspension"
AccountDeed = Callable[[Viewer, UUID, datetime, datetime], Awaitable[None]]
SUSPENDED = "Account suspended. Their sessions ended, and they’ll get no emails."
REOPENED = "The account is active again."
REVIEWED = "Account confirmed for another year."
ACCESS = "/people/{person_id:uuid}/access"
AccessDeed = Callable[[Viewer, UUID, datetime], Awaitable[None]]
DEEDS: tuple[tuple[str, AccessDeed, str], ...] = (
    ("release", accounts.end_pause, "Pause ended. They can sign in again."),
    (
        "authenticator-removal",
        accounts.remove_authenticator,
        "Authenticator removed. They’ll set up a new one when they next sign in.",
    ),
    ("sign-out", accounts.sign_member_out, "They’re signed out everywhere."),
    ("feeds-revocation", accounts.turn_off_feeds, "Calendar feeds turned off."),
    ("tokens-revocation", accounts.revoke_member_tokens, "Personal tokens revoked."),
    ("shutdown", accounts.revoke_everything, "All sessions, feeds, and tokens ended."),
)
"""The buttons of the page: address, action, and the message afterward."""


@post("/people/{person_id:uuid}/sign-in-link", guards=[signed_in], status_code=200)
async def post_sign_in_link(
    person_id: PathId, pages: Pages, viewer: Viewer, visit: Visit, now: Now, settings: Settings
) -> Response[Any]:
    """Make a sign-in link and show it, only once: it is not stored."""
    check_roster_manager(viewer)
    if first := first_reauthenticate(visit, f"/people/{person_id}", now):
        return first
    token = await accounts.make_sign_in_link(viewer, person_id, visit.reauthenticated_at, now)
    base_url = settings.base_url
    return pages.render(
        "roster/people/link.html",
        person=await directory.person_for(viewer, person_id),
        link=f"{base_url}/sign-in/link/{token}",
        minutes=LIFETIME // timedelta(minutes=1),
    )


@get(SUSPENSION, guards=[signed_in])
async def suspension_page(
    person_id: PathId, pages: Pages, viewer: Viewer, visit: Visit, drafts: Drafts, now: Now
) -> Response[Any]:
    """Explain what suspending does, and ask for the reason."""
    check_roster_manager(viewer)
    if first := first_reauthenticate(visit, f"/people/{person_id}/suspension", now):
        return first
    form = await drafts.begun(DraftKey(form=DraftForm.SUSPENSION, subject=str(person_id)), FormValues({}))
    return await _suspension_form(pages, viewer, visit, now, person_id, form["why"])


@post(SUSPENSION, guards=[signed_in], status_code=303)
async def post_suspension(
    person_id: PathId, pages: Pages, viewer: Viewer, visit: Visit, form: Form, now: Now
) -> Response[Any]:
    """Suspend an account."""
    check_roster_manager(viewer)
    if first := first_reauthenticate(visit, f"/people/{person_id}/suspension", now):
        return first
    why = form["why"]
    try:
        await accounts.suspend_account(viewer, person_id, why, visit.reauthenticated_at, now)
    except Invalid as wrong:
        return await _suspension_form(pages, viewer, visit, now, person_id, why, wrong)
    return pages.redirect(f"/people/{person_id}", SUSPENDED)


@post("/people/{person_id:uuid}/restoration", guards=[signed_in], status_code=303)
async def post_restoration(person_id: PathId, pages: Pages, viewer: Viewer, visit: Visit, now: Now) -> Response[Any]:
    """Reopen a suspended account."""
    return await _do_and_return(pages, viewer, visit, now, person_id, accounts.reopen_account, REOPENED)


@post("/people/{person_id:uuid}/review", guards=[signed_in], status_code=303)
async def post_review(person_id: PathId, pages: Pages, viewer: Viewer, visit: Visit, now: Now) -> Response[Any]:
    """Confirm that an account is still needed."""
    return await _do_and_return(pages, viewer, visit, now, person_id, accounts.review_account, REVIEWED)


@get("/people/review", guards=[signed_in])
async def review_page(pages: Pages, viewer: Viewer, now: Now) -> Response[Any]:
    """Show the accounts that no one confirmed within a year."""
    check_roster_manager(viewer)
    due = [
        person
        for person in await directory.people_for(viewer)
        if person.account and needs_review(person.account.reviewed_at, person.account.joined_at, now)
    ]
    return pages.render("roster/people/review.html", **ROSTER_WORDS, people=due)


async def _suspension_form(
    pages: Pages, viewer: Viewer, visit: Visit, now: Now, person_id: UUID, why: str = "", wrong: Invalid | None = None
) -> Response[Any]:
    person = await accounts.person_to_suspend(viewer, person_id, visit.reauthenticated_at, now)
    return pages.render(
        "roster/people/suspension.html",
        status_code=422 if wrong else 200,
        person=person,
        why=why,
        longest=accounts.LONGEST_REASON,
        errors=errors_of(wrong, ("why",)) or Errors(),
    )


async def _do_and_return(
    pages: Pages, viewer: Viewer, visit: Visit, now: Now, person_id: UUID, deed: AccountDeed, said: str
) -> Response[Any]:
    address = f"/people/{person_id}"
    if first := first_reauthenticate(visit, address, now):
        return first
    await deed(viewer, person_id, visit.reauthenticated_at, now)
    return pages.redirect(address, said)


@get(ACCESS, guards=[signed_in])
async def account_access_page(
    person_id: PathId, pages: Pages, viewer: Viewer, now: Now, settings: Settings
) -> Response[Any]:
    """Show how a person signs in."""
    return await _access_page(person_id, pages, viewer, now, settings)


@get(f"{ACCESS}/lost-device", guards=[signed_in])
async def lost_device_page(person_id: PathId, pages: Pages, visit: Visit, now: Now) -> Response[Any]:
    """Show what ends when a person has lost a device, for people who may end it."""
    access = await accounts.access_of_member(visit.viewer, person_id, now)
    if access.why_not:
        return Redirect(_access_address(person_id), status_code=303)
    if first := first_reauthenticate(visit, f"{_access_address(person_id)}/lost-device", now):
        return first
    return pages.render(
        "roster/people/lost-device.html", access=access, person=access.person, address=_access_address(person_id)
    )


@post(f"{ACCESS}/reset-link", guards=[signed_in], status_code=200)
async def post_reset_link(person_id: PathId, pages: Pages, visit: Visit, now: Now, settings: Settings) -> Response[Any]:
    """Make a link for a new password and show it, only once."""
    if first := await _first_reauthenticate(person_id, visit, now):
        return first
    try:
        token = await accounts.make_reset_link(visit.viewer, person_id, now)
    except NotAllowed as wrong:
        return await _access_page(person_id, pages, visit.viewer, now, settings, wrong)
    return await _access_page(
        person_id, pages, visit.viewer, now, settings, link=f"/sign-in/reset/{token}", until=now + LIFETIME
    )


def _handler_of(tail: str, deed: AccessDeed, words: str) -> HTTPRouteHandler:
    """Return the handler of a button that changes a person's access and then says so."""

    @post(f"{ACCESS}/{tail}", guards=[signed_in], status_code=303)
    async def handler(person_id: PathId, pages: Pages, visit: Visit, settings: Settings, now: Now) -> Response[Any]:
        if first := await _first_reauthenticate(person_id, visit, now):
            return first
        try:
            await deed(visit.viewer, person_id, now)
        except NotAllowed as wrong:
            return await _access_page(person_id, pages, visit.viewer, now, settings, wrong)
        return pages.redirect(_access_address(person_id), words)

    return handler


async def _first_reauthenticate(person_id: UUID, visit: Visit, now: Now) -> Response[Any] | None:
    """Return the redirect to confirm one's identity, or None; refuse people who do not manage accounts."""
    await accounts.access_of_member(visit.viewer, person_id, now)
    return first_reauthenticate(visit, _access_address(person_id), now)


async def _access_page(
    person_id: UUID,
    pages: Pages,
    viewer: Viewer,
    now: Now,
    settings: Settings,
    wrong: NotAllowed | None = None,
    *,
    link: str = "",
    until: datetime | None = None,
) -> Response[str]:
    access = await accounts.access_of_member(viewer, person_id, now)
    return pages.render(
        "roster/people/manage-access.html",
        status_code=errors.status_of(wrong) if wrong else 200,
        access=access,
        person=access.person,
        address=_access_address(person_id),
        link=f"{settings.base_url}{link}" if link else "",
        until=until,
        errors={"": wrong.sentence} if wrong else {},
        minutes=LIFETIME // timedelta(minutes=1),
    )


def _access_address(person_id: UUID) -> str:
    return f"/people/{person_id}/access"


access_changes = [_handler_of(*deed) for deed in DEEDS]
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
        invited = await people.send_invitations(viewer, chosen, visit.reauthenticated_at, now)
    except Invalid as wrong:
        return await _page(pages, viewer, now, wrong)
    until = short_day(local(now + PEOPLE_LIFETIME, zone), local(now, zone).date())
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
    new = await people.newcomers(viewer, now)
    return pages.render(
        "roster/people/invitations.html",
        status_code=422 if wrong else 200,
        newcomers=new,
        moment=now,
        errors=errors_of(wrong, FIELDS) if wrong else Errors(),
        days=PEOPLE_LIFETIME // timedelta(days=1),
        state_words=STATE_WORDS,
    )


ADDRESS = "/settings#addresses"
R = TypeVar("R", bound=Response[Any])


@post("/settings/addresses/{alias_id:uuid}/removal", guards=[signed_in], status_code=303)
async def remove_address(alias_id: PathId, pages: Pages, viewer: Viewer, now: Now) -> Redirect:
    """Remove an address."""
    address = await known_people.remove_alias(viewer, alias_id, now)
    undo = Undo(address=f"/settings/addresses/{alias_id}/restoration", fields={}, until=now + UNDO_FOR)
    return pages.redirect(ADDRESS, f"Removed {address}. Replies from there no longer count as yours.", undo)


@post("/settings/addresses/{alias_id:uuid}/restoration", guards=[signed_in], status_code=303)
async def restore_address(alias_id: PathId, pages: Pages, viewer: Viewer, now: Now) -> Redirect:
    """Undo the removal of an address, or say that it's too late."""
    try:
        await known_people.restore_alias(viewer, alias_id, now)
    except Gone as late:
        return pages.refuse(ADDRESS, late.sentence)
    return pages.redirect(ADDRESS, "Undone. The address is back.")


@route("/e/{token:str}", http_method=[HttpMethod.GET, HttpMethod.HEAD], guards=[link])
async def address_page(token: PathText, pages: Pages, origin: Origin, now: Now, links: Links) -> Response[str]:
    """Show whose address a link confirms, with a button that does; or that it is confirmed."""
    try:
        open_alias = await known_people.alias_by_link(links.read_address(token), now, origin)
    except (NotFound, Gone):
        return _gone(pages)
    return _private(pages.render("roster/people/confirm-address.html", token=token, found=open_alias))


@post("/e/{token:str}", guards=[link], status_code=303)
async def confirm_address(token: PathText, pages: Pages, origin: Origin, now: Now, links: Links) -> Response[Any]:
    """Confirm an address; the page then says so."""
    try:
        await known_people.confirm_alias(links.read_address(token), now, origin)
    except (NotFound, Gone):
        return _gone(pages)
    return _private(Redirect(f"/e/{token}", status_code=303))


def _gone(pages: Pages) -> Response[str]:
    return _private(pages.render("roster/people/confirm-address-over.html", status_code=404))


def _private(response: R) -> R:
    """Keep the address, which is the permission to confirm, from search engines and other sites."""
    response.headers.update({"X-Robots-Tag": "noindex", "Referrer-Policy": "no-referrer"})
    return response
