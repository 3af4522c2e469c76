"""What goes in and out as JSON: contents and queries by the shapes of the document, responses with an ETag, and pages.

Unknown fields are refused, texts are cleaned, and times are in UTC. An ETag is made of what this reader sees; unchanged
content is a 304. A cursor says where a page of a list ended. It is signed for this reader and this list, and reveals
nothing new.
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from enum import StrEnum
from typing import Any, TypeVar, get_args
from urllib.parse import parse_qsl, urlencode
from uuid import UUID

import msgspec
from litestar import HttpMethod, Response
from msgspec import UNSET, UnsetType

from tracker.crypto import keys
from tracker.errors import Invalid, NotFound
from tracker.ports.api.shapes import SENTENCE, PageQuery, in_utc
from tracker.ports.http.dependencies import viewer_of
from tracker.ports.http.forms import FormRequest
from tracker.ports.http.problems import RequestRefused
from tracker.rules.core.clean_text import clean, too_long_words
from tracker.rules.core.viewers import Viewer
from tracker.usecases.views.search import START, ListPlace

Sent = TypeVar("Sent", bound=msgspec.Struct)
JSON = "application/json"
PLACE = re.compile(r" - at `\$(?P<path>.*)`\Z", re.DOTALL)
TOO_DEEP = "The JSON is nested too deeply."
TOO_LONG = re.compile(r"Expected str of length <= (?P<longest>\d+)")
NOT_JSON = "The body isn’t JSON in UTF-8."
MOST_PARAMETERS = 50


async def body_of(request: FormRequest, shape: type[Sent]) -> Sent:
    """Return the body, tidy. Errors: Refused with 415, 400 for invalid JSON, 422 with a sentence for each field."""
    if request.content_type[0] != JSON:
        raise RequestRefused(415)
    try:
        given = _whole(msgspec.json.decode(await request.body()))
    except RecursionError as deep:
        raise RequestRefused(400, TOO_DEEP) from deep
    except (msgspec.DecodeError, UnicodeDecodeError) as unreadable:
        raise RequestRefused(400, NOT_JSON) from unreadable
    try:
        return _tidy(msgspec.convert(given, shape))
    except msgspec.ValidationError as odd:
        raise RequestRefused(422, errors=_errors_of(shape, given, strict=True)) from odd


def query_of(request: FormRequest, shape: type[Sent]) -> Sent:
    """Return the query, tidy. Errors: Refused with 422 and a sentence for each parameter."""
    text = request.scope["query_string"].decode("latin-1")
    try:
        pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=MOST_PARAMETERS)
    except ValueError as many:
        raise RequestRefused(400, "There are too many parameters.") from many
    given = dict(pairs)
    if len(given) < len(pairs):
        raise RequestRefused(422, "Give each parameter once.")
    try:
        return _tidy(msgspec.convert(given, shape, strict=False))
    except msgspec.ValidationError as odd:
        raise RequestRefused(422, errors=_errors_of(shape, given, strict=False)) from odd


def idempotency_key(request: FormRequest) -> UUID | None:
    """Return the key by which a repeated request counts once. Errors: Refused for one that is not a UUID."""
    text = request.headers.get("idempotency-key")
    try:
        return UUID(text) if text is not None else None
    except ValueError as odd:
        raise RequestRefused(422, errors={"Idempotency-Key": "This isn’t a UUID."}) from odd


@contextmanager
def fields_named(names: Mapping[str, str]) -> Iterator[None]:
    """Name the fields of an error as programs send them, where forms call them otherwise."""
    try:
        yield
    except Invalid as wrong:
        raise Invalid(**{names.get(name, name): sentence for name, sentence in wrong.fields.items()}) from wrong


def _tidy(given: Sent) -> Sent:
    """Return what a program sent with its texts clean, as their shapes say, and its times in UTC.

    Errors: Invalid by field.
    """
    values = msgspec.structs.asdict(given)
    for field in msgspec.structs.fields(given):
        match values[field.name], _said_of(field.type):
            case datetime() as moment, _:
                values[field.name] = in_utc(moment)
            case str() as text, {"longest": longest, "is_multiline": is_multiline}:
                values[field.name] = clean(text, longest, field.name, multiline=is_multiline)
    return msgspec.structs.replace(given, **values)


def _whole(value: Any) -> Any:
    """Return the same with 90.0 as 90: to JSON Schema both are the same integer."""
    match value:
        case float():
            return int(value) if value.is_integer() else value
        case list():
            return [_whole(item) for item in value]
        case dict():
            return {name: _whole(item) for name, item in value.items()}
        case _:
            return value


def _errors_of(shape: type[msgspec.Struct], given: Any, *, strict: bool) -> Mapping[str, str]:
    """Return a sentence for each wrong field, all at once; what the program sent is never repeated."""
    if not isinstance(given, dict):
        return {"": "Send one JSON object."}
    known = {field.encode_name: field for field in msgspec.structs.fields(shape)}
    wrong = {name: "Unknown field." for name in given if name not in known}
    for name, field in known.items():
        if name not in given:
            if field.required:
                wrong[name] = "This field is required."
        elif error := _error_of(given[name], field.type, strict=strict):
            wrong[f"{name}{error[0]}"] = error[1]
    return wrong


def _error_of(value: object, kind: Any, *, strict: bool) -> tuple[str, str] | None:
    """Return the position of an error inside a field, and the error."""
    try:
        msgspec.convert(value, kind, strict=strict)
    except msgspec.ValidationError as odd:
        words = str(odd)
        place = PLACE.search(words)
        sentence = PLACE.sub("", words).replace("`", "")
        return place["path"] if place else "", _said(sentence, value, kind)
    return None


def _said(sentence: str, value: object, kind: Any) -> str:
    """Return the error in the words of the rules, where they have any: the same words as on pages."""
    if sentence.startswith("Invalid enum value"):
        is_plain = isinstance(kind, type) and issubclass(kind, StrEnum)
        # The words inside another shape are only in the document.
        return f"Use one of these: {', '.join(kind)}." if is_plain else "This isn’t one of the allowed values."
    if not isinstance(value, str):
        return f"{sentence}."
    if limit := TOO_LONG.fullmatch(sentence):
        return too_long_words(value, int(limit["longest"]))
    return str(_said_of(kind).get(SENTENCE, f"{sentence}."))


def _said_of(kind: Any) -> dict[str, Any]:
    """Return what an annotation, or a part of a union, says of its texts: their limit, and what isn't for programs."""
    said: dict[str, Any] = {}
    for part in (kind, *get_args(kind)):
        for meta in getattr(part, "__metadata__", ()):
            if isinstance(meta, msgspec.Meta):
                said |= (meta.extra or {}) | ({"longest": meta.max_length} if meta.max_length else {})
    return said


