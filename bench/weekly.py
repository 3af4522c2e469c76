"""Home with eight more weekly series in its window, beside home without them."""

import tempfile
from collections.abc import Sequence
from contextlib import AsyncExitStack
from datetime import datetime
from pathlib import Path

import uvloop

from bench.figures import Figure, middle
from bench.renders import WARM_UP
from bench.world import LONG_AGO, World, asked, world
from tests.cast import NOW, everyone, meeting
from tracker import clock
from tracker.ports.cli.serve import freeze_objects
from tracker.rules.recurrence.series import rule_for_choice
from tracker.usecases.events import scheduling

DATES = 1_000  # stored
SERIES, WEEKS = 8, 26
REQUESTS = 100
TARGET = 1.5  # times home without them


def measure() -> Sequence[Figure]:
    """Measure home as the coordinator opens it, with the series and without, in turns."""
    with tempfile.TemporaryDirectory() as folder:
        return uvloop.run(_measured(Path(folder)))


async def _measured(folder: Path) -> Sequence[Figure]:
    clock.start_at(NOW, is_still=True)
    try:
        async with AsyncExitStack() as stack:
            usual = await stack.enter_async_context(world(folder / "usual.sqlite", DATES))
            fuller = await stack.enter_async_context(world(folder / "fuller.sqlite", DATES))
            await _schedule_weekly(fuller)
            freeze_objects()
            taken = [(await asked(fuller, "/"), await asked(usual, "/")) for _ in range(REQUESTS + WARM_UP)]
    finally:
        clock.start_at(None)
    with_them, without = middle(taken[WARM_UP:])
    return (
        Figure(
            name=f"home page, {SERIES} more weekly series in its window",
            value=with_them * 1000,
            unit="ms",
            floor=without * 1000,
            target=TARGET,
            more_is_better=False,
        ),
    )


async def _schedule_weekly(fuller: World) -> None:
    """Schedule series to which everyone is invited and no one has replied; each has two dates in the window."""
    for number in range(SERIES):
        first = datetime(2026, 11, 16 + number % 5, 9 + number)  # noqa: DTZ001 - local to the event's zone
        rule = rule_for_choice("weekly", first, count=WEEKS)
        plan = meeting(*everyone(fuller.cast), title=f"Weekly call {number}", starts=first, rule=rule)
        await scheduling.schedule_event(fuller.cast.coordinator, plan, LONG_AGO)
