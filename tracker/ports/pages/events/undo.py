"""The Undo button beside the message that says what was done."""

from contextlib import suppress
from uuid import UUID

from litestar import post
from litestar.response import Redirect

from tracker.errors import Conflict, Gone, NotFound
from tracker.ports.http.dependencies import Now, PathId, Viewer
from tracker.ports.http.guards import signed_in
from tracker.ports.pages.core.dependencies import Form, Pages
from tracker.ports.pages.core.form_drafts import BACK
from tracker.ports.pages.core.form_values import FormValues, id_in
from tracker.ports.pages.events.date_pages import occurrence_address
from tracker.rules.events.undo import UndoableDeed
from tracker.usecases.events import occurrences, undo

FORM_NOT_KEPT = "What you entered wasn’t kept. If you began another event there, that draft is still there."
NO_CHANGE = UUID(int=0)
"""That change can’t be undone."""
SENTENCES = {
    UndoableDeed.SCHEDULED: "Undone. The event is gone, and no one was notified of it.",
    UndoableDeed.CHANGED: "Undone. It’s as before, and no one was notified of the change.",
    UndoableDeed.CANCELED: "Undone. Nothing is canceled, and no one was notified.",
}


@post("/events/{event_id:uuid}/undo", guards=[signed_in], status_code=303)
async def post_event_undo(event_id: PathId, pages: Pages, viewer: Viewer, form: Form, now: Now) -> Redirect:
    """Undo a recent change to an event, or say why it can't be undone."""
    try:
        done = await undo.undo_change(viewer, event_id, id_in(form["change"]) or NO_CHANGE, now)
    except (Gone, Conflict) as refused:
        return pages.refuse(await _address_after_undo(viewer, event_id, form, now), refused.sentence)
    sentence = SENTENCES[done.deed]
    if done.form_page:
        return pages.redirect(done.form_page, f"{sentence} {BACK}")
    if done.deed is UndoableDeed.SCHEDULED:
        return pages.redirect("/calendar", f"{sentence} {FORM_NOT_KEPT}" if done.is_form_lost else sentence)
    return pages.redirect(await _address_after_undo(viewer, event_id, form, now), sentence)


async def _address_after_undo(viewer: Viewer, event_id: UUID, form: FormValues, now: Now) -> str:
    with suppress(NotFound):  # undoing may have removed the date
        if form["key"]:
            return occurrence_address(await occurrences.date_seen_by(viewer, event_id, form["key"]))
    return occurrence_address(await occurrences.nearest_date(viewer, event_id, now))
