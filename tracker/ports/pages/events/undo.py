"""The Undo button beside the message that says what was done."""

from uuid import UUID

from litestar import post
from litestar.params import FromPath
from litestar.response import Redirect

from tracker.errors import Conflict, Gone
from tracker.ports.http.dependencies import Now, Viewer
from tracker.ports.http.guards import signed_in
from tracker.ports.pages.core.dependencies import Form, Pages
from tracker.ports.pages.core.form_values import FormValues, version_in
from tracker.ports.pages.events.event_page import address_of
from tracker.rules.events.undo import MEANWHILE, Deed
from tracker.usecases.events import occurrences, undo

GONE = "Undone. The event is gone, and nobody was notified of it."
AS_BEFORE = "Undone. It is as before, and nobody was notified of the change."
BACK = "Undone. It takes place, and nobody was told that it was canceled."


@post("/events/{event_id:uuid}/undo", guards=[signed_in], status_code=303)
async def take_back(event_id: FromPath[UUID], pages: Pages, viewer: Viewer, form: Form, now: Now) -> Redirect:
    """Undo a recent change to an event, or say why it can't be undone."""
    try:
        if form["deed"] == Deed.SCHEDULED:
            await undo.undo_schedule(viewer, event_id, version_in(form), now)
            return pages.redirect("/calendar", GONE)
        taken_back = undo.undo_change if form["deed"] == Deed.CHANGED else undo.undo_cancellation
        await taken_back(viewer, event_id, form["key"], version_in(form), now)
    except Gone as gone:
        return pages.redirect(await _address(viewer, event_id, form, now), gone.sentence)
    except Conflict:
        return pages.redirect(await _address(viewer, event_id, form, now), MEANWHILE)
    sentence = AS_BEFORE if form["deed"] == Deed.CHANGED else BACK
    return pages.redirect(await _address(viewer, event_id, form, now), sentence)


async def _address(viewer: Viewer, event_id: UUID, form: FormValues, now: Now) -> str:
    if form["key"]:
        return address_of(await occurrences.date_for(viewer, event_id, form["key"]))
    return address_of(await occurrences.nearest_date(viewer, event_id, now))


handlers = [take_back]
