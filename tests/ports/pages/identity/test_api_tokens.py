"""The page of personal tokens: after a confirmation one is made, shown once, and revoked again."""

import re
from datetime import timedelta

import pytest

from tests.cast import NOW, PROGRAM, Cast
from tests.ports.conftest import SignIn
from tracker import clock
from tracker.rules.core.viewers import PROOF_HOLDS
from tracker.usecases.identity import sessions

PATH = "/settings/tokens"
SHOWN = re.compile(r'id="token" readonly value="([^"]+)"')
NEW = {"name": "Duty roster", "scopes": ["events:read", "items:read"]}


async def test_a_new_token_is_shown_once_and_works(browse: SignIn, sqlite_cast: Cast) -> None:
    browser = await browse(sqlite_cast.caht_lead)
    made = await browser.post(PATH, NEW)
    token = SHOWN.search(made.text)
    assert made.status_code == 201
    assert token
    found = await sessions.bearer_of(token[1], NOW, PROGRAM)
    assert found
    assert sorted(found.scopes) == NEW["scopes"]
    again = await browser.get(PATH)
    assert token[1] not in again.text
    assert "Duty roster" in again.text


async def test_without_a_fresh_proof_no_token_is_made(browse: SignIn, sqlite_cast: Cast) -> None:
    browser = await browse(sqlite_cast.caht_lead)
    await browser.form_token()
    clock.start_at(NOW + PROOF_HOLDS + timedelta(seconds=1), stands_still=True)
    shown = await browser.get(PATH)
    assert "Confirm it’s you" in shown.text
    assert 'name="scopes"' not in shown.text
    response = await browser.post(PATH, NEW)
    assert (response.status_code, response.headers["location"]) == (303, "/sign-in/again?next=/settings/tokens")
    assert await sessions.api_tokens_of(sqlite_cast.caht_lead, clock.now()) == []


async def test_what_was_typed_stays_when_something_is_missing(browse: SignIn, sqlite_cast: Cast) -> None:
    response = await (await browse(sqlite_cast.caht_lead)).post(PATH, {"name": "Duty roster"})
    assert response.status_code == 422
    assert "Choose at least one permission." in response.text
    assert 'value="Duty roster"' in response.text


@pytest.mark.parametrize("scopes", [["events:delete"], ["events:read", "odd"]])
async def test_an_unknown_scope_is_no_scope(browse: SignIn, sqlite_cast: Cast, scopes: list[str]) -> None:
    response = await (await browse(sqlite_cast.caht_lead)).post(PATH, NEW | {"scopes": scopes})
    assert response.status_code == 422
    assert "Choose at least one permission." in response.text


async def test_a_revoked_token_is_gone_from_the_list(browse: SignIn, sqlite_cast: Cast) -> None:
    browser = await browse(sqlite_cast.caht_lead)
    await browser.post(PATH, NEW)
    [token] = await sessions.api_tokens_of(sqlite_cast.caht_lead, NOW)
    assert (await browser.post(f"{PATH}/{token.id}/revocation")).status_code == 303
    shown = (await browser.get(PATH)).text
    assert "Token revoked." in shown
    assert "You have no tokens." in shown


async def test_nobody_revokes_a_token_of_somebody_else(browse: SignIn, sqlite_cast: Cast) -> None:
    await (await browse(sqlite_cast.caht_lead)).post(PATH, NEW)
    [token] = await sessions.api_tokens_of(sqlite_cast.caht_lead, NOW)
    response = await (await browse(sqlite_cast.coordinator)).post(f"{PATH}/{token.id}/revocation")
    assert response.status_code == 404
