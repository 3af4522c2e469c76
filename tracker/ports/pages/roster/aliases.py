"""Further addresses from which a person's replies come: removed in the settings, confirmed by a link sent there."""

from typing import Any, TypeVar

from litestar import HttpMethod, Response, post, route
from litestar.response import Redirect

from tracker.errors import Gone, NotFound
from tracker.ports.http.cookies import Undo
from tracker.ports.http.dependencies import Links, Now, Origin, PathId, PathText, Viewer
from tracker.ports.http.guards import link, signed_in
from tracker.ports.pages.core.dependencies import Pages
from tracker.rules.roster.aliases import UNDO_FOR
from tracker.usecases.roster import aliases

ADDRESS = "/settings#addresses"
R = TypeVar("R", bound=Response[Any])


@post("/settings/addresses/{alias_id:uuid}/removal", guards=[signed_in], status_code=303)
async def remove_address(alias_id: PathId, pages: Pages, viewer: Viewer, now: Now) -> Redirect:
    """Remove an address."""
    address = await aliases.remove_alias(viewer, alias_id, now)
    undo = Undo(address=f"/settings/addresses/{alias_id}/restoration", fields={}, until=now + UNDO_FOR)
    return pages.redirect(ADDRESS, f"Removed {address}. Replies from there no longer count as yours.", undo)


@post("/settings/addresses/{alias_id:uuid}/restoration", guards=[signed_in], status_code=303)
async def restore_address(alias_id: PathId, pages: Pages, viewer: Viewer, now: Now) -> Redirect:
    """Undo the removal of an address, or say that it's too late."""
    try:
        await aliases.restore_alias(viewer, alias_id, now)
    except Gone as late:
        return pages.refuse(ADDRESS, late.sentence)
    return pages.redirect(ADDRESS, "Undone. The address is back.")


@route("/e/{token:str}", http_method=[HttpMethod.GET, HttpMethod.HEAD], guards=[link])
async def address_page(token: PathText, pages: Pages, origin: Origin, now: Now, links: Links) -> Response[str]:
    """Show whose address a link confirms, with a button that does; or that it is confirmed."""
    try:
        open_alias = await aliases.alias_by_link(links.read_address(token), now, origin)
    except (NotFound, Gone):
        return _gone(pages)
    return _private(pages.render("roster/people/confirm-address.html", token=token, found=open_alias))


@post("/e/{token:str}", guards=[link], status_code=303)
async def confirm_address(token: PathText, pages: Pages, origin: Origin, now: Now, links: Links) -> Response[Any]:
    """Confirm an address; the page then says so."""
    try:
        await aliases.confirm_alias(links.read_address(token), now, origin)
    except (NotFound, Gone):
        return _gone(pages)
    return _private(Redirect(f"/e/{token}", status_code=303))


def _gone(pages: Pages) -> Response[str]:
    return _private(pages.render("roster/people/confirm-address-over.html", status_code=404))


def _private(response: R) -> R:
    """Keep the address, which is the permission to confirm, from search engines and other sites."""
    response.headers.update({"X-Robots-Tag": "noindex", "Referrer-Policy": "no-referrer"})
    return response
