"""A forgotten password: whoever was handed the link sets another one, and then signs in with it and the code."""

from typing import Any

from litestar import HttpMethod, Response, post, route
from litestar.params import FromPath
from litestar.response import Redirect

from tracker import clock
from tracker.errors import Busy, Gone, Invalid, NotAllowed
from tracker.ports.http import flash
from tracker.ports.http.guards import link
from tracker.ports.http.request_source import origin_of
from tracker.ports.pages.core.form_values import form_of
from tracker.ports.pages.core.templating import page
from tracker.ports.pages.identity.sign_in_forms import Web, check_own, check_repeated, settings_of, show
from tracker.usecases.identity.password_resets import check_reset, reset_password

PATH = "/sign-in/reset/{token:str}"
SET = "Your password is set. Sign in with it now."


@route(PATH, http_method=[HttpMethod.GET, HttpMethod.HEAD], guards=[link])
async def reset_page(token: FromPath[str], request: Web) -> Response[str]:
    """Show the form for a new password, or that the link is over; nothing changes."""
    return await _form(token, request)


@post(PATH, guards=[link], status_code=303)
async def set_password(token: FromPath[str], request: Web) -> Response[Any]:
    """Set the password and use the link up; the sign-in page is next."""
    form = await form_of(request)
    try:
        await check_own(request)
        check_repeated(form)
        await reset_password(token, form["password"], clock.now(), origin_of(request))
    except Gone:
        return _over(request)
    except (Invalid, Busy, NotAllowed) as wrong:
        return await _form(token, request, wrong)
    response: Response[Any] = Redirect("/sign-in", status_code=303)
    flash.say(response, settings_of(request), SET)
    return response


async def _form(token: str, request: Web, wrong: Exception | None = None) -> Response[str]:
    try:
        email = await check_reset(token, clock.now())
    except Gone:
        return _over(request)
    return show(request, "identity/reset.html", wrong=wrong, token=token, email=email)


def _over(request: Web) -> Response[str]:
    return page("identity/reset-over.html", request, status_code=410)


handlers = [reset_page, set_password]
