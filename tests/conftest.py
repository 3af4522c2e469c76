"""Databases for the tests: each test that asks gets a fresh, migrated, bound one."""

import asyncio
import gc
import os
from collections.abc import AsyncIterator, Generator, Iterator
from contextlib import asynccontextmanager, nullcontext
from pathlib import Path

import pytest
from hypothesis import settings

from tests.cast import SECRET, Cast, people_of_the_task_force
from tests.database.server import own_server
from tests.database.sources import PostgresDatabases, Source, SQLiteFiles
from tests.dovecot import Dovecot, run_dovecot
from tracker.crypto import keys
from tracker.database import Engine, bind, close_database, engine_from_url, open_database

settings.register_profile("tracker", deadline=None)  # a busy machine is no mistake of the code
settings.load_profile("tracker")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option of `make test-all`."""
    text = "Run every test of a database on PostgreSQL too, not only those marked `both_engines`."
    parser.addoption("--all-engines", action="store_true", help=text)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run each test of a database on SQLite, and on PostgreSQL if it or all are marked; unless it names its engine."""
    marks = list(metafunc.definition.iter_markers("parametrize"))
    if "source" not in metafunc.fixturenames or any("source" in mark.args[0] for mark in marks):
        return
    is_marked = metafunc.definition.get_closest_marker("both_engines") is not None
    runs_on_both = is_marked or metafunc.config.getoption("all_engines")
    metafunc.parametrize("source", ["sqlite", "postgres"] if runs_on_both else ["sqlite"], indirect=True)


def pytest_configure() -> None:
    """Keep each worker, and what it starts, on one processor.

    A statement goes to the thread of its connection and comes back: between two processors that takes much longer.
    """
    worker = os.environ.get("PYTEST_XDIST_WORKER")  # gw0, gw1, …
    if worker and hasattr(os, "sched_setaffinity"):
        processors = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, {processors[int(worker[2:]) % len(processors)]})


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Collect no garbage until all tests are found, and none of what they and the product are made of later.

    Finding ten thousand tests makes a million objects that stay: walking them again and again was a third of the time.
    """
    gc.disable()
    try:
        return (yield)
    finally:
        gc.collect()
        gc.freeze()
        gc.enable()


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def sqlite_source(tmp_path_factory: pytest.TempPathFactory) -> Source:
    source = SQLiteFiles(tmp_path_factory.mktemp("templates"))
    asyncio.run(source.prepare())
    return source


@pytest.fixture(scope="session")
def postgres_source() -> Iterator[Source]:
    given = os.environ.get("TRACKER_TEST_POSTGRES")
    with nullcontext(given) if given else own_server() as server:
        source = PostgresDatabases(server, is_ours=not given)
        asyncio.run(source.prepare())
        yield source
        asyncio.run(source.clean_up())


@pytest.fixture(scope="session")
def dovecot() -> Iterator[Dovecot]:
    """An IMAP server, at which every user name has a mailbox."""
    with run_dovecot() as server:
        yield server


@pytest.fixture
def source(request: pytest.FixtureRequest) -> Source:
    """Databases of one engine; `pytest_generate_tests` says which."""
    return request.getfixturevalue(f"{request.param}_source")


@pytest.fixture
async def database(source: Source, tmp_path: Path) -> AsyncIterator[Engine]:
    """A fresh migrated database, bound; on both engines if the test is marked `both_engines`."""
    async with _opened(source, await source.fresh(tmp_path)) as engine:
        yield engine


@pytest.fixture
async def sqlite_database(sqlite_source: Source, tmp_path: Path) -> AsyncIterator[Engine]:
    """A fresh migrated database, bound, for what does not depend on the engine."""
    async with _opened(sqlite_source, await sqlite_source.fresh(tmp_path)) as engine:
        yield engine


@pytest.fixture
async def blank_database(source: Source, tmp_path: Path) -> AsyncIterator[Engine]:
    """A database without tables, bound; on both engines if the test is marked `both_engines`."""
    async with _opened(source, await source.blank(tmp_path)) as engine:
        yield engine


@pytest.fixture
async def cast(source: Source, tmp_path: Path) -> AsyncIterator[Cast]:
    """The cast in a fresh database, bound; on both engines if the test is marked `both_engines`."""
    async with _with_the_cast(source, tmp_path) as cast:
        yield cast


@pytest.fixture
async def sqlite_cast(sqlite_source: Source, tmp_path: Path) -> AsyncIterator[Cast]:
    """The cast in a fresh SQLite database, for what does not depend on the engine."""
    async with _with_the_cast(sqlite_source, tmp_path) as cast:
        yield cast


@asynccontextmanager
async def _with_the_cast(source: Source, folder: Path) -> AsyncIterator[Cast]:
    url, cast = await source.filled(people_of_the_task_force, folder)
    keys.use_secret(SECRET)
    async with _opened(source, url):
        yield cast


@asynccontextmanager
async def _opened(source: Source, url: str) -> AsyncIterator[Engine]:
    engine = engine_from_url(url, synchronous="OFF")
    bind(engine)
    await open_database(engine)
    try:
        yield engine
    finally:
        await close_database(engine)
        await source.drop(url)