TAG = re.compile(r'(?:W/)?"[\x21\x23-\x7e]*"')
HALF = 16  # characters: 96 bits of the content, 96 of the proof that this tag was made here
READS = (HttpMethod.GET, HttpMethod.HEAD)
PageItem = tuple[Sequence[str], msgspec.Struct]
"""Where a thing is in a list, and its shape."""


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


def check_match(request: FormRequest, now: msgspec.Struct, *, takes_any: bool = True) -> None:
    """Refuse a change unless the thing is as the program read it: 412 for an earlier ETag, 409 for any other.

    `takes_any`: whether * is enough, which stands for the thing as it is, whatever that is (RFC 9110 §13.1.1).

    If-Match is a required parameter, so a request without it does not match the document: 422, as always.
    """
    asked = request.headers.get("if-match")
    if asked is None:
        raise RequestRefused(422, errors={"If-Match": "Send the ETag you read, so no one’s change is lost."})
    tags = TAG.findall(asked)
    if (asked.strip() == "*" and takes_any) or etag(request, now) in tags:
        return
    was_ours = any(_is_ours(request, tag) for tag in tags)
    raise (
        RequestRefused(412)
        if was_ours
        else RequestRefused(409, "If-Match doesn’t have an ETag that you got here. Read it again.")
    )


def page_response(
    request: FormRequest, page: type[msgspec.Struct], query: PageQuery, items: Sequence[PageItem]
) -> Response[Any]:
    """Return a page of a list; the address of a next page is in the Link header too (RFC 8288).

    There is a next page when there is one item more than the limit.
    """
    following = None
    if len(items) > query.limit:
        path = request.scope["path"]
        place, _ = items[query.limit - 1]
        onward = cursor(viewer_of(request.scope), path, place)
        kept = [(name, text) for name, text in request.query_params.multi_items() if name != "cursor"]
        following = f"{path}?{urlencode([*kept, ('cursor', onward)])}"
    link = {"Link": f'<{following}>; rel="next"'} if following else {}
    shapes = tuple(shape for _, shape in items[: query.limit])
    return json_response(request, page(items=shapes, next=following), headers=link)


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
