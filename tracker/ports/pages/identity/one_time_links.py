"""One-time links, to sign in and to set a new password: looking changes nothing, so that an email scanner uses none up.

The person who set a new password then signs in with it and the code.
"""

from litestar import HttpMethod, post, route

from tracker.errors import Busy, Gone, Invalid, NotAllowed
from tracker.ports.http.dependencies import Now, Origin, PathText, Settings
from tracker.ports.http.guards import link
from tracker.ports.http.request_source import HOME
from tracker.ports.pages.core.dependencies import Form, Page, Pages
from tracker.ports.pages.identity.sign_in import Arrival, Entry, PasswordForm, Personas
from tracker.usecases.identity.one_time_links import check_link, email_of_reset_link, redeem_link, reset_password
from tracker.usecases.identity.sign_in import Challenge

SIGN_IN_LINK = "/sign-in/link/{token:str}"
SIGN_IN_LINK_OVER = "identity/link-over.html"
RESET_LINK = "/sign-in/reset/{token:str}"


@route(SIGN_IN_LINK, http_method=[HttpMethod.GET, HttpMethod.HEAD], guards=[link])
async def link_page(token: PathText, entry: Entry, personas: Personas, now: Now) -> Page:
    """Show the notice and the button, or that the link has expired; nothing changes."""
    try:
        await check_link(token, now)
    except Gone as over:
        return entry.show(SIGN_IN_LINK_OVER, wrong=over, personas=personas)
    return entry.show("identity/link.html", token=token)


@post(SIGN_IN_LINK, guards=[link], status_code=303)
async def use_link(
    token: PathText, entry: Entry, arrival: Arrival, personas: Personas, settings: Settings, now: Now
) -> Page:
    """Use the link, once: a demo opens at once, elsewhere the code is next."""
    try:
        await entry.check_own()
        opened = await redeem_link(token, now, arrival, asks_code=not settings.is_demo)
    except Gone as over:
        return entry.show(SIGN_IN_LINK_OVER, wrong=over, personas=personas)
    except NotAllowed as wrong:
        return entry.show("identity/link.html", token=token, wrong=wrong)
    return entry.to_second_step(opened, HOME) if isinstance(opened, Challenge) else entry.let_in(opened, HOME)


@route(RESET_LINK, http_method=[HttpMethod.GET, HttpMethod.HEAD], guards=[link])
async def reset_page(token: PathText, pages: Pages, entry: Entry, now: Now) -> Page:
    """Show the form for a new password, or that the link has expired; nothing changes."""
    return await _reset_form(token, pages, entry, now)


@post(RESET_LINK, guards=[link], status_code=303)
async def post_new_password(token: PathText, pages: Pages, entry: Entry, origin: Origin, form: Form, now: Now) -> Page:
    """Set the password and invalidate the link; the sign-in page is next."""
    try:
        await entry.check_own()
        await reset_password(token, PasswordForm.read(form).password, now, origin)
    except Gone:
        return _reset_over(pages)
    except (Invalid, Busy, NotAllowed) as wrong:
        return await _reset_form(token, pages, entry, now, wrong)
    return pages.redirect("/sign-in", "Password set. Sign in with it now.")


async def _reset_form(token: str, pages: Pages, entry: Entry, now: Now, wrong: Exception | None = None) -> Page:
    try:
        email = await email_of_reset_link(token, now)
    except Gone:
        return _reset_over(pages)
    return entry.show("identity/reset.html", PasswordForm, wrong=wrong, token=token, email=email)


def _reset_over(pages: Pages) -> Page:
    return pages.render("identity/reset-over.html", status_code=410)
