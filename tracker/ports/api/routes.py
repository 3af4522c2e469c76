"""All operations of the API, and its public document (OpenAPI 3.1), made of the operations and shapes themselves."""

import re
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

import msgspec
from litestar import HttpMethod, Response, Router, route
from litestar.handlers import HTTPRouteHandler

from tracker.ports.api import (
    action_items,
    directory,
    events,
    joint_operation_parts,
    joint_operations,
    occurrences,
    operation_log,
    operation_people,
    replies,
)
from tracker.ports.api.operations import BASE, CREATED, PARAMETER, ApiOperation
from tracker.ports.api.responses import JSON
from tracker.ports.http.forms import FormRequest
from tracker.ports.http.guards import public
from tracker.ports.http.problems import DOCUMENTS, KINDS, MEDIA_TYPE, Problem
from tracker.rules.identity import ApiScope

Json = dict[str, Any]

REF = "#/components/schemas/{name}"
PUBLIC_NAMES = {"Direction": "Tap", "RecordChoice": "Record"}
"""Names of components that programs know, where our class has another name."""
ABOUT = (
    "Lets apps do what a member can see and do, under the same rules as on the pages. An app sends a personal token, "
    "created under Settings, and can do only what the token and its owner are allowed to. Forbidden and missing "
    "things get the same response."
)
TAGS = {
    "You and others": "The token’s owner, and the IDs that other operations need.",
    "Events": "Meetings, operations, trainings, outreach, and deadlines, with one date or as a series.",
    "Occurrences": "The dates of events. A date is identified by its event and its key, its original day in the "
    "series.",
    "Replies": "Replies to invitations.",
    "Attendance": "Who attended.",
    "Action items": "Tasks with one owner and a due date.",
    "Joint operations": "Plans of joint operations for named people. A plan is identified by the event that it is for.",
}
PATH_PARAMETERS: Mapping[str, Json] = {
    "event_id": {"type": "string", "format": "uuid", "description": "The ID of an event."},
    "member_id": {"type": "string", "format": "uuid", "description": "The ID of a member."},
    "agency_id": {"type": "string", "format": "uuid", "description": "The ID of an agency."},
    "site_id": {"type": "string", "format": "uuid", "description": "The ID of a site of the operation."},
    "phase_id": {"type": "string", "format": "uuid", "description": "The ID of a phase of the operation."},
    "person_id": {"type": "string", "format": "uuid", "description": "The ID of a member or a walk-in."},
    "entry_id": {"type": "string", "format": "uuid", "description": "The ID of an entry of the log."},
    "hit_id": {"type": "string", "format": "uuid", "description": "The ID of a conflict."},
    "key": {
        "type": "string",
        "format": "date",
        "examples": ["2027-01-12"],
        "description": "The original day of the date in the series, even if it was moved.",
    },
    "reference": {
        "type": "string",
        "pattern": "^AI-[2-9A-HJKMNP-TV-Z]{4}$",
        "examples": ["AI-7QK4"],
        "description": "The reference of an action item.",
    },
}
IF_MATCH: Json = {
    "name": "If-Match",
    "in": "header",
    "required": True,
    "description": "The ETag of what you read, so no one’s change is lost, or * for any version.",
    "schema": {"type": "string"},
}
IF_NONE_MATCH: Json = {
    "name": "If-None-Match",
    "in": "header",
    "schema": {"type": "string"},
    "description": "The ETag you have. You get 304 if nothing changed.",
}
IDEMPOTENCY_KEY: Json = {
    "name": "Idempotency-Key",
    "in": "header",
    "schema": {"type": "string", "format": "uuid"},
    "description": "Repeating a request with the same key has no further effect.",
}
ETAG: Json = {"ETag": {"schema": {"type": "string"}, "description": "What If-Match and If-None-Match take."}}


def document(handlers: Mapping[str, HTTPRouteHandler], version: str) -> Json:
    """Return the document of these operations, by their names (OpenAPI 3.1)."""
    operations = {name: about_of(handler) for name, handler in handlers.items()}
    paths: Json = {}
    for name, operation in operations.items():
        path = PARAMETER.sub(r"{\1}", operation.path)
        paths.setdefault(path, {})[operation.method.lower()] = _operation(name, operation, path)
    scopes = "; ".join(f"{scope}: {scope.label}" for scope in ApiScope)
    token = f"A personal token. How to create one: {DOCUMENTS}. Scopes: {scopes}."
    return {
        "openapi": "3.1.0",
        "info": {"title": "Task Force Tracker", "version": version, "description": ABOUT},
        "servers": [{"url": BASE}],
        "tags": [{"name": name, "description": words} for name, words in TAGS.items()],
        "paths": paths,
        "components": {
            "schemas": _schemas(operations.values()),
            "responses": {
                str(status): {
                    "description": f"{kind.title}. {kind.detail}",
                    "content": {MEDIA_TYPE: {"schema": _ref(Problem)}},
                }
                for status, kind in KINDS.items()
            },
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer", "description": token}},
        },
    }


def about_of(handler: HTTPRouteHandler) -> ApiOperation:
    """Return the operation that a handler implements."""
    operation: ApiOperation = handler.opt["about"]
    return operation


