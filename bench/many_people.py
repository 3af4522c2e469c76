"""Pages that choose or filter by a person, with thousands of people, beside the same pages with a hundred."""

import tempfile
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path

import uvloop

from bench.figures import Figure, middle
from bench.renders import WARM_UP
from bench.stock import add_people
from bench.world import World, asked, world
from tests.cast import NOW
from tracker import clock
from tracker.database import bind
from tracker.ports.cli.serve import freeze_objects

FEW, MANY, MOST = 100, 2_500, 25_000  # people
DATES = 1_000  # stored
REQUESTS = 60
AS_WITH_FEW = 1.5  # how much dearer a page may be with so many more people
LARGEST = 100  # kB of the form of an event
PAGES = {"schedule form": "/schedule", "action items": "/action-items", "messages": "/messages", "audit log": "/audit"}
SEARCH = "/people/found?candidates=known&place=f-person&name=person&person_words=detective"


def measure() -> Sequence[Figure]:
    """Measure the pages with 2,500 people."""
    return _measure(MANY)


def measure_most() -> Sequence[Figure]:
    """Measure the pages with 25,000 people."""
    return _measure(MOST)


def _measure(people: int) -> Sequence[Figure]:
    with tempfile.TemporaryDirectory() as folder:
        return uvloop.run(_measured(Path(folder), people))


async def _measured(folder: Path, people: int) -> Sequence[Figure]:
    clock.start_at(NOW, is_still=True)
    try:
        async with AsyncExitStack() as stack:
            few = await stack.enter_async_context(world(folder / "few.sqlite", DATES))
            await add_people(few.cast, FEW)
            many = await stack.enter_async_context(world(folder / "many.sqlite", DATES))
            await add_people(many.cast, people)
            freeze_objects()
            pages = [await _page(few, many, f"{name} page", path, people) for name, path in PAGES.items()]
            typing = await _page(few, many, "people found while typing", SEARCH, people, target=None)
            return [*pages, typing, await _size(many, people)]
    finally:
        clock.start_at(None)


async def _page(
    few: World, many: World, name: str, path: str, people: int, target: float | None = AS_WITH_FEW
) -> Figure:
    """Time a page in both worlds, in turns, so that what slows the machine down slows both."""
    taken = [(await asked(many, path), await asked(few, path)) for _ in range(REQUESTS + WARM_UP)][WARM_UP:]
    with_many, with_few = middle(taken)
    return Figure(
        name=f"{name}, {people:,} people",
        value=with_many * 1000,
        unit="ms",
        floor=with_few * 1000,
        target=target,
        more_is_better=False,
    )


async def _size(many: World, people: int) -> Figure:
    bind(many.engine)
    return Figure(
        name=f"schedule form, {people:,} people, as it is sent",
        value=len((await many.reader.get(PAGES["schedule form"])).encode()) / 1000,
        unit="kB",
        target=LARGEST,
        more_is_better=False,
    )
