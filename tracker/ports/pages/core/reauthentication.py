"""The one way by which a page asks its visitor for a fresh proof, before what needs more than a session."""

from datetime import datetime
from urllib.parse import quote

from litestar.response import Redirect

from tracker.rules.core.reauthentication import is_recent
from tracker.usecases.core.viewers import Visit

AGAIN = "/sign-in/again"


def first_reauthenticate(visit: Visit, back: str, now: datetime) -> Redirect | None:
    """Return the way to a fresh proof, from where it goes on to `back`; None while the last one holds.

    `back` is a page of this site to look at, never a deed: what a form held is gone by then. So a page asks before it
    shows its form, and its deed asks again.
    """
    return None if is_reauthenticated(visit, now) else Redirect(to_reauthentication(back), status_code=303)


def is_reauthenticated(visit: Visit, now: datetime) -> bool:
    """Return whether the visitor proved who they are a short while ago."""
    return is_recent(visit.reauthenticated_at, now)


def to_reauthentication(back: str) -> str:
    """Return the address where one proves who one is, and goes on to `back`."""
    return f"{AGAIN}?next={quote(back, safe='/')}"
