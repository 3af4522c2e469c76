"""The setup checklist of the first day, on the home page, and the test email that it and the Health page send."""

from datetime import timedelta
from typing import Annotated, Any

from litestar import Response, get, post
from litestar.params import QueryParameter

from tracker.errors import NotFound
from tracker.ports.http.addresses import HOME
from tracker.ports.http.dependencies import Now, Viewer
from tracker.ports.http.flash import Undo
from tracker.ports.http.guards import signed_in
from tracker.ports.pages.core.dependencies import Form, Pages
from tracker.rules.core.outbox import State
from tracker.rules.core.viewer import Viewer as Person
from tracker.usecases.core import send_hold
from tracker.usecases.emails import email_tests
from tracker.usecases.views import set_up

HEALTH = "/admin/health#test-email-row"
HIDDEN = "The setup checklist is hidden. You can show it again on the Admin page."
UNDO_FOR = timedelta(seconds=60)
"""How long the message that the list is hidden has its button Undo."""


@post("/test-emails", guards=[signed_in], status_code=303)
async def send_test(pages: Pages, viewer: Viewer, form: Form, now: Now) -> Response[Any]:
    """Send a test email to the viewer; the row says what became of it."""
    await email_tests.send(viewer, now)
    said = f"A test email to {viewer.email} is on its way."
    if pages.is_htmx:
        return await _row(pages, viewer, said, is_set_up=bool(form["set-up"]))
    return pages.redirect(HOME if form["set-up"] else HEALTH, said)


@get("/test-emails/last", guards=[signed_in])
async def last_test(
    pages: Pages, viewer: Viewer, is_set_up: Annotated[str, QueryParameter(name="set-up")] = ""
) -> Response[Any]:
    """Show what became of the last test email, for htmx. Errors: NotFound for people who do not manage accounts."""
    if not viewer.manages_accounts:
        raise NotFound
    if not pages.is_htmx:
        return pages.redirect(HEALTH)
    return await _row(pages, viewer, is_set_up=bool(is_set_up))


@post("/set-up-list/removal", guards=[signed_in], status_code=303)
async def hide(pages: Pages, viewer: Viewer, now: Now) -> Response[Any]:
    """Hide the list, with Undo."""
    await set_up.hide(viewer, now)
    return pages.redirect(HOME, HIDDEN, Undo(address="/set-up-list", fields={}, until=now + UNDO_FOR))


@post("/set-up-list", guards=[signed_in], status_code=303)
async def show_again(pages: Pages, viewer: Viewer, now: Now) -> Response[Any]:
    """Show the list again, or say that nothing on it is left to do."""
    await set_up.show_again(viewer, now)
    left = await set_up.set_up(viewer, await send_hold.known())
    return pages.redirect(HOME, "The setup checklist is back." if left else "Setup checklist done.")


async def _row(pages: Pages, viewer: Person, said: str = "", *, is_set_up: bool) -> Response[str]:
    progress = await set_up.progress(viewer)
    test = progress.test
    if not said and test and test.state is not State.PENDING:
        said = _said(test.state, was_sent=test.sent_at is not None)
    return pages.render("views/admin/test-email-part.html", test=test, set_up=progress, is_set_up=is_set_up, said=said)


def _said(state: State, *, was_sent: bool) -> str:
    if state is State.SENT:
        return "The email server took the test email."
    return "The test email couldn’t be delivered." if was_sent else "The test email wasn’t sent."
