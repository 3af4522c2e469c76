"""The click that reminds everybody who has not replied to a date, or not confirmed its new time or place."""

from typing import Any
from uuid import UUID

from litestar import Request, post
from litestar.params import FromPath
from litestar.response import Redirect

from tracker import clock
from tracker.errors import Conflict
from tracker.ports.http import flash
from tracker.ports.http.guards import signed_in
from tracker.ports.pages.core.form_values import form_of
from tracker.ports.pages.core.request import viewer_of, zone_of
from tracker.ports.pages.events.event_page import HOME
from tracker.rules.emails.nudges import done_words
from tracker.usecases.emails import nudges


@post("/events/{event_id:uuid}/{key:str}/nudges", guards=[signed_in], status_code=303)
async def remind(event_id: FromPath[UUID], key: FromPath[str], request: Request[Any, Any, Any]) -> Redirect:
    """Remind them and say how many; where somebody was quicker the page says when it can be done again."""
    form = await form_of(request)
    confirms = bool(form["confirmations"])
    back = Redirect(HOME if form["next"] == HOME else f"/events/{event_id}/{key}#participants", status_code=303)
    try:
        count = await nudges.nudge(
            viewer_of(request), event_id, key, clock.now(), zone_of(request), confirmations=confirms
        )
    except Conflict:
        return back
    flash.say(
        back, request.scope["state"]["settings"], done_words(count, "confirm the change" if confirms else "reply")
    )
    return back


handlers = [remind]
