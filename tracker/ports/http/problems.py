"""Problem details (RFC 9457): how the API reports errors, always in the same form."""

from collections.abc import Mapping

import msgspec
from litestar import Response

from tracker.errors import Busy, Conflict, Gone, Invalid, NotAllowed, NotFound, TooLarge, TooManyAttempts, TrackerError

API = "/api/v1/"
"""Every response below this address is for programs, errors included."""
MEDIA_TYPE = "application/problem+json"
DOCUMENTS = "/api/v1/docs"


class ProblemKind(msgspec.Struct, frozen=True):
    """One kind of problem: its name in `type`, its title, and the sentence for errors that have none of their own."""

    slug: str
    title: str
    detail: str


KINDS = {
    400: ProblemKind("unreadable", "Unreadable", "The request can’t be read."),
    401: ProblemKind("token", "Token needed", "Send a valid personal token: Authorization: Bearer …"),
    403: ProblemKind("not-allowed", "Not allowed", "You can’t do this."),
    404: ProblemKind("not-found", "Not found", "There is nothing here, or you don’t have access to it."),
    405: ProblemKind("method", "Method not allowed", "This address doesn’t accept that method."),
    409: ProblemKind("conflict", "Conflict", "This can’t be done in the current state."),
    412: ProblemKind("changed", "Changed since you read it", "Someone changed this since you read it. Read it again."),
    413: ProblemKind("too-large", "Too large", "This is too large for one request."),
    415: ProblemKind("media-type", "Unsupported media type", "Send JSON: Content-Type: application/json"),
    422: ProblemKind("invalid", "Doesn’t match", "The request doesn’t match the API document."),
    429: ProblemKind("too-many", "Too many attempts", "Too many unknown tokens came from your address. Wait a minute."),
    500: ProblemKind("broken", "Server error", "Something went wrong on our side. Nothing was changed."),
    503: ProblemKind("busy", "Busy", "The tracker is busy. Please try again in a minute."),
}


STATUSES: dict[type[TrackerError], int] = {
    NotFound: 404,
    NotAllowed: 403,
    Conflict: 409,
    Invalid: 409,
    TooManyAttempts: 429,
    Gone: 409,
    TooLarge: 413,
    Busy: 503,
}
"""The rules refuse a valid request with 403 or 409; 422 is for one that does not match the document."""

RETRY = {429: 60, 503: 60}  # seconds


class FieldError(msgspec.Struct, frozen=True):
    """The error of one field of the request body, or of one parameter."""

    field: str
    detail: str


class Problem(msgspec.Struct, frozen=True, omit_defaults=True):
    """A problem in words: `type` links to its explanation, `errors` holds a sentence for each field.

    `reasons` holds each reason why something isn’t allowed by itself.
    """

    type: str
    title: str
    status: int
    detail: str
    errors: tuple[FieldError, ...] = ()
    reasons: tuple[str, ...] = ()


PLACES = {
    "mark_categories": "marking.categories",
    "mark_limit": "marking.limit",
    "mark_agency": "marking.agency_id",
    "mark_until": "marking.decontrol_on",
    "starts": "time",
    "ends": "minutes",
    "committee": "committee_id",
    "supervisor": "supervisor_id",
    "buffer": "buffer_minutes",
    "radius": "radius_ft",
    "coordinates": "longitude",
    "waiver": "reason",
}
"""Names in the API for fields that are separate in the forms of pages."""


def is_api(path: str) -> bool:
    """Return whether an address belongs to the API."""
    return f"{path}/".startswith(API)


class RequestRefused(Exception):
    """The API can't accept a request, whatever it asks for; reported as a problem."""

    def __init__(self, status: int, detail: str = "", errors: Mapping[str, str] | None = None, **headers: str) -> None:
        self.status, self.detail, self.errors, self.headers = status, detail, errors or {}, headers
        super().__init__(detail)


def problem(
    status: int, detail: str = "", errors: Mapping[str, str] | None = None, reasons: tuple[str, ...] = ()
) -> bytes:
    """Return the body of a problem response with this status."""
    kind = KINDS.get(status) or ProblemKind("refused", "Refused", "This request can’t be answered.")
    fields = tuple(FieldError(field, sentence) for field, sentence in (errors or {}).items())
    documented_at = f"{DOCUMENTS}#{kind.slug}"
    return msgspec.json.encode(Problem(documented_at, kind.title, status, detail or kind.detail, fields, reasons))


def problem_response(
    status: int, detail: str = "", errors: Mapping[str, str] | None = None, reasons: tuple[str, ...] = ()
) -> Response[bytes]:
    """Return a problem response; one for a temporary problem says when to try again."""
    again = {"Retry-After": str(RETRY[status])} if status in RETRY else {}
    return Response(problem(status, detail, errors, reasons), status_code=status, media_type=MEDIA_TYPE, headers=again)


def response_to(error: TrackerError) -> Response[bytes]:
    """Return the response to an error that people are meant to read; missing things are always reported alike."""
    status = next(STATUSES[kind] for kind in type(error).__mro__ if kind in STATUSES)
    fields = error.fields if isinstance(error, Invalid) else {}
    fields = {PLACES.get(name, name): sentence for name, sentence in fields.items()}
    reasons = error.reasons if isinstance(error, NotAllowed) else ()
    made = problem_response(status, "" if isinstance(error, NotFound) else error.sentence, fields, reasons)
    if isinstance(error, TooManyAttempts):
        made.headers["Retry-After"] = str(int(error.wait.total_seconds()))
    return made
