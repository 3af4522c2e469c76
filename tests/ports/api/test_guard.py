"""Who may ask: a token opens what it was made for, nothing else opens anything, and refusals tell nothing."""

import asyncio
import contextvars
from datetime import timedelta
from typing import Any

import pytest
from litestar import Litestar

from tests.cast import NOW, Cast
from tests.ports.api.conftest import ALL, BASE, Program, Speak
from tests.ports.browser import Browser, session_of
from tracker import clock
from tracker.crypto import keys
from tracker.database import writing
from tracker.rules.identity.passwords import LIFETIME, ApiScope
from tracker.usecases.identity import sessions

PROBLEM = "application/problem+json"


async def test_without_a_token_a_program_is_told_to_send_one(speak: Speak) -> None:
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
    clock.start_at(NOW + LIFETIME, stands_still=True)
    responses.append(await Program(app, token).get("/me"))
    assert {(one.status_code, one.content) for one in responses} == {(401, responses[0].content)}


async def test_whoever_guesses_tokens_has_to_wait_and_others_behind_the_same_address_have_not(
    app: Litestar, speak: Speak, cast: Cast
) -> None:
    good = await speak(cast.coordinator)
    guesses = [await Program(app, keys.new_token()).get("/me") for _ in range(21)]
    assert [one.status_code for one in guesses] == [401] * 20 + [429]
    assert guesses[-1].headers["retry-after"] == "60"
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
