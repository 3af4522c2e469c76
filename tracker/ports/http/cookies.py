"""Cookies, the message in one of them that the next page shows once, and the form token that is tied to one.

Cookies are bound to this host, limited to https where the site has it, and out of reach of scripts and other sites. A
form counts only if the browser's headers and its token say that this visitor filled it in on a page of this site.
"""

import json
import re
import secrets
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

from litestar import Request, Response
from litestar.datastructures import Cookie, FormMultiDict
from litestar.types import HTTPScope
from msgspec import Struct
from msgspec.structs import replace

from tracker import clock
from tracker.config.settings import Settings
from tracker.crypto import keys
from tracker.errors import NotAllowed, TooLarge
from tracker.ports.http.dependencies import settings_of
from tracker.ports.http.request_source import Connection, asked, origins

SESSION = "session"
SIGN_IN = "sign-in"
CHALLENGE = "challenge"
FLASH = "flash"


def is_secure(settings: Settings) -> bool:
    """Return whether people reach the site by https; only the demo on loopback doesn't use it."""
    return settings.base_url.startswith("https:")


def cookie_name(cookie: str, settings: Settings) -> str:
    """Return a cookie's full name; `__Host-` keeps other hosts of the domain from setting it (RFC 6265bis)."""
    return f"__Host-{cookie}" if is_secure(settings) else cookie


def read_cookie(connection: Connection, cookie: str) -> str:
    """Return the cookie that a browser sent, or nothing; it may contain any characters."""
    settings: Settings = connection.scope["state"]["settings"]
    return connection.cookies.get(cookie_name(cookie, settings), "")


def put_cookie(
    response: Response[Any], settings: Settings, cookie: str, value: str, seconds: int | None = None
) -> None:
    """Set a cookie for `seconds`, or until the browser is closed."""
    response.set_cookie(_cookie(settings, cookie, value, seconds))


def cookie_header(settings: Settings, cookie: str, value: str, seconds: int) -> bytes:
    """Return the Set-Cookie header that sets a cookie for `seconds`, where there is no response to put it into."""
    return _cookie(settings, cookie, value, seconds).to_header(header="").encode("ascii")


def remove_cookie(response: Response[Any], settings: Settings, cookie: str) -> None:
    """Delete a cookie in the browser."""
    put_cookie(response, settings, cookie, "", 0)


def removal_header(settings: Settings, cookie: str) -> bytes:
    """Return the Set-Cookie header that deletes a cookie."""
    return cookie_header(settings, cookie, "", 0)


def _cookie(settings: Settings, cookie: str, value: str, seconds: int | None) -> Cookie:
    return Cookie(
        cookie_name(cookie, settings),
        value=value,
        max_age=seconds,
        path="/",
        secure=is_secure(settings),
        httponly=True,
        samesite="lax",
    )


SECONDS = 60
LONGEST = 3_900  # characters: browsers keep cookies of 4,096, with their attributes (RFC 6265 §6.1)
OK = 200
READS = ("GET", "HEAD")
SHOWN, KEPT = "flash", "is_flash_kept"
"""What a request's state holds: the message that its page shows, and whether a page has shown it before."""


BUTTON_FOR = timedelta(seconds=60)
"""How long a message has its button Undo where no email waits for it."""


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
    """The address of the page that has shown it, or the part of which did; empty before one has."""


def put_flash(response: Response[Any], settings: Settings, message: Flash) -> None:
    """Set the message for the next page, or for its own.

    None is left, also of an earlier change, by one without a sentence, or too long for a cookie.
    """
    text = _signed(message)
    if message.sentence and len(text) <= LONGEST:
        put_cookie(response, settings, FLASH, text, SECONDS)
    else:
        remove_cookie(response, settings, FLASH)


def read_flash(connection: Connection) -> None:
    """Note in the request's state what message its page shows, and whether another page has shown one before."""
    message = _message(connection)
    is_kept = message is not None and bool(message.page)
    is_shown = message is not None and (not is_kept or _is_shown_again(message, connection))
    connection.scope["state"].update({SHOWN: message if is_shown else None, KEPT: is_kept})


def flash_on_page(state: Mapping[str, Any], status: int) -> Flash | None:
    """Return the message that a page of this status shows: one that was shown before isn't repeated beside an error."""
    message: Flash | None = state.get(SHOWN)
    return None if message and message.page and status != OK else message


