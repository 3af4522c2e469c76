"""Where a request comes from, as the audit log and the access log record it, and where it may lead.

The names by which people reach the site, which of them mean this computer, and which addresses a sign-in may lead to.
"""

import re
from functools import lru_cache
from ipaddress import ip_address
from typing import Any
from urllib.parse import unquote, urlsplit

from litestar.connection import ASGIConnection
from litestar.datastructures import State
from litestar.types import Scope

from tracker.config.settings import Settings
from tracker.rules.core.viewers import Origin, network_address

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


PORTS = {"http": 80, "https": 443}
LOOPBACK = ("127.0.0.1", "localhost")
HOME = "/"
LONGEST_PLACE = 500  # characters
PLACE = re.compile(r"/[A-Za-z0-9](?:/?[A-Za-z0-9._~%@:+,=&?-])*/?")
NOWHERE = ("/sign-in", "/sign-out")
URL = re.compile(r"https?://[^/?#]+(?P<path>/[^?#]*)(?P<query>\?[^#]+)?.*")


@lru_cache(8)
def hosts(settings: Settings) -> frozenset[str]:
    """Return the accepted Host headers, in lower case: that of the base URL; a demo has both names of loopback."""
    address = urlsplit(settings.base_url)
    name = address.hostname or ""
    names = LOOPBACK if settings.is_demo and name in LOOPBACK else (name,)
    usual = PORTS.get(address.scheme)
    port = address.port or usual
    with_port = frozenset(f"{_bracketed(name)}:{port}" for name in names)
    return with_port | frozenset(map(_bracketed, names)) if port == usual else with_port


@lru_cache(8)
def origins(settings: Settings) -> frozenset[str]:
    """Return the accepted Origin headers."""
    scheme = urlsplit(settings.base_url).scheme
    return frozenset(f"{scheme}://{host}" for host in hosts(settings))


def place(text: str) -> str:
    """Return where to go after signing in: the requested page of this site, or home; never another site."""
    is_ours = len(text) <= LONGEST_PLACE and PLACE.fullmatch(text) and not text.startswith(NOWHERE)
    return text if is_ours else HOME


def asked(scope: Scope) -> str:
    """Return the path and query of a request exactly as requested, whatever bytes they hold."""
    query = scope["query_string"].decode("latin-1")
    return f"{scope['path']}?{query}" if query else scope["path"]


def sent_from(scope: Scope) -> str:
    """Return the page on which htmx sent a request, as `asked` returned it for that page; empty without one."""
    header = dict(scope["headers"]).get(b"hx-current-url", b"").decode("latin-1")
    page = URL.fullmatch(header)
    return unquote(page["path"]) + (page["query"] or "") if page else ""


def is_loopback(host: str) -> bool:
    """Return whether a host name or address is this computer itself."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _bracketed(name: str) -> str:
    return f"[{name}]" if ":" in name else name
