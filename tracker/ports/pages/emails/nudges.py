"""The button that nudges everyone who has not replied to a date, or not confirmed its new time or place."""

from uuid import UUID

from litestar import post
from litestar.params import FromPath
from litestar.response import Redirect

from tracker.errors import Conflict
from tracker.ports.http.dependencies import Now, Viewer, Zone
from tracker.ports.http.guards import signed_in
from tracker.ports.pages.core.dependencies import Form, Pages
from tracker.ports.pages.events.event_page import HOME
from tracker.rules.emails.nudges import done_words
from tracker.usecases.emails import nudges


@post("/events/{event_id:uuid}/{key:str}/nudges", guards=[signed_in], status_code=303)
async def remind(
    event_id: FromPath[UUID], key: FromPath[str], pages: Pages, viewer: Viewer, form: Form, zone: Zone, now: Now
) -> Redirect:
    """Nudge them and say how many; if someone else was faster, the page says when it is possible again."""
    confirms = bool(form["confirmations"])
    back = HOME if form["next"] == HOME else f"/events/{event_id}/{key}#participants"
    try:
        count = await nudges.nudge(viewer, event_id, key, now, zone, confirmations=confirms)
    except Conflict:
        return pages.redirect(back)
    return pages.redirect(back, done_words(count, "confirm the change" if confirms else "reply"))


handlers = [remind]
