"""Accounts: links, suspending, reopening, the yearly review, invitations by email, and further addresses."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

from litestar import HttpMethod, get, post, route
from litestar.handlers import HTTPRouteHandler
from litestar.response import Redirect

from tracker.errors import Gone, Invalid, NotAllowed, NotFound
from tracker.ports.http import errors
from tracker.ports.http.cookies import Undo
from tracker.ports.http.dependencies import Links, Now, Origin, PathId, PathText, Settings, Viewer, Visit, Zone
from tracker.ports.http.guards import link, signed_in
from tracker.ports.pages.core.dependencies import Drafts, Form, Page, Pages, first_reauthenticate, show_link_page
from tracker.ports.pages.core.form_shapes import FormShape, Ids, Text, form_context
from tracker.ports.pages.core.form_values import FormValues
from tracker.ports.pages.roster.admin_forms import check_roster_manager
from tracker.ports.pages.roster.people import ROSTER_WORDS
from tracker.rules.core.drafts import DraftForm, DraftKey
from tracker.rules.core.wording import local, plural, short_day
from tracker.rules.roster.directory import REMOVAL_UNDO_FOR, needs_review
from tracker.usecases.identity.sign_in import LIFETIME
from tracker.usecases.roster import accounts, directory, known_people, people
from tracker.usecases.roster.people import LIFETIME as PEOPLE_LIFETIME

SUSPENSION = "/people/{person_id:uuid}/suspension"
AccountDeed = Callable[[Viewer, UUID, datetime, datetime], Awaitable[None]]
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


class SuspensionForm(FormShape, kw_only=True):
    """Why an account is suspended."""

    why: Annotated[str, Text("Reason", accounts.LONGEST_REASON)]


class InvitationForm(FormShape, kw_only=True):
    """Who is invited."""

    person: Annotated[frozenset[UUID], Ids("People")]


@post("/people/{person_id:uuid}/sign-in-link", guards=[signed_in], status_code=200)
async def post_sign_in_link(
    person_id: PathId, pages: Pages, viewer: Viewer, visit: Visit, now: Now, settings: Settings
) -> Page:
    """Make a sign-in link and show it, only once: it is not stored."""
    check_roster_manager(viewer)
    if first := first_reauthenticate(visit, f"/people/{person_id}", now):
        return first
    token = await accounts.make_sign_in_link(viewer, person_id, visit.reauthenticated_at, now)
    return pages.render(
        "roster/people/link.html",
        person=await directory.person_for(viewer, person_id),
        link=f"{settings.base_url}/sign-in/link/{token}",
        minutes=LIFETIME // timedelta(minutes=1),
    )


@get(SUSPENSION, guards=[signed_in])
async def suspension_page(
    person_id: PathId, pages: Pages, viewer: Viewer, visit: Visit, drafts: Drafts, now: Now
) -> Page:
    """Explain what suspending does, and ask for the reason."""
    check_roster_manager(viewer)
    if first := first_reauthenticate(visit, f"/people/{person_id}/suspension", now):
        return first
    form = await drafts.begun(DraftKey(form=DraftForm.SUSPENSION, subject=str(person_id)), FormValues({}))
    return await _suspension_form(pages, visit, now, person_id, form)


@post(SUSPENSION, guards=[signed_in], status_code=303)
async def post_suspension(person_id: PathId, pages: Pages, viewer: Viewer, visit: Visit, form: Form, now: Now) -> Page:
    """Suspend an account."""
    check_roster_manager(viewer)
    if first := first_reauthenticate(visit, f"/people/{person_id}/suspension", now):
        return first
    try:
        why = SuspensionForm.read(form).why
        await accounts.suspend_account(viewer, person_id, why, visit.reauthenticated_at, now)
    except Invalid as wrong:
        return await _suspension_form(pages, visit, now, person_id, form, wrong)
    return pages.redirect(f"/people/{person_id}", "Account suspended. Their sessions ended, and they’ll get no emails.")


@post("/people/{person_id:uuid}/restoration", guards=[signed_in], status_code=303)
async def post_restoration(person_id: PathId, pages: Pages, visit: Visit, now: Now) -> Page:
    """Reopen a suspended account."""
    return await _do_and_return(pages, visit, now, person_id, accounts.reopen_account, "The account is active again.")


@post("/people/{person_id:uuid}/review", guards=[signed_in], status_code=303)
async def post_review(person_id: PathId, pages: Pages, visit: Visit, now: Now) -> Page:
    """Confirm that an account is still needed."""
    return await _do_and_return(
        pages, visit, now, person_id, accounts.review_account, "Account confirmed for another year."
    )


@get("/people/review", guards=[signed_in])
async def review_page(pages: Pages, viewer: Viewer, now: Now) -> Page:
    """Show the accounts that no one confirmed within a year."""
    check_roster_manager(viewer)
    due = [
        person
        for person in await directory.people_for(viewer)
        if person.account and needs_review(person.account.reviewed_at, person.account.joined_at, now)
    ]
    return pages.render("roster/people/review.html", **ROSTER_WORDS, people=due)


async def _suspension_form(
    pages: Pages, visit: Visit, now: Now, person_id: UUID, form: FormValues, wrong: Invalid | None = None
) -> Page:
    person = await accounts.person_to_suspend(visit.viewer, person_id, visit.reauthenticated_at, now)
    return pages.render("roster/people/suspension.html", **form_context(form, wrong, SuspensionForm), person=person)


async def _do_and_return(pages: Pages, visit: Visit, now: Now, person_id: UUID, deed: AccountDeed, said: str) -> Page:
    address = f"/people/{person_id}"
    if first := first_reauthenticate(visit, address, now):
        return first
    await deed(visit.viewer, person_id, visit.reauthenticated_at, now)
    return pages.redirect(address, said)


@get(ACCESS, guards=[signed_in])
async def account_access_page(person_id: PathId, pages: Pages, viewer: Viewer, now: Now) -> Page:
    """Show how a person signs in."""
    return await _access_page(person_id, pages, viewer, now)


@get(f"{ACCESS}/lost-device", guards=[signed_in])
async def lost_device_page(person_id: PathId, pages: Pages, visit: Visit, now: Now) -> Page:
    """Show what ends when a person has lost a device, for people who may end it."""
    access = await accounts.access_of_member(visit.viewer, person_id, now)
    if access.why_not:
        return Redirect(f"/people/{person_id}/access", status_code=303)
    if first := first_reauthenticate(visit, f"/people/{person_id}/access/lost-device", now):
        return first
    return pages.render(
        "roster/people/lost-device.html", access=access, person=access.person, address=f"/people/{person_id}/access"
    )


@post(f"{ACCESS}/reset-link", guards=[signed_in], status_code=200)
async def post_reset_link(person_id: PathId, pages: Pages, visit: Visit, now: Now, settings: Settings) -> Page:
    """Make a link for a new password and show it, only once."""
    if first := await _first_reauthenticate(person_id, visit, now):
        return first
    try:
        token = await accounts.make_reset_link(visit.viewer, person_id, now)
    except NotAllowed as wrong:
        return await _access_page(person_id, pages, visit.viewer, now, wrong)
    link = f"{settings.base_url}/sign-in/reset/{token}"
    return await _access_page(person_id, pages, visit.viewer, now, link=link, until=now + LIFETIME)


def _handler_of(tail: str, deed: AccessDeed, words: str) -> HTTPRouteHandler:
    @post(f"{ACCESS}/{tail}", guards=[signed_in], status_code=303)
    async def handler(person_id: PathId, pages: Pages, visit: Visit, now: Now) -> Page:
        if first := await _first_reauthenticate(person_id, visit, now):
            return first
        try:
            await deed(visit.viewer, person_id, now)
        except NotAllowed as wrong:
            return await _access_page(person_id, pages, visit.viewer, now, wrong)
        return pages.redirect(f"/people/{person_id}/access", words)

    return handler


async def _first_reauthenticate(person_id: UUID, visit: Visit, now: Now) -> Page | None:
    """Return the redirect to confirm one's identity, or None; refuse people who do not manage accounts."""
    await accounts.access_of_member(visit.viewer, person_id, now)
    return first_reauthenticate(visit, f"/people/{person_id}/access", now)


