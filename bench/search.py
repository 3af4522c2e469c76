"""Search pages through the whole application in process: what the dates that are stored add to their cost."""

import tempfile
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from statistics import mean
from urllib.parse import urlsplit

import asyncpg
import uvloop

from bench import postgres
from bench.figures import Figure, p95
from bench.renders import WARM_UP
from bench.world import World, asked, world
from tests.cast import NOW
from tracker import clock
from tracker.database import bind, is_postgres
from tracker.ports.cli.serve import freeze_objects

FEW, MANY, MOST = 4_000, 100_000, 1_000_000  # dates stored, with 100, 2,500, and 25,000 people
REQUESTS = 200
AGE = 1.5  # how much dearer a search may be when many dates are stored
LOOKED_FOR = {
    "a word of many events": "call",
    "the beginning of a word": "coord",
    "a word that nothing has": "zanzibar",
}
"""Each shows as much with few dates as with many: 50 events of this month, or nothing."""


def measure() -> Sequence[Figure]:
    """Measure each search with few and with many dates stored, in turns."""
    with tempfile.TemporaryDirectory() as folder:
        return uvloop.run(_measured(_files(Path(folder)), MANY))


def measure_most() -> Sequence[Figure]:
    """Do the same with as many dates as we have ever tried, on both databases; it takes some minutes to make them."""
    with tempfile.TemporaryDirectory() as folder:
        on_sqlite = uvloop.run(_measured(_files(Path(folder)), MOST))
    with postgres.server() as url:
        return [*on_sqlite, *(uvloop.run(_measured(_databases(url), MOST)) if url else ())]


def _files(folder: Path) -> tuple[Path, Path]:
    return folder / "few.sqlite", folder / "many.sqlite"


def _databases(url: str) -> tuple[str, str]:
    """Return the URL of a server's first database and that of a second one, which is made."""
    uvloop.run(_create(url, "few"))
    return urlsplit(url)._replace(path="/few").geturl(), url


async def _create(url: str, name: str) -> None:
    connection = await asyncpg.connect(url)
    await connection.execute(f"CREATE DATABASE {name}")
    await connection.close()


async def _measured(databases: tuple[Path | str, Path | str], many: int) -> Sequence[Figure]:
    clock.start_at(NOW, is_still=True)
    try:
        async with AsyncExitStack() as stack:
            young = await stack.enter_async_context(world(databases[0], FEW))
            old = await stack.enter_async_context(world(databases[1], many))
            freeze_objects()
            return [await _figure(name, words, young, old, many) for name, words in LOOKED_FOR.items()]
    finally:
        clock.start_at(None)


async def _figure(name: str, words: str, young: World, old: World, many: int) -> Figure:
    path, is_elsewhere = f"/search?q={words}", is_postgres(old.engine)
    if is_elsewhere:
        for of in (young, old):
            bind(of.engine)
            await postgres.know_how_full_it_is(of)
    for _ in range(WARM_UP):
        for of in (young, old):
            await asked(of, path)
    sides = [_Side(of, await postgres.processes(of) if is_elsewhere else None) for of in (young, old)]
    for _ in range(REQUESTS):
        for side in sides:
            await side.ask(path)
    few, more = (side.took for side in sides)
    return Figure(
        name=f"search for {name} p95, {many:,} dates stored{', PostgreSQL' if is_elsewhere else ''}",
        value=more,
        unit="ms",
        floor=few,
        target=AGE,
        more_is_better=False,
    )


class _Side:
    """What a search takes in one world."""

    def __init__(self, of: World, server: postgres.Processes | None) -> None:
        self._of, self._server = of, server
        self._seconds: list[float] = []
        self._in_server: list[float] = []

    async def ask(self, path: str) -> None:
        """Ask once."""
        worked = self._server.worked if self._server else 0.0
        self._seconds.append(await asked(self._of, path))
        self._in_server.append(self._server.worked - worked if self._server else 0.0)

    @property
    def took(self) -> float:
        """Milliseconds: the 95th percentile here, and the mean in PostgreSQL, whose clock is too coarse for more."""
        return p95(self._seconds) + mean(self._in_server) * 1000
