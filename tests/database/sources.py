"""Where tests get a fresh database from: copies of one that was migrated, and perhaps filled, once in the session."""

import asyncio
import itertools
import os
import shutil
from collections.abc import Awaitable, Callable, Coroutine
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol, TypeVar
from urllib.parse import urlsplit

import asyncpg

from tracker.database import bind, close_database, engine_from_url, open_database
from tracker.database.migrate import migrate

Found = TypeVar("Found")
Fill = Callable[[], Awaitable[Found]]


class Source(Protocol):
    """Makes databases and takes them away again."""

    async def fresh(self, folder: Path) -> str:
        """Return the URL of a new migrated database."""

    async def filled(self, fill: Fill[Found], folder: Path) -> tuple[str, Found]:
        """Return the URL of a new migrated database with what `fill` wrote, and what it returned.

        It runs once in the session: those who ask for the same get copies, which takes a tenth of the time.
        """

    async def blank(self, folder: Path) -> str:
        """Return the URL of a new database without tables."""

    async def drop(self, url: str) -> None:
        """Take the database away."""


class SQLiteFiles:
    """Copies of files in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._migrated = folder / "migrated.sqlite"
        self._fills: dict[Fill[Any], tuple[Path, Any]] = {}

    async def prepare(self) -> None:
        """Make the file that the others are copied from."""
        await migrated(f"sqlite:///{self._migrated}")

    async def fresh(self, folder: Path) -> str:
        return _copied(self._migrated, folder / "tracker.sqlite")

    async def filled(self, fill: Fill[Found], folder: Path) -> tuple[str, Found]:
        if fill not in self._fills:
            template = self.folder / f"filled-{len(self._fills)}.sqlite"
            self._fills[fill] = template, await run_in_database(fill, _copied(self._migrated, template))
        template, filled = self._fills[fill]
        return _copied(template, folder / "tracker.sqlite"), filled

    async def blank(self, folder: Path) -> str:
        return f"sqlite:///{folder / 'blank.sqlite'}"

    async def drop(self, url: str) -> None:
        path = url.removeprefix("sqlite:///")
        for end in ("", "-wal", "-shm"):
            with suppress(FileNotFoundError):
                Path(path + end).unlink()


class PostgresDatabases:
    """Databases of one server, made from templates.

    A thread makes the next one while a test runs with the last, and takes used ones away: a test waits for neither.
    """

    def __init__(self, server: str, *, is_ours: bool) -> None:
        self.server = server
        self._name = f"tracker_test_{os.getpid()}"
        # Copying files halves the time, but forces a checkpoint, which a server with other users would feel.
        self.how = "STRATEGY file_copy" if is_ours else ""
        self._numbers = itertools.count(1)
        self._thread = ThreadPoolExecutor(1)
        self._runner = asyncio.Runner()  # in that thread, for one connection to them all
        self._connection: asyncpg.Connection | None = None
        self._fills: dict[Fill[Any], tuple[str, Any]] = {}
        self._spares: dict[str, Future[str]] = {}
        self._drops: list[Future[None]] = []

    async def prepare(self) -> None:
        """Make the database that the others are copied from."""
        self._migrated = await self._created("template1")
        await migrated(self._url(self._migrated))

    async def fresh(self, folder: Path) -> str:
        return await self._take(self._migrated)

    async def filled(self, fill: Fill[Found], folder: Path) -> tuple[str, Found]:
        if fill not in self._fills:
            template = await self._created(self._migrated)
            self._fills[fill] = template, await run_in_database(fill, self._url(template))
        template, filled = self._fills[fill]
        return await self._take(template), filled

    async def blank(self, folder: Path) -> str:
        return await self._take("template1")

    async def drop(self, url: str) -> None:
        self._drops.append(self._later(self._drop(urlsplit(url).path[1:])))

    async def clean_up(self) -> None:
        """Leave nothing on the server."""
        spares = [spare.result() for spare in self._spares.values()]
        for name in (*spares, *(template for template, _ in self._fills.values()), self._migrated):
            await self.drop(self._url(name))
        for done in (*self._drops, self._later(self._hang_up())):
            done.result()
        self._thread.submit(self._runner.close).result()
        self._thread.shutdown()

    async def _take(self, template: str) -> str:
        ready = self._spares.get(template) or self._later(self._create(template))
        self._spares[template] = self._later(self._create(template))
        return self._url(await asyncio.wrap_future(ready))

    async def _created(self, template: str) -> str:
        return await asyncio.wrap_future(self._later(self._create(template)))

    def _later(self, job: Coroutine[None, None, Any]) -> "Future[Any]":
        return self._thread.submit(self._runner.run, job)

    async def _create(self, template: str) -> str:
        name = f"{self._name}_{next(self._numbers)}"
        await self._run(f'CREATE DATABASE "{name}" TEMPLATE "{template}" {self.how}')
        return name

    async def _drop(self, name: str) -> None:
        await self._run(f'DROP DATABASE "{name}" WITH (FORCE)')

    async def _run(self, statement: str) -> None:
        if self._connection is None or self._connection.is_closed():
            self._connection = await asyncpg.connect(self.server)
        await self._connection.execute(statement)

    async def _hang_up(self) -> None:
        if self._connection is not None:
            await self._connection.close()

    def _url(self, name: str) -> str:
        return urlsplit(self.server)._replace(path=f"/{name}").geturl()


def _copied(template: Path, file: Path) -> str:
    shutil.copyfile(template, file)
    return f"sqlite:///{file}"


async def migrated(url: str) -> None:
    """Bring the database at `url` to the newest schema, as `tracker migrate` does."""
    await run_in_database(migrate, url)


async def run_in_database(deed: Fill[Found], url: str) -> Found:
    """Do something in the database at `url`, bound and opened for it alone."""
    engine = engine_from_url(url, synchronous="OFF")
    bind(engine)
    await open_database(engine)
    try:
        return await deed()
    finally:
        await close_database(engine)
