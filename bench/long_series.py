"""One event of many dates in the coming weeks: what the home page costs, and what saving it does, by its dates.

A series may have `MAX_DATES`. Both costs grow with the dates and not with their square: four times as many dates never
take more than four times as long, and the home page, most of which is the same for both, far less.
"""

import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack
from datetime import datetime, timedelta
from pathlib import Path

import uvloop

from bench.figures import Figure, middle
from bench.reader import Reader
from bench.stock import opened
from bench.world import World, asked
from tests.cast import NOW, ZONE
from tests.ports.browser import app_settings, session_of
from tracker import clock
from tracker.app import create_app
from tracker.database import engine
from tracker.ical.calendar_import import read_calendar_file
from tracker.ports.cli.serve import freeze_objects
from tracker.rules.recurrence.series import MAX_DATES
from tracker.usecases.events.scheduling import import_calendar

FEW, MANY = MAX_DATES // 4, MAX_DATES  # dates of the event
REQUESTS, WARM_UP = 40, 3
STARTS = datetime(2026, 12, 16, 8)  # noqa: DTZ001 - local to the event's zone
A_DAY = 20  # dates
SHOWN, SAVED = 2.5, MANY / FEW  # how many times as long the many may take


def measure() -> Sequence[Figure]:
    """Measure both with few and with many dates, the pages in turns."""
    with tempfile.TemporaryDirectory() as folder:
        return uvloop.run(_measured(Path(folder)))


async def _measured(folder: Path) -> Sequence[Figure]:
    clock.start_at(NOW, is_still=True)
    try:
        async with AsyncExitStack() as stack:
            few, few_saved = await _world(stack, folder, FEW)
            many, many_saved = await _world(stack, folder, MANY)
            freeze_objects()
            taken = [(await asked(many, "/"), await asked(few, "/")) for _ in range(REQUESTS + WARM_UP)][WARM_UP:]
            many_shown, few_shown = middle(taken)
            return (
                _figure(f"home page, {MANY:,} and {FEW} dates of one series ahead", many_shown, few_shown, SHOWN),
                _figure(f"a series of {MANY:,} and of {FEW} dates imported", many_saved, few_saved, SAVED),
            )
    finally:
        clock.start_at(None)


def _figure(name: str, many: float, few: float, target: float) -> Figure:
    return Figure(name=name, value=many * 1000, unit="ms", floor=few * 1000, target=target, more_is_better=False)


async def _world(stack: AsyncExitStack, folder: Path, dates: int) -> tuple[World, float]:
    """Import an event of so many dates; return its world, and how long it took to read and save it."""
    cast = await stack.enter_async_context(opened(folder / f"{dates}.sqlite"))
    content = "".join(f"{line}\r\n" for line in _file(dates)).encode()
    began = time.process_time()
    await import_calendar(cast.coordinator, read_calendar_file(content, NOW, ZONE), NOW, skips_refused=False)
    saved = time.process_time() - began
    reader = Reader(create_app(app_settings()), await session_of(cast.coordinator, NOW))
    return World(engine(), cast, reader), saved


def _file(dates: int) -> Iterator[str]:
    extra = (STARTS + timedelta(days=number // A_DAY, minutes=30 * (number % A_DAY)) for number in range(1, dates))
    yield from ("BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//example//bench//EN", "BEGIN:VEVENT", "UID:1@bench.example")
    yield from ("DTSTAMP:20261101T000000Z", f"DTSTART;TZID={ZONE}:{STARTS:%Y%m%dT%H%M%S}", "DURATION:PT25M")
    yield from ("SUMMARY:Shift", "RRULE:FREQ=DAILY;COUNT=1")
    yield f"RDATE;TZID={ZONE}:" + ",".join(f"{one:%Y%m%dT%H%M%S}" for one in extra)
    yield from ("END:VEVENT", "END:VCALENDAR")
