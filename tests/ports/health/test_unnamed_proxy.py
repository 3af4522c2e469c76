"""A web server in front that the deployment does not name: the checks say so, and are silent when it is named."""

import html

import pytest
from litestar import Litestar

from tests.cast import Cast
from tests.ports.browser import Browser, session_of
from tests.ports.pages.forms import typed
from tests.usecases.identity.world import PASSWORD, give_password, hash_cheaply
from tracker import clock
from tracker.ports.health import checks

HERE, ELSEWHERE = "127.0.0.1", "203.0.113.9"


async def come(app: Litestar, cast: Cast, address: str, forwarded: str, password: str = "not the password") -> int:  # noqa: S107 - a wrong one
    """Try to sign in from an address, with this X-Forwarded-For, and return the status."""
    browser = Browser(app, address=address)
    page = html.unescape((await browser.get("/sign-in")).text)
    form = typed(page, "/sign-in", email=cast.kcpd_detective.email, ack="yes", password=password)
    headers = {
        "Origin": "null",
        "Sec-Fetch-Site": "same-origin",
        **({"X-Forwarded-For": forwarded} if forwarded else {}),
    }
    return (await browser.send("POST", "/sign-in", data=form, headers=headers)).status_code


async def warned() -> bool:
    return any(line.name == "Web server" for line in [one async for one in checks.of_database()])


async def test_a_web_server_that_is_not_named_is_a_warning_of_the_checks_and_the_page(
    app: Litestar, sqlite_cast: Cast
) -> None:
    hash_cheaply()
    assert await come(app, sqlite_cast, HERE, ELSEWHERE) == 422
    assert await warned()
    page = await Browser(app, await session_of(sqlite_cast.administrator, clock.now())).get("/admin/health")
    assert "--proxy" in html.unescape(page.text)


async def test_the_warning_ends_with_the_first_sign_in_whose_address_is_known(app: Litestar, sqlite_cast: Cast) -> None:
    hash_cheaply()
    await give_password(sqlite_cast.kcpd_detective)
    await come(app, sqlite_cast, HERE, ELSEWHERE)
    await come(app, sqlite_cast, HERE, "")
    assert await warned()
    await come(app, sqlite_cast, ELSEWHERE, "")
    assert not await warned()
    assert await come(app, sqlite_cast, ELSEWHERE, "", PASSWORD) == 303


@pytest.mark.parametrize(("address", "forwarded"), [(HERE, ""), (HERE, "127.0.0.1"), (ELSEWHERE, "192.0.2.1")])
async def test_a_person_at_this_computer_or_a_named_web_server_is_no_warning(
    app: Litestar, sqlite_cast: Cast, address: str, forwarded: str
) -> None:
    hash_cheaply()
    await come(app, sqlite_cast, address, forwarded)
    assert not await warned()
