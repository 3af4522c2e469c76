"""Logs as JSON, one line per event, without tokens, page addresses or what people typed."""

import asyncio
import json
import logging
import re
import sys
from contextlib import suppress
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, TextIO

import msgspec

from tracker.ports.http.request_source import address_of

TOKEN = re.compile(r"[A-Za-z0-9_-]{32,}")  # 256 bits in base64url are 43 characters
SECRETS = re.compile(r"(?i)(password|cookie|authorization|_csrf|token)([\"']?\s*[=:]\s*[\"']?)[^\s,;\"'&]+")
UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
FIELDS = ("method", "route", "status", "ms", "member", "client", "request")
ANSWERED = "answered"
HIDDEN = "[hidden]"

log = logging.getLogger("tracker.access")


class JsonLines(logging.Formatter):
    """Formats each record as one line of JSON, whatever it contains."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line; the time is UTC with milliseconds."""
        line: dict[str, Any] = {
            "at": f"{_second(int(record.created))}.{int(record.msecs):03d}Z",
            "level": record.levelname.lower(),
            "from": record.name,
        }
        if record.name == log.name:  # `note` writes nothing that anyone typed, and letters of ASCII alone
            line |= {"said": record.msg, **{field: record.__dict__[field] for field in FIELDS}}
            return msgspec.json.encode(line).decode("ascii")
        line["said"] = redacted(record.getMessage())
        line |= {field: record.__dict__[field] for field in FIELDS if field in record.__dict__}
        if record.exc_info:
            line["trace"] = redacted(self.formatException(record.exc_info))
        return json.dumps(line, ensure_ascii=True)


class Lines(logging.StreamHandler[TextIO]):
    """Writes the lines of one turn of the event loop together, at its end; without an event loop, each at once.

    A write of its own for each line took a tenth of the time of a feed that did not change.
    """

    def __init__(self, stream: TextIO) -> None:
        super().__init__(stream)
        self._waiting: list[str] = []
        self._due_in: asyncio.AbstractEventLoop | None = None

    def emit(self, record: logging.LogRecord) -> None:
        """Write a line, with the others of this turn."""
        try:
            self._waiting.append(self.format(record) + self.terminator)
            self._flush_soon()
        except Exception:  # noqa: BLE001 - a line that can't be written must not break what it is about
            self.handleError(record)

    def flush(self) -> None:
        """Write what waits, if anything; lines that can't be written are dropped, because no other place is left.

        An error would be logged by the event loop, which asks for the next flush, and so on.
        """
        self.acquire()
        try:
            self._due_in = None
            waiting, self._waiting = self._waiting, []
            if waiting:
                with suppress(Exception):
                    self.stream.write("".join(waiting))
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


def configure(stream: TextIO = sys.stderr) -> None:
    """Log as JSON: everything of the tracker, and the warnings of libraries. Called once when a server starts.

    No line says from which thread, process or place in the code it comes, so none of that is found out (logging's
    "Optimization" section): it would take half of the time of a feed that did not change.
    """
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    handler = Lines(stream)
    handler.setFormatter(JsonLines())
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    logging.getLogger("tracker").setLevel(logging.INFO)


def redacted(text: str) -> str:
    """Return a text without parts that look like tokens, and without the values of fields that hold secrets."""
    return SECRETS.sub(rf"\1\2{HIDDEN}", TOKEN.sub(_hidden, text))


def note(scope: Any, status: int, seconds: float) -> None:
    """Log one request that was answered, with the template of its route, never the requested address."""
    if not log.isEnabledFor(logging.INFO):
        return
    state = scope["state"]
    viewer = state.get("viewer")
    record = logging.LogRecord(log.name, logging.INFO, "", 0, ANSWERED, (), None)  # `info` would look for its caller
    record.__dict__ |= {
        "method": scope["method"],
        "route": route_of(scope),
        "status": status,
        "ms": round(seconds * 1_000, 1),
        "member": str(viewer.member_id) if viewer else "",
        "client": address_of(scope),
        "request": state["request_id"],
    }
    log.handle(record)


def route_of(scope: Any) -> str:
    """Return the template of the matched route, or "none"."""
    handler = scope.get("route_handler")
    if handler is None:
        return "none"
    return min(handler.paths) if getattr(handler, "is_mount", False) else str(scope.get("path_template", "none"))


@lru_cache(2)
def _second(moment: int) -> str:
    """Return a second of Unix time in UTC; a busy server writes many lines in each."""
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def _hidden(found: re.Match[str]) -> str:
    """Hide tokens, but keep ids and names from code: a token has letters of both cases."""
    word = found[0]
    is_token = any(letter.isupper() for letter in word) and any(letter.islower() for letter in word)
    return HIDDEN if is_token and not UUID.fullmatch(word) else word
