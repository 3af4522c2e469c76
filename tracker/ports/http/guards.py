"""Guards: every route has one of `public`, `signed_in`, `link`, `feed`, `bearer`, or the application doesn't start."""

import logging
import re
from collections import OrderedDict
from datetime import datetime, timedelta
from types import ModuleType
from typing import Any
from uuid import UUID

from litestar import Litestar
from litestar.exceptions import HTTPException
from litestar.handlers import BaseRouteHandler, HTTPRouteHandler
from litestar.routes import HTTPRoute
from litestar.types import ASGIApp

from tracker import clock
from tracker.errors import NotAllowed
from tracker.ports.http import cookies
from tracker.ports.http.forms import FormRequest
from tracker.ports.http.problems import RequestRefused
from tracker.ports.http.request_source import ORIGIN, Connection, asked, enter, origin_of, source_of
from tracker.rules.core.viewers import Viewer
from tracker.usecases.core.viewers import OpenSessions, Visit, viewer_of_session
from tracker.usecases.identity.sessions import bearer_of, note_token_use
from tracker.usecases.operations import access

log = logging.getLogger(__name__)

BEARER = re.compile(r"(?i:bearer) +(?P<token>[A-Za-z0-9_-]{43})", re.ASCII)
"""A token in the header; any other value can't be one, and does not count as a guess."""
SIGNED_OUT = "You’re signed out."
HERE = re.compile(r"https?://[^/]+(/.*)", re.DOTALL)
READS_ONLY = "Emergency access is read-only. To make changes, end it on the Emergency access page first."
UNDER_EMERGENCY = {"under_emergency": True}
"""`opt` of a route that changes something and is open to people with emergency access; no other is."""
POLLED = {"polled": True}
"""`opt` of a route that pages request by themselves: it does not extend the session (CJIS AC-11)."""


class SignInNeeded(Exception):
    """A stranger requested a page for members; `place` is where to go after signing in."""

    def __init__(self, place: str) -> None:
        self.place = place
        super().__init__("A sign-in is needed.")


class Unguarded(Exception):
    """A route has no guard; the application does not start."""


async def public(connection: Connection, _: BaseRouteHandler) -> None:
    """Admit everyone, without a viewer. Forms must come from a page of this site."""
    _enter(connection, "page")


async def signed_in(connection: Connection, handler: BaseRouteHandler) -> None:
    """Admit only people with a session; their forms carry the session's form token.

    Sets `viewer`, `visit`, `csrf`, `flash` in the state. Raises `SignInNeeded` for a read, `Outdated` for a change.
    """
    _enter(connection, "page")
    is_deed = cookies.is_deed(connection)
    if is_deed:
        await cookies.form_of(connection)  # what was typed is known, whatever fails from here on
    visit = await _visit(connection, is_use=not handler.opt.get("polled"))
    if visit is None:
        raise cookies.OutdatedForm(SIGNED_OUT) if is_deed else SignInNeeded(_asked(connection))
    _know(connection, visit)
    if is_deed:
        await cookies.check_token(connection, cookies.read_cookie(connection, cookies.SESSION))
    if visit.viewer.emergency:
        await _under_emergency(visit.viewer, connection, handler, is_deed=is_deed)


async def _under_emergency(viewer: Viewer, connection: Connection, handler: BaseRouteHandler, *, is_deed: bool) -> None:
    """Refuse every deed but those of emergency access itself, and record each page that is read (decision 31).

    Errors: NotAllowed.
    """
    if is_deed and handler.opt.get("under_emergency") is not True:
        raise NotAllowed(READS_ONLY)
    if not is_deed:
        is_polled = handler.opt.get("polled") is True
        await access.record_emergency_page(viewer, connection.url.path, clock.now(), is_polled=is_polled)


async def recognize(error: Exception, scope: Any) -> None:
    """Set the viewer in the state for an address without a route, so that its error page looks as usual.

    The page is then the same to the byte as for an event that they may not see. A hook for `after_exception`.
    """
    if not isinstance(error, HTTPException) or source_of(connection := FormRequest(scope)):
        return
    enter(connection, "page")
    try:
        visit = await _visit(connection)
    except Exception:  # when the viewer can't be determined, for any reason, the page is that of a stranger
        log.exception("Who asked for a missing page could not be read.")
        return
    if visit:
        _know(connection, visit)


async def link(connection: Connection, _: BaseRouteHandler) -> None:
    """Admit anyone who has the link: the signed token in the address is the permission, and the handler reads it."""
    _enter(connection, "link")


async def feed(connection: Connection, _: BaseRouteHandler) -> None:
    """Admit anyone who has the address; cookies are ignored, and errors are plain text."""
    enter(connection, "feed")


