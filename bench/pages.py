"""Month pages through the whole application in process: what they cost, what age adds, and what a full month costs."""

import asyncio
import gzip
import tempfile
from collections.abc import Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path

from bench.figures import Figure, p95
from bench.renders import WARM_UP, turns
from bench.world import FULL, USUAL, World, asked, schedule, world
from tests.cast import NOW
from tracker import clock
from tracker.ports.cli.serve import settle
from tracker.usecases.calendars import date_lines

MONTH = "/calendar?month=2026-12"
SHOWN = datetime(2026, 11, 29, 6, tzinfo=UTC), datetime(2027, 1, 3, 6, tzinfo=UTC)  # the weeks of the month
FEW, MANY = 1_000, 100_000  # dates stored
REQUESTS = 300
AGE = 1.2  # how much dearer a month may be when a hundred times as many dates are stored
RENDERS = 2  # how many bare renders a full month may cost beside its query
SIZE = 10.0  # kB on the wire (ux.md, bar 12)


def measure() -> Sequence[Figure]:
    """Measure the month page with few and with many dates stored, in turns; then a full month."""
    with tempfile.TemporaryDirectory() as folder:
        return asyncio.run(_measured(Path(folder)))


async def _measured(folder: Path) -> Sequence[Figure]:
    clock.start_at(NOW, stands_still=True)
    try:
        async with AsyncExitStack() as stack:
            few = await stack.enter_async_context(world(folder / "few.sqlite", FEW))
            many = await stack.enter_async_context(world(folder / "many.sqlite", MANY))
            settle()
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
    settle()
    taken = await turns(many, MONTH, REQUESTS, lambda: _question(many))
    page, render, query = (p95(seconds) for seconds in zip(*taken, strict=True))
    html = (await many.reader.get(MONTH)).encode()
    return (
        Figure(name=f"the one query of a month, {FULL} events in it, p95", value=query, unit="ms"),
        Figure(
            name=f"month page p95, {FULL} events in it, as it is",
            value=page,
            unit="ms",
            floor=render,
            more_is_better=False,
        ),
        Figure(
            name="the same without its query",
            value=page - query,
            unit="ms",
            floor=render,
            target=RENDERS,
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


async def _question(many: World) -> None:
    """Ask the page's one question about events, from the SQL to the values that it shows."""
    found = await date_lines.seen_between(many.cast.coordinator, *SHOWN)
    if len(found) < FULL:
        raise RuntimeError(f"{len(found)} and not {FULL} events were read.")


async def _in_turns(*worlds: World) -> list[list[float]]:
    """Time the month page in each world, so that what slows the machine down slows all of them."""
    taken = [[await asked(one, MONTH) for one in worlds] for _ in range(REQUESTS + WARM_UP)]
    return [list(seconds) for seconds in zip(*taken[WARM_UP:], strict=True)]
