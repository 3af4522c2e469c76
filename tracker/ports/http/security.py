"""Wraps the whole application, mounts and errors included: host, body size, headers, request id, and the access log.

Logs are JSON, one line per event, without tokens, page addresses or what people typed.
"""

import asyncio
import json
import logging
import re
import secrets
import sys
import time
from contextlib import suppress
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, TextIO

import msgspec
from litestar import Litestar
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from tracker.config.settings import Settings
from tracker.errors import TooLarge
from tracker.ports.http import cookies, problems
from tracker.ports.http.request_source import address_of, hosts

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
            note(scope, response.status, time.perf_counter() - start)

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


TOKEN = re.compile(r"[A-Za-z0-9_-]{32,}")  # 256 bits in base64url are 43 characters
SECRETS = re.compile(r"(?i)(password|cookie|authorization|_csrf|token)([\"']?\s*[=:]\s*[\"']?)[^\s,;\"'&]+")
UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
HIDDEN = "[hidden]"

_encoder = msgspec.json.Encoder()


class RequestLine(msgspec.Struct, frozen=True, kw_only=True, rename={"name": "from"}):
    """The line of one request, with nothing that anyone typed, and letters of ASCII alone."""

    at: str
    level: str = "info"
    name: str = "tracker.access"
    said: str = "answered"
    method: str
    route: str
    status: int
    ms: float
    member: str
    client: str
    request: str


class JsonLog(logging.Formatter):
    """Formats each record as one line of JSON, whatever it contains."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line; the time is UTC with milliseconds."""
        line: dict[str, Any] = {
            "at": _written(record.created),
            "level": record.levelname.lower(),
            "from": record.name,
            "said": redacted(record.getMessage()),
        }
        if reference := getattr(record, "request", ""):
            line["request"] = reference
        if record.exc_info:
            line["trace"] = redacted(self.formatException(record.exc_info))
        return json.dumps(line, ensure_ascii=True)


class AccessLog(logging.StreamHandler[TextIO]):
    """Writes the lines of one turn of the event loop together, at its end; without an event loop, each at once.

    A write of its own for each line took a tenth of the time of a feed that did not change.
    """

    def __init__(self, stream: TextIO) -> None:
        super().__init__(stream)
        self._waiting: list[RequestLine | msgspec.Raw] = []
        self._due_in: asyncio.AbstractEventLoop | None = None

    def emit(self, record: logging.LogRecord) -> None:
        """Write a line, with the others of this turn."""
        try:
            self.add(msgspec.Raw(self.format(record).encode("ascii")))
        except Exception:  # noqa: BLE001 - a line that can't be written must not break what it is about
            self.handleError(record)

    def add(self, line: RequestLine | msgspec.Raw) -> None:
        """Write a line, JSON or what becomes JSON, with the others of this turn."""
        self._waiting.append(line)
        self._flush_soon()

    def flush(self) -> None:
        """Write what waits, if anything; lines that can't be written are dropped, because no other place is left.

        An error would be logged by the event loop, which asks for the next flush, and so on.
        """
        self.acquire()
        try:
            self._due_in = None
            waiting = self._waiting[:]
            del self._waiting[: len(waiting)]  # not a new list: another thread may be adding to this one
            if waiting:
                with suppress(Exception):
                    self.stream.write(_encoder.encode_lines(waiting).decode())
                    super().flush()
        finally:
            self.release()

    def _flush_soon(self) -> None:
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            self.flush()
            return
        if loop is not self._due_in:
            self._due_in = loop
            loop.call_soon(self.flush)


_requests: AccessLog | None = None


def configure(stream: TextIO = sys.stderr) -> None:
    """Log as JSON: requests, everything else of the tracker, and the warnings of libraries. Called once by a server.

    No line says from which thread, process or place in the code it comes, so none of that is found out (logging's
    "Optimization" section).
    """
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    handler = AccessLog(stream)
    handler.setFormatter(JsonLog())
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    logging.getLogger("tracker").setLevel(logging.INFO)
    log_requests(handler)


def log_requests(lines: AccessLog | None) -> None:
    """Write a line for each request there from now on; None writes none, as before a server is configured."""
    global _requests  # noqa: PLW0603 - one for the process, as the handlers of `logging` are
    _requests = lines


def redacted(text: str) -> str:
    """Return a text without parts that look like tokens, and without the values of fields that hold secrets."""
    return SECRETS.sub(rf"\1\2{HIDDEN}", TOKEN.sub(_hidden, text))


def note(scope: Any, status: int, seconds: float) -> None:
    """Log one request, with the template of its route, never the requested address.

    It is no record of `logging`: that would take a sixth of the time of a feed that did not change.
    """
    if _requests is None:
        return
    state = scope["state"]
    viewer = state.get("viewer")
    _requests.add(
        RequestLine(
            at=_written(time.time()),
            method=scope["method"],
            route=route_of(scope),
            status=status,
            ms=round(seconds * 1_000, 1),
            member=str(viewer.member_id) if viewer else "",
            client=address_of(scope),
            request=state["request_id"],
        )
    )


def route_of(scope: Any) -> str:
    """Return the template of the matched route, or "none"."""
    handler = scope.get("route_handler")
    if handler is None:
        return "none"
    return min(handler.paths) if getattr(handler, "is_mount", False) else str(scope.get("path_template", "none"))


def _written(moment: float) -> str:
    """Return a moment of Unix time in UTC, with milliseconds."""
    return f"{_second(int(moment))}.{int(moment % 1 * 1_000):03d}Z"


@lru_cache(2)
def _second(moment: int) -> str:
    """Return a second of Unix time in UTC; a busy server writes many lines in each."""
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def _hidden(match: re.Match[str]) -> str:
    """Hide tokens, but keep ids and names from code: a token has letters of both cases."""
    word = match[0]
    is_token = any(letter.isupper() for letter in word) and any(letter.islower() for letter in word)
    return HIDDEN if is_token and not UUID.fullmatch(word) else word
