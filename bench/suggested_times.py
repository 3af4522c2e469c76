"""Suggested times for 40 people over four weeks, against a plain sweep over the same busy times in memory.

Both in processor time, as in `bench.series`.
"""

import random
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import uvloop
from msgspec import Struct
from msgspec.structs import replace

from bench.figures import Figure, middle
from bench.stock import with_old_dates
from tests.cast import NOW, ZONE, Cast, meeting
from tracker.database import Engine, bind, engine
from tracker.ports.cli.serve import freeze_objects
from tracker.rules.availability import suggested_times as rules
from tracker.rules.availability.suggested_times import BusyDays
from tracker.rules.events.plans import Slot
from tracker.rules.events.replies import AttendeeRole
from tracker.tables.schema.roster import Member
from tracker.usecases import availability
from tracker.usecases.availability import TimeSearch
from tracker.usecases.events import scheduling

FEW, MANY = 2_000, 100_000  # dates stored: fewer would not bring forty people
PEOPLE, MEETINGS, EACH = 40, 120, 6  # people; meetings in the four weeks, and people invited to each
LENGTH = timedelta(hours=1)
FIRST = datetime(2027, 1, 4, 8)  # noqa: DTZ001 - local: its zone is beside it
WANTED = TimeSearch(first=FIRST, length=LENGTH, zone=ZONE)
ROUNDS, WARM_UP = 60, 5
TARGET = 3  # times the floor
AGE = 1.2  # how much dearer it may be when so many more dates are stored


class Place(Struct, frozen=True):
    """One database, and the people for whom a time is looked for."""

    engine: Engine
    cast: Cast
    invitees: Mapping[UUID, AttendeeRole]


def measure() -> Sequence[Figure]:
    """Look for times with few and with many dates stored, and sweep, in turns."""
    with tempfile.TemporaryDirectory() as folder:
        turns = uvloop.run(_measured(Path(folder)))
    by_sweep = middle((old, swept) for _, old, swept in turns)
    by_few = middle((old, young) for young, old, _ in turns)
    return (
        Figure(
            name=f"times for {PEOPLE} people, {MANY:,} dates stored",
            value=by_sweep[0] * 1000,
            unit="ms",
            floor=by_sweep[1] * 1000,
            target=TARGET,
            more_is_better=False,
        ),
        Figure(
            name=f"the same beside {FEW:,} dates stored",
            value=by_few[0] * 1000,
            unit="ms",
            floor=by_few[1] * 1000,
            target=AGE,
            more_is_better=False,
        ),
    )


async def _measured(folder: Path) -> list[tuple[float, float, float]]:
    """Return the seconds of each turn: with few dates stored, with many, and of the sweep."""
    async with AsyncExitStack() as stack:
        few, many = [await _place(stack, folder / f"{dates}.sqlite", dates) for dates in (FEW, MANY)]
        freeze_objects()
        _, days = await _find(many)
        slots = [slot for (slot,) in rules.candidate_times(FIRST, availability.AHEAD, LENGTH, ZONE)]
        turns = [
            ((await _find(few))[0], (await _find(many))[0], _timed_sweep(slots, days)) for _ in range(ROUNDS + WARM_UP)
        ]
    return turns[WARM_UP:]


async def _place(stack: AsyncExitStack, file: Path, dates: int) -> Place:
    cast = await stack.enter_async_context(with_old_dates(file, dates))
    members = await Member.select(Member.id).where(Member.email.like("%@large.example")).order_by(Member.email)
    people = [row["id"] for row in members[:PEOPLE]]
    luck = random.Random(1)  # noqa: S311 - repeatable, not secret
    for _ in range(MEETINGS):
        starts = FIRST + timedelta(
            days=luck.randrange(availability.AHEAD), hours=luck.randrange(9), minutes=30 * luck.randrange(2)
        )
        chosen = dict.fromkeys(luck.sample(people, EACH), AttendeeRole.REQUIRED)
        await scheduling.schedule_event(cast.coordinator, replace(meeting(starts=starts), invitees=chosen), NOW)
    return Place(engine(), cast, dict.fromkeys(people, AttendeeRole.REQUIRED))


async def _find(at: Place) -> tuple[float, Mapping[UUID, BusyDays]]:
    bind(at.engine)
    began = time.process_time()
    times = await availability.find_times(at.cast.coordinator, at.invitees, WANTED, NOW)
    seconds = time.process_time() - began
    if len(times.suggestions) != 5:  # noqa: PLR2004 - as many as it names
        raise RuntimeError(f"{len(times.suggestions)} times were found.")
    return seconds, times.days


def _timed_sweep(slots: Sequence[Slot], days: Mapping[UUID, BusyDays]) -> float:
    busy = {
        one: [(taken.starts_at, taken.ends_at) for taken in found.taken(slots[0][0], slots[-1][1])]
        for one, found in days.items()
    }
    began = time.process_time()
    _swept(slots, busy)
    return time.process_time() - began


def _swept(slots: Sequence[Slot], busy: Mapping[UUID, Sequence[Slot]]) -> list[tuple[int, datetime]]:
    """Return the five slots at which the fewest people are taken: every slot against what each person has, in order."""
    missing = []
    for start, end in slots:
        taken = sum(any(one[0] < end and one[1] > start for one in having) for having in busy.values())
        missing.append((taken, start))
    return sorted(missing)[:5]
