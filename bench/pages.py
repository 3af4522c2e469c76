"""Month pages through the whole application in process: what they cost, what age adds, and what a full month costs."""

import gzip
import tempfile
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path

import uvloop

from bench.figures import Figure, middle, p95
from bench.renders import WARM_UP, turns
from bench.world import FULL, USUAL, World, asked, schedule, world
from tests.cast import NOW
from tracker import clock
from tracker.ports.cli.serve import freeze_objects

MONTH = "/calendar?month=2026-12"
FEW, MANY = 1_000, 100_000  # dates stored
REQUESTS, OF_FULL = 150, 40  # of the usual month, and of the full one, which takes ten times as long
AGE = 1.2  # how much dearer a month may be when a hundred times as many dates are stored
BARE = 2.2  # times its template and its SQL
SIZE = 10.0  # kB on the wire (ux.md, bar 12)


def measure() -> Sequence[Figure]:
    """Measure the month page with few and with many dates stored, in turns; then a full month."""
    with tempfile.TemporaryDirectory() as folder:
        return uvloop.run(_measured(Path(folder)))


async def _measured(folder: Path) -> Sequence[Figure]:
    clock.start_at(NOW, is_still=True)
    try:
        async with AsyncExitStack() as stack:
            few = await stack.enter_async_context(world(folder / "few.sqlite", FEW))
            many = await stack.enter_async_context(world(folder / "many.sqlite", MANY))
            freeze_objects()
            young, old = await _in_turns(few, many)
            return [*_of_age(p95(young), p95(old)), *await _full(many)]
    finally:
        clock.start_at(None)


def _of_age(young: float, old: float) -> Sequence[Figure]:
    return (
        Figure(name=f"month page p95, {FEW:,} dates stored", value=young, unit="ms"),
        Figure(
            name=f"month page p95, {MANY:,} dates stored",
            value=old,
            unit="ms",
            floor=young,
            target=AGE,
            more_is_better=False,
        ),
    )


async def _full(many: World) -> Sequence[Figure]:
    await schedule(many.cast, FULL - USUAL, many.cast.kcpd_detective)
    freeze_objects()
    taken = await turns(many, MONTH, OF_FULL)
    value, floor = middle(one.beside_its_floor for one in taken.turns)
    html = (await many.reader.get(MONTH)).encode()
    return (
        Figure(
            name=f"month page, {FULL} events in it",
            note=f"{taken.statements} statements",
            value=value,
            unit="ms",
            floor=floor,
            target=BARE,
            more_is_better=False,
        ),
        Figure(
            name=f"month page, {FULL} events in it, gzip",
            value=len(gzip.compress(html)) / 1000,
            unit="kB",
            target=SIZE,
            more_is_better=False,
        ),
    )


async def _in_turns(*worlds: World) -> list[list[float]]:
    """Time the month page in each world, so that what slows the machine down slows all of them."""
    taken = [[await asked(one, MONTH) for one in worlds] for _ in range(REQUESTS + WARM_UP)]
    return [list(seconds) for seconds in zip(*taken[WARM_UP:], strict=True)]
