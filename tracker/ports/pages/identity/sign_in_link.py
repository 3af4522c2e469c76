"""One-time sign-in links: looking shows a button, so that an email scanner does not use the link up."""

from typing import Any

from litestar import HttpMethod, Response, post, route

from tracker.errors import Gone, NotAllowed
from tracker.ports.http.addresses import HOME
from tracker.ports.http.dependencies import Now, Settings
from tracker.ports.http.guards import link
from tracker.ports.http.path import PathText
from tracker.ports.pages.identity.dependencies import Arrival, Entry, Personas
from tracker.usecases.identity.one_time_links import check_link, redeem_link
from tracker.usecases.identity.sign_in import Challenge

PATH = "/sign-in/link/{token:str}"
OVER = "identity/link-over.html"


@route(PATH, http_method=[HttpMethod.GET, HttpMethod.HEAD], guards=[link])
async def link_page(token: PathText, entry: Entry, personas: Personas, now: Now) -> Response[str]:
    """Show the notice and the button, or that the link has expired; nothing changes."""
    try:
        await check_link(token, now)
    except Gone as over:
        return entry.show(OVER, wrong=over, personas=personas)
    return entry.show("identity/link.html", token=token)


@post(PATH, guards=[link], status_code=303)
async def use_link(
    token: PathText, entry: Entry, arrival: Arrival, personas: Personas, settings: Settings, now: Now
) -> Response[Any]:
    """Use the link, once: a demo opens at once, elsewhere the code is next."""
    try:
        await entry.check_own()
        opened = await redeem_link(token, now, arrival, asks_code=not settings.is_demo)
    except Gone as over:
        return entry.show(OVER, wrong=over, personas=personas)
    except NotAllowed as wrong:
        return entry.show("identity/link.html", token=token, wrong=wrong)
    return entry.to_second_step(opened, HOME) if isinstance(opened, Challenge) else entry.let_in(opened, HOME)