def _operation(name: str, operation: ApiOperation, path: str) -> Json:
    asked = (
        (operation.is_read, IF_NONE_MATCH),
        (operation.is_conditional, IF_MATCH),
        (operation.is_repeatable, IDEMPOTENCY_KEY),
    )
    described: Json = {
        "operationId": name,
        "summary": operation.summary,
        "tags": [operation.tag],
        "security": [{"token": [operation.scope] if operation.scope else []}],
        "parameters": [
            *(
                {"name": parameter, "in": "path", "required": True, "schema": PATH_PARAMETERS[parameter]}
                for parameter in re.findall(r"\{(\w+)\}", path)
            ),
            *_query_parameters(operation),
            *(header for is_asked, header in asked if is_asked),
        ],
        "responses": _responses(operation, path),
    }
    if operation.text:
        described["description"] = operation.text
    if operation.body:
        described["requestBody"] = {"required": True, "content": {JSON: {"schema": _ref(operation.body)}}}
    return described


def _query_parameters(operation: ApiOperation) -> list[Json]:
    if operation.query is None:
        return []
    (_,), shapes = msgspec.json.schema_components([operation.query], ref_template=REF)
    shape = shapes[operation.query.__name__]
    return [
        {"name": name, "in": "query", "required": name in shape.get("required", ()), "schema": schema}
        for name, schema in shape["properties"].items()
    ]


def _responses(operation: ApiOperation, path: str) -> Json:
    headers = dict(ETAG)
    if operation.status == CREATED:
        headers["Location"] = {"schema": {"type": "string"}, "description": "Where it is."}
    if operation.query is not None:
        headers["Link"] = {"schema": {"type": "string"}, "description": "The next page, if there is one (RFC 8288)."}
    content = {JSON: {"schema": _ref(operation.response)}} if operation.response else {}
    words = "Created." if "Location" in headers else "Success."
    responses: Json = {str(operation.status): {"description": words, "headers": headers, "content": content}}
    if operation.is_read:
        responses["304"] = {"description": "Nothing changed.", "headers": ETAG}
    if operation.may_vanish:
        responses["204"] = {"description": "There’s nothing left that you can see."}
    return responses | {
        str(status): {"$ref": f"#/components/responses/{status}"} for status in _refusals(operation, path)
    }


def _refusals(operation: ApiOperation, path: str) -> list[int]:
    causes = {
        400: operation.body is not None or operation.query is not None,
        404: "{" in path or operation.query is not None,
        409: operation.may_conflict or operation.is_conditional,
        412: operation.is_conditional,
        413: operation.body is not None,
        415: operation.body is not None,
        422: operation.body is not None
        or operation.query is not None
        or operation.is_repeatable
        or operation.is_conditional,
    }
    return sorted({401, 403, 429, 503, *(status for status, is_possible in causes.items() if is_possible)})


def _schemas(operations: Iterable[ApiOperation]) -> Json:
    shapes = {shape for operation in operations for shape in (operation.body, operation.response) if shape} | {Problem}
    _, schemas = msgspec.json.schema_components(sorted(shapes, key=lambda shape: shape.__name__), ref_template=REF)
    text = msgspec.json.encode(schemas).decode()
    for name, known_as in PUBLIC_NAMES.items():
        text = text.replace(f'"{name}":', f'"{known_as}":').replace(f'"title":"{name}"', f'"title":"{known_as}"')
        text = text.replace(f'"{REF.format(name=name)}"', f'"{REF.format(name=known_as)}"')
    return dict(sorted(msgspec.json.decode(text).items()))


def _ref(shape: type[msgspec.Struct]) -> Json:
    return {"$ref": REF.format(name=shape.__name__)}


VERSION = "1.0.0"
AREAS = (
    directory,
    events,
    occurrences,
    replies,
    action_items,
    joint_operations,
    joint_operation_parts,
    operation_people,
    operation_log,
)
OPERATIONS = {
    name: handler for area in AREAS for name, handler in vars(area).items() if isinstance(handler, HTTPRouteHandler)
}


@cache
def described() -> Json:
    """Return the document of all operations, made when someone first asks for it: a start doesn't need it."""
    return document(OPERATIONS, VERSION)


@route(f"{BASE}/openapi.json", http_method=[HttpMethod.GET, HttpMethod.HEAD], guards=[public])
async def openapi() -> Response[bytes]:
    """Return the document: it is the same for everyone and reveals nothing about the task force."""
    return Response(msgspec.json.encode(described()), media_type=JSON)


def _options_of(path: str) -> HTTPRouteHandler:
    """Return the handler that names the methods of an address: Litestar's own knows only those of its first handler."""
    methods = [
        method
        for operation in OPERATIONS.values()
        if path in operation.paths
        for method in sorted(operation.http_methods)
    ]

    async def options(request: FormRequest) -> Response[None]:
        return Response(None, status_code=204, headers={"Allow": request.route_handler.opt["allow"]})

    allow = {"allow": ", ".join([*methods, HttpMethod.OPTIONS])}
    return route(path, http_method=[HttpMethod.OPTIONS], guards=[public], status_code=204, opt=allow)(options)


OPTIONS = [
    _options_of(path) for path in sorted({path for operation in OPERATIONS.values() for path in operation.paths})
]
router = Router("/", route_handlers=[*OPTIONS, *OPERATIONS.values(), openapi])
