"""PostgreSQL goes down at once and comes back while emails go out: none lost, none twice but for those under way."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator

import pytest
from litestar import Litestar

from tests.cast import NOW, ZONE, Cast, people_of_the_task_force
from tests.database.server import CrashingServer, crashing_server
from tests.database.sources import Source
from tests.faults.senders import IS_FULL, count_states, due_reminders, run_senders, until_accepted, until_none_waits
from tests.faults.server import MailServer, serve_smtp
from tests.ports.browser import Browser, session_of
from tests.ports.standing import standing
from tracker.database import Engine, bind, close_database, engine_from_url, open_database
from tracker.database.migrate import migrate
from tracker.ports.mail.delivery import LANES
from tracker.tables.schema.roster import Member

REMINDERS, CRASHES, KICKS = (2_000, 10, 50) if IS_FULL else (150, 2, 5)
SLOW = 0.03  # seconds an email, so that there is a middle to crash in
FAST = 300.0  # five minutes a second: a retry after half a minute comes after a tenth of a second
RECONNECT = 20.0  # seconds until pages are back, on a busy machine too


@pytest.fixture(scope="module")
def server(postgres_source: Source) -> Iterator[CrashingServer]:
    """A server beside the one of the session, which must not crash under the other tests."""
    with crashing_server() as crashing:
        yield crashing


@pytest.fixture
async def database(server: CrashingServer) -> AsyncIterator[Engine]:
    """The first database of the server, made again."""
    engine = engine_from_url(server.url)
    bind(engine)
    await open_database(engine)
    await engine.run_ddl("DROP SCHEMA public CASCADE")
    await engine.run_ddl("CREATE SCHEMA public")
    await migrate()
    yield engine
    await close_database(engine)


@pytest.fixture
async def cast(database: Engine) -> Cast:
    return await people_of_the_task_force()


@pytest.fixture
async def app(cast: Cast) -> AsyncIterator[Litestar]:
    with standing() as app:
        yield app


async def until_it_replies() -> float:
    """Return how many seconds it took until this process had an answer again from its pool."""
    began = time.monotonic()
    while True:
        try:
            await Member.count()
        except Exception:  # noqa: BLE001 - however a driver words it
            await asyncio.sleep(0.05)
        else:
            return time.monotonic() - began


async def test_crashes_while_emails_go_out_lose_nothing(server: CrashingServer, database: Engine, cast: Cast) -> None:
    count = await due_reminders(cast, REMINDERS, ZONE)
    async with serve_smtp(MailServer(pause=SLOW)) as emails, run_senders(database, emails, FAST) as senders:
        await senders.start()
        await senders.start()
        for crash in range(CRASHES):
            await until_accepted(emails, (crash + 1) * count // (CRASHES + 2))
            await asyncio.to_thread(server.crash)
            assert await until_it_replies() <= RECONNECT
        await until_none_waits()
        ids = emails.message_ids()
    assert (len(ids), await count_states()) == (count, {"sent": count})
    assert ids.total() - count <= CRASHES * 2 * LANES
    assert len(set(emails.accepted)) == count  # a second copy is the same to the byte


async def test_connections_that_are_cut_while_emails_go_out_lose_nothing(database: Engine, cast: Cast) -> None:
    count = await due_reminders(cast, REMINDERS, ZONE)
    others = (
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    async with serve_smtp(MailServer(pause=SLOW)) as emails, run_senders(database, emails, FAST) as senders:
        await senders.start()
        for kick in range(KICKS):
            await until_accepted(emails, (kick + 1) * count // (KICKS + 2))
            await database.run_ddl(others)
            await until_it_replies()
        await until_none_waits()
        ids = emails.message_ids()
    assert (len(ids), await count_states()) == (count, {"sent": count})
    assert ids.total() - count <= KICKS * LANES


async def test_pages_come_back_by_themselves_after_a_crash(server: CrashingServer, cast: Cast, app: Litestar) -> None:
    browser = Browser(app, await session_of(cast.coordinator, NOW))
    assert (await browser.get("/")).status_code == 200
    crashing = asyncio.create_task(asyncio.to_thread(server.crash))
    seen = set()
    while not crashing.done():
        response = await browser.get("/calendar")
        seen.add(response.status_code)
        assert response.status_code == 200 or "give the coordinator this reference" in response.text
        await asyncio.sleep(0.01)
    began = time.monotonic()
    while (await browser.get("/")).status_code != 200:
        assert time.monotonic() - began <= RECONNECT
        await asyncio.sleep(0.05)
    assert seen <= {200, 503}
