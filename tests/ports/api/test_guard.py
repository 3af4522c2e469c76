"""Who may ask, one key that makes one event, and the OpenAPI document, which says what the operations do."""

import asyncio
import contextvars
import os
import re
import sys
from asyncio.subprocess import PIPE
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import msgspec
import pytest
from litestar import Litestar

from tests.cast import NOW, Cast
from tests.database.others import url_of
from tests.ports.api.conftest import ALL, BASE, Program, Speak
from tests.ports.browser import Browser, session_of
from tracker import clock
from tracker.crypto import keys
from tracker.database import engine, writing
from tracker.ports.api.routes import OPERATIONS, about_of, described
from tracker.ports.http.problems import KINDS
from tracker.rules.identity import LIFETIME, ApiScope
from tracker.tables.schema.core.tables import Message
from tracker.tables.schema.events import Event
from tracker.usecases.identity import sessions

PROBLEM = "application/problem+json"


async def test_without_a_token_a_program_is_asked_to_send_one(speak: Speak) -> None:
    response = await (await speak(None)).get("/me")
    assert (response.status_code, response.headers["content-type"]) == (401, PROBLEM)
    assert response.headers["www-authenticate"].startswith("Bearer")


async def test_a_cookie_opens_nothing_here(app: Litestar, cast: Cast) -> None:
    browser = Browser(app, await session_of(cast.coordinator, clock.now()))
    assert (await browser.get(f"{BASE}/me")).status_code == 401


async def test_a_token_opens_no_page_and_no_other_way_in(speak: Speak, app: Litestar, cast: Cast) -> None:
    token = await sessions.create_token(cast.coordinator, "Roster", ALL, NOW)
    browser = Browser(app)
    by_token = {"Authorization": f"Bearer {token}"}
    assert (await browser.get("/action-items", headers=by_token)).status_code == 303
    assert (await browser.get(f"/feeds/{token}.ics")).status_code == 404
    assert (await Browser(app, token).get("/action-items")).status_code == 303


async def test_unknown_revoked_expired_and_malformed_are_answered_with_the_same_bytes(
    app: Litestar, cast: Cast
) -> None:
    token = await sessions.create_token(cast.coordinator, "Roster", ALL, NOW)
    revoked = await sessions.create_token(cast.coordinator, "Old", ALL, NOW + timedelta(seconds=1))
    await sessions.revoke_token_of(cast.coordinator, (await sessions.api_tokens_of(cast.coordinator, NOW))[1].id, NOW)
    tries = [keys.new_token(), revoked, "odd", "é", ""]
    responses = [await Program(app, one).get("/me") for one in tries]
    clock.start_at(NOW + LIFETIME, is_still=True)
    responses.append(await Program(app, token).get("/me"))
    assert {(one.status_code, one.content) for one in responses} == {(401, responses[0].content)}


async def test_anyone_who_tries_many_tokens_has_to_wait_and_others_behind_the_same_address_have_not(
    app: Litestar, speak: Speak, cast: Cast
) -> None:
    good = await speak(cast.coordinator)
    attempts = [await Program(app, keys.new_token()).get("/me") for _ in range(21)]
    assert [one.status_code for one in attempts] == [401] * 20 + [429]
    assert attempts[-1].headers["retry-after"] == "60"
    assert (await good.get("/me")).status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "scope"),
    [
        ("GET", "/events", ApiScope.EVENTS_READ),
        ("POST", "/events", ApiScope.EVENTS_WRITE),
        ("GET", "/action-items", ApiScope.ITEMS_READ),
        ("POST", "/action-items", ApiScope.ITEMS_WRITE),
        ("GET", "/occurrences", ApiScope.EVENTS_READ),
    ],
)
async def test_a_token_does_only_what_it_was_made_for(
    speak: Speak, cast: Cast, method: str, path: str, scope: ApiScope
) -> None:
    response = await (await speak(cast.coordinator, ALL - {scope})).ask(method, path)
    assert (response.status_code, response.headers["content-type"]) == (403, PROBLEM)
    assert scope in response.json()["detail"]


async def test_any_token_says_whose_it_is(speak: Speak, cast: Cast) -> None:
    program = await speak(cast.caht_lead, frozenset({ApiScope.ITEMS_READ}))
    response = (await program.get("/me")).json()
    assert (response["name"], response["scopes"]) == (cast.caht_lead.name, ["items:read"])


