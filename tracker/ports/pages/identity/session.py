"""How long one's session goes on, asked by the page itself before it warns, and a way to let it go on."""

from typing import Any

from litestar import Response, get, post

from tracker import clock
from tracker.ports.http.guards import POLLED, signed_in
from tracker.ports.pages.core.reauthentication import visit_of
from tracker.ports.pages.identity.sign_in_forms import Web

PATH = "/session"


@get(PATH, guards=[signed_in], opt=POLLED)
async def session_state(request: Web) -> Response[dict[str, Any]]:
    """Say how long the session goes on; asking does not prolong it."""
    return _state(request)


@post(PATH, guards=[signed_in], status_code=200)
async def stay(request: Web) -> Response[dict[str, Any]]:
    """Let the session go on, as any use does."""
    return _state(request)


def _state(request: Web) -> Response[dict[str, Any]]:
    visit = visit_of(request)
    return Response(
        {
            "seconds": visit.seconds_left(clock.now()),
            "can_stay": visit.idle_end < visit.last_end,
            "person": str(visit.viewer.member_id),
            "form_token": request.scope["state"]["csrf"],
        }
    )


handlers = [session_state, stay]
