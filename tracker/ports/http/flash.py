"""A message that the next page shows once ("Your password is set."), in a signed cookie, with an optional Undo."""

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
"""Separates the message, which is one line, from its Undo."""


@dataclass(frozen=True, kw_only=True)
class Undo:
    """How to undo a change: by a form to `address` with these fields, until a given time."""

    address: str
    fields: Mapping[str, str]
    until: datetime

    def seconds_left(self, now: datetime) -> int:
        """Return the seconds that are left to undo it."""
        return max(0, int((self.until - now).total_seconds()))


def say(response: Response[Any], settings: Settings, sentence: str, undo: Undo | None = None) -> None:
    """Set the message for the next page, with a button that undoes what it reports."""
    more = json.dumps([undo.address, dict(undo.fields), undo.until.isoformat()]) if undo else ""
    text = f"{sentence}{BETWEEN}{more}" if undo else sentence
    cookies.put(response, settings, cookies.FLASH, f"{_mark(text)}.{quote(text, safe='')}", SECONDS)


def heard(connection: Connection) -> str | None:
    """Return the message to show; a cookie that was not signed here counts as none."""
    return _text(connection).partition(BETWEEN)[0] or None


def undo_of(connection: Connection) -> Undo | None:
    """Return how the reported change can be undone; None when it can't."""
    more = _text(connection).partition(BETWEEN)[2]
    if not more:
        return None
    address, fields, until = json.loads(more)
    return Undo(address=address, fields=fields, until=datetime.fromisoformat(until))


def removal(settings: Settings) -> bytes:
    """Return the Set-Cookie header that deletes the message, for the page that has shown it."""
    secure = "; Secure" if cookies.is_secure(settings) else ""
    name = cookies.name_of(cookies.FLASH, settings)
    return f"{name}=; Max-Age=0; Path=/; HttpOnly; SameSite=lax{secure}".encode("ascii")


def _text(connection: Connection) -> str:
    mark, _, text = cookies.read(connection, cookies.FLASH).partition(".")
    return text if text and keys.same(mark, _mark(text)) else ""


def _mark(sentence: str) -> str:
    return keys.mac(keys.named("flash"), sentence)
