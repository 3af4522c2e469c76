"""Wraps the whole application, mounts and errors included: host, body size, headers, request id, access log."""

import secrets
import time
from typing import Any

from litestar import Litestar
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from tracker.config.settings import Settings
from tracker.errors import TooLarge
from tracker.ports.http import access_log, cookies, problems
from tracker.ports.http.request_source import hosts

BODY_LIMIT = 1_000_000  # bytes of one request
HSTS = b"max-age=31536000; includeSubDomains"  # a year
CSP = (
    b"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    b"connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
HEADERS = (
    (b"content-security-policy", CSP),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), microphone=(), geolocation=(), payment=(), usb=()"),
    (b"x-robots-tag", b"noindex"),
    (b"cache-control", b"no-store, private"),  # unless the response has its own: hashed files, feeds
)
LARGE = "This is larger than 1 MB, the most we can accept at once."


def protect(app: Litestar, settings: Settings) -> None:
    """Wrap an application; unlike Litestar's middleware, this also sees requests that match no route."""
    app.asgi_handler = Shield(app.asgi_handler, settings)


class Shield:
    """An ASGI application around another one."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self._settings = settings
        self._hosts = {host.encode("ascii") for host in hosts(settings)}
        self._headers: tuple[tuple[bytes, bytes], ...] = HEADERS
        if cookies.is_secure(settings):
            self._headers += ((b"strict-transport-security", HSTS),)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Reject malformed requests at once; count, complete and log all others."""
        if scope["type"] != ScopeType.HTTP:
            await self._app(scope, receive, send)
            return
        start = time.perf_counter()
        scope["state"].update(settings=self._settings, request_id=secrets.token_hex(8))
        response = _Response(scope, send, self._headers)
        try:
            if odd := self._odd(scope):
                await _say(response.send, *odd, for_programs=problems.is_api(scope["path"]))
            else:
                await self._app(scope, _Counted(scope, receive).receive, response.send)
        finally:
            access_log.note(scope, response.status, time.perf_counter() - start)

    def _odd(self, scope: Any) -> tuple[int, bytes] | None:
        named = [value.lower() for name, value in scope["headers"] if name == b"host"]
        if len(named) != 1 or named[0] not in self._hosts:
            return 400, b"This is not the address of the tracker.\n"
        if not scope["path"].isprintable():
            return 404, b"Not found.\n"
        return None


class _Response:
    """Completes the headers of one response and remembers its status."""

    def __init__(self, scope: Any, send: Send, headers: tuple[tuple[bytes, bytes], ...]) -> None:
        self._scope = scope
        self._send = send
        self._headers = headers
        self.status = 500  # the server's response when an application fails

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            given = list(message.get("headers", ()))
            names = dict(given)  # in lower case (ASGI)
            given += [header for header in self._headers if header[0] not in names]
            message["headers"] = given + self._further(given)
        await self._send(message)

    def _further(self, given: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
        if self.status == 413:  # noqa: PLR2004 - the rest of the body is not read
            return [(b"connection", b"close")]
        cookie = cookies.flash_header(self._scope, self.status, given)
        return [(b"set-cookie", cookie)] if cookie else []


class _Counted:
    """Counts the bytes of the request body as it is read; raises `TooLarge` above the limit."""

    def __init__(self, scope: Any, receive: Receive) -> None:
        self._scope = scope
        self._receive = receive
        self._read = 0

    async def receive(self) -> Any:
        if self._announced() > BODY_LIMIT:
            raise TooLarge(LARGE)
        message = await self._receive()
        if message["type"] == "http.request":
            self._read += len(message.get("body", b""))
            if self._read > BODY_LIMIT:
                raise TooLarge(LARGE)
        return message

    def _announced(self) -> int:
        announced = next((value for name, value in self._scope["headers"] if name == b"content-length"), b"0")
        return int(announced) if announced.isdigit() else 0


async def _say(send: Any, status: int, body: bytes, *, for_programs: bool) -> None:
    media_type = problems.MEDIA_TYPE if for_programs else "text/plain; charset=utf-8"
    body = problems.problem(status) if for_programs else body
    headers = [(b"content-type", media_type.encode("ascii")), (b"content-length", str(len(body)).encode("ascii"))]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
