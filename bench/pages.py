"""Month, home and a report through the whole application in process: what they cost, and what age adds to it."""

import asyncio
import gc
import gzip
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

from bench.figures import Figure, p95
from bench.stock import add_old_dates, opened
from tests.cast import NOW, Cast, everybody, meeting
from tests.ports.browser import Browser, session_of, settings
from tracker import clock
from tracker.app import create_app
from tracker.database import Engine, bind, engine
from tracker.rules.action_changes import NewItem
from tracker.rules.invitations import AnswerValue
from tracker.rules.people import Viewer
from tracker.usecases import action_items, invitations, meetings

MONTH, HOME, REPORT = "/calendar?month=2026-12", "/", "/reports?period=FY2027"
FEW, MANY = 1_000, 100_000  # dates stored
USUAL, FULL = 60, 500  # events in the month
ITEMS = 30
ROUNDS, IN_A_ROUND, WARM_UP = 15, 20, 10  # requests
AGE = 1.3  # how much dearer a month may be when a hundred times as many dates are stored
BUDGET = 50.0  # milliseconds on the server (ux.md, bar 12)
SIZE = 10.0  # kB on the wire (ux.md, bar 12)
LONG_AGO = NOW - timedelta(days=40)


@dataclass(frozen=True)
class World:
    """One database, and the coordinator's browser on it."""

    engine: Engine
    cast: Cast
    browser: Browser


def measure() -> Sequence[Figure]:
    """Measure the month page with few and with many dates stored, in turns; then the home page and a full month."""
    with tempfile.TemporaryDirectory() as folder:
        return asyncio.run(_measured(Path(folder)))


async def _measured(folder: Path) -> Sequence[Figure]:
    clock.start_at(NOW, stands_still=True)
    try:
        async with AsyncExitStack() as stack:
            few = await stack.enter_async_context(_world(folder / "few.sqlite", FEW))
            many = await stack.enter_async_context(_world(folder / "many.sqlite", MANY))
            _settle()
            young, old = await _in_turns(few, many)
            home = await _timed(many, HOME, ROUNDS * IN_A_ROUND)
            report = await _timed(many, REPORT, ROUNDS * IN_A_ROUND)
            await _schedule(many.cast, FULL - USUAL, many.cast.kcpd_detective)
            _settle()
            full = await _timed(many, MONTH, ROUNDS * IN_A_ROUND)
            html = (await many.browser.get(MONTH)).content
    finally:
        clock.start_at(None)
    return _figures(p95(young), p95(old), p95(home), p95(report), p95(full), len(gzip.compress(html)) / 1000)


def _figures(young: float, old: float, home: float, report: float, full: float, size: float) -> Sequence[Figure]:
    return (
        Figure(name=f"month page p95, {FEW:,} dates stored", value=young, unit="ms"),
        Figure(
            name=f"month page p95, {MANY:,} dates stored", value=old, unit="ms", floor=young, target=AGE,
            more_is_better=False,
        ),
        Figure(name="home page p95", value=home, unit="ms", target=BUDGET, more_is_better=False),
        Figure(name="report of a year p95", value=report, unit="ms", target=BUDGET, more_is_better=False),
        Figure(name=f"month page p95, {FULL} events in it", value=full, unit="ms", target=BUDGET, more_is_better=False),
        Figure(name=f"month page, {FULL} events in it, gzip", value=size, unit="kB", target=SIZE, more_is_better=False),
    )  # fmt: skip


@asynccontextmanager
async def _world(path: Path, dates: int) -> AsyncIterator[World]:
    async with opened(path) as cast:
        await add_old_dates(cast, dates)
        await _schedule(cast, USUAL, *everybody(cast))
        await _give_items(cast)
        yield World(engine(), cast, Browser(create_app(settings()), await session_of(cast.coordinator, NOW)))


def _settle() -> None:
    """Leave what is loaded out of later sweeps, as `tracker serve` does."""
    gc.collect()
    gc.freeze()


async def _schedule(cast: Cast, count: int, *invitees: Viewer) -> None:
    """Schedule so many meetings over December 2026; half of those invited have answered."""
    for number in range(count):
        starts = datetime(2026, 12, 1 + number % 31, 8 + number % 10)  # noqa: DTZ001 - local to the event's zone
        plan = meeting(*invitees, title=f"Coordination call {number}", starts=starts)
        event_id = await meetings.schedule(cast.coordinator, plan, LONG_AGO)
        for one in invitees[::2]:
            await invitations.answer(
                one, event_id, starts.date().isoformat(), AnswerValue.ACCEPTED, "", LONG_AGO, for_series=False
            )


async def _give_items(cast: Cast) -> None:
    owners = everybody(cast)
    for number in range(ITEMS):
        due = date(2026, 12, 1) + timedelta(days=number)
        new = NewItem(title=f"Send report {number}", owner_id=owners[number % len(owners)].member_id, due=due)
        await action_items.create(cast.coordinator, new, LONG_AGO, LONG_AGO.date())


async def _in_turns(*worlds: World) -> list[list[float]]:
    """Time the month page in each world, so that what slows the machine down slows all of them."""
    taken: list[list[float]] = [[] for _ in worlds]
    for _ in range(ROUNDS):
        for world, seconds in zip(worlds, taken, strict=True):
            seconds.extend(await _timed(world, MONTH, IN_A_ROUND))
    return taken


async def _timed(world: World, path: str, count: int) -> list[float]:
    bind(world.engine)
    taken = []
    for number in range(count + WARM_UP):
        began = time.perf_counter()
        answer = await world.browser.get(path)
        seconds = time.perf_counter() - began
        if answer.status_code != 200:  # noqa: PLR2004 - OK
            raise RuntimeError(f"{path} answered {answer.status_code}.")
        if number >= WARM_UP:
            taken.append(seconds)
    return taken