def flash_header(scope: HTTPScope, status: int, given: Iterable[tuple[bytes, bytes]]) -> bytes | None:
    """Return the Set-Cookie header that a response needs, unless it says something itself.

    A page keeps the message that it has shown as long as Undo is counted down; any other is deleted, and so is one that
    was kept when something else is done.
    """
    state: Mapping[str, Any] = scope["state"]
    settings: Settings = state["settings"]
    message: Flash | None = state.get(SHOWN)
    is_read = scope["method"] in READS
    is_over = not is_read and state.get(KEPT)
    own = f"{cookie_name(FLASH, settings)}=".encode("ascii")
    says_itself = any(name == b"set-cookie" and value.startswith(own) for name, value in given)
    if says_itself or not (is_over or (message and status == OK)):
        return None
    if message and is_read and state.get("viewer"):
        seconds = message.undo.seconds_left(clock.now()) if message.undo else None
        text = _signed(replace(message, page=asked(scope)))
        if seconds and len(text) <= LONGEST:
            return cookie_header(settings, FLASH, text, min(seconds, SECONDS))
    return removal_header(settings, FLASH)


def _is_shown_again(message: Flash, connection: Connection) -> bool:
    scope: Any = connection.scope
    is_there = scope["method"] in READS and message.page == asked(scope)
    return is_there and message.undo is not None and message.undo.is_offered(clock.now())


def _signed(message: Flash) -> str:
    undo = message.undo
    button = [undo.address, dict(undo.fields), undo.until and undo.until.isoformat()] if undo else None
    text = json.dumps([message.sentence, message.is_refusal, button, message.page], ensure_ascii=False)
    return f"{_mark(text)}.{quote(text, safe='')}"


def _message(connection: Connection) -> Flash | None:
    """Return the message in the cookie; one that was not signed here counts as none."""
    mark, _, text = read_cookie(connection, FLASH).partition(".")
    if not text or not keys.same(mark, _mark(text)):
        return None
    sentence, is_refusal, button, page = json.loads(text)
    undo = None
    if button:
        address, fields, until = button
        undo = Undo(address=address, fields=fields, until=datetime.fromisoformat(until) if until else None)
    return Flash(sentence=sentence, is_refusal=is_refusal, undo=undo, page=page)


def _mark(text: str) -> str:
    return keys.mac(keys.named("message of a page"), text)  # earlier releases signed other fields by another name


FIELD = "_csrf"
HEADER = "x-csrf-token"
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
LIFETIME = timedelta(hours=1)  # for a sign-in form that is never sent
STALE = "This form expired."
FOREIGN = "This form didn’t come from a tracker page, so nothing was changed."
NONCE = re.compile(r"(\d{1,12})\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}", re.ASCII)


class OutdatedForm(NotAllowed):
    """The session in which a form was opened has ended; its person may send it again from a new page."""


def token_for(cookie: str) -> str:
    """Return the only form token that fits this cookie of a session or a sign-in form."""
    return keys.mac(keys.named("form"), cookie)


def check_origin(connection: Connection) -> None:
    """Raise `NotAllowed` when the browser says that another site sent the request.

    Pages of this site have the policy no-referrer, so browsers send "Origin: null" with their forms (Fetch §3.1). What
    counts is Sec-Fetch-Site, which every browser since 2023 sends, and an Origin that names another site.
    """
    site = connection.headers.get("sec-fetch-site", "same-origin")
    origin = connection.headers.get("origin", "null")
    if site not in ("same-origin", "none") or origin.lower() not in {"null", *origins(settings_of(connection.scope))}:
        raise NotAllowed(FOREIGN)


async def check_token(connection: Connection, cookie: str) -> None:
    """Raise `OutdatedForm` unless the header or the form carries the token of this cookie."""
    form = await form_of(connection)
    sent = connection.headers.get(HEADER) or form.get(FIELD, "")
    if not isinstance(sent, str) or not keys.same(sent, token_for(cookie)):
        raise OutdatedForm(STALE)


def new_nonce(now: datetime) -> str:
    """Return a value for the cookie of a sign-in form, which has no session yet to bind its token to."""
    words = f"{int((now + LIFETIME).timestamp())}.{secrets.token_urlsafe(16)}"
    return f"{words}.{_nonce_mark(words)}"


def is_good_nonce(cookie: str, now: datetime) -> bool:
    """Return whether the cookie of a sign-in form was made here, not too long ago."""
    match = NONCE.fullmatch(cookie)
    words, _, mark = cookie.rpartition(".")
    return bool(match) and keys.same(mark, _nonce_mark(words)) and now.timestamp() < int(cookie.partition(".")[0])


def is_deed(connection: Connection) -> bool:
    """Return whether a request may change something."""
    scope: Any = connection.scope
    return scope["method"] not in SAFE


async def form_of(connection: Connection) -> FormMultiDict:
    """Return the posted form; empty where a mounted application reads the body. Errors: Outdated, TooLarge."""
    if not isinstance(connection, Request):
        return FormMultiDict()  # a mounted application reads the request body itself: only the header counts there
    try:
        return await connection.form()
    except TooLarge:
        raise
    except Exception as unreadable:  # whatever a parser makes of odd bytes, they hold no token
        raise OutdatedForm(STALE) from unreadable


def _nonce_mark(words: str) -> str:
    return keys.mac(keys.named("sign-in form"), words)
