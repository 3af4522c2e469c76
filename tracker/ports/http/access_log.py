"""Logs as JSON, one line per event, without tokens, page addresses or what people typed."""

import asyncio
import json
import logging
import re
import sys
import time
from contextlib import suppress
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, TextIO

import msgspec

from tracker.ports.http.request_source import address_of

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
