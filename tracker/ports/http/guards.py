"""Who may come in: every route has one of `public`, `signed_in`, `link`, `feed`, `bearer`, or nothing starts."""

import logging
import re
from typing import Any

from litestar import Litestar
from litestar.exceptions import HTTPException
from litestar.handlers import BaseRouteHandler
from litestar.routes import HTTPRoute

from tracker import clock
from tracker.errors import NotAllowed
from tracker.ports.http import cookies, csrf, flash
from tracker.ports.http.addresses import asked
from tracker.ports.http.forms import FormRequest
from tracker.ports.http.problems import Refused
from tracker.ports.http.rate_limit import Guesses
from tracker.ports.http.request_source import ORIGIN, Connection, enter, origin_of, source_of
from tracker.ports.http.token_uses import UNNOTED
from tracker.usecases.core.viewers import Visit, viewer_of_session
from tracker.usecases.identity.api_tokens import bearer_of

log = logging.getLogger(__name__)

BEARER = re.compile(r"(?i:bearer) +(?P<token>[A-Za-z0-9_-]{43})", re.ASCII)
"""A token in the header; anything else cannot be one, and is no guess."""
SIGNED_OUT = "You are signed out. Sign in again in another tab, then go back: what you typed is still there."
HERE = re.compile(r"https?://[^/]+(/.*)", re.DOTALL)
POLLED = {"polled": True}
"""`opt` of a route that pages ask by themselves: nobody uses the session by it, so it does not live on (CJIS AC-11)."""


class SignInNeeded(Exception):
    """A stranger asked for a page of the members; `place` is where to go on afterwards, as they asked for it."""

    def __init__(self, place: str) -> None:
        self.place = place
        super().__init__("A sign-in is needed.")


class Unguarded(Exception):
    """A route has no guard of ours; the application does not start."""


async def public(connection: Connection, _: BaseRouteHandler) -> None:
    """Everybody may come in; nobody is known. Forms must come from a page of ours."""
    _enter(connection, "page")


async def signed_in(connection: Connection, handler: BaseRouteHandler) -> None:
    """Only a person with a session may come in; their forms carry the token that belongs to it.

    Leaves `viewer`, `visit`, `csrf`, `flash` in the state. Raises `SignInNeeded` for a look, `NotAllowed` for a deed.
    """
    _enter(connection, "page")
    visit = await _visit(connection, is_use=not handler.opt.get("polled"))
    if visit is None:
        raise NotAllowed(SIGNED_OUT) if csrf.is_deed(connection) else SignInNeeded(_asked(connection))
    if csrf.is_deed(connection):
        await csrf.check_token(connection, cookies.read(connection, cookies.SESSION))
    _know(connection, visit)


async def recognise(error: Exception, scope: Any) -> None:
    """Leave in the state who asked for an address that leads nowhere, so that the page about it is their usual one.

    It is then the same to the byte as for an event that they may not see. A hook for `after_exception`.
    """
    if not isinstance(error, HTTPException) or source_of(connection := FormRequest(scope)):
        return
    enter(connection, "page")
    try:
        visit = await _visit(connection)
    except Exception:  # whatever keeps us from knowing who it is, there is nothing to see here for a stranger either
        log.exception("Who asked for a missing page could not be read.")
        return
    if visit:
        _know(connection, visit)


async def link(connection: Connection, _: BaseRouteHandler) -> None:
    """Whoever holds the link may come in: the signed token in the address is the right, and its handler reads it."""
    _enter(connection, "link")


async def feed(connection: Connection, _: BaseRouteHandler) -> None:
    """Whoever holds the address may fetch; no cookie counts, and errors are plain text."""
    enter(connection, "feed")


async def bearer(connection: Connection, handler: BaseRouteHandler) -> None:
    """Whoever sends a personal token may come in, as far as its scopes go; no cookie counts, so no form token is asked.

    The handler names the scope it needs as `scope` in its `opt`. Leaves `viewer` and `scopes` in the state. Unknown,
    revoked and expired tokens are answered alike.
    """
    state, origin = connection.scope["state"], enter(connection, "api")
    sent = BEARER.fullmatch(connection.headers.get("authorization", ""))
    found = await bearer_of(sent["token"], clock.now(), origin) if sent else None
    if found is None:
        if sent:
            _count_guess(connection)
        raise Refused(401, WWW_Authenticate='Bearer realm="Task Force Tracker"')
    state.update({"viewer": found.viewer, "scopes": found.scopes, UNNOTED: found.unnoted})
    needed = handler.opt["scope"]
    if needed and needed not in found.scopes:
        raise NotAllowed(f"This token may not do this: it was made without {needed}.")


GUARDS = (public, signed_in, link, feed, bearer)


def refuse_unguarded(app: Litestar) -> None:
    """Raise `Unguarded` unless every handler of every route, mounts included, has exactly one of our guards."""
    for route in app.routes:
        handlers = route.route_handlers if isinstance(route, HTTPRoute) else [route.route_handler]
        for handler in handlers:
            ours = [guard for guard in handler.resolve_guards() if guard in GUARDS]
            if len(ours) != 1 and not _is_litestars_own(handler):
                raise Unguarded(f"{route.path} ({handler}) needs exactly one guard of tracker.ports.http.guards.")


async def _visit(connection: Connection, *, is_use: bool = True) -> Visit | None:
    cookie = cookies.read(connection, cookies.SESSION)
    return await viewer_of_session(cookie, clock.now(), origin_of(connection), is_use=is_use) if cookie else None


def _know(connection: Connection, visit: Visit) -> None:
    token = csrf.token_for(cookies.read(connection, cookies.SESSION))
    said, undo = flash.heard(connection), flash.undo_of(connection)
    facts = {ORIGIN: visit.viewer.origin, "viewer": visit.viewer, "visit": visit}
    connection.scope["state"].update(facts, csrf=token, flash=said, undo=undo)


def _enter(connection: Connection, source: str) -> None:
    enter(connection, source)
    if csrf.is_deed(connection):
        csrf.check_origin(connection)


def _count_guess(connection: Connection) -> None:
    guesses = connection.app.state.setdefault("guesses", Guesses())
    if guesses.is_one_too_many(origin_of(connection).address, clock.now()):
        raise Refused(429)


def _asked(connection: Connection) -> str:
    """Return the place that a stranger wanted: the page itself, or the one whose part htmx asked for."""
    if here := HERE.fullmatch(connection.headers.get("hx-current-url", "")):
        return here[1]
    return asked(connection.scope)


def _is_litestars_own(handler: BaseRouteHandler) -> bool:
    """Whether this is the answer to OPTIONS that Litestar adds to each path: it lists the methods, no more."""
    return handler.fn.__module__ == "litestar.routes.http"
