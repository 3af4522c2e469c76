"""One table from what went wrong to what is answered: a page, or what a program reads where a program asks."""

import logging
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from litestar import Request, Response
from litestar.exceptions import HTTPException
from litestar.response import Redirect

from tracker.database import is_unavailable
from tracker.errors import Busy, Conflict, Gone, Invalid, NotAllowed, NotFound, TooLarge, TrackerError
from tracker.ports.http import denials, problems
from tracker.ports.http.addresses import HOME, place
from tracker.ports.http.guards import SignInNeeded
from tracker.ports.http.request_source import source_of
from tracker.ports.pages.core.templating import page

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Reply:
    """A status, the page that tells it, and its heading where the page has none of its own."""

    status: int
    template: str = "core/errors/bad-request.html"
    heading: str = ""


REPLIES: dict[type[TrackerError], Reply] = {
    NotFound: Reply(404, "core/errors/404.html"),
    NotAllowed: Reply(403, "core/errors/403.html"),
    Conflict: Reply(409, heading="Somebody changed this meanwhile"),
    Invalid: Reply(422, heading="Please check what you entered"),
    TooLarge: Reply(413, heading="This is too large"),
    Busy: Reply(503, heading="The tracker is busy"),
    Gone: Reply(410, "core/errors/link.html"),
}
BY_STATUS = {
    401: REPLIES[NotAllowed],
    403: REPLIES[NotAllowed],
    404: REPLIES[NotFound],
    405: Reply(405, heading="This address does not take that request"),
    413: REPLIES[TooLarge],
}
BROKEN = Reply(500, "core/errors/500.html")
AWAY = Reply(503, "core/errors/503.html")
RETRY = 60  # seconds until somebody who was too many, or too early, comes back

Asked = Request[Any, Any, Any]


def refused(request: Asked, error: TrackerError) -> Response[Any]:
    """Answer an error that people are meant to read."""
    response: Response[Any]
    if problems.is_api(request.scope["path"]):
        response = problems.response_to(error)
    else:
        response = _response(request, _reply(error), error.sentence)
    response.background = denials.recorded(request, error)
    return response


def rejected(request: Asked, error: HTTPException) -> Response[Any]:
    """Answer what Litestar could not use; its own words are not shown: they repeat what was asked."""
    if error.status_code >= 500:  # noqa: PLR2004 - ours, not the visitor's
        return broken(request, error)
    response = _response(request, BY_STATUS.get(error.status_code, Reply(error.status_code)), "")
    if allowed := (error.headers or {}).get("allow"):
        response.headers["Allow"] = allowed
    return response


def broken(request: Asked, error: Exception) -> Response[Any]:
    """Answer a mistake of ours, or a database that cannot do it now: the page has a reference, the log has the rest."""
    reference = request.scope["state"].get("request_id", "")
    log.error("A request broke off.", exc_info=error, extra={"request": reference})
    return _response(
        request, AWAY if is_unavailable(error) else BROKEN, "", reference=reference, again=_asked_again(request)
    )


def _asked_again(request: Asked) -> str:
    """Return the page to try once more; empty after a form, for only its owner decides to send it again."""
    asked = f"{request.url.path}?{request.url.query}".removesuffix("?")
    return place(asked) if request.method == "GET" else ""


def told(_: Asked, error: problems.Refused) -> Response[Any]:
    """Answer what the programming interface could not use."""
    response = problems.response(error.status, error.detail, error.errors)
    response.headers.update({name.replace("_", "-"): value for name, value in error.headers.items()})
    return response


def to_sign_in(request: Asked, error: SignInNeeded) -> Response[Any]:
    """Lead a stranger to the sign-in page and from there on; tell htmx that the session is over."""
    if request.headers.get("hx-request") == "true":
        return _response(request, Reply(401, "core/errors/403.html"), "You are signed out.")
    wanted = place(error.place)
    return Redirect("/sign-in" if wanted == HOME else f"/sign-in?next={quote(wanted, safe='/')}", status_code=303)


HANDLERS: dict[int | type[Exception], Any] = {
    TrackerError: refused,
    HTTPException: rejected,
    SignInNeeded: to_sign_in,
    problems.Refused: told,
    Exception: broken,
}


def status_of(error: Exception) -> int:
    """Return the status of an error that a page tells in its own form."""
    if isinstance(error, TrackerError):
        return _reply(error).status
    return AWAY.status if is_unavailable(error) else BROKEN.status


def _reply(error: TrackerError) -> Reply:
    return REPLIES[next(kind for kind in type(error).__mro__ if kind in REPLIES)]


def _response(request: Asked, reply: Reply, sentence: str, **context: str) -> Response[Any]:
    response: Response[Any]
    if problems.is_api(request.scope["path"]):
        return problems.response(reply.status)
    if source_of(request) == "feed":
        said = "Not found." if reply is REPLIES[NotFound] else sentence or "This does not work."
        response = Response(f"{said}\n", status_code=reply.status, media_type="text/plain")
    else:
        words = {"sentence": sentence, "heading": reply.heading, **context}
        response = page(reply.template, request, status_code=reply.status, **words)
    if reply.status == AWAY.status:
        response.headers["Retry-After"] = str(RETRY)
    return response
