"""The one table from errors to responses: a page, or a format for programs where a program asks."""

import logging
from typing import Any, Protocol
from urllib.parse import quote

from litestar import Response
from litestar.background_tasks import BackgroundTask
from litestar.datastructures import FormMultiDict
from litestar.exceptions import HTTPException
from litestar.response import Redirect
from msgspec import Struct

from tracker import clock
from tracker.database import is_unavailable
from tracker.errors import Busy, Conflict, Gone, Invalid, NotAllowed, NotFound, TooLarge, TooManyAttempts, TrackerError
from tracker.ports.http import forms, problems
from tracker.ports.http.cookies import OutdatedForm
from tracker.ports.http.forms import FormRequest
from tracker.ports.http.guards import SignInNeeded
from tracker.ports.http.request_source import HOME, asked, place, source_of
from tracker.ports.http.security import route_of
from tracker.rules.core.drafts import SECRETS
from tracker.rules.core.viewers import Viewer
from tracker.usecases.core import audit

log = logging.getLogger(__name__)


class ErrorPage(Struct, frozen=True):
    """A status, the page that shows it, and its heading where the page has none of its own."""

    status: int
    template: str = "core/errors/bad-request.html"
    heading: str = ""


ERROR_PAGES: dict[type[TrackerError], ErrorPage] = {
    NotFound: ErrorPage(404, "core/errors/404.html"),
    NotAllowed: ErrorPage(403, "core/errors/403.html"),
    OutdatedForm: ErrorPage(403, "core/errors/outdated.html"),
    Conflict: ErrorPage(409, heading="Someone changed this while you were working on it"),
    Invalid: ErrorPage(422, heading="Please check what you entered"),
    TooManyAttempts: ErrorPage(429, heading="Too many attempts"),
    TooLarge: ErrorPage(413, heading="This is too large"),
    Busy: ErrorPage(503, heading="The tracker is busy"),
    Gone: ErrorPage(410, heading="You can’t do this now"),
}
BY_STATUS = {
    401: ERROR_PAGES[NotAllowed],
    403: ERROR_PAGES[NotAllowed],
    404: ERROR_PAGES[NotFound],
    405: ErrorPage(405, heading="This page doesn’t accept that request"),
    413: ERROR_PAGES[TooLarge],
}
BROKEN = ErrorPage(500, "core/errors/500.html")
AWAY = ErrorPage(503, "core/errors/503.html")
AGAIN = frozenset({429, 500, 503})
"""Statuses after which the same form may be accepted."""
RETRY = 60  # seconds until a client that came while the tracker was busy may retry


class ShowsPage(Protocol):
    """Makes a page from the name of its template, the request, and its values."""

    def __call__(self, name: str, request: FormRequest, *, status_code: int = 200, **context: Any) -> Response[str]: ...


def handlers(page: ShowsPage) -> dict[int | type[Exception], Any]:
    """Return the table for Litestar's `exception_handlers`; `page` is a parameter because this module knows no port."""
    responses = ErrorResponses(page)
    return {
        TrackerError: responses.refused,
        HTTPException: responses.rejected,
        SignInNeeded: responses.to_sign_in,
        problems.RequestRefused: refused_by_interface,
        Exception: responses.broken,
    }


