"""The one way by which a page asks its visitor for a fresh proof, before what needs more than a session."""

from typing import Any
from urllib.parse import quote

from litestar import Request, Response
from litestar.response import Redirect

from tracker import clock
from tracker.rules.core.reauthentication import is_recent
from tracker.usecases.core.viewers import Visit

AGAIN = "/sign-in/again"


def first_reauthenticate(request: Request[Any, Any, Any], back: str) -> Response[Any] | None:
    """Return the way to a fresh proof, from where it goes on to `back`; None while the last one holds.

    `back` is a page of this site to look at, never a deed: what a form held is gone by then. So a page asks before it
    shows its form, and its deed asks again.
    """
    return None if is_reauthenticated(request) else Redirect(to_reauthentication(back), status_code=303)


def is_reauthenticated(request: Request[Any, Any, Any]) -> bool:
    """Whether the visitor proved who they are a short while ago."""
    return is_recent(visit_of(request).reauthenticated_at, clock.now())


def to_reauthentication(back: str) -> str:
    """Return the address where one proves who one is, and goes on to `back`."""
    return f"{AGAIN}?next={quote(back, safe='/')}"


def visit_of(request: Request[Any, Any, Any]) -> Visit:
    """Return who is signed in by which session; the guard `signed_in` has seen to it."""
    visit: Visit = request.scope["state"]["visit"]
    return visit
