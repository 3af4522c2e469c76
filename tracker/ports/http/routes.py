"""The routes that a module defines: an application registers what its modules have, so no list of them is kept."""

from collections.abc import Iterator
from types import ModuleType

from litestar.handlers import HTTPRouteHandler


def routes_in(*modules: ModuleType) -> list[HTTPRouteHandler]:
    """Return the route handlers that modules define at their top, alone or in a list, in their order.

    A handler that a module imports from another belongs to the other.
    """
    return [handler for module in modules for handler in _routes_of(module)]


def _routes_of(module: ModuleType) -> Iterator[HTTPRouteHandler]:
    for value in vars(module).values():
        if isinstance(value, HTTPRouteHandler) and value.fn.__module__ == module.__name__:
            yield value
        elif isinstance(value, list):
            yield from (handler for handler in value if isinstance(handler, HTTPRouteHandler))
