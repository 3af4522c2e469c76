"""From where a request comes, as the audit log and the access log tell it; guards say by which door."""

from typing import Any

from litestar.connection import ASGIConnection
from litestar.datastructures import State

from tracker.rules.core.actors import Origin, network_address

Connection = ASGIConnection[Any, None, None, State]
"""Whatever is asked, a request or a mount; who asks stands in the state."""

ORIGIN = "origin"
"""Where the guard leaves it in the state."""


def enter(connection: Connection, source: str) -> Origin:
    """Note by which door a request comes in, and return its origin; there is no session yet."""
    state = connection.scope["state"]
    origin = Origin(source, address_of(connection.scope), request=state.get("request_id", ""))
    state[ORIGIN] = origin
    return origin


def origin_of(connection: Connection) -> Origin:
    """Return what the guard of the route noted; with a session, once it is known."""
    origin: Origin = connection.scope["state"][ORIGIN]
    return origin


def source_of(connection: Connection) -> str:
    """Return by which door a request came in; nothing for one that leads to no route."""
    origin: Origin | None = connection.scope["state"].get(ORIGIN)
    return origin.source if origin else ""


def address_of(scope: Any) -> str:
    """Return the network address of who asks: behind the proxy that `tracker serve --proxy` names, what that says.

    Empty where there is none.
    """
    client = scope.get("client")
    return network_address(client[0]) if client else ""
