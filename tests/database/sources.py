"""Where tests get a fresh database from: copies of one that was migrated once in the session."""

import asyncio
import itertools
import os
import shutil
from collections.abc import Coroutine
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

import asyncpg

from tracker.database import bind, close_database, engine_from_url, open_database
from tracker.migrate import migrate


class Source(Protocol):
    """Makes databases and takes them away again."""

    async def fresh(self, folder: Path) -> str:
        """Return the URL of a new migrated database."""

    async def blank(self, folder: Path) -> str:
        """Return the URL of a new database without tables."""

    async def drop(self, url: str) -> None:
        """Take the database away."""


class SQLiteFiles:
    """Copies of a migrated file."""

    def __init__(self, template: Path) -> None:
        self.template = template

    async def prepare(self) -> None:
        """Make the file that the others are copied from."""
        await migrated(f"sqlite:///{self.template}")

    async def fresh(self, folder: Path) -> str:
        shutil.copyfile(self.template, folder / "tracker.sqlite")
        return f"sqlite:///{folder / 'tracker.sqlite'}"

    async def blank(self, folder: Path) -> str:
        return f"sqlite:///{folder / 'blank.sqlite'}"

    async def drop(self, url: str) -> None:
        path = url.removeprefix("sqlite:///")
        for end in ("", "-wal", "-shm"):
            with suppress(FileNotFoundError):
                Path(path + end).unlink()


class PostgresDatabases:
    """Databases of one server, made from a migrated template.

    A thread makes the next one while a test runs with the last, and takes used ones away: a test waits for neither.
    """

    def __init__(self, server: str, *, is_ours: bool) -> None:
        self.server = server
        self.template = f"tracker_test_{os.getpid()}"
        # Copying files halves the time, but forces a checkpoint, which a server with other users would feel.
        self.how = "STRATEGY file_copy" if is_ours else ""
        self._numbers = itertools.count(1)
        self._thread = ThreadPoolExecutor(1)
        self._spares: dict[str, Future[str]] = {}
        self._drops: list[Future[None]] = []

    async def prepare(self) -> None:
        """Make the database that the others are copied from."""
        await self._run(f'CREATE DATABASE "{self.template}"')
        await migrated(self._url(self.template))

    async def fresh(self, folder: Path) -> str:
        return await self._take(self.template)

    async def blank(self, folder: Path) -> str:
        return await self._take("template1")

    async def drop(self, url: str) -> None:
        self._drops.append(self._later(self._drop(url)))

    async def clean_up(self) -> None:
        """Leave nothing on the server."""
        for url in [spare.result() for spare in self._spares.values()] + [self._url(self.template)]:
            await self.drop(url)
        self._thread.shutdown()
        for done in self._drops:
            done.result()

    async def _take(self, template: str) -> str:
        ready = self._spares.get(template) or self._later(self._create(template))
        self._spares[template] = self._later(self._create(template))
        return await asyncio.wrap_future(ready)

    def _later(self, job: Coroutine[None, None, Any]) -> "Future[Any]":
        return self._thread.submit(asyncio.run, job)

    async def _create(self, template: str) -> str:
        name = f"{self.template}_{next(self._numbers)}"
        await self._run(f'CREATE DATABASE "{name}" TEMPLATE "{template}" {self.how}')
        return self._url(name)

    async def _drop(self, url: str) -> None:
        await self._run(f'DROP DATABASE "{urlsplit(url).path[1:]}" WITH (FORCE)')

    async def _run(self, statement: str) -> None:
        connection = await asyncpg.connect(self.server)
        try:
            await connection.execute(statement)
        finally:
            await connection.close()

    def _url(self, name: str) -> str:
        return urlsplit(self.server)._replace(path=f"/{name}").geturl()


async def migrated(url: str) -> None:
    """Bring the database at `url` to the newest schema, as `tracker migrate` does."""
    engine = engine_from_url(url, synchronous="OFF")
    bind(engine)
    await open_database(engine)
    try:
        await migrate()
    finally:
        await close_database(engine)
