"""The ticker: jobs run on time, never twice at once, and whatever happens to the wall clock."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest

from tracker.ports import clock as ticker
from tracker.ports.clock import Clock

TICK = 0.05


class Hands:
    """A wall clock that someone may set."""

    def __init__(self) -> None:
        self.moved = 0.0

    def __call__(self) -> float:
        return time.time() + self.moved


@asynccontextmanager
async def running_clock(
    run: Callable[[], Awaitable[object]], every: float = TICK, wall: Callable[[], float] = time.time
) -> AsyncIterator[Clock]:
    clock = Clock([("job", every, run)], wall=wall)
    await clock.start()
    try:
        yield clock
    finally:
        await clock.stop()


class Ticks:
    """Counts how often it ran."""

    def __init__(self) -> None:
        self.count = 0

    async def __call__(self) -> None:
        self.count += 1


async def test_a_job_runs_again_and_again() -> None:
    ticks = Ticks()
    async with running_clock(ticks):
        await asyncio.sleep(TICK * 5)
    assert 3 <= ticks.count <= 6


async def test_a_rare_job_first_runs_at_the_start() -> None:
    ticks = Ticks()
    async with running_clock(ticks, every=60):
        await asyncio.sleep(TICK * 5)
    assert ticks.count == 1


async def test_a_stopped_clock_ticks_no_more() -> None:
    ticks = Ticks()
    async with running_clock(ticks):
        await asyncio.sleep(TICK)
    counted = ticks.count
    await asyncio.sleep(TICK * 3)
    assert ticks.count == counted


async def test_stopping_waits_for_a_job_to_finish() -> None:
    finished: list[bool] = []

    async def slow() -> None:
        await asyncio.sleep(0.2)
        finished.append(True)

    async with running_clock(slow):
        await asyncio.sleep(TICK * 2)
    assert finished == [True]


async def test_a_job_never_runs_twice_at_once() -> None:
    at_once: list[int] = [0, 0]

    async def slow() -> None:
        at_once[0] += 1
        at_once[1] = max(at_once)
        await asyncio.sleep(TICK * 3)
        at_once[0] -= 1

    async with running_clock(slow):
        await asyncio.sleep(TICK * 8)
    assert at_once == [0, 1]


async def test_a_job_that_fails_is_logged_and_runs_again(caplog: pytest.LogCaptureFixture) -> None:
    ticks = Ticks()

    async def fails() -> None:
        await ticks()
        raise RuntimeError("broken")

    async with running_clock(fails):
        await asyncio.sleep(TICK * 4)
    assert ticks.count >= 2
    assert "The job job failed." in caplog.text


async def test_a_ticker_that_fell_silent_is_woken(monkeypatch: pytest.MonkeyPatch) -> None:
    """APScheduler waits for a moment that is an hour away when the clock goes back an hour."""
    monkeypatch.setattr(ticker, "LOOKS", TICK)
    ticks = Ticks()
    async with running_clock(ticks, every=TICK * 2) as clock:
        await asyncio.sleep(TICK)
        clock._scheduler.modify_job("job", next_run_time=datetime(2099, 1, 1, tzinfo=UTC))
        await asyncio.sleep(TICK * 12)
    assert ticks.count >= 2


async def test_after_a_jump_of_the_clock_nothing_runs_for_a_while_and_someone_is_notified(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(ticker, "HOLD", TICK * 10)
    ticks, wall = Ticks(), Hands()
    async with running_clock(ticks, wall=wall):
        await asyncio.sleep(TICK * 3)
        wall.moved = 3_600
        await asyncio.sleep(TICK * 3)
        before = ticks.count
        await asyncio.sleep(TICK * 4)
        held = ticks.count - before
        await asyncio.sleep(TICK * 10)
    assert held == 0
    assert ticks.count > before
    assert "The clock jumped by 3600 s." in caplog.text


async def test_a_small_correction_of_the_clock_holds_nothing(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.ERROR)
    ticks, wall = Ticks(), Hands()
    async with running_clock(ticks, wall=wall):
        wall.moved = 200
        await asyncio.sleep(TICK * 5)
    assert (ticks.count >= 3, caplog.text) == (True, "")
