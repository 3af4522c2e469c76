"""A message that the next page shows once ("Your password is set."), in a signed cookie.

It says what was done, with an optional Undo; or why nothing was. While an Undo is counted down, the page that shows it
shows it again after a reload; no other page does.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote

from litestar import Response
from msgspec import Struct
from msgspec.structs import replace

from tracker import clock
from tracker.config.settings import Settings
from tracker.crypto import keys
from tracker.ports.http import cookies
from tracker.ports.http.request_source import Connection

SECONDS = 60


class Undo(Struct, frozen=True, kw_only=True):
    """How to undo a change: by a form to `address` with these fields, until a given time."""

    address: str
    fields: Mapping[str, str]
    until: datetime | None = None
    """None = as long as the page below the message offers it too, so the message names no time."""

    def is_offered(self, now: datetime) -> bool:
        """Return whether it can still be undone."""
        return self.until is None or self.seconds_left(now) != 0

    def seconds_left(self, now: datetime) -> int | None:
        """Return the seconds that are left to undo it; None when they aren't counted."""
        return max(0, int((self.until - now).total_seconds())) if self.until else None


class Flash(Struct, frozen=True, kw_only=True):
    """The message."""

    sentence: str
    is_refusal: bool = False
    """Whether it says why nothing was done: it looks and is read as an error."""
    undo: Undo | None = None
    """A button that undoes what it reports."""
    page: str = ""
    """The path of the page that has shown it; empty before one has."""


def say(response: Response[Any], settings: Settings, message: Flash) -> None:
    """Set the message for the next page; one without a sentence leaves none, also of an earlier change."""
    if message.sentence:
        cookies.put(response, settings, cookies.FLASH, _signed(message), SECONDS)
    else:
        cookies.remove(response, settings, cookies.FLASH)


def heard(connection: Connection) -> Flash | None:
    """Return the message to show on this page; a cookie that was not signed here counts as none."""
    text = _text(connection)
    if not text:
        return None
    sentence, is_refusal, button, page = json.loads(text)
    undo = _undo(*button) if button else None
    is_to_show = not page or (page == connection.scope["path"] and undo is not None and undo.is_offered(clock.now()))
    return Flash(sentence=sentence, is_refusal=is_refusal, undo=undo, page=page) if is_to_show else None


def after_showing(message: Flash, page: str, settings: Settings) -> bytes:
    """Return the Set-Cookie header for the page that has shown the message.

    It keeps the message for that page as long as Undo is counted down, and deletes it otherwise.
    """
    seconds = message.undo.seconds_left(clock.now()) if message.undo else None
    kept = _signed(replace(message, page=page)) if seconds else ""
    return cookies.header(settings, cookies.FLASH, kept, seconds or 0)


def _signed(message: Flash) -> str:
    undo = message.undo
    button = [undo.address, dict(undo.fields), undo.until and undo.until.isoformat()] if undo else None
    text = json.dumps([message.sentence, message.is_refusal, button, message.page], ensure_ascii=False)
    return f"{_mark(text)}.{quote(text, safe='')}"


def _undo(address: str, fields: Mapping[str, str], until: str | None) -> Undo:
    return Undo(address=address, fields=fields, until=datetime.fromisoformat(until) if until else None)


def _text(connection: Connection) -> str:
    mark, _, text = cookies.read(connection, cookies.FLASH).partition(".")
    return text if text and keys.same(mark, _mark(text)) else ""


def _mark(sentence: str) -> str:
    return keys.mac(keys.named("flash message"), sentence)
