"""The page of a restored copy: administrators see it and can let it send; no one else notices."""

from datetime import timedelta

from litestar import Litestar

from tests.cast import NOW, Cast
from tests.ports.conftest import SignIn
from tracker import clock
from tracker.rules.core.viewers import PROOF_HOLDS
from tracker.tables.schema.core.tables import Deployment
from tracker.usecases.core import process_locks

BUTTON = "Resume sending"


async def held() -> None:
    """Hold it as a restored copy is held, but leave the visitors signed in."""
    await Deployment.update({Deployment.copy_of: NOW - timedelta(hours=13)}).where(Deployment.id == 1)


async def test_a_coordinator_is_told_and_lets_it_send(sqlite_cast: Cast, browse: SignIn) -> None:
    browser = await browse(sqlite_cast.coordinator)
    assert BUTTON not in (await browser.get("/")).text
    await held()
    page = (await browser.get("/")).text
    assert "restored from a backup of Mon, Dec 14, 8:00 PM" in " ".join(page.split())
    assert (await browser.post("/sending")).headers["location"] == "/"
    page = (await browser.get("/")).text
    assert "Sending has resumed." in page
    assert BUTTON not in page
    assert await process_locks.held_copy() is None


async def test_whoever_keeps_no_accounts_sees_no_other_byte_and_finds_no_such_address(
    sqlite_cast: Cast, browse: SignIn
) -> None:
    browser = await browse(sqlite_cast.fbi_lead)
    before = (await browser.get("/")).content
    await held()
    assert (await browser.get("/")).content == before
    missing = await browser.post("/nowhere-at-all")
    assert (await browser.post("/sending")).status_code == missing.status_code == 404
    assert await process_locks.held_copy()


async def test_an_old_proof_is_asked_for_again(app: Litestar, sqlite_cast: Cast, browse: SignIn) -> None:
    browser = await browse(sqlite_cast.coordinator)
    await held()
    clock.start_at(NOW + PROOF_HOLDS, stands_still=True)
    assert (await browser.post("/sending")).headers["location"] == "/sign-in/again?next=/"
    assert await process_locks.held_copy()
