"""The names by which people reach the site, which of them mean this computer, and where a sign-in may lead."""

import re
from functools import lru_cache
from ipaddress import ip_address
from urllib.parse import unquote, urlsplit

from litestar.types import Scope

from tracker.config.settings import Settings

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
    with_port = frozenset(f"{_bracketed(one)}:{port}" for one in names)
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
