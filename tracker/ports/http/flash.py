"""One sentence that the next page shows once, carried by a signed cookie ("Your password is set."), and its Undo."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote

from litestar import Response

from tracker.config.settings import Settings
from tracker.crypto import keys
from tracker.ports.http import cookies
from tracker.ports.http.request_source import Connection

SECONDS = 60
BETWEEN = "\n"
"""What stands between the sentence, which is one line, and its Undo."""


@dataclass(frozen=True, kw_only=True)
class Undo:
    """How what was done is taken back: by a form to `address` with these fields, until a moment."""

    address: str
    fields: Mapping[str, str]
    until: datetime

    def seconds_left(self, now: datetime) -> int:
        """Return for how many more seconds."""
        return max(0, int((self.until - now).total_seconds()))


def say(response: Response[Any], settings: Settings, sentence: str, undo: Undo | None = None) -> None:
    """Let the next page show a sentence, and a button that takes back what it says."""
    more = json.dumps([undo.address, dict(undo.fields), undo.until.isoformat()]) if undo else ""
    text = f"{sentence}{BETWEEN}{more}" if undo else sentence
    cookies.put(response, settings, cookies.FLASH, f"{_mark(text)}.{quote(text, safe='')}", SECONDS)


def heard(connection: Connection) -> str | None:
    """Return the sentence that waits to be shown; what others wrote into the cookie is none."""
    return _text(connection).partition(BETWEEN)[0] or None


def undo_of(connection: Connection) -> Undo | None:
    """Return how what the sentence says can be taken back; None when it cannot."""
    more = _text(connection).partition(BETWEEN)[2]
    if not more:
        return None
    address, fields, until = json.loads(more)
    return Undo(address=address, fields=fields, until=datetime.fromisoformat(until))


def removal(settings: Settings) -> bytes:
    """Return the Set-Cookie header that ends it, for the page that has shown it."""
    secure = "; Secure" if cookies.is_secure(settings) else ""
    name = cookies.name_of(cookies.FLASH, settings)
    return f"{name}=; Max-Age=0; Path=/; HttpOnly; SameSite=lax{secure}".encode("ascii")


def _text(connection: Connection) -> str:
    mark, _, text = cookies.read(connection, cookies.FLASH).partition(".")
    return text if text and keys.same(mark, _mark(text)) else ""


def _mark(sentence: str) -> str:
    return keys.mac(keys.named("flash"), sentence)
