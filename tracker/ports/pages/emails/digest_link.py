"""The page behind a digest's link: stops it without an account (RFC 8058); looking changes nothing, a button does."""

from uuid import UUID

from litestar import HttpMethod, Response, post, route

from tracker.errors import NotFound
from tracker.ports.http.dependencies import Links, Now, Origin, PathText
from tracker.ports.http.guards import link
from tracker.ports.pages.core.dependencies import Pages
from tracker.usecases.emails import preferences

HEADERS = {"Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex"}


@route("/n/{token:str}", http_method=[HttpMethod.GET, HttpMethod.HEAD], guards=[link])
async def ask_to_stop(token: PathText, pages: Pages, links: Links) -> Response[str]:
    """Ask whether to stop the digest."""
    try:
        _member(links, token)
    except NotFound:
        return _private(pages.render("core/errors/link.html", status_code=404, of="digest"))
    return _private(pages.render("emails/pages/digest-stop.html", token=token))


@post("/n/{token:str}", guards=[link], status_code=200)
async def stop(token: PathText, pages: Pages, origin: Origin, now: Now, links: Links) -> Response[str]:
    """Stop it: the page's button, or an email program that unsubscribes with one click and shows no page."""
    try:
        await preferences.stop_digest(_member(links, token), now, origin)
    except NotFound:
        return _private(pages.render("core/errors/link.html", status_code=404, of="digest"))
    return _private(pages.render("emails/pages/digest-stopped.html"))


def _member(links: Links, token: str) -> UUID:
    member_id: UUID = links.read_digest(token)
    return member_id


def _private(response: Response[str]) -> Response[str]:
    response.headers.update(HEADERS)
    return response