async def _access_page(
    person_id: UUID, pages: Pages, viewer: Viewer, now: Now, wrong: NotAllowed | None = None, **made: Any
) -> Page:
    access = await accounts.access_of_member(viewer, person_id, now)
    values = {
        "access": access,
        "person": access.person,
        "address": f"/people/{person_id}/access",
        "link": "",
        "until": None,
        "errors": {"": wrong.sentence} if wrong else {},
        "minutes": LIFETIME // timedelta(minutes=1),
    }
    status_code = errors.status_of(wrong) if wrong else 200
    return pages.render("roster/people/manage-access.html", status_code=status_code, **values | made)


access_changes = [_handler_of(*deed) for deed in DEEDS]
PATH = "/people/invitations"


@get(PATH, guards=[signed_in])
async def invitations_page(pages: Pages, viewer: Viewer, visit: Visit, now: Now) -> Page:
    """Show who never signed in, and the state of each person's last invitation."""
    check_roster_manager(viewer)
    return first_reauthenticate(visit, PATH, now) or await _page(pages, viewer, now)


@post(PATH, guards=[signed_in], status_code=303)
async def post_invitations(pages: Pages, viewer: Viewer, visit: Visit, form: Form, zone: Zone, now: Now) -> Page:
    """Invite the selected people, or everyone."""
    check_roster_manager(viewer)
    if first := first_reauthenticate(visit, PATH, now):
        return first
    chosen = None if form["everybody"] else InvitationForm.read(form).person
    try:
        invited = await people.send_invitations(viewer, chosen, visit.reauthenticated_at, now)
    except Invalid as wrong:
        return await _page(pages, viewer, now, wrong)
    sentences = []
    if invited.sent:
        sent = plural(invited.sent, "invitation is", "invitations are")
        until = short_day(local(now + PEOPLE_LIFETIME, zone), local(now, zone).date())
        sentences.append(f"{sent} on the way by email. A link works once, until {until}.")
    if invited.paused:
        held = plural(invited.paused, "invitation wasn’t", "invitations weren’t")
        address = "that address" if invited.paused == 1 else "those addresses"
        sentences.append(f"{held} sent because sending to {address} is paused. Resume it on the person’s page.")
    respond = pages.refuse if invited.paused else pages.redirect
    return respond(PATH, " ".join(sentences))


