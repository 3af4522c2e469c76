"""One operation of the API: its route, its scope, what the document says about it, and what all of them do alike.

A handler names what it needs: `new` is the body and `query` the query, in the shapes of their annotations, `after` the
place where a page begins in a list by time, and `request_key` the Idempotency-Key. The name of a resource is the thing
as the viewer sees it, found before the body is read. Litestar injects everything else.
"""

import re
from collections.abc import Awaitable, Callable, Collection, Iterable, Sequence
from datetime import datetime
from functools import partial, wraps
from inspect import Parameter, Signature, signature
from typing import Any, Generic, Literal, TypeVar, cast

import msgspec
from litestar import HttpMethod, Response, route
from litestar.handlers import HTTPRouteHandler
from msgspec import Struct
from msgspec.structs import replace

from tracker.errors import NotFound
from tracker.ports.api.responses import (
    PageItem,
    body_of,
    check_match,
    idempotency_key,
    json_response,
    page_response,
    place_in,
    query_of,
)
from tracker.ports.api.shapes import Shown, items_shown
from tracker.ports.http.dependencies import Now, Viewer
from tracker.ports.http.forms import FormRequest
from tracker.ports.http.guards import bearer
from tracker.rules.core import viewers
from tracker.rules.identity import ApiScope

T = TypeVar("T")
BASE = "/api/v1"
PARAMETER = re.compile(r"\{(\w+):\w+\}")
Shape = type[msgspec.Struct]
Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
Handler = Callable[..., Awaitable[object]]
CREATED = 201


class Resource(Struct, Generic[T], frozen=True, kw_only=True):
    """A thing with an address and an ETag."""

    name: str
    """The parameter by which handlers take it."""
    path: str
    shape: type[Shown]
    see: Callable[..., Awaitable[tuple[T, Shown]]]
    """Return the thing and its shape, by the viewer, the time, and the parameters of its path. Errors: NotFound."""
    note: Callable[[viewers.Viewer, T, datetime], Awaitable[None]] | None = None
    """Records that a program read it."""

    def address(self, parameters: dict[str, Any]) -> dict[str, Any]:
        """Return those of a request's parameters that its path has."""
        return {name: parameters[name] for name in PARAMETER.findall(self.path)}

    def is_at(self, path: str) -> bool:
        """Return whether an address with this path says which one it is."""
        return set(PARAMETER.findall(self.path)) <= set(PARAMETER.findall(path))


class ApiOperation(Struct, frozen=True, kw_only=True):
    """What a program may request, and what it gets."""

    method: Method
    path: str
    summary: str
    tag: str
    scope: ApiScope | None
    """None = any token."""
    of: Resource[Any] | None
    gives: Resource[Any] | None
    response: Shape | None
    """None = no content."""
    body: Shape | None = None
    query: Shape | None = None
    status: int
    is_conditional: bool
    """Whether it changes something that has a version, so that If-Match is required."""
    is_of_version: bool = False
    """Whether it decides about the version that was read, so that If-Match: * isn't enough."""
    may_conflict: bool
    is_repeatable: bool = False
    """Whether an Idempotency-Key makes a repeated request count once."""
    may_vanish: bool
    """Whether 204 can replace the content."""
    text: str

    @property
    def is_read(self) -> bool:
        """Return whether it changes nothing."""
        return self.method == "GET"


def operation(  # noqa: PLR0913 - what the document says, each by its name
    method: Method,
    path: str,
    summary: str,
    *,
    tag: str,
    scope: ApiScope | None,
    of: Resource[Any] | None = None,
    gives: Resource[Any] | None = None,
    response: Shape | None = None,
    status: int = 200,
    is_conditional: bool = False,
    is_of_version: bool = False,
    may_conflict: bool = False,
    may_vanish: bool = False,
    text: str = "",
) -> Callable[[Handler], HTTPRouteHandler]:
    """Make a function the handler of an operation; an operation that reads also handles HEAD.

    `of` is what the operation is about, and `gives` what it responds with, if that is something else. A handler returns
    nothing for that thing as it is now, the parameters of the address of another one, a shape, the things of a list, or
    the items of a page and the one after it.
    """
    gives = gives or of
    description = ApiOperation(
        method=method,
        path=path,
        summary=summary,
        tag=tag,
        scope=scope,
        of=of,
        gives=gives,
        response=response or (gives.shape if gives else None),
        status=status,
        is_conditional=is_conditional,
        is_of_version=is_of_version,
        may_conflict=may_conflict,
        may_vanish=may_vanish,
        text=text,
    )
    return partial(_routed, description)


