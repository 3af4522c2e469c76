"""Cookies: bound to this host, to https where there is https, and out of reach of scripts and of other sites."""

from typing import Any

from litestar import Response

from tracker.config.settings import Settings
from tracker.ports.http.request_source import Connection

SESSION = "session"
SIGN_IN = "sign-in"
CHALLENGE = "challenge"
FLASH = "flash"


def is_secure(settings: Settings) -> bool:
    """Whether people reach the site by https; only the demo on loopback does without."""
    return settings.base_url.startswith("https:")


def name_of(cookie: str, settings: Settings) -> str:
    """Return a cookie's name as browsers see it; `__Host-` lets no other host of the domain set it (RFC 6265bis)."""
    return f"__Host-{cookie}" if is_secure(settings) else cookie


def read(connection: Connection, cookie: str) -> str:
    """Return what a browser sent, or nothing; any characters may be in it."""
    settings: Settings = connection.scope["state"]["settings"]
    return connection.cookies.get(name_of(cookie, settings), "")


def put(response: Response[Any], settings: Settings, cookie: str, value: str, seconds: int | None = None) -> None:
    """Set a cookie for `seconds`, or until the browser is closed."""
    response.set_cookie(
        name_of(cookie, settings),
        value,
        max_age=seconds,
        path="/",
        secure=is_secure(settings),
        httponly=True,
        samesite="lax",
    )


def remove(response: Response[Any], settings: Settings, cookie: str) -> None:
    """Let a browser forget a cookie."""
    put(response, settings, cookie, "", 0)
