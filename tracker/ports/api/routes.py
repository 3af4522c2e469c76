"""All operations of the API, and its public document."""

from functools import cache

import msgspec
from litestar import HttpMethod, Response, Router, route
from litestar.handlers import HTTPRouteHandler

from tracker.ports.api import (
    action_items,
    attendance,
    directory,
    events,
    joint_operations,
    occurrences,
    operation_check_ins,
    operation_log,
    operation_parts,
    operation_readiness,
    replies,
)
from tracker.ports.api.document import Json, document
from tracker.ports.api.operations import BASE
from tracker.ports.api.reading import JSON
from tracker.ports.http.forms import FormRequest
from tracker.ports.http.guards import public, routes_in

VERSION = "1.0.0"
AREAS = (
    directory,
    events,
    occurrences,
    replies,
    attendance,
    action_items,
    joint_operations,
    operation_parts,
    operation_check_ins,
    operation_readiness,
    operation_log,
)
OPERATIONS = routes_in(*AREAS)


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
        method for operation in OPERATIONS if path in operation.paths for method in sorted(operation.http_methods)
    ]

    async def options(request: FormRequest) -> Response[None]:
        return Response(None, status_code=204, headers={"Allow": request.route_handler.opt["allow"]})

    allow = {"allow": ", ".join([*methods, HttpMethod.OPTIONS])}
    return route(path, http_method=[HttpMethod.OPTIONS], guards=[public], status_code=204, opt=allow)(options)


OPTIONS = [_options_of(path) for path in sorted({path for operation in OPERATIONS for path in operation.paths})]
router = Router("/", route_handlers=[*OPTIONS, *OPERATIONS, openapi])
