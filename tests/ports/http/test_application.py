"""A handler is prepared at its first request, and every handler can be."""

import pytest
from litestar import Router, get, post
from litestar.exceptions import ImproperlyConfiguredException
from litestar.params import FromPath  # noqa: TID251 - a number, which no address of ours has
from litestar.routes import HTTPRoute
from litestar.testing import TestClient

from tests.ports.browser import settings
from tracker.app import create_app
from tracker.ports.http.application import Application


@get("/dates/{number:int}")
async def date(number: FromPath[int]) -> int:
    """Return what was asked for."""
    return number


@post("/dates/{number:int}")
async def change(number: FromPath[int]) -> int:
    """Return what was asked for."""
    return number


@get("/dates/{number:int}")
async def same_date(number: FromPath[int]) -> int:
    """Answer at an address that is taken."""
    return number


def test_a_handler_is_prepared_at_its_first_request_and_once() -> None:
    app = Application([date, change], openapi_config=None)
    [route] = [one for one in app.routes if isinstance(one, HTTPRoute)]
    assert {model for _, model in route.route_handler_map.values()} == {None}
    with TestClient(app) as client:
        assert client.get("/dates/7").json() == 7
        first = {method: model for method, (_, model) in route.route_handler_map.items()}
        assert client.get("/dates/8").json() == 8
    assert {method for method, model in first.items() if model} == {"GET"}
    assert route.route_handler_map["GET"][1] is first["GET"]


def test_two_handlers_of_one_method_keep_the_application_from_starting() -> None:
    with pytest.raises(ImproperlyConfiguredException, match="/dates/"):
        Application([date, same_date], openapi_config=None)


def test_two_routers_with_one_address_keep_the_application_from_starting() -> None:
    with pytest.raises(ImproperlyConfiguredException, match="/dates/"):
        Application([Router("/", route_handlers=[date]), Router("/", route_handlers=[change])], openapi_config=None)


def test_a_router_inside_another_keeps_the_application_from_starting() -> None:
    inside = Router("/in", route_handlers=[date], opt={"is_open": False})
    with pytest.raises(ImproperlyConfiguredException, match="inside another router"):
        Application([Router("/", route_handlers=[inside])], openapi_config=None)


def test_two_applications_of_one_router_share_none_of_its_handlers() -> None:
    router = Router("/", route_handlers=[date])
    apps = [Application([router], openapi_config=None) for _ in range(2)]
    routes = [one for app in apps for one in app.routes if isinstance(one, HTTPRoute)]
    shared, other = [route.route_handler_map["GET"][0] for route in routes]
    assert shared is not other
    assert [shared.app, other.app] == apps


def test_every_handler_can_be_prepared_and_none_makes_its_dependencies_as_tasks() -> None:
    models = [
        route.route_handler_map[method][1]
        for route in create_app(settings()).routes
        if isinstance(route, HTTPRoute)
        for method in route.methods
    ]
    assert max(len(model.dependency_batches) for model in models) >= 4
    assert {len(batch) for model in models for batch in model.dependency_batches} == {1}
