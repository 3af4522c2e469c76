"""Conditional responses (RFC 9110 §13): 304 while a program has the calendar already, gzip when it accepts that."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from functools import lru_cache

from litestar import Response

from tracker.ports.feeds.feed_builder import Body

MEDIA_TYPE = "text/calendar"  # Litestar adds the charset
HEADERS = {
    "Cache-Control": "private, no-cache",
    "X-Robots-Tag": "noindex",
    "Referrer-Policy": "no-referrer",
    "Vary": "Accept-Encoding",
}
TAG_LENGTH = 32  # hexadecimal digits of the SHA-256
PACKED = "-gzip"  # other bytes, so a different strong ETag (RFC 9110 §8.8.3.3)
TAKES_GZIP = re.compile(r"\bgzip\b(?!\s*;\s*q=0(?:\.0*)?\s*(?:,|$))", re.IGNORECASE)


def response(body: Body, since: datetime, asked: Mapping[str, str]) -> Response[bytes]:
    """Return the calendar, or 304 when `asked` (header names in lower case) shows that the program has it."""
    is_packed = TAKES_GZIP.search(asked.get("accept-encoding", "")) is not None
    tag = body.hash[:TAG_LENGTH]
    headers = HEADERS | {"ETag": f'"{tag}{PACKED}"' if is_packed else f'"{tag}"', "Last-Modified": _http_date(since)}
    if _is_known(tag, since, asked):
        return Response(b"", status_code=304, headers=headers)
    if is_packed:
        headers["Content-Encoding"] = "gzip"
    content = body.packed if is_packed else body.text
    return Response(content, status_code=200, media_type=MEDIA_TYPE, headers=headers)


def unknown() -> Response[str]:
    """Return the one response for every invalid address, whatever the reason."""
    return Response("Not found.\n", status_code=404, media_type="text/plain", headers=HEADERS)


def too_many() -> Response[str]:
    """Return the response to a client that guessed too often."""
    headers = HEADERS | {"Retry-After": "60"}
    return Response("Too many requests.\n", status_code=429, media_type="text/plain", headers=headers)


def _is_known(tag: str, since: datetime, asked: Mapping[str, str]) -> bool:
    """Compare weakly (§13.1.2); If-Modified-Since counts only without If-None-Match (§13.1.3)."""
    known = asked.get("if-none-match")
    if known is not None:
        opaque = {one.strip().removeprefix("W/").strip('"').removesuffix(PACKED) for one in known.split(",")}
        return tag in opaque or known.strip() == "*"
    date = _date(asked.get("if-modified-since", ""))
    return date is not None and since.replace(microsecond=0) <= date


@lru_cache(1024)
def _http_date(moment: datetime) -> str:
    return format_datetime(moment.astimezone(UTC), usegmt=True)


def _date(text: str) -> datetime | None:
    try:
        date = parsedate_to_datetime(text)
    except ValueError:
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)
