"""The button that allows a restored copy to send again."""

from typing import Any

from litestar import Response, post

from tracker.errors import NotFound
from tracker.ports.http.dependencies import Now, Viewer, Visit
from tracker.ports.http.guards import signed_in
from tracker.ports.pages.core.dependencies import Pages, first_reauthenticate
from tracker.usecases.core import send_hold

HOME = "/"
RESUMED = "Sending has resumed. Outdated messages are not sent."


@post("/sending", guards=[signed_in], status_code=303)
async def post_sending(pages: Pages, viewer: Viewer, visit: Visit, now: Now) -> Response[Any]:
    """Allow it to send. Errors: NotFound for people who do not manage accounts."""
    if not viewer.manages_accounts:
        raise NotFound
    if first := first_reauthenticate(visit, HOME, now):
        return first
    was_held = await send_hold.release_sending(viewer, now)
    return pages.redirect(HOME, RESUMED if was_held else "")
