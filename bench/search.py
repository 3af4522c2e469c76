"""Search pages through the whole application in process: what the dates that are stored add to their cost.

python -m bench.search 1000000

measures with that many dates instead of 100,000, which takes some ten minutes to make.
"""

import asyncio
import sys
import tempfile
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path

from bench.figures import Figure, p95
from bench.renders import WARM_UP
from bench.world import asked, world
from tests.cast import NOW
from tracker import clock
from tracker.ports.cli.serve import settle

FEW, MANY = 4_000, 100_000  # dates stored, with 100 and 2,500 people
REQUESTS = 200
AGE = 1.5  # how much dearer a search may be when many dates are stored
LOOKED_FOR = {
    "a word of many events": "call",
    "the beginning of a word": "coord",
    "a word that nothing has": "zanzibar",
}
"""Each shows as much with few dates as with many: 50 events of this month, or nothing."""


def measure(many: int = MANY) -> Sequence[Figure]:
    """Measure each search with few and with many dates stored, in turns."""
    with tempfile.TemporaryDirectory() as folder:
        return asyncio.run(_measured(Path(folder), many))


async def _measured(folder: Path, many: int) -> Sequence[Figure]:
    clock.start_at(NOW, stands_still=True)
    try:
        async with AsyncExitStack() as stack:
            young = await stack.enter_async_context(world(folder / "few.sqlite", FEW))
            old = await stack.enter_async_context(world(folder / "many.sqlite", many))
            settle()
            found = []
            for name, words in LOOKED_FOR.items():
                path = f"/search?q={words}"
                taken = [[await asked(one, path) for one in (young, old)] for _ in range(REQUESTS + WARM_UP)]
                few, more = (p95(seconds) for seconds in zip(*taken[WARM_UP:], strict=True))
                found.append(_figure(f"search for {name} p95, {many:,} dates stored", few, more))
            return found
    finally:
        clock.start_at(None)


def _figure(name: str, few: float, more: float) -> Figure:
    return Figure(name=name, value=more, unit="ms", floor=few, target=AGE, more_is_better=False)


if __name__ == "__main__":
    for figure in measure(int(sys.argv[1])):
        print(figure.row())
