"""One sentence that the next page shows once, carried by a signed cookie ("Your password is set.")."""

from typing import Any
from urllib.parse import quote

from litestar import Response
from litestar.connection import ASGIConnection

from tracker import keys
from tracker.ports import cookies
from tracker.settings import Settings

SECONDS = 60


def say(response: Response[Any], settings: Settings, sentence: str) -> None:
    """Let the next page show a sentence."""
    cookies.put(response, settings, cookies.FLASH, f"{_mark(sentence)}.{quote(sentence, safe='')}", SECONDS)


def heard(connection: ASGIConnection[Any, Any, Any, Any]) -> str | None:
    """Return the sentence that waits to be shown; what others wrote into the cookie is none."""
    mark, _, sentence = cookies.read(connection, cookies.FLASH).partition(".")
    return sentence if sentence and keys.same(mark, _mark(sentence)) else None


def removal(settings: Settings) -> bytes:
    """Return the Set-Cookie header that ends it, for the page that has shown it."""
    secure = "; Secure" if cookies.is_secure(settings) else ""
    name = cookies.name_of(cookies.FLASH, settings)
    return f"{name}=; Max-Age=0; Path=/; HttpOnly; SameSite=lax{secure}".encode("ascii")


def _mark(sentence: str) -> str:
    return keys.mac(keys.named("flash"), sentence)
