"""Checks that this visitor filled in a form on a page of this site, by the browser's headers and a form token."""

import re
import secrets
from datetime import datetime, timedelta
from typing import Any

from litestar import Request
from litestar.datastructures import FormMultiDict

from tracker.crypto import keys
from tracker.errors import NotAllowed, TooLarge
from tracker.ports.http.dependencies import settings_of
from tracker.ports.http.request_source import Connection, origins

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
    return f"{words}.{_mark(words)}"


def is_good_nonce(cookie: str, now: datetime) -> bool:
    """Return whether the cookie of a sign-in form was made here, not too long ago."""
    match = NONCE.fullmatch(cookie)
    words, _, mark = cookie.rpartition(".")
    return bool(match) and keys.same(mark, _mark(words)) and now.timestamp() < int(cookie.partition(".")[0])


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


def _mark(words: str) -> str:
    return keys.mac(keys.named("sign-in form"), words)