async def test_everything_below_the_interface_is_answered_for_programs(speak: Speak, cast: Cast) -> None:
    program = await speak(cast.coordinator)
    responses = [
        await program.get(""),
        await program.get("/nothing"),
        await program.get("/events/odd"),
        await program.get("/events/%00"),
        await program.ask("DELETE", "/events"),
        await program.ask("POST", "/events", headers={"Content-Type": "text/plain"}),
        await program.ask("POST", "/events", content=b" " * 1_000_001, headers={"Content-Type": "application/json"}),
    ]
    assert [one.status_code for one in responses] == [404, 404, 404, 404, 405, 415, 413]
    assert {one.headers["content-type"] for one in responses} == {PROBLEM}
    assert {one.json()["status"] == one.status_code for one in responses} == {True}


async def test_options_name_all_methods_of_an_address(speak: Speak) -> None:
    response = await (await speak(None)).ask("OPTIONS", "/events")
    assert response.headers["allow"] == "GET, HEAD, POST, OPTIONS"


async def test_a_program_is_answered_while_the_use_of_its_token_waits_to_be_written(
    app: Litestar, speak: Speak, cast: Cast
) -> None:
    program, out = await speak(cast.coordinator), asyncio.Event()
    inner = app.asgi_handler

    async def watched(scope: Any, receive: Any, send: Any) -> None:
        async def sending(message: Any) -> None:
            await send(message)
            if message["type"] == "http.response.body":
                out.set()

        await inner(scope, receive, sending)

    app.asgi_handler = watched
    async with writing():  # no one else can write
        asked = asyncio.create_task(program.get("/me"), context=contextvars.Context())
        await asyncio.wait_for(out.wait(), 5)
        assert not asked.done()
    assert (await asked).status_code == 200
    [token] = await sessions.api_tokens_of(cast.coordinator, NOW)
    assert token.used_at == clock.now()


async def test_a_refused_use_of_a_token_is_noted_too(speak: Speak, cast: Cast) -> None:
    program = await speak(cast.caht_lead, frozenset({ApiScope.ITEMS_READ}))
    assert (await program.get("/events")).status_code == 403
    [token] = await sessions.api_tokens_of(cast.caht_lead, NOW)
    assert token.used_at == clock.now()


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
        for calendar_part in part:
            yield from references(calendar_part)


def test_every_reference_leads_somewhere() -> None:
    plain = msgspec.to_builtins(DOCUMENT)
    for reference in references(plain):
        part = plain
        for name in reference.removeprefix("#/").split("/"):
            part = part[name]


def test_every_scope_opens_something() -> None:
    assert {about_of(one).scope for one in OPERATIONS.values()} == {None, *ApiScope}


def test_operations_have_names_of_their_own() -> None:
    names = [operation["operationId"] for _, _, operation in operations()]
    assert len(names) == len(set(names)) == len(OPERATIONS)


def test_a_shape_that_is_sent_refuses_what_it_does_not_know() -> None:
    sent = {about_of(one).body for one in OPERATIONS.values()} - {None}
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


async def test_the_document_is_there_for_everyone_and_no_other(app: Litestar) -> None:
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


SEEDS = (1, 2, 3, 4)


async def post_in_own_process(hash_seed: int, *facts: object) -> list[str]:
    """Post the event in a Python whose sets are ordered by this seed; return the status and the event's id."""
    words = ["-m", "tests.ports.api.same_key", *map(str, facts)]
    environment = {**os.environ, "PYTHONHASHSEED": str(hash_seed)}
    process = await asyncio.create_subprocess_exec(sys.executable, *words, env=environment, stdout=PIPE)
    said, _ = await process.communicate()
    return said.decode().split()


async def test_one_key_is_one_event_in_any_process(sqlite_cast: Cast) -> None:
    token = await sessions.create_token(sqlite_cast.fbi_lead, "Planner", frozenset({ApiScope.EVENTS_WRITE}), NOW)
    facts = (token, sqlite_cast.agencies["FBI"], sqlite_cast.hsi_liaison.member_id, uuid4())
    answers = [await post_in_own_process(seed, url_of(engine()), *facts) for seed in SEEDS]
    [event_id] = await Event.select(Event.id).output(as_list=True)
    assert answers == [["201", str(event_id)]] * len(SEEDS)
    assert await Message.count() == 1
