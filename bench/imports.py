"""An .ics file of 2,000 events read and saved, beside reading it with icalendar alone; in processor time."""

import tempfile
import time
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import uvloop
from icalendar import Calendar

from bench.figures import Figure
from bench.stock import opened
from tests.cast import NOW, ZONE
from tracker.ical.calendar_import import read_calendar_file
from tracker.usecases.events.scheduling import import_calendar

EVENTS, SERIES, DATES = 2_000, 10, 9  # events; every tenth is a weekly series of so many dates
TARGET = 5  # times the floor


def measure() -> Sequence[Figure]:
    """Import once into a new database."""
    with tempfile.TemporaryDirectory() as folder:
        seconds, read_alone = uvloop.run(_imported(Path(folder)))
    return (
        Figure(
            name=f"a file of {EVENTS:,} events imported",
            value=seconds * 1000,
            unit="ms",
            floor=read_alone * 1000,
            target=TARGET,
            more_is_better=False,
        ),
    )


async def _imported(folder: Path) -> tuple[float, float]:
    content = "".join(f"{line}\r\n" for line in _file()).encode()
    async with opened(folder / "imports.sqlite") as cast:
        began = time.process_time()
        report = await import_calendar(
            cast.coordinator, read_calendar_file(content, NOW, ZONE), NOW, skips_refused=False
        )
        seconds = time.process_time() - began
    if len(report.new) != EVENTS:
        raise RuntimeError(f"{len(report.new):,} and not {EVENTS:,} events were imported.")
    return seconds, _read_alone(content)


def _read_alone(content: bytes) -> float:
    began = time.process_time()
    Calendar.from_ical(content)
    return time.process_time() - began


def _file() -> Iterator[str]:
    yield from ("BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//example//bench//EN")
    for number in range(EVENTS):
        starts = datetime(2027, 1, 4, 8) + timedelta(days=number % 365)  # noqa: DTZ001 - local to the event's zone
        yield from ("BEGIN:VEVENT", f"UID:{number}@bench.example", "DTSTAMP:20261101T000000Z")
        yield from (f"DTSTART;TZID={ZONE}:{starts:%Y%m%dT%H%M%S}", "DURATION:PT1H", f"SUMMARY:Call {number}")
        if number % SERIES == 0:
            yield f"RRULE:FREQ=WEEKLY;COUNT={DATES}"
        yield "END:VEVENT"
    yield "END:VCALENDAR"
