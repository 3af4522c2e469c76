"""The OpenAPI document says what the operations do, and its page shows all of it, without anything of others."""

import re
from collections.abc import Iterator
from typing import Any

import msgspec
from litestar import Litestar

from tests.cast import Cast
from tests.ports.api.conftest import BASE, Speak
from tests.ports.browser import Browser
from tracker.ports.api.routes import OPERATIONS, about_of, described
from tracker.ports.http.problems import KINDS
from tracker.rules.identity.passwords import ApiScope

DOCUMENT = described()


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield method, path and description of each."""
    for path, methods in DOCUMENT["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path, operation


def references(part: object) -> Iterator[str]:
    """Yield every $ref below a part of the document."""
    if isinstance(part, dict):
        yield from (value for name, value in part.items() if name == "$ref")
        for value in part.values():
            yield from references(value)
    if isinstance(part, list | tuple):
        for one in part:
            yield from references(one)


def test_every_reference_leads_somewhere() -> None:
    plain = msgspec.to_builtins(DOCUMENT)
    for reference in references(plain):
        part = plain
        for name in reference.removeprefix("#/").split("/"):
            part = part[name]


def test_every_scope_opens_something() -> None:
    assert {about_of(one).scope for one in OPERATIONS} == {None, *ApiScope}


def test_operations_have_names_of_their_own() -> None:
    names = [operation["operationId"] for _, _, operation in operations()]
    assert len(names) == len(set(names)) == len(OPERATIONS)


def test_a_shape_that_is_sent_refuses_what_it_does_not_know() -> None:
    sent = {about_of(one).body for one in OPERATIONS} - {None}
    assert all(DOCUMENT["components"]["schemas"][one.__name__]["additionalProperties"] is False for one in sent if one)


def test_what_changes_something_that_has_a_version_asks_for_the_etag() -> None:
    unconditional = {
        (method, path)
        for method, path, operation in operations()
        if method != "GET" and not any(one["name"] == "If-Match" for one in operation["parameters"])
    }
    assert {path for method, path in unconditional if method == "PATCH"} == set()
    made = r"/events|/action-items|/operations"
    said = (
        r".*/reply|.*/attendance/.*|.*/acknowledgments|.*/check-ins(/walk-ins)?|.*/log"  # true whatever was true before
    )
    assert all(re.fullmatch(f"{made}|{said}", path) for _, path in unconditional)


async def test_the_document_is_there_for_everybody_and_no_other(app: Litestar) -> None:
    response = await Browser(app).get(f"{BASE}/openapi.json")
    assert (response.status_code, response.json()["openapi"]) == (200, "3.1.0")
    assert response.content == msgspec.json.encode(DOCUMENT)
    assert (await Browser(app).get("/schema")).status_code == 404


async def test_the_page_explains_every_operation_shape_and_problem(app: Litestar) -> None:
    response = await Browser(app).get(f"{BASE}/docs")
    assert response.status_code == 200
    ids = set(re.findall(r' id="([^"]+)"', response.text))
    assert {operation["operationId"] for _, _, operation in operations()} <= ids
    assert {f"shape-{name}" for name in DOCUMENT["components"]["schemas"]} <= ids
    assert {kind.slug for kind in KINDS.values()} <= ids
    assert set(re.findall(r'href="#([^"]+)"', response.text)) <= ids


async def test_the_page_loads_nothing_from_elsewhere(app: Litestar) -> None:
    text = (await Browser(app).get(f"{BASE}/docs")).text
    loaded = re.findall(r'(?:src|<link[^>]*href)="([^"]+)"', text)
    assert loaded
    assert all(one.startswith("/static/") for one in loaded)


async def test_the_type_of_a_problem_leads_to_its_explanation(speak: Speak, cast: Cast, app: Litestar) -> None:
    problem = (await (await speak(cast.coordinator)).get("/nothing")).json()
    path, _, anchor = problem["type"].partition("#")
    assert f'id="{anchor}"' in (await Browser(app).get(path)).text
