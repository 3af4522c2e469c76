"""The source of a request, as the audit log and the access log record it; guards set it."""

from typing import Any

from litestar.connection import ASGIConnection
from litestar.datastructures import State

from tracker.ports.http.addresses import is_loopback
from tracker.rules.core.actors import Origin, network_address

Connection = ASGIConnection[Any, None, None, State]
"""Any connection, a request or a mount; the viewer is in the state."""

FORWARDED = ("forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-real-ip")
"""Headers by which a web server says that it passed a request on (RFC 7239; RFC 9110 §7.6.3)."""
ORIGIN = "origin"
"""The state key that the guard sets."""


def enter(connection: Connection, source: str) -> Origin:
    """Record the source of a request, and return its origin; there is no session yet."""
    state = connection.scope["state"]
    origin = Origin(source, address_of(connection.scope), request=state.get("request_id", ""))
    state[ORIGIN] = origin
    return origin


def origin_of(connection: Connection) -> Origin:
    """Return the origin that the route's guard recorded; with a session, once it is known."""
    origin: Origin = connection.scope["state"][ORIGIN]
    return origin


def source_of(connection: Connection) -> str:
    """Return the source of a request; nothing for one that matches no route."""
    origin: Origin | None = connection.scope["state"].get(ORIGIN)
    return origin.source if origin else ""


def is_behind_unnamed_proxy(connection: Connection) -> bool:
    """Return whether a web server on this computer passed the request on, and `--proxy` does not name it.

    Its X-Forwarded-For is then not believed, and everyone seems to be at this computer.
    """
    forwarded = connection.headers.get("x-forwarded-for", "").rpartition(",")[2].strip()
    return is_loopback(address_of(connection.scope)) and bool(forwarded) and not is_loopback(forwarded)


def is_from_this_computer(connection: Connection) -> bool:
    """Return whether a browser on this computer sent a request, and no web server passed it on."""
    is_passed_on = any(name in connection.headers for name in FORWARDED)
    return is_loopback(address_of(connection.scope)) and not is_passed_on


def address_of(scope: Any) -> str:
    """Return the network address of the client, from the proxy that `tracker serve --proxy` names, if any.

    Empty where there is none.
    """
    client = scope.get("client")
    return network_address(client[0]) if client else ""