def read_operation(
    resource: Resource[Any], summary: str, *, tag: str, scope: ApiScope, text: str = ""
) -> HTTPRouteHandler:
    """Return the operation that reads a thing."""

    async def read() -> None:
        """Return the thing as it is now."""

    return operation("GET", resource.path, summary, tag=tag, scope=scope, of=resource, text=text)(read)


def _routed(description: ApiOperation, handler: Handler) -> HTTPRouteHandler:
    """Return the route of an operation, whose body, query, and key are what its handler needs."""
    needs = {name: parameter.annotation for name, parameter in signature(handler).parameters.items()}
    description = replace(
        description, body=needs.get("new"), query=needs.get("query"), is_repeatable="request_key" in needs
    )

    @wraps(handler)
    async def respond(request: FormRequest, **injected: Any) -> Response[Any]:
        given = injected | {"request": request}
        await _find(description, needs, given)
        result = await handler(**{name: given[name] for name in needs})
        if isinstance(result, Response):
            return result
        if isinstance(result, Struct):
            return json_response(request, result, status=description.status)
        if result is None or isinstance(result, dict):
            return await _reply(description, given, result or {})
        shape = cast("Shape", description.response)
        if description.query:
            return page_response(request, shape, given["query"], cast("Sequence[PageItem]", result))
        return json_response(request, items_shown(shape, cast("Iterable[object]", result)))

    provided = {"new", "query", "after", "request_key", description.of.name if description.of else ""}
    annotations = {name: kind for name, kind in needs.items() if name not in provided}
    annotations |= {"request": FormRequest, "viewer": Viewer, "now": Now}
    parameters = [Parameter(name, Parameter.KEYWORD_ONLY, annotation=kind) for name, kind in annotations.items()]
    respond.__signature__ = Signature(parameters)  # type: ignore[attr-defined] # Litestar injects by it
    respond.__annotations__ = annotations | {"return": Response[Any]}
    return route(
        f"{BASE}{description.path}",
        http_method=[HttpMethod.GET, HttpMethod.HEAD] if description.is_read else [HttpMethod(description.method)],
        guards=[bearer],
        status_code=description.status,
        opt={"scope": description.scope, "about": description},
    )(respond)


async def _find(description: ApiOperation, needs: Collection[str], given: dict[str, Any]) -> None:
    """Add what a handler needs of the request, in this order: query, the thing that it's about, body, and key.

    Errors: NotFound, Refused, also unless the thing is as the program read it.
    """
    request, viewer, now = given["request"], given["viewer"], given["now"]
    if description.query:
        given["query"] = query_of(request, description.query)
    if "after" in needs:
        given["after"] = place_in(request, viewer, given["query"].cursor)
    of = description.of
    if of and of.is_at(description.path) and (description.is_conditional or description.body or of.name in needs):
        given[of.name], shape = await of.see(viewer, now, **of.address(request.path_params))
        if description.is_conditional:
            check_match(request, shape, takes_any=not description.is_of_version)
        if description.is_read and of.note:
            await of.note(viewer, given[of.name], now)
    if description.body:
        given["new"] = await body_of(request, description.body)
    if description.is_repeatable:
        given["request_key"] = idempotency_key(request)


async def _reply(description: ApiOperation, given: dict[str, Any], elsewhere: dict[str, Any]) -> Response[Any]:
    """Return the response that shows a thing as it is now; an empty one when the change ended the viewer's access."""
    request, viewer, now = given["request"], given["viewer"], given["now"]
    gives = cast("Resource[Any]", description.gives)  # a handler that returns no shape has one
    address = gives.address(request.path_params | elsewhere)
    try:
        thing, shape = await gives.see(viewer, now, **address)
    except NotFound:
        if description.may_vanish:
            return Response(None, status_code=204)
        raise
    if gives.note:
        await gives.note(viewer, thing, now)
    headers = {}
    if description.status == CREATED or (elsewhere and gives is description.of):
        location = BASE + PARAMETER.sub(lambda part: str(address[part[1]]), gives.path)
        headers["Location" if description.status == CREATED else "Content-Location"] = location
    return json_response(request, shape, status=description.status, headers=headers)
