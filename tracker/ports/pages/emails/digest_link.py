"""The page behind a digest's link: stops it without an account (RFC 8058); looking changes nothing, a button does."""

from typing import Any
from uuid import UUID

from litestar import HttpMethod, Request, Response, post, route
from litestar.params import FromPath

from tracker import clock
from tracker.errors import NotFound
from tracker.ports.http.guards import link
from tracker.ports.http.request_source import origin_of
from tracker.ports.pages.core.templating import page
from tracker.usecases.emails import preferences

HEADERS = {"Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex"}


@route("/n/{token:str}", http_method=[HttpMethod.GET, HttpMethod.HEAD], guards=[link])
async def ask_to_stop(token: FromPath[str], request: Request[Any, Any, Any]) -> Response[str]:
    """Ask whether the digest is to be stopped."""
    try:
        _member(request, token)
    except NotFound as unknown:
        return _private(page("core/errors/link.html", request, status_code=404, sentence=unknown.sentence))
    return _private(page("emails/pages/digest-stop.html", request, token=token))


@post("/n/{token:str}", guards=[link], status_code=200)
async def stop(token: FromPath[str], request: Request[Any, Any, Any]) -> Response[str]:
    """Stop it: the button of the page, or a mail program that unsubscribes by one click and shows no page."""
    try:
        await preferences.stop_digest(_member(request, token), clock.now(), origin_of(request))
    except NotFound as unknown:
        return _private(page("core/errors/link.html", request, status_code=404, sentence=unknown.sentence))
    return _private(page("emails/pages/digest-stopped.html", request))


def _member(request: Request[Any, Any, Any], token: str) -> UUID:
    member_id: UUID = request.app.state["links"].read_digest(token)
    return member_id


def _private(response: Response[str]) -> Response[str]:
    response.headers.update(HEADERS)
    return response


handlers = [ask_to_stop, stop]
