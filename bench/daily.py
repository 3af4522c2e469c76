"""The pages of every day with 100,000 dates stored, beside their templates and their SQL alone."""

import tempfile
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import uvloop

from bench.figures import Figure, middle
from bench.renders import turns
from bench.world import World, world
from tests.cast import NOW
from tracker import clock
from tracker.ports.cli.serve import freeze_objects
from tracker.usecases.events import occurrences

MANY = 100_000  # dates stored
REQUESTS = 60
TARGET = 2.2  # times the floor


def measure() -> Sequence[Figure]:
    """Measure each page as the coordinator opens it."""
    with tempfile.TemporaryDirectory() as folder:
        return uvloop.run(_measured(Path(folder)))


async def _measured(folder: Path) -> Sequence[Figure]:
    clock.start_at(NOW, is_still=True)
    try:
        async with world(folder / "many.sqlite", MANY) as many:
            freeze_objects()
            return [await _figure(many, name, path) for name, path in (await _pages(many)).items()]
    finally:
        clock.start_at(None)


async def _pages(many: World) -> dict[str, str]:
    """Return the pages by what they are called."""
    [line, *_] = await occurrences.dates_between(many.cast.coordinator, NOW, NOW + timedelta(days=1))
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
    value, floor = middle(one.beside_its_floor for one in taken.turns)
    return Figure(
        name=f"{name} page",
        note=f"{taken.statements} statements",
        value=value,
        unit="ms",
        floor=floor,
        target=TARGET,
        more_is_better=False,
    )
