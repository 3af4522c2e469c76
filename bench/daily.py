"""The pages of every day with 100,000 dates stored: requests in process, beside bare renders of the same."""

import asyncio
import tempfile
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from bench.figures import Figure, p95
from bench.renders import turns
from bench.world import World, world
from tests.cast import NOW
from tracker import clock
from tracker.ports.cli.serve import settle
from tracker.usecases.events import occurrences

MANY = 100_000  # dates stored
REQUESTS = 100
BUDGET = 50.0  # milliseconds on the server (ux.md, bar 12)


def measure() -> Sequence[Figure]:
    """Measure each page as the coordinator opens it."""
    with tempfile.TemporaryDirectory() as folder:
        return asyncio.run(_measured(Path(folder)))


async def _measured(folder: Path) -> Sequence[Figure]:
    clock.start_at(NOW, stands_still=True)
    try:
        async with world(folder / "many.sqlite", MANY) as many:
            settle()
            return [await _figure(many, name, path) for name, path in (await _pages(many)).items()]
    finally:
        clock.start_at(None)


async def _pages(many: World) -> dict[str, str]:
    """Return the pages by what they are called."""
    [line, *_] = await occurrences.between(many.cast.coordinator, NOW, NOW + timedelta(days=1))
    event = f"/events/{line.event_id}/{line.key}"
    return {
        "home": "/",
        "week": "/calendar?view=week",
        "event": event,
        "people": "/people",
        "messages": "/messages",
        "report of a year": "/reports?period=FY2027",
        "audit": "/audit",
    }


async def _figure(many: World, name: str, path: str) -> Figure:
    taken = await turns(many, path, REQUESTS)
    return Figure(
        name=f"{name} page p95, {MANY:,} dates stored",
        value=p95([one.request for one in taken]),
        unit="ms",
        floor=p95([one.render for one in taken]),
        target=BUDGET,
        more_is_better=False,
        is_target_of_ratio=False,
    )
