"""The page behind the Undo link in a confirmation: without an account; looking changes nothing, the button does."""

from typing import Any, TypeVar

from litestar import HttpMethod, Response, post, route
from litestar.response import Redirect

from tracker.errors import Conflict, NotFound
from tracker.ports.http.dependencies import Links, Now, Origin, PathText, Today
from tracker.ports.http.guards import link
from tracker.ports.pages.core.dependencies import Pages
from tracker.ports.pages.events.date_pages import occurrence_times
from tracker.usecases.intake import email_undo

R = TypeVar("R", bound=Response[Any])


@route("/w/{token:str}", http_method=[HttpMethod.GET, HttpMethod.HEAD], guards=[link])
async def show_email_undo(
    token: PathText, pages: Pages, origin: Origin, now: Now, today: Today, links: Links
) -> Response[str]:
    """Show what an email changed and a button that undoes it; or that it was undone, or can't be."""
    try:
        undoable = await email_undo.undoable_by_link(links.read_undo(token), now, origin)
    except NotFound:
        return _unknown(pages)
    if undoable.is_restricted:
        return _private(pages.render("actions/link-sign-in.html", target=_page(undoable)))
    row = occurrence_times(undoable.date) if undoable.date else {}
    return _private(
        pages.render("intake/undo.html", token=token, found=undoable, page=_page(undoable), today=today, **row)
    )


@post("/w/{token:str}", guards=[link], status_code=303)
async def post_email_undo(token: PathText, pages: Pages, origin: Origin, now: Now, links: Links) -> Response[Any]:
    """Undo what an email changed; the page then says so, or that it can't be undone."""
    try:
        words_id = links.read_undo(token)
        if not (await email_undo.undoable_by_link(words_id, now, origin)).is_restricted:
            await email_undo.undo_emailed_change(words_id, now, origin)
    except NotFound:
        return _unknown(pages)
    except Conflict:
        pass  # the page says why it can't be undone
    return _private(Redirect(f"/w/{token}", status_code=303))


def _page(undoable: email_undo.Undoable) -> str:
    if undoable.item:
        return f"/action-items/{undoable.item.reference}"
    return f"/events/{undoable.date.event.id}" if undoable.date else "/"


def _unknown(pages: Pages) -> Response[str]:
    return _private(pages.render("core/errors/link.html", status_code=404, of="undo"))


def _private(response: R) -> R:
    """Keep the address, which is the permission to undo, from search engines and other sites."""
    response.headers.update({"X-Robots-Tag": "noindex", "Referrer-Policy": "no-referrer"})
    return response
