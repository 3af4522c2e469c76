"""The buttons that remind everyone who has not replied to a date poll, and ask people who were added since."""

from datetime import UTC, datetime

from litestar import post
from litestar.response import Redirect

from tracker.errors import Conflict, Gone
from tracker.ports.http.dependencies import Now, Viewer
from tracker.ports.http.flash import Undo
from tracker.ports.http.guards import signed_in
from tracker.ports.http.path import PathId
from tracker.ports.pages.core.dependencies import Form, Pages
from tracker.ports.pages.core.form_values import moment_in
from tracker.ports.pages.core.request import with_number_notified
from tracker.rules.emails.nudges import UNDO_FOR, done_words
from tracker.usecases.emails import poll_reminders
from tracker.usecases.polls import polls

NEVER = datetime.min.replace(tzinfo=UTC)


@post("/polls/{poll_id:uuid}/nudges", guards=[signed_in], status_code=303)
async def remind(poll_id: PathId, pages: Pages, viewer: Viewer, now: Now) -> Redirect:
    """Remind them and say how many, with a button that undoes it; if no one can be reminded, say why."""
    try:
        count = await poll_reminders.remind(viewer, poll_id, now)
    except (Conflict, Gone) as refused:
        return pages.refuse(f"/polls/{poll_id}", refused.sentence)
    undo_button = Undo(address=f"/polls/{poll_id}/nudges/removal", fields={"at": now.isoformat()}, until=now + UNDO_FOR)
    return pages.redirect(f"/polls/{poll_id}", done_words(count), undo_button)


@post("/polls/{poll_id:uuid}/nudges/removal", guards=[signed_in], status_code=303)
async def undo(poll_id: PathId, pages: Pages, viewer: Viewer, form: Form, now: Now) -> Redirect:
    """Undo reminders that have not left yet, or say that they may have."""
    try:
        await poll_reminders.undo(viewer, poll_id, moment_in(form["at"]) or NEVER, now)
    except Gone as gone:
        return pages.refuse(f"/polls/{poll_id}", gone.sentence)
    return pages.redirect(f"/polls/{poll_id}", "Undone. No one was reminded.")


@post("/polls/{poll_id:uuid}/requests", guards=[signed_in], status_code=303)
async def ask_added(poll_id: PathId, pages: Pages, viewer: Viewer, now: Now) -> Redirect:
    """Email the dates to people who were put on the list since the poll was opened."""
    count = await polls.ask_added(viewer, poll_id, now)
    return pages.redirect(f"/polls/{poll_id}", with_number_notified("Asked.", count))
