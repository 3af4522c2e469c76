"""One-time sign-in links: looking shows a button, so that a mail scanner does not use the link up."""

from typing import Any

from litestar import HttpMethod, Response, post, route
from litestar.params import FromPath

from tracker import clock
from tracker.errors import Gone, NotAllowed
from tracker.ports.http.addresses import HOME
from tracker.ports.http.guards import link
from tracker.ports.pages.core.templating import page
from tracker.ports.pages.identity.sign_in_forms import (
    Web,
    arrival_of,
    check_own,
    let_in,
    settings_of,
    show,
    to_second_step,
)
from tracker.usecases.identity.one_time_links import check_link, redeem_link
from tracker.usecases.identity.sign_in import Challenge

PATH = "/sign-in/link/{token:str}"


@route(PATH, http_method=[HttpMethod.GET, HttpMethod.HEAD], guards=[link])
async def link_page(token: FromPath[str], request: Web) -> Response[str]:
    """Show the notice and the button, or that the link is over; nothing changes."""
    try:
        await check_link(token, clock.now())
    except Gone:
        return _over(request)
    return show(request, "identity/link.html", token=token)


@post(PATH, guards=[link], status_code=303)
async def use_link(token: FromPath[str], request: Web) -> Response[Any]:
    """Use the link, once: a demo opens at once, elsewhere the code is next."""
    is_demo = settings_of(request).is_demo
    try:
        await check_own(request)
        opened = await redeem_link(token, clock.now(), arrival_of(request), asks_code=not is_demo)
    except Gone:
        return _over(request)
    except NotAllowed as wrong:
        return show(request, "identity/link.html", token=token, wrong=wrong)
    return to_second_step(request, opened, HOME) if isinstance(opened, Challenge) else let_in(request, opened, HOME)


def _over(request: Web) -> Response[str]:
    return page("identity/link-over.html", request, status_code=410)


handlers = [link_page, use_link]
