"""The API explained to people: its own document as a page, with an example for each operation."""

import json
from typing import Any

from litestar import Response, get
from litestar.datastructures import State
from msgspec import Struct

from tracker.ports.http.dependencies import Settings
from tracker.ports.http.guards import public
from tracker.ports.http.problems import DOCUMENTS, KINDS
from tracker.ports.pages.core.dependencies import Page, Pages
from tracker.rules.identity import ApiScope

Json = dict[str, Any]

LIMITS = {
    "minimum": "at least {}",
    "maximum": "at most {}",
    "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
    "maxItems": "at most {} items",
    "pattern": "pattern {}",
}
TYPES = {"integer": "number", "number": "decimal number", "boolean": "true or false", "string": "text", "null": "null"}
FORMATS = {"uuid": "id", "date": "day", "date-time": "moment"}
VALUES: Json = {
    "uuid": "05b6e6e3-07d4-4edc-9143-1193e6c3f339",
    "date": "2027-01-12",
    "date-time": "2027-01-12T16:00:00Z",
    "integer": 1,
    "boolean": True,
    "array": [],
    "string": "…",
}


class ShownType(Struct, frozen=True, kw_only=True):
    """The type of a value: words, the shape that explains it if there is one, and the limits of its values."""

    words: str
    shape: str = ""
    limits: tuple[str, ...] = ()


class DocumentedField(Struct, frozen=True, kw_only=True):
    """A parameter or the field of a shape."""

    name: str
    kind: ShownType
    is_needed: bool
    text: str
    place: str = ""


class ShownOperation(Struct, frozen=True, kw_only=True):
    """One operation as the page shows it."""

    id: str
    method: str
    path: str
    summary: str
    text: str
    scope: str
    parameters: tuple[DocumentedField, ...]
    body: str
    responses: tuple[tuple[str, str, str], ...]
    """Status, its meaning, and the shape of the response."""
    problems: tuple[int, ...]
    curl: str


@get(DOCUMENTS, guards=[public])
async def api_docs(state: State, pages: Pages, settings: Settings) -> Page:
    """Show the document: it is the same for everyone and made once."""
    shown: Response[str] | None = state.get("api_docs")
    if shown is None:
        document = state["api_document"]()
        shown = state["api_docs"] = pages.render(
            "views/api-docs.html",
            about=document["info"],
            groups=_groups(document, settings.base_url),
            shapes=[
                (name, schema.get("description", ""), _fields(schema), schema.get("enum", []))
                for name, schema in document["components"]["schemas"].items()
            ],
            problems=KINDS,
            scopes=ApiScope,
            base=f"{settings.base_url}{document['servers'][0]['url']}",
        )
    return shown


def _groups(document: Json, base_url: str) -> list[tuple[Json, list[ShownOperation]]]:
    operations = [
        (operation["tags"][0], _operation(document, base_url, method, path, operation))
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]
    return [(tag, [operation for name, operation in operations if name == tag["name"]]) for tag in document["tags"]]


def _operation(document: Json, base_url: str, method: str, path: str, operation: Json) -> ShownOperation:
    return ShownOperation(
        id=operation["operationId"],
        method=method.upper(),
        path=path,
        summary=operation["summary"],
        text=operation.get("description", ""),
        scope=next(iter(operation["security"][0]["token"]), ""),
        parameters=tuple(map(_parameter, operation["parameters"])),
        body=_shape_in(operation.get("requestBody", {})),
        responses=tuple(
            (status, response["description"], _shape_in(response))
            for status, response in operation["responses"].items()
            if "$ref" not in response
        ),
        problems=tuple(int(status) for status, response in operation["responses"].items() if "$ref" in response),
        curl=_curl(document, base_url, method, path, operation),
    )


def _parameter(parameter: Json) -> DocumentedField:
    schema = parameter["schema"]
    text = parameter.get("description") or schema.get("description", "")
    is_needed = parameter.get("required", False)
    return DocumentedField(
        name=parameter["name"], kind=shown_type_of(schema), is_needed=is_needed, text=text, place=parameter["in"]
    )


def _shape_in(holder: Json) -> str:
    contents = holder.get("content", {}).values()
    return next((content["schema"]["$ref"].rpartition("/")[2] for content in contents), "")


def _fields(schema: Json) -> list[DocumentedField]:
    return [
        DocumentedField(
            name=name,
            kind=shown_type_of(part),
            is_needed=name in schema.get("required", ()),
            text=part.get("description", ""),
        )
        for name, part in schema.get("properties", {}).items()
    ]


def shown_type_of(schema: Json) -> ShownType:
    """Return the type of a schema's value, in words."""
    if "$ref" in schema:
        return ShownType(words="", shape=schema["$ref"].rpartition("/")[2])
    if "anyOf" in schema:
        first = shown_type_of(next(choice for choice in schema["anyOf"] if choice.get("type") != "null"))
        return ShownType(words=f"{first.words} or null".strip(), shape=first.shape, limits=first.limits)
    limits = tuple(words.format(schema[name]) for name, words in LIMITS.items() if name in schema)
    if schema.get("type") == "array":
        of = shown_type_of(schema["items"])
        return ShownType(words=f"list of {of.words}".strip(), shape=of.shape, limits=limits)
    return ShownType(
        words=FORMATS.get(schema.get("format", "")) or TYPES.get(schema.get("type", ""), "value"), limits=limits
    )


def _curl(document: Json, base_url: str, method: str, path: str, operation: Json) -> str:
    """Return a command to try, with an example of each required value."""
    values = []
    for parameter in operation["parameters"]:
        name, value = parameter["name"], _value(document, parameter["schema"])
        if parameter["in"] == "path":
            path = path.replace(f"{{{name}}}", str(value))
        elif parameter["in"] == "query" and parameter.get("required"):
            values.append(f"{name}={value}")
    query = "&".join(values)
    address = f"{base_url}{document['servers'][0]['url']}{path}{f'?{query}' if query else ''}"
    lines = [f"curl '{address}'", '-H "Authorization: Bearer $TOKEN"']
    if method != "get":
        lines[0] = f"curl -X {method.upper()} '{address}'"
    if any(parameter["name"] == "If-Match" for parameter in operation["parameters"]):
        lines.append("-H 'If-Match: *'")
    if shape := _shape_in(operation.get("requestBody", {})):
        body = _value(document, document["components"]["schemas"][shape])
        lines += ["-H 'Content-Type: application/json'", f"-d '{json.dumps(body, ensure_ascii=False)}'"]
    return " \\\n  ".join(lines)


def _value(document: Json, schema: Json) -> Any:
    """Return an example of a schema: its own, else the plainest value."""
    if "$ref" in schema:
        return _value(document, document["components"]["schemas"][schema["$ref"].rpartition("/")[2]])
    if "anyOf" in schema:
        return _value(document, schema["anyOf"][0])
    for name in ("examples", "enum"):
        if name in schema:
            return schema[name][0]
    if "properties" in schema:
        # The field that illustrates a change best is the first with an example, else the first.
        fields = schema["properties"]
        best = next((name for name, field in fields.items() if "examples" in field), next(iter(fields)))
        chosen = schema.get("required") or [best]
        return {name: _value(document, schema["properties"][name]) for name in chosen}
    return VALUES.get(schema.get("format", "")) or VALUES.get(schema.get("type", ""))
