"""The page of emails that wait for a decision, and its buttons for those about action items."""

from collections.abc import Awaitable
from uuid import UUID

from litestar import Response, get, post
from litestar.response import Redirect

from tracker.errors import Conflict
from tracker.ports.http.dependencies import Now, Viewer
from tracker.ports.http.flash import Undo
from tracker.ports.http.guards import signed_in
from tracker.ports.http.path import PathId
from tracker.ports.pages.core.dependencies import Pages
from tracker.rules.intake.item_emails import ItemEmail
from tracker.usecases.intake import item_emails
from tracker.usecases.intake.waiting_emails import waiting_and_decided

PAGE = "/email-replies"
PATH = f"{PAGE}/{{email_id:uuid}}"
WAITS_AGAIN = "Undone. The email is waiting for a decision again."
UNDONE = "Undone. The email no longer needs a decision."


@get(PAGE, guards=[signed_in])
async def waiting_emails(pages: Pages, viewer: Viewer, now: Now) -> Response[str]:
    """Show the emails about which the viewer may decide."""
    return pages.render("intake/waiting-emails.html", waiting=await waiting_and_decided(viewer, now))


@post(f"{PATH}/attachment", guards=[signed_in], status_code=303)
async def attach_email(email_id: PathId, pages: Pages, viewer: Viewer, now: Now) -> Redirect:
    """Change an action item as an email says, or say why it can't be. Errors: NotFound."""
    said = "Recorded as a reply from {person}. The sender gets no email."
    return await _decided(pages, email_id, item_emails.attach(viewer, email_id, now), said)


@post(f"{PATH}/dismissal", guards=[signed_in], status_code=303)
async def dismiss_email(email_id: PathId, pages: Pages, viewer: Viewer, now: Now) -> Redirect:
    """Decide that an email is not that person's. Errors: NotFound."""
    return await _decided(pages, email_id, item_emails.dismiss(viewer, email_id, now), "Email dismissed.")


@post(f"{PATH}/undo", guards=[signed_in], status_code=303)
async def undo_email(email_id: PathId, pages: Pages, viewer: Viewer, now: Now) -> Redirect:
    """Let an email wait again, or say why the decision can't be undone. Errors: NotFound."""
    try:
        waits = await item_emails.undo(viewer, email_id, now)
    except Conflict as changed:
        return pages.refuse(PAGE, changed.sentence)
    return pages.redirect(PAGE, WAITS_AGAIN if waits else UNDONE)


async def _decided(pages: Pages, email_id: UUID, deed: Awaitable[ItemEmail], said: str) -> Redirect:
    try:
        found = await deed
    except Conflict as refused:
        return pages.refuse(PAGE, refused.sentence)
    undo = Undo(address=f"{PAGE}/{email_id}/undo", fields={})
    return pages.redirect(PAGE, said.format(person=found.email.person), undo)
