"""A Litestar app that prepares each handler at its first request.

Litestar itself prepares every handler at startup: it reads the signature, and makes a model of the parameters and of
what brings each of them. For our 790 handlers that took as long as importing two thirds of the libraries (decision 47).
"""

from collections.abc import Iterator
from copy import copy
from typing import Any, TypeVar

from litestar import Litestar, Router
from litestar.exceptions import ImproperlyConfiguredException
from litestar.handlers import BaseRouteHandler
from litestar.routes import ASGIRoute, BaseRoute, HTTPRoute
from litestar.types import ControllerRouterHandler

H = TypeVar("H", bound=BaseRouteHandler)


class Application(Litestar):
    """Registers handlers as Litestar does, and prepares each when it is needed."""

    def register(self, value: ControllerRouterHandler) -> None:  # type: ignore[override]  # as Litestar's own
        """Add the routes of a handler or router. There are no sockets, so nothing prepares their handlers."""
        for route in self._adopted(value) if isinstance(value, Router) else Router.register(self, value):
            if isinstance(route, HTTPRoute):
                route.route_handler_map = Prepared(self, route)
            elif isinstance(route, ASGIRoute):
                route.route_handler.on_registration(self)
        self.asgi_router.construct_routing_trie()

    def _adopted(self, router: Router) -> Iterator[BaseRoute]:
        """Add copies of a router's routes and handlers, because several apps in one process may share the router.

        Litestar copies everything below the router, and reads all routes again for each: a tenth of a start. Raises
        ImproperlyConfiguredException for an address that is taken, and for a handler that belongs to a router or
        controller inside this one: a copy would lose the guards of that.
        """
        own, taken = copy(router), {route.path for route in self.routes}
        own.owner = self
        for shared in router.routes:
            if shared.path in taken:
                raise ImproperlyConfiguredException(f"The address {shared.path} is taken.")
            route = copy(shared)
            if isinstance(route, HTTPRoute):
                route.route_handlers = [_adopted(handler, router, own) for handler in route.route_handlers]
            elif isinstance(route, ASGIRoute):
                route.route_handler = _adopted(route.route_handler, router, own)
            self.routes.append(route)
            yield route


def _adopted(handler: H, of: Router, by: Router) -> H:
    if handler.owner is not of:
        raise ImproperlyConfiguredException(f"{handler} is inside another router or controller. Register it alone.")
    own = copy(handler)
    own.owner = by
    return own


class Prepared(dict[Any, Any]):
    """The handlers of one route by method, each with the model of its parameters once it was asked for.

    Iterating gives the handlers as they are, which is all that routing needs.
    """

    def __init__(self, app: Litestar, route: HTTPRoute) -> None:
        """Begin without models. Raises ImproperlyConfiguredException when two handlers have the same method."""
        handlers = [(method, handler) for handler in route.route_handlers for method in handler.http_methods]
        super().__init__({method: (one, None) for method, one in handlers})
        if len(self) < len(handlers):
            raise ImproperlyConfiguredException(f"{route.path} has two handlers for the same method.")
        self._app = app
        self._route = route

    def __getitem__(self, method: Any) -> Any:
        """Return the handler and its model, which is made once.

        Its dependencies are made one after another. Litestar would run those that don't depend on each other as tasks,
        which takes longer than to make them (decision 20).
        """
        handler, model = super().__getitem__(method)
        if model is None:
            handler.on_registration(self._app)
            model = handler.create_kwargs_model(self._route.path_parameters)
            model.dependency_batches = [{one} for batch in model.dependency_batches for one in batch]
            self[method] = handler, model
        return handler, model
