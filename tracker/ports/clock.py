"""Runs jobs at fixed intervals, and keeps running when the wall clock is set.

APScheduler is only the ticker: it loses one-off jobs that are late, doubles them between processes and is silent for an
hour when the clock goes back an hour. The truth is in the database.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import NamedTuple

from apscheduler.schedulers.asyncio import AsyncIOScheduler

JUMP = 300.0  # seconds that the wall clock may move against the monotonic one before it is logged
HOLD = 120.0  # seconds without jobs after a jump: time for a person to react
LOOKS = 1.0  # seconds between two checks of the watchdog, at most
PATIENCE = 2  # intervals without a tick before the watchdog ticks

log = logging.getLogger("tracker.clock")
quiet = logging.getLogger("tracker.clock.ticks")
quiet.setLevel(logging.ERROR)  # a job that takes longer than its interval is expected


class Job(NamedTuple):
    """A function to run at an interval; it never runs twice at once."""

    name: str
    every: float
    run: Callable[[], Awaitable[object]]


class Clock:
    """Runs jobs until it is stopped; `wall` and `steady` are clocks in seconds."""

    def __init__(
        self,
        jobs: Sequence[tuple[str, float, Callable[[], Awaitable[object]]]],
        *,
        wall: Callable[[], float] = time.time,
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        self._jobs = [Job(*job) for job in jobs]
        self._wall, self._steady = wall, steady
        self._drift = wall() - steady()
        self._held_until = -1.0
        self._ticked: dict[str, float] = {}
        self._running: set[str] = set()
        self._is_idle = asyncio.Event()
        self._is_idle.set()
        self._is_stopping = False
        defaults = {"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
        self._scheduler = AsyncIOScheduler(timezone=UTC, job_defaults=defaults, logger=quiet)
        self._watchdog: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Run each job now and then at its interval."""
        for job in self._jobs:
            self._ticked[job.name] = self._steady()
            now = datetime.now(UTC)
            self._scheduler.add_job(
                self._run, "interval", seconds=job.every, id=job.name, args=[job], next_run_time=now
            )
        self._scheduler.start()
        self._watchdog = asyncio.create_task(self._watch())

    async def stop(self) -> None:
        """Start no more jobs and wait for running ones: APScheduler would cancel them."""
        self._is_stopping = True
        if self._watchdog is not None:
            self._watchdog.cancel()
            with suppress(asyncio.CancelledError):
                await self._watchdog
        await self._is_idle.wait()
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)

    async def _run(self, job: Job) -> None:
        self._ticked[job.name] = self._steady()
        if self._is_stopping or self._steady() < self._held_until:
            return
        self._running.add(job.name)
        self._is_idle.clear()
        try:
            await job.run()
        except Exception:  # the next tick tries again
            log.exception("The job %s failed.", job.name)
        finally:
            self._running.discard(job.name)
            if not self._running:
                self._is_idle.set()

    async def _watch(self) -> None:
        pause = min([LOOKS, *(job.every for job in self._jobs)])
        while True:
            await asyncio.sleep(pause)
            drift = self._wall() - self._steady()
            if abs(drift - self._drift) > JUMP:
                log.error("The clock jumped by %.0f s. No email is sent for %.0f s.", drift - self._drift, HOLD)
                self._held_until = self._steady() + HOLD
            self._drift = drift
            for job in self._jobs:
                is_silent = self._steady() - self._ticked[job.name] > PATIENCE * job.every
                if is_silent and job.name not in self._running:
                    # APScheduler waits for a time that was an hour ahead when the clock went back.
                    self._scheduler.modify_job(job.name, next_run_time=datetime.now(UTC))
