"""The one way in which a page asks people to confirm their identity, for actions that need more than a session."""

from datetime import datetime
from urllib.parse import quote

from litestar.response import Redirect

from tracker.rules.core.reauthentication import is_recent
from tracker.usecases.core.viewers import Visit

AGAIN = "/sign-in/again"


def first_reauthenticate(visit: Visit, back: str, now: datetime) -> Redirect | None:
    """Return the redirect to confirm one's identity and then go to `back`; None while the last confirmation holds.

    `back` is a page to read, never a change: the content of a form would be lost. So a page asks before it shows its
    form, and its action asks again.
    """
    return None if is_reauthenticated(visit, now) else Redirect(to_reauthentication(back), status_code=303)


def is_reauthenticated(visit: Visit, now: datetime) -> bool:
    """Return whether the visitor has confirmed their identity recently."""
    return is_recent(visit.reauthenticated_at, now)


def to_reauthentication(back: str) -> str:
    """Return the address where people confirm their identity and then go to `back`."""
    return f"{AGAIN}?next={quote(back, safe='/')}"
