"""How much longer the session lasts, requested by the page before it warns, and a way to extend it."""

from typing import Any

from litestar import Response, get, post

from tracker.ports.http.dependencies import Now, Visit
from tracker.ports.http.guards import POLLED, UNDER_EMERGENCY, signed_in
from tracker.ports.pages.core.dependencies import FormToken

PATH = "/session"


@get(PATH, guards=[signed_in], opt=POLLED)
async def session_state(visit: Visit, form_token: FormToken, now: Now) -> Response[dict[str, Any]]:
    """Return how much longer the session lasts; this request does not extend it."""
    return _state(visit, form_token, now)


@post(PATH, guards=[signed_in], status_code=200, opt=UNDER_EMERGENCY)
async def stay(visit: Visit, form_token: FormToken, now: Now) -> Response[dict[str, Any]]:
    """Extend the session, as any use does."""
    return _state(visit, form_token, now)


def _state(visit: Visit, form_token: str, now: Now) -> Response[dict[str, Any]]:
    return Response(
        {
            "seconds": visit.seconds_left(now),
            "can_stay": visit.idle_end < visit.last_end,
            "person": str(visit.viewer.member_id),
            "form_token": form_token,
        }
    )
