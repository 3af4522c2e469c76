"""What a page asks of its request: who looks, in which zone the task force lives, whether htmx asks."""

from typing import Any

from litestar import Request

from tracker.rules.people import Viewer
from tracker.settings import Settings


def viewer_of(request: Request[Any, Any, Any]) -> Viewer:
    """Return who is signed in; the guard of the route has seen to it."""
    viewer: Viewer = request.scope["state"]["viewer"]
    return viewer


def zone_of(request: Request[Any, Any, Any]) -> str:
    """Return the IANA name of the task force's zone."""
    settings: Settings = request.scope["state"]["settings"]
    return settings.time_zone


def is_from_htmx(request: Request[Any, Any, Any]) -> bool:
    """Whether a part of the page is enough."""
    return request.headers.get("hx-request") == "true"