async def bearer(connection: Connection, handler: BaseRouteHandler) -> None:
    """Admit anyone with a personal token, within its scopes; cookies are ignored, so no form token is needed.

    The handler names the scope it needs as `scope` in its `opt`. Sets `viewer` and `scopes` in the state. Unknown,
    revoked and expired tokens get the same response.
    """
    state, origin = connection.scope["state"], enter(connection, "api")
    sent = BEARER.fullmatch(connection.headers.get("authorization", ""))
    token_bearer = await bearer_of(sent["token"], clock.now(), origin) if sent else None
    if token_bearer is None:
        if sent:
            failed_attempts = connection.app.state.setdefault("failed_attempts", FailedAttempts())
            if failed_attempts.is_one_too_many(origin_of(connection).address, clock.now()):
                raise RequestRefused(429)
        raise RequestRefused(401, WWW_Authenticate='Bearer realm="Task Force Tracker"')
    state.update({"viewer": token_bearer.viewer, "scopes": token_bearer.scopes, UNNOTED: token_bearer.unnoted})
    needed = handler.opt["scope"]
    if needed and needed not in token_bearer.scopes:
        raise NotAllowed(f"This token can’t do this because it doesn’t have the scope {needed}.")


GUARDS = (public, signed_in, link, feed, bearer)


def refuse_unguarded(app: Litestar) -> None:
    """Raise `Unguarded` unless every handler of every route, mounts included, has exactly one of these guards."""
    for route in app.routes:
        handlers = route.route_handlers if isinstance(route, HTTPRoute) else [route.route_handler]
        for handler in handlers:
            ours = [guard for guard in handler.resolve_guards() if guard in GUARDS]
            # Litestar's own is the OPTIONS handler that it adds to each path; it only lists the methods.
            if len(ours) != 1 and handler.fn.__module__ != "litestar.routes.http":
                raise Unguarded(f"{route.path} ({handler}) needs exactly one guard of tracker.ports.http.guards.")


async def _visit(connection: Connection, *, is_use: bool = True) -> Visit | None:
    cookie = cookies.read_cookie(connection, cookies.SESSION)
    if not cookie:
        return None
    known = connection.app.state.setdefault("sessions", OpenSessions())
    return await viewer_of_session(cookie, clock.now(), origin_of(connection), known, is_use=is_use)


def _know(connection: Connection, visit: Visit) -> None:
    token = cookies.token_for(cookies.read_cookie(connection, cookies.SESSION))
    facts = {ORIGIN: visit.viewer.origin, "viewer": visit.viewer, "visit": visit}
    connection.scope["state"].update(facts, csrf=token)
    cookies.read_flash(connection)


def _enter(connection: Connection, source: str) -> None:
    enter(connection, source)
    if cookies.is_deed(connection):
        cookies.check_origin(connection)


def _asked(connection: Connection) -> str:
    """Return the address that a stranger requested: the page itself, or the page whose part htmx requested."""
    if here := HERE.fullmatch(connection.headers.get("hx-current-url", "")):
        return here[1]
    return asked(connection.scope)


MOST = 20  # attempts in one minute from one network address
WINDOW = timedelta(minutes=1)
REMEMBERED = 10_000  # network addresses; an attacker with more of them still has to guess 256 bits


class FailedAttempts:
    """Counters of this process, forgotten after a minute."""

    def __init__(self) -> None:
        self._counted: OrderedDict[str, tuple[datetime, int]] = OrderedDict()

    def is_one_too_many(self, client: str, now: datetime) -> bool:
        """Count a guess and return whether it is above the limit of its minute."""
        started, count = self._counted.pop(client, (now, 0))
        if now - started >= WINDOW:
            started, count = now, 0
        self._counted[client] = (started, count + 1)
        if len(self._counted) > REMEMBERED:
            self._counted.popitem(last=False)
        return count >= MOST


UNNOTED = "unnoted_token"
"""The state key for the id of a token whose use is to be recorded."""


def note_after_responses(app: Litestar) -> None:
    """Wrap an application so that uses are recorded after each response, refusals included."""
    app.asgi_handler = TokenUses(app.asgi_handler)


class TokenUses:
    """An ASGI application around another one."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._noting: set[UUID] = set()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Respond, then record; while the database is locked, one attempt waits per token, not one per response."""
        await self._app(scope, receive, send)
        token_id: UUID | None = scope.get("state", {}).get(UNNOTED)
        if token_id is None or token_id in self._noting:
            return
        self._noting.add(token_id)
        try:
            await note_token_use(token_id, clock.now())
        finally:
            self._noting.discard(token_id)


def routes_in(*modules: ModuleType) -> list[HTTPRouteHandler]:
    """Return the route handlers that modules define at their top, alone or in a list, in their order.

    A handler that a module imports from another belongs to the other.
    """
    handlers: list[HTTPRouteHandler] = []
    for module in modules:
        for value in vars(module).values():
            if isinstance(value, HTTPRouteHandler) and value.fn.__module__ == module.__name__:
                handlers.append(value)
            elif isinstance(value, list):
                handlers += [handler for handler in value if isinstance(handler, HTTPRouteHandler)]
    return handlers
