"""Conditional responses (RFC 9110 §13): 304 while a program has the calendar already, gzip when it accepts that."""

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from functools import lru_cache
from typing import NamedTuple

from litestar.types import Send

from tracker.ports.feeds.feed_builder import FeedBody

Headers = tuple[tuple[bytes, bytes], ...]

HEADERS: Headers = (
    (b"cache-control", b"private, no-cache"),
    (b"x-robots-tag", b"noindex"),
    (b"referrer-policy", b"no-referrer"),
    (b"vary", b"Accept-Encoding"),
)
GZIP: Headers = ((b"content-encoding", b"gzip"),)
CALENDAR = b"text/calendar; charset=utf-8"
TEXT = b"text/plain; charset=utf-8"
TAG_LENGTH = 32  # hexadecimal digits of the SHA-256
PACKED = "-gzip"  # other bytes, so a different strong ETag (RFC 9110 §8.8.3.3)
TAKES_GZIP = re.compile(rb"\bgzip\b(?!\s*;\s*q=0(?:\.0*)?\s*(?:,|$))", re.IGNORECASE)


class FeedResponse(NamedTuple):
    """A response as the server sends it: Litestar's own would take half of the time of a feed that did not change."""

    status: int
    headers: Headers
    content: bytes

    async def sent(self, send: Send, *, has_content: bool) -> None:
        """Send it, or its headers alone (HEAD)."""
        await send({"type": "http.response.start", "status": self.status, "headers": [*self.headers]})
        content = self.content if has_content else b""
        await send({"type": "http.response.body", "body": content, "more_body": False})


def feed_response(body: FeedBody, since: datetime, asked: Mapping[bytes, bytes], now: datetime) -> FeedResponse:
    """Return the calendar, or 304 when `asked` (header names in lower case) shows that the program has it."""
    is_packed = TAKES_GZIP.search(asked.get(b"accept-encoding", b"")) is not None
    tag = body.hash[:TAG_LENGTH]
    headers = _validators(tag, since, is_packed=is_packed)
    is_sent_back = (b"etag", asked.get(b"if-none-match")) in headers  # as most programs do, byte for byte
    if is_sent_back or _is_known(tag, since, asked, now):
        return FeedResponse(304, headers, b"")
    if is_packed:
        return _whole(200, headers + GZIP, CALENDAR, body.packed)
    return _whole(200, headers, CALENDAR, body.text)


def unknown() -> FeedResponse:
    """Return the one response for every invalid address, whatever the reason."""
    return _whole(404, HEADERS, TEXT, b"Not found.\n")


def too_many() -> FeedResponse:
    """Return the response to a client that guessed too often."""
    return _whole(429, (*HEADERS, (b"retry-after", b"60")), TEXT, b"Too many requests.\n")


def wrong_method(allowed: Iterable[str]) -> FeedResponse:
    """Return the response to a method other than these (RFC 9110 §15.5.6)."""
    allow = (b"allow", ", ".join(allowed).encode("ascii"))
    return _whole(405, (*HEADERS, allow), TEXT, "This isn’t available.\n".encode())


def _whole(status: int, headers: Headers, media_type: bytes, content: bytes) -> FeedResponse:
    length = str(len(content)).encode("ascii")
    return FeedResponse(status, (*headers, (b"content-type", media_type), (b"content-length", length)), content)


@lru_cache(1024)
def _validators(tag: str, since: datetime, *, is_packed: bool) -> Headers:
    etag = f'"{tag}{PACKED}"' if is_packed else f'"{tag}"'
    date = format_datetime(since.astimezone(UTC), usegmt=True)
    return (*HEADERS, (b"etag", etag.encode("ascii")), (b"last-modified", date.encode("ascii")))


def _is_known(tag: str, since: datetime, asked: Mapping[bytes, bytes], now: datetime) -> bool:
    """Compare weakly (§13.1.2); If-Modified-Since counts only without If-None-Match (§13.1.3).

    A date later than now is no date of ours: what it shows may never have been sent.
    """
    known = asked.get(b"if-none-match")
    if known is not None:
        tags = known.decode("latin-1")
        opaque = {sent.strip().removeprefix("W/").strip('"').removesuffix(PACKED) for sent in tags.split(",")}
        return tag in opaque or tags.strip() == "*"
    try:
        date = parsedate_to_datetime(asked.get(b"if-modified-since", b"").decode("latin-1"))
    except ValueError:
        return False
    date = date if date.tzinfo else date.replace(tzinfo=UTC)
    return since.replace(microsecond=0) <= date <= now
