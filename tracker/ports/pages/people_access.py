"""How one person comes in, for those who keep accounts: a new password, the end of a pause, a lost phone."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from tracker import clock
from tracker.errors import NotAllowed
from tracker.ports import errors, flash
from tracker.ports.guards import signed_in
from tracker.ports.pages.identity_forms import Web, settings_of
from tracker.ports.pages.proof import first_prove
from tracker.ports.pages.request import viewer_of
from tracker.ports.pages.templating import page
from tracker.rules.people import Viewer
from tracker.usecases import identity_access
from tracker.usecases.identity_links import LIFETIME

PATH = "/people/{person_id:uuid}/access"
RELEASED = "The pause is over. They can sign in again."
FORGOTTEN = "The authenticator is removed. At the next sign-in they set up another one."
ENDED = "They are signed out everywhere."
TURNED_OFF = "Their feeds are turned off."
REVOKED = "Their personal tokens are revoked."
SHUT = "Their sessions, feeds and tokens are shut."

Deed = Callable[[Viewer, UUID, datetime], Awaitable[None]]


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
        token = await identity_access.make_reset_link(viewer_of(request), person_id, now)
    except NotAllowed as wrong:
        return await _page(person_id, request, wrong)
    return await _page(person_id, request, link=f"/sign-in/reset/{token}", until=now + LIFETIME)


@post(f"{PATH}/release", guards=[signed_in], status_code=303)
async def release(person_id: FromPath[UUID], request: Web) -> Response[Any]:
    """End the pause after wrong tries."""
    return await _do(person_id, request, identity_access.release, RELEASED)


@post(f"{PATH}/authenticator-removal", guards=[signed_in], status_code=303)
async def forget_authenticator(person_id: FromPath[UUID], request: Web) -> Response[Any]:
    """Let somebody who lost the phone set up another authenticator."""
    return await _do(person_id, request, identity_access.forget_authenticator, FORGOTTEN)


@post(f"{PATH}/sign-out", guards=[signed_in], status_code=303)
async def end_sessions(person_id: FromPath[UUID], request: Web) -> Response[Any]:
    """Sign somebody out everywhere."""
    return await _do(person_id, request, identity_access.end_sessions, ENDED)


@post(f"{PATH}/feeds-revocation", guards=[signed_in], status_code=303)
async def turn_off_feeds(person_id: FromPath[UUID], request: Web) -> Response[Any]:
    """Turn all feeds of somebody off."""
    return await _do(person_id, request, identity_access.turn_off_feeds, TURNED_OFF)


@post(f"{PATH}/shutdown", guards=[signed_in], status_code=303)
async def shut_everything(person_id: FromPath[UUID], request: Web) -> Response[Any]:
    """Shut what a lost device of somebody may still open."""
    return await _do(person_id, request, identity_access.shut_everything, SHUT)


@post(f"{PATH}/tokens-revocation", guards=[signed_in], status_code=303)
async def revoke_tokens(person_id: FromPath[UUID], request: Web) -> Response[Any]:
    """Shut out every program that acts for somebody."""
    return await _do(person_id, request, identity_access.revoke_tokens, REVOKED)


async def _do(person_id: UUID, request: Web, deed: Deed, said: str) -> Response[Any]:
    if first := await _first(person_id, request):
        return first
    try:
        await deed(viewer_of(request), person_id, clock.now())
    except NotAllowed as wrong:
        return await _page(person_id, request, wrong)
    answer: Response[Any] = Redirect(_address(person_id), status_code=303)
    flash.say(answer, settings_of(request), said)
    return answer


async def _first(person_id: UUID, request: Web) -> Response[Any] | None:
    """Return the way to a fresh proof; for whoever keeps no accounts there is nothing to prove oneself for."""
    await identity_access.access_of(viewer_of(request), person_id, clock.now())
    return first_prove(request, _address(person_id))


async def _page(
    person_id: UUID, request: Web, wrong: NotAllowed | None = None, *, link: str = "", until: datetime | None = None
) -> Response[str]:
    access = await identity_access.access_of(viewer_of(request), person_id, clock.now())
    return page(
        "people/manage-access.html",
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


handlers = [
    access_page,
    make_link,
    release,
    forget_authenticator,
    end_sessions,
    turn_off_feeds,
    revoke_tokens,
    shut_everything,
]
