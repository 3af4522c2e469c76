"""Decodes a JSON body or a query by the shape that the document shows; unknown fields are refused."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from enum import StrEnum
from typing import Any, TypeVar, get_args
from urllib.parse import parse_qsl
from uuid import UUID

import msgspec

from tracker.errors import Invalid
from tracker.ports.api.shapes import SENTENCE
from tracker.ports.http.forms import FormRequest
from tracker.ports.http.problems import RequestRefused
from tracker.rules.core.clean_text import too_long_words

T = TypeVar("T", bound=msgspec.Struct)
JSON = "application/json"
PLACE = re.compile(r" - at `\$(?P<path>.*)`\Z", re.DOTALL)
TOO_DEEP = "The JSON is nested too deeply."
TOO_LONG = re.compile(r"Expected str of length <= (?P<longest>\d+)")
NOT_JSON = "The body isn’t JSON in UTF-8."
MOST_PARAMETERS = 50


async def body_of(request: FormRequest, shape: type[T]) -> T:
    """Return the decoded body. Errors: Refused with 415, 400 for invalid JSON, 422 with a sentence for each field."""
    if request.content_type[0] != JSON:
        raise RequestRefused(415)
    given = _decoded(await request.body())
    try:
        return msgspec.convert(given, shape)
    except msgspec.ValidationError as odd:
        raise RequestRefused(422, errors=_errors_of(shape, given, strict=True)) from odd


def query_of(request: FormRequest, shape: type[T]) -> T:
    """Return the decoded query. Errors: Refused with 422 and a sentence for each parameter."""
    given = _parameters(request)
    try:
        return msgspec.convert(given, shape, strict=False)
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


def _parameters(request: FormRequest) -> dict[str, str]:
    try:
        pairs = parse_qsl(
            request.scope["query_string"].decode("latin-1"), keep_blank_values=True, max_num_fields=MOST_PARAMETERS
        )
    except ValueError as many:
        raise RequestRefused(400, "There are too many parameters.") from many
    given = dict(pairs)
    if len(given) < len(pairs):
        raise RequestRefused(422, "Give each parameter once.")
    return given


def _decoded(raw: bytes) -> Any:
    try:
        return _whole(msgspec.json.decode(raw))
    except RecursionError as deep:
        raise RequestRefused(400, TOO_DEEP) from deep
    except (msgspec.DecodeError, UnicodeDecodeError) as unreadable:
        raise RequestRefused(400, NOT_JSON) from unreadable


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
        return f"{_words_of(kind)}."
    if not isinstance(value, str):
        return f"{sentence}."
    if limit := TOO_LONG.fullmatch(sentence):
        return too_long_words(value, int(limit["longest"]))
    return _sentence_of(kind) or f"{sentence}."


def _sentence_of(kind: Any) -> str:
    """Return a shape's own sentence about texts that it refuses; empty where it has none."""
    parts = (kind, *get_args(kind))
    metas = (meta for part in parts for meta in getattr(part, "__metadata__", ()) if isinstance(meta, msgspec.Meta))
    return next((str(meta.extra[SENTENCE]) for meta in metas if meta.extra and SENTENCE in meta.extra), "")


def _words_of(kind: Any) -> str:
    """Return the words that a field accepts; those inside another shape are only in the document."""
    is_plain = isinstance(kind, type) and issubclass(kind, StrEnum)
    return f"Use one of these: {', '.join(kind)}" if is_plain else "This isn’t one of the allowed values"
