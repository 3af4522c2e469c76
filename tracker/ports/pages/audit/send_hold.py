"""The button that lets a restored copy send again."""

from typing import Any

from litestar import Request, Response, post
from litestar.response import Redirect

from tracker import clock
from tracker.errors import NotFound
from tracker.ports.http import flash
from tracker.ports.http.guards import signed_in
from tracker.ports.pages.core.reauthentication import first_reauthenticate
from tracker.ports.pages.core.request import viewer_of
from tracker.usecases.core import send_hold

HOME = "/"


@post("/sending", guards=[signed_in], status_code=303)
async def resume(request: Request[Any, Any, Any]) -> Response[Any]:
    """Let it send. Errors: NotFound for who does not keep accounts."""
    viewer = viewer_of(request)
    if not viewer.manages_accounts:
        raise NotFound
    if first := first_reauthenticate(request, HOME):
        return first
    was_held = await send_hold.resume(viewer, clock.now())
    back: Response[Any] = Redirect(HOME, status_code=303)
    if was_held:
        flash.say(back, request.scope["state"]["settings"], "Sending goes on. What is of no use any more is not sent.")
    return back


handlers = [resume]