class ErrorResponses:
    """Turns errors into pages, or into a format for programs where a program asks."""

    def __init__(self, page: ShowsPage) -> None:
        self._page = page

    def refused(self, request: FormRequest, error: TrackerError) -> Response[Any]:
        """Return the response to an error that people are meant to read."""
        response: Response[Any]
        if problems.is_api(request.scope["path"]):
            response = problems.response_to(error)
        else:
            response = self._response(request, _page_of(error), error.sentence)
            response.headers.update(again_after(error))
        response.background = recorded(request, error)
        return response

    def rejected(self, request: FormRequest, error: HTTPException) -> Response[Any]:
        """Return the response to a request that Litestar rejected, without Litestar's text, which repeats the input."""
        if error.status_code >= 500:  # noqa: PLR2004 - ours, not the visitor's
            return self.broken(request, error)
        response = self._response(request, BY_STATUS.get(error.status_code, ErrorPage(error.status_code)), "")
        if allowed := (error.headers or {}).get("allow"):
            response.headers["Allow"] = allowed
        return response

    def broken(self, request: FormRequest, error: Exception) -> Response[Any]:
        """Return the response to a bug or a database failure: the page shows a reference, the log has the details."""
        reference = request.scope["state"].get("request_id", "")
        log.error("A request broke off.", exc_info=error, extra={"request": reference})
        shown = AWAY if is_unavailable(error) else BROKEN
        again = place(asked(request.scope)) if request.method == "GET" else ""  # only its owner sends a form again
        return self._response(request, shown, "", reference=reference, again=again)

    def to_sign_in(self, request: FormRequest, error: SignInNeeded) -> Response[Any]:
        """Redirect a stranger to the sign-in page, and from there back; for htmx, say that the session is over."""
        if request.headers.get("hx-request") == "true":
            return self._response(request, ErrorPage(401, "core/errors/403.html"), "You’re signed out.")
        wanted = place(error.place)
        return Redirect("/sign-in" if wanted == HOME else f"/sign-in?next={quote(wanted, safe='/')}", status_code=303)

    def _response(self, request: FormRequest, shown: ErrorPage, sentence: str, **context: str) -> Response[Any]:
        response: Response[Any]
        if problems.is_api(request.scope["path"]):
            return problems.problem_response(shown.status)
        if source_of(request) == "feed":
            said = "Not found." if shown is ERROR_PAGES[NotFound] else sentence or "This isn’t available."
            response = Response(f"{said}\n", status_code=shown.status, media_type="text/plain")
        else:
            words = {"sentence": sentence, "heading": shown.heading, **_typed(request, shown.status), **context}
            response = self._page(shown.template, request, status_code=shown.status, **words)
        if shown.status == AWAY.status:
            response.headers["Retry-After"] = str(RETRY)
        return response


def refused_by_interface(_: FormRequest, error: problems.RequestRefused) -> Response[Any]:
    """Return the response to a request that the API could not use."""
    response = problems.problem_response(error.status, error.detail, error.errors)
    response.headers.update({name.replace("_", "-"): value for name, value in error.headers.items()})
    return response


def status_of(error: Exception) -> int:
    """Return the status of an error that a page shows in its own form."""
    if isinstance(error, TrackerError):
        return _page_of(error).status
    return AWAY.status if is_unavailable(error) else BROKEN.status


def again_after(error: Exception | None) -> dict[str, str]:
    """Return the header that says when to try again (RFC 9110 §10.2.3), for an error that passes by itself."""
    match error:
        case TooManyAttempts():
            return {"Retry-After": str(int(error.wait.total_seconds()))}
        case Busy():
            return {"Retry-After": str(RETRY)}
        case _:
            return {}


def _page_of(error: TrackerError) -> ErrorPage:
    return ERROR_PAGES[next(kind for kind in type(error).__mro__ if kind in ERROR_PAGES)]


def _typed(request: FormRequest, status: int) -> dict[str, Any]:
    """Return what became of what was typed: the draft that keeps it, or the fields to send again from the page."""
    is_form = request.method == "POST"
    form = request.form_that_was_read if is_form and status in AGAIN else None
    texts = forms.texts_of(form) if form is not None and _holds_no_secret(request, form) else {}
    return {
        "is_form": is_form,
        "kept": request.scope["state"].get(forms.KEPT),
        "resend": asked(request.scope) if texts else "",
        "fields": [(name, text) for name, names in texts.items() for text in names],
    }


def _holds_no_secret(request: FormRequest, form: FormMultiDict) -> bool:
    """Return whether a form may be repeated in a page: one that keeps drafts, or one behind the link of an email."""
    is_known = source_of(request) == "link" or forms.read(form.get(forms.FIELD), clock.now()) is not None
    return is_known and SECRETS.isdisjoint(form)


EVENT = "event_id"
"""The name of an event's id in routes."""


def recorded(request: FormRequest, error: TrackerError) -> BackgroundTask | None:
    """Return what is to be recorded after the response, if anything is."""
    viewer: Viewer | None = request.scope["state"].get("viewer")
    if isinstance(error, OutdatedForm):  # an old page isn't an attempt
        return None
    event_id = request.path_params.get(EVENT)
    if viewer is None or not (isinstance(error, NotAllowed) or (isinstance(error, NotFound) and event_id)):
        return None
    route = f"{request.method} {route_of(request.scope)}"
    verb = "denied" if isinstance(error, NotAllowed) else "not_found"
    subject, subject_id = ("event", str(event_id)) if event_id else ("address", route[:64])
    return BackgroundTask(audit.record_read, viewer, verb, subject, subject_id, {"route": route}, clock.now())
