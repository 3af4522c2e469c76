"""API responses: JSON with an ETag made of what this reader sees, 304 for unchanged content, and the next page.

A cursor says where a page of a list ended. It is signed for this reader and this list, and reveals nothing new.
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar
from urllib.parse import urlencode
from uuid import UUID

import msgspec
from litestar import HttpMethod, Response
from msgspec import UNSET, UnsetType

from tracker.crypto import keys
from tracker.errors import NotFound
from tracker.ports.api.reading import JSON
from tracker.ports.api.shapes import PageQuery
from tracker.ports.http.dependencies import viewer_of
from tracker.ports.http.forms import FormRequest
from tracker.ports.http.problems import RequestRefused
from tracker.rules.core.viewers import Viewer
from tracker.usecases.views.listings import START, ListPlace

T = TypeVar("T")
TAG = re.compile(r'(?:W/)?"[\x21\x23-\x7e]*"')
HALF = 16  # characters: 96 bits of the content, 96 of the proof that this tag was made here
READS = (HttpMethod.GET, HttpMethod.HEAD)


def json_response(
    request: FormRequest, body: msgspec.Struct, *, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response[Any]:
    """Return a thing as JSON with its ETag, or 304 when the program has it already."""
    tag = etag(request, body)
    headers = {"ETag": tag, "Vary": "Authorization", **(headers or {})}
    if request.method in READS and _names(request.headers.get("if-none-match"), tag):
        return Response(None, status_code=304, headers=headers)
    return Response(msgspec.json.encode(body), status_code=status, media_type=JSON, headers=headers)


def etag(request: FormRequest, body: msgspec.Struct) -> str:
    """Return the strong ETag of what one reader sees of a thing, its version included (RFC 9110 §8.8.3)."""
    seen = base64.urlsafe_b64encode(hashlib.sha256(msgspec.json.encode(body)).digest())[:HALF].decode("ascii")
    return f'"{seen}{_mark(request, seen)}"'


def check_match(request: FormRequest, now: msgspec.Struct) -> None:
    """Refuse a change unless the thing is as the program read it: 412 for an earlier ETag, 409 for any other.

    If-Match is a required parameter, so a request without it does not match the document: 422, as always.
    """
    asked = request.headers.get("if-match")
    if asked is None:
        raise RequestRefused(422, errors={"If-Match": "Send the ETag you read, so no one’s change is lost."})
    tags = TAG.findall(asked)
    if asked.strip() == "*" or etag(request, now) in tags:
        return
    was_ours = any(_is_ours(request, tag) for tag in tags)
    raise (
        RequestRefused(412)
        if was_ours
        else RequestRefused(409, "If-Match doesn’t have an ETag that you got here. Read it again.")
    )


def page_response(
    request: FormRequest,
    page: type[msgspec.Struct],
    query: PageQuery,
    things: Sequence[T],
    place: Callable[[T], Sequence[str]],
    show: Callable[[T], msgspec.Struct],
) -> Response[Any]:
    """Return a page of a list; the address of a next page is in the Link header too (RFC 8288).

    There is a next page when there is one thing more than the limit; `place` is where a thing is in the list.
    """
    items, following = things[: query.limit], None
    if len(things) > query.limit:
        path = request.scope["path"]
        onward = cursor(viewer_of(request.scope), path, place(items[-1]))
        kept = [(name, text) for name, text in request.query_params.multi_items() if name != "cursor"]
        following = f"{path}?{urlencode([*kept, ('cursor', onward)])}"
    link = {"Link": f'<{following}>; rel="next"'} if following else {}
    return json_response(request, page(items=tuple(map(show, items)), next=following), headers=link)


def _names(asked: str | None, tag: str) -> bool:
    """Return whether If-None-Match names this tag; weak ones count, as caches make them weak (RFC 9110 §13.1.2)."""
    if asked is None:
        return False
    return asked.strip() == "*" or tag in [name.removeprefix("W/") for name in TAG.findall(asked)]


def _is_ours(request: FormRequest, tag: str) -> bool:
    letters = tag.removeprefix("W/").strip('"')
    return keys.same(letters[HALF:], _mark(request, letters[:HALF]))


def _mark(request: FormRequest, seen: str) -> str:
    return keys.mac(keys.named("etag"), f"{viewer_of(request.scope).member_id} {seen}")[:HALF]


LONGEST = 400  # characters


def cursor(viewer: Viewer, of: str, position: Sequence[str]) -> str:
    """Return the cursor that continues after a position of a list."""
    letters = base64.urlsafe_b64encode(msgspec.json.encode(position)).rstrip(b"=").decode("ascii")
    return f"{letters}.{_cursor_mark(viewer, of, letters)}"


def position_of(viewer: Viewer, of: str, text: str) -> list[str]:
    """Return the position of a cursor. Errors: NotFound unless it was made here for this reader and this list."""
    letters, _, mark = text.partition(".")
    if len(text) > LONGEST or not keys.same(mark, _cursor_mark(viewer, of, letters)):
        raise NotFound
    try:
        return msgspec.json.decode(base64.urlsafe_b64decode(letters + "=" * (-len(letters) % 4)), type=list[str])
    except (binascii.Error, msgspec.DecodeError) as odd:
        raise NotFound from odd


def place_words(moment: datetime, thing_id: UUID) -> tuple[str, str]:
    """Return a place, in a list that is ordered by time, as its cursor holds it."""
    return moment.isoformat(), str(thing_id)


def place_in(request: FormRequest, viewer: Viewer, text: str | UnsetType) -> ListPlace:
    """Return the place after which a page of such a list starts. Errors: NotFound."""
    if text is UNSET:
        return START
    moment, thing_id = position_of(viewer, request.scope["path"], text)
    return datetime.fromisoformat(moment), UUID(thing_id)


def _cursor_mark(viewer: Viewer, of: str, letters: str) -> str:
    return keys.mac(keys.named("cursor"), f"{viewer.member_id} {of} {letters}")
