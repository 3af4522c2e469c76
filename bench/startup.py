"""How soon a server answers, and how much memory it holds with 100,000 dates stored."""

import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.figures import Figure
from bench.server import Server, product
from bench.stock import feed_in, filled, session_in
from bench.visitors import Visitors

DATES = 100_000
READY = 3.0  # seconds
MEMORY = 200.0  # MB resident
WARM_UP = 50  # requests for each address before memory is read


def measure() -> Sequence[Figure]:
    """Start `tracker serve` with its clock on a full database; time its first answer, use it, read its memory."""
    with TemporaryDirectory() as folder:
        database = filled(Path(folder), DATES)
        session, feed = session_in(database), feed_in(database)
        began = time.perf_counter()
        with product(database, runs_clock=True) as server:
            ready = time.perf_counter() - began
            _use(server, session, feed)
            memory = server.resident
    return (
        Figure(name="start to first answer", value=ready, unit="s", target=READY, more_is_better=False),
        Figure(name="resident with 100,000 dates stored", value=memory, unit="MB", target=MEMORY, more_is_better=False),
    )


def _use(server: Server, session: str, feed: str) -> None:
    for path in ("/", "/calendar", "/action-items", f"/feeds/{feed}.ics"):
        with Visitors(server, path, {"Cookie": f"session={session}"}, 1) as visitor:
            for _ in range(WARM_UP):
                if (status := visitor.one()[0]) != 200:  # noqa: PLR2004 - OK
                    raise RuntimeError(f"{path} returned {status}.")
