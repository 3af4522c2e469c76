"""How soon a server answers, beside importing its libraries; and how its memory grows with the dates stored."""

from collections.abc import Sequence
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from bench import libraries
from bench.figures import Figure
from bench.server import Server, product
from bench.stock import feed_in, filled, session_in
from bench.visitors import Visitors

FEW, MANY = 4_000, 100_000  # dates stored
STARTS = 3
START = 1.5  # times the libraries alone
MEMORY = 1.3  # times as much as with few dates
WARM_UP = 50  # requests for each address before memory is read


def measure() -> Sequence[Figure]:
    """Start `tracker serve` with its clock several times, in turns with its libraries; then use it, and read memory."""
    with TemporaryDirectory() as folder:
        few, many = filled(Path(folder), FEW), filled(Path(folder), MANY)
        modules = libraries.names()
        turns = [(_started(few), libraries.import_them(modules)) for _ in range(STARTS)]
        small, large = _resident(few), _resident(many)
    started, imported = (median(seconds) for seconds in zip(*turns, strict=True))
    return (
        Figure(
            name="start to first answer, by its libraries alone",
            value=started * 1000,
            unit="ms",
            floor=imported * 1000,
            target=START,
            more_is_better=False,
        ),
        Figure(
            name=f"memory with {MANY:,} dates stored, by {FEW:,}",
            value=large,
            unit="MB",
            floor=small,
            target=MEMORY,
            more_is_better=False,
        ),
    )


def _started(database: Path) -> float:
    """Return the processor time of a server until its first answer, in seconds."""
    with product(database, runs_clock=True) as server:
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
