"""How soon a server answers, beside importing its libraries; and how its memory grows with the dates stored."""

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from bench import libraries
from bench.figures import Figure, middle
from bench.server import Server, product
from bench.stock import feed_in, filled, session_in
from bench.visitors import Visitors

FEW, MOST = 4_000, 1_000_000  # dates stored
STARTS = 3
MEMORY = 1.3  # times as much as with few dates
WARM_UP = 50  # requests for each address before memory is read


def measure() -> Sequence[Figure]:
    """Start `tracker serve` with its clock several times, in turns with its libraries."""
    with TemporaryDirectory() as folder:
        few, compiled = filled(Path(folder), FEW), Path(folder) / "compiled"
        modules = libraries.names(compiled)
        _, *turns = [
            (_started(few, compiled), libraries.import_them(modules, compiled))
            for _ in range(1 + STARTS)  # the first compiles
        ]
    started, imported = middle(turns)
    return (
        Figure(
            name="start to first answer, by its libraries alone", value=started * 1000, unit="ms", floor=imported * 1000
        ),
    )


def measure_most() -> Sequence[Figure]:
    """Read the memory of a server with as many dates as we have ever tried, beside one with few."""
    with TemporaryDirectory() as folder:
        few, most = (_resident(filled(Path(folder), dates)) for dates in (FEW, MOST))
    name = f"memory with {MOST:,} dates stored, by {FEW:,}"
    return (Figure(name=name, value=most, unit="MB", floor=few, target=MEMORY, more_is_better=False),)


def _started(database: Path, compiled: Path) -> float:
    """Return the processor time of a server until its first answer, in seconds."""
    with product(database, runs_clock=True, env=libraries.compiled_in(compiled)) as server:
        return server.worked


def _resident(database: Path) -> float:
    """Return the megabytes of a server that has shown its usual pages and a feed."""
    session, feed = session_in(database), feed_in(database)
    with product(database, runs_clock=True) as server:
        _use(server, session, feed)
        return server.resident


def _use(server: Server, session: str, feed: str) -> None:
    for path in ("/", "/calendar", "/action-items", f"/feeds/{feed}.ics"):
        with Visitors(server, path, {"Cookie": f"session={session}"}, 1) as visitor:
            for _ in range(WARM_UP):
                if (status := visitor.one()[0]) != 200:  # noqa: PLR2004 - OK
                    raise RuntimeError(f"{path} returned {status}.")
