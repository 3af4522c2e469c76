"""Password reset: the person with the link sets a new password, and then signs in with it and the code."""

from typing import Any

from litestar import HttpMethod, Response, post, route

from tracker.errors import Busy, Gone, Invalid, NotAllowed
from tracker.ports.http.dependencies import Now, Origin
from tracker.ports.http.guards import link
from tracker.ports.http.path import PathText
from tracker.ports.pages.core.dependencies import Form, Pages
from tracker.ports.pages.identity.dependencies import Entry
from tracker.ports.pages.identity.sign_in_forms import check_repeated
from tracker.usecases.identity.password_resets import check_reset, reset_password

PATH = "/sign-in/reset/{token:str}"
SET = "Password set. Sign in with it now."


@route(PATH, http_method=[HttpMethod.GET, HttpMethod.HEAD], guards=[link])
async def reset_page(token: PathText, pages: Pages, entry: Entry, now: Now) -> Response[str]:
    """Show the form for a new password, or that the link has expired; nothing changes."""
    return await _form(token, pages, entry, now)


@post(PATH, guards=[link], status_code=303)
async def set_password(
    token: PathText, pages: Pages, entry: Entry, origin: Origin, form: Form, now: Now
) -> Response[Any]:
    """Set the password and invalidate the link; the sign-in page is next."""
    try:
        await entry.check_own()
        check_repeated(form)
        await reset_password(token, form["password"], now, origin)
    except Gone:
        return _over(pages)
    except (Invalid, Busy, NotAllowed) as wrong:
        return await _form(token, pages, entry, now, wrong)
    return pages.redirect("/sign-in", SET)


async def _form(token: str, pages: Pages, entry: Entry, now: Now, wrong: Exception | None = None) -> Response[str]:
    try:
        email = await check_reset(token, now)
    except Gone:
        return _over(pages)
    return entry.show("identity/reset.html", wrong=wrong, token=token, email=email)


def _over(pages: Pages) -> Response[str]:
    return pages.render("identity/reset-over.html", status_code=410)
