"""How one person signs in, for administrators: a new password, the end of a pause, a lost phone."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.response import Redirect

from tracker.errors import NotAllowed
from tracker.ports.http import errors
from tracker.ports.http.dependencies import Now, Settings, Viewer, Visit
from tracker.ports.http.guards import signed_in
from tracker.ports.http.path import PathId
from tracker.ports.pages.core.dependencies import Pages
from tracker.ports.pages.core.reauthentication import first_reauthenticate
from tracker.usecases.identity.one_time_links import LIFETIME
from tracker.usecases.roster import account_access

PATH = "/people/{person_id:uuid}/access"
Deed = Callable[[Viewer, UUID, datetime], Awaitable[None]]
DEEDS: tuple[tuple[str, Deed, str], ...] = (
    ("release", account_access.release, "Pause ended. They can sign in again."),
    (
        "authenticator-removal",
        account_access.forget_authenticator,
        "Authenticator removed. They’ll set up a new one when they next sign in.",
    ),
    ("sign-out", account_access.end_sessions, "They’re signed out everywhere."),
    ("feeds-revocation", account_access.turn_off_feeds, "Calendar feeds turned off."),
    ("tokens-revocation", account_access.revoke_tokens, "Personal tokens revoked."),
    ("shutdown", account_access.revoke_everything, "All sessions, feeds, and tokens ended."),
)
"""The buttons of the page: address, action, and the message afterward."""


@get(PATH, guards=[signed_in])
async def access_page(person_id: PathId, pages: Pages, viewer: Viewer, now: Now, settings: Settings) -> Response[Any]:
    """Show how a person signs in."""
    return await _page(person_id, pages, viewer, now, settings)


@get(f"{PATH}/lost-device", guards=[signed_in])
async def lost_device_page(person_id: PathId, pages: Pages, visit: Visit, now: Now) -> Response[Any]:
    """Show what ends when a person has lost a device, for people who may end it."""
    access = await account_access.access_of(visit.viewer, person_id, now)
    if access.why_not:
        return Redirect(_address(person_id), status_code=303)
    if first := first_reauthenticate(visit, f"{_address(person_id)}/lost-device", now):
        return first
    return pages.render(
        "roster/people/lost-device.html", access=access, person=access.person, address=_address(person_id)
    )


@post(f"{PATH}/reset-link", guards=[signed_in], status_code=200)
async def make_link(person_id: PathId, pages: Pages, visit: Visit, now: Now, settings: Settings) -> Response[Any]:
    """Make a link for a new password and show it, only once."""
    if first := await _first(person_id, visit, now):
        return first
    try:
        token = await account_access.make_reset_link(visit.viewer, person_id, now)
    except NotAllowed as wrong:
        return await _page(person_id, pages, visit.viewer, now, settings, wrong)
    return await _page(
        person_id, pages, visit.viewer, now, settings, link=f"/sign-in/reset/{token}", until=now + LIFETIME
    )


def _handler(tail: str, deed: Deed, words: str) -> HTTPRouteHandler:
    """Return the handler of a button that changes a person's access and then says so."""

    @post(f"{PATH}/{tail}", guards=[signed_in], status_code=303)
    async def handler(person_id: PathId, pages: Pages, visit: Visit, settings: Settings, now: Now) -> Response[Any]:
        if first := await _first(person_id, visit, now):
            return first
        try:
            await deed(visit.viewer, person_id, now)
        except NotAllowed as wrong:
            return await _page(person_id, pages, visit.viewer, now, settings, wrong)
        return pages.redirect(_address(person_id), words)

    return handler


async def _first(person_id: UUID, visit: Visit, now: Now) -> Response[Any] | None:
    """Return the redirect to confirm one's identity, or None; refuse people who do not manage accounts."""
    await account_access.access_of(visit.viewer, person_id, now)
    return first_reauthenticate(visit, _address(person_id), now)


async def _page(
    person_id: UUID,
    pages: Pages,
    viewer: Viewer,
    now: Now,
    settings: Settings,
    wrong: NotAllowed | None = None,
    *,
    link: str = "",
    until: datetime | None = None,
) -> Response[str]:
    access = await account_access.access_of(viewer, person_id, now)
    return pages.render(
        "roster/people/manage-access.html",
        status_code=errors.status_of(wrong) if wrong else 200,
        access=access,
        person=access.person,
        address=_address(person_id),
        link=f"{settings.base_url}{link}" if link else "",
        until=until,
        errors={"": wrong.sentence} if wrong else {},
        minutes=LIFETIME // timedelta(minutes=1),
    )


def _address(person_id: UUID) -> str:
    return f"/people/{person_id}/access"


access_changes = [_handler(*deed) for deed in DEEDS]
