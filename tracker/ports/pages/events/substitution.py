"""A button for a substitute: that they can't come after all."""

from uuid import UUID

from litestar import post
from litestar.params import FromPath
from litestar.response import Redirect

from tracker.errors import Gone, NotAllowed
from tracker.ports.http.dependencies import Now, Viewer
from tracker.ports.http.guards import signed_in
from tracker.ports.pages.core.dependencies import Pages
from tracker.usecases.events import substitute_replies

SAID = "You’re no longer the substitute. We’ll email you an update that takes this date off your calendar."


@post("/events/{event_id:uuid}/{key:str}/substitution/refusal", guards=[signed_in], status_code=303)
async def decline_substitution(
    event_id: FromPath[UUID], key: FromPath[str], pages: Pages, viewer: Viewer, now: Now
) -> Redirect:
    """Record that the viewer can't come in another person's place, or say why it's too late."""
    address = f"/events/{event_id}/{key}#reply"
    try:
        await substitute_replies.decline(viewer, event_id, key, now)
    except (Gone, NotAllowed) as closed:
        return pages.refuse(address, closed.sentence)
    return pages.redirect(address, SAID)


handlers = [decline_substitution]