async def _page(pages: Pages, viewer: Viewer, now: Now, wrong: Invalid | None = None) -> Page:
    return pages.render(
        "roster/people/invitations.html",
        **form_context(None, wrong, InvitationForm),
        newcomers=await people.newcomers(viewer, now),
        moment=now,
        days=PEOPLE_LIFETIME // timedelta(days=1),
    )


ADDRESS = "/settings#addresses"


@post("/settings/addresses/{alias_id:uuid}/removal", guards=[signed_in], status_code=303)
async def remove_address(alias_id: PathId, pages: Pages, viewer: Viewer, now: Now) -> Redirect:
    """Remove an address."""
    address = await known_people.remove_alias(viewer, alias_id, now)
    undo = Undo(address=f"/settings/addresses/{alias_id}/restoration", fields={}, until=now + REMOVAL_UNDO_FOR)
    return pages.redirect(ADDRESS, f"Removed {address}. Replies from there no longer count as yours.", undo)


@post("/settings/addresses/{alias_id:uuid}/restoration", guards=[signed_in], status_code=303)
async def restore_address(alias_id: PathId, pages: Pages, viewer: Viewer, now: Now) -> Redirect:
    """Undo the removal of an address, or say that it's too late."""
    deed = known_people.restore_alias(viewer, alias_id, now)
    return await pages.respond(ADDRESS, deed, "Undone. The address is back.", Gone)


@route("/e/{token:str}", http_method=[HttpMethod.GET, HttpMethod.HEAD], guards=[link])
async def address_page(token: PathText, pages: Pages, origin: Origin, now: Now, links: Links) -> Page:
    """Show whose address a link confirms, with a button that does; or that it is confirmed."""
    try:
        open_alias = await known_people.alias_by_link(links.read_address(token), now, origin)
    except (NotFound, Gone):
        return _gone(pages)
    return show_link_page(pages.render("roster/people/confirm-address.html", token=token, found=open_alias))


@post("/e/{token:str}", guards=[link], status_code=303)
async def confirm_address(token: PathText, pages: Pages, origin: Origin, now: Now, links: Links) -> Page:
    """Confirm an address; the page then says so."""
    try:
        await known_people.confirm_alias(links.read_address(token), now, origin)
    except (NotFound, Gone):
        return _gone(pages)
    return show_link_page(Redirect(f"/e/{token}", status_code=303))


def _gone(pages: Pages) -> Page:
    return show_link_page(pages.render("roster/people/confirm-address-over.html", status_code=404))
