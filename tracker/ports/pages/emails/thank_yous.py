"""The thank-you after a date: whom it would reach and what it says, the button that sends it, and its Undo."""

from datetime import UTC, datetime
from typing import Any

from litestar import Response, get, post
from litestar.response import Redirect

from tracker.errors import Conflict, Gone
from tracker.ports.http.cookies import Undo
from tracker.ports.http.dependencies import Injected, Now, PathId, PathText, Viewer, Zone
from tracker.ports.http.guards import signed_in
from tracker.ports.pages.core.dependencies import Form, Pages
from tracker.ports.pages.core.form_values import count_in, moment_in
from tracker.ports.pages.emails.messages import PageEmailReader
from tracker.rules.core.wording import plural
from tracker.rules.emails.thank_yous import UNDO_FOR, sent_thank_you_words
from tracker.usecases.emails import thank_yous
from tracker.usecases.emails.thank_yous import ThankYouView

PATH = "/events/{event_id:uuid}/{key:str}/thank-you"
NEVER = datetime.min.replace(tzinfo=UTC)


@get(PATH, guards=[signed_in])
async def show_thank_you(
    event_id: PathId,
    key: PathText,
    pages: Pages,
    viewer: Viewer,
    *,
    zone: Zone,
    now: Now,
    read_email: Injected[PageEmailReader],
) -> Response[str]:
    """Show who would get it, and what it says to the viewer; or that it was sent."""
    return _page(pages, await thank_yous.thank_you_view(viewer, event_id, key, now, zone), read_email, zone, now)


@post(PATH, guards=[signed_in], status_code=303)
async def post_thank_you(
    event_id: PathId,
    key: PathText,
    pages: Pages,
    viewer: Viewer,
    form: Form,
    *,
    zone: Zone,
    now: Now,
    read_email: Injected[PageEmailReader],
) -> Response[Any]:
    """Send it to as many people as the page showed, or show the page again with the reason why not."""
    shown = count_in(form["people"])
    try:
        people = await thank_yous.send_thank_you(viewer, event_id, key, now, people=shown)
    except Conflict as refused:
        found = await thank_yous.thank_you_view(viewer, event_id, key, now, zone)
        return _page(pages, found, read_email, zone, now, refused.sentence)
    address = f"/events/{event_id}/{key}"
    undo = Undo(address=f"{address}/thank-you/removal", fields={"at": now.isoformat()}, until=now + UNDO_FOR)
    return pages.redirect(address, f"Thank-you on its way to {plural(people, 'person', 'people')}.", undo)


@post(f"{PATH}/removal", guards=[signed_in], status_code=303)
async def post_thank_you_undo(
    event_id: PathId, key: PathText, pages: Pages, viewer: Viewer, form: Form, now: Now
) -> Redirect:
    """Undo a thank-you that has not left yet, or say that it may have."""
    address = f"/events/{event_id}/{key}"
    try:
        await thank_yous.undo_thank_you(viewer, event_id, key, moment_in(form["at"]) or NEVER, now)
    except Gone as gone:
        return pages.refuse(address, gone.sentence)
    return pages.redirect(address, "Undone. No one was emailed.")


def _page(
    pages: Pages, found: ThankYouView, read_email: PageEmailReader, zone: str, now: Now, refused: str = ""
) -> Response[str]:
    event = found.occurrence.event
    return pages.render(
        "emails/pages/thank-you.html",
        status_code=409 if refused else 200,
        found=found,
        occurrence=found.occurrence,
        event=event,
        address=f"/events/{event.id}/{found.occurrence.key}",
        refused=refused,
        sent=sent_thank_you_words(found.sent, zone, now.date()) if found.sent else "",
        email=read_email(found.letter) if found.letter else None,
    )
