"""Cookies: bound to this host, limited to https where the site has it, and out of reach of scripts and other sites."""

from typing import Any

from litestar import Response
from litestar.datastructures import Cookie

from tracker.config.settings import Settings
from tracker.ports.http.request_source import Connection

SESSION = "session"
SIGN_IN = "sign-in"
CHALLENGE = "challenge"
FLASH = "flash"


def is_secure(settings: Settings) -> bool:
    """Return whether people reach the site by https; only the demo on loopback doesn't use it."""
    return settings.base_url.startswith("https:")


def name_of(cookie: str, settings: Settings) -> str:
    """Return a cookie's full name; `__Host-` keeps other hosts of the domain from setting it (RFC 6265bis)."""
    return f"__Host-{cookie}" if is_secure(settings) else cookie


def read(connection: Connection, cookie: str) -> str:
    """Return the cookie that a browser sent, or nothing; it may contain any characters."""
    settings: Settings = connection.scope["state"]["settings"]
    return connection.cookies.get(name_of(cookie, settings), "")


def put(response: Response[Any], settings: Settings, cookie: str, value: str, seconds: int | None = None) -> None:
    """Set a cookie for `seconds`, or until the browser is closed."""
    response.set_cookie(_cookie(settings, cookie, value, seconds))


def header(settings: Settings, cookie: str, value: str, seconds: int) -> bytes:
    """Return the Set-Cookie header that sets a cookie for `seconds`, where there is no response to put it into."""
    return _cookie(settings, cookie, value, seconds).to_header(header="").encode("ascii")


def remove(response: Response[Any], settings: Settings, cookie: str) -> None:
    """Delete a cookie in the browser."""
    put(response, settings, cookie, "", 0)


def removal(settings: Settings, cookie: str) -> bytes:
    """Return the Set-Cookie header that deletes a cookie."""
    return header(settings, cookie, "", 0)


def _cookie(settings: Settings, cookie: str, value: str, seconds: int | None) -> Cookie:
    return Cookie(
        name_of(cookie, settings),
        value=value,
        max_age=seconds,
        path="/",
        secure=is_secure(settings),
        httponly=True,
        samesite="lax",
    )
