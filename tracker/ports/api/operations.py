"""One operation of the API: its route, its scope, and everything that the document says about it."""

from collections.abc import Callable
from typing import Any

import msgspec
from litestar import HttpMethod, route
from litestar.handlers import HTTPRouteHandler
from msgspec import Struct

from tracker.ports.http.guards import bearer
from tracker.rules.identity.api_tokens import ApiScope

BASE = "/api/v1"

Shape = type[msgspec.Struct]


class Operation(Struct, frozen=True, kw_only=True):
    """What a program may request, and what it gets."""

    summary: str
    tag: str
    scope: ApiScope | None
    """None = any token."""
    response: Shape | None
    """None = no content."""
    body: Shape | None = None
    query: Shape | None = None
    status: int = 200
    is_conditional: bool = False
    """Whether it changes something that has a version, so that If-Match is required."""
    may_conflict: bool = False
    is_repeatable: bool = False
    """Whether an Idempotency-Key makes a repeated request count once."""
    may_vanish: bool = False
    """Whether 204 can replace the content."""
    text: str = ""


def operation(method: HttpMethod, path: str, about: Operation) -> Callable[[Callable[..., Any]], HTTPRouteHandler]:
    """Make a function the handler of an operation; an operation that reads also handles HEAD."""
    is_read = method is HttpMethod.GET
    return route(
        f"{BASE}{path}",
        http_method=[HttpMethod.GET, HttpMethod.HEAD] if is_read else [method],
        guards=[bearer],
        status_code=about.status,
        opt={"scope": about.scope, "about": about, "method": method},
    )
