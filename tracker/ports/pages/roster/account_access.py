"""How one person comes in, for those who keep accounts: a new password, the end of a pause, a lost phone."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from litestar.response import Redirect

from tracker import clock
from tracker.errors import NotAllowed
from tracker.ports.http import errors, flash
from tracker.ports.http.guards import signed_in
from tracker.ports.pages.core.reauthentication import first_reauthenticate
from tracker.ports.pages.core.request import viewer_of
from tracker.ports.pages.core.templating import page
from tracker.ports.pages.identity.sign_in_forms import Web, settings_of
from tracker.rules.core.viewer import Viewer
from tracker.usecases.identity.one_time_links import LIFETIME
from tracker.usecases.roster import account_access

PATH = "/people/{person_id:uuid}/access"
Deed = Callable[[Viewer, UUID, datetime], Awaitable[None]]
DEEDS: tuple[tuple[str, Deed, str], ...] = (
    ("release", account_access.release, "The pause is over. They can sign in again."),
    (
        "authenticator-removal",
        account_access.forget_authenticator,
        "The authenticator is removed. At the next sign-in they set up another one.",
    ),
    ("sign-out", account_access.end_sessions, "They are signed out everywhere."),
    ("feeds-revocation", account_access.turn_off_feeds, "Their feeds are turned off."),
    ("tokens-revocation", account_access.revoke_tokens, "Their personal tokens are revoked."),
    ("shutdown", account_access.revoke_everything, "Their sessions, feeds and tokens are shut."),
)
"""The buttons of the page: address, what is done, and what is said afterwards."""


@get(PATH, guards=[signed_in])
async def access_page(person_id: FromPath[UUID], request: Web) -> Response[Any]:
    """Show by what somebody comes in."""
    return await _page(person_id, request)


@post(f"{PATH}/reset-link", guards=[signed_in], status_code=200)
async def make_link(person_id: FromPath[UUID], request: Web) -> Response[Any]:
    """Make a link for a new password and show it, this once."""
    if first := await _first(person_id, request):
        return first
    now = clock.now()
    try:
        token = await account_access.make_reset_link(viewer_of(request), person_id, now)
    except NotAllowed as wrong:
        return await _page(person_id, request, wrong)
    return await _page(person_id, request, link=f"/sign-in/reset/{token}", until=now + LIFETIME)


def _handler(tail: str, deed: Deed, said: str) -> HTTPRouteHandler:
    """Return the handler of a button that does one thing to somebody's access and then says so."""

    @post(f"{PATH}/{tail}", guards=[signed_in], status_code=303)
    async def handler(person_id: FromPath[UUID], request: Web) -> Response[Any]:
        return await _do(person_id, request, deed, said)

    return handler


async def _do(person_id: UUID, request: Web, deed: Deed, said: str) -> Response[Any]:
    if first := await _first(person_id, request):
        return first
    try:
        await deed(viewer_of(request), person_id, clock.now())
    except NotAllowed as wrong:
        return await _page(person_id, request, wrong)
    response: Response[Any] = Redirect(_address(person_id), status_code=303)
    flash.say(response, settings_of(request), said)
    return response


async def _first(person_id: UUID, request: Web) -> Response[Any] | None:
    """Return the way to a fresh proof; for whoever keeps no accounts there is nothing to prove oneself for."""
    await account_access.access_of(viewer_of(request), person_id, clock.now())
    return first_reauthenticate(request, _address(person_id))


async def _page(
    person_id: UUID, request: Web, wrong: NotAllowed | None = None, *, link: str = "", until: datetime | None = None
) -> Response[str]:
    access = await account_access.access_of(viewer_of(request), person_id, clock.now())
    return page(
        "roster/people/manage-access.html",
        request,
        status_code=errors.status_of(wrong) if wrong else 200,
        access=access,
        person=access.person,
        address=_address(person_id),
        link=f"{settings_of(request).base_url}{link}" if link else "",
        until=until,
        errors={"": wrong.sentence} if wrong else {},
        minutes=LIFETIME // timedelta(minutes=1),
    )


def _address(person_id: UUID) -> str:
    return f"/people/{person_id}/access"


handlers = [access_page, make_link, *(_handler(*one) for one in DEEDS)]
