"""Checking one plan against 10,000 operations of the same days, beside a bare box query and the distances it leads to.

Both in processor time, as in `bench.series`. The largest size is the same check with few and with many operations of
other days stored.
"""

import random
import sqlite3
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import uvloop
from msgspec import Struct

from bench.figures import Figure, middle
from bench.stock import opened
from tests.cast import NOW
from tests.usecases.operations.world import A, plan_operation, with_another_lead
from tracker.database import Engine, bind, engine
from tracker.ports.cli.serve import freeze_objects
from tracker.rules.operations.deconfliction import EARTH
from tracker.rules.operations.plans import LONGEST_BUFFER, Disclosure
from tracker.tables.background.operations import LONGEST_OPERATION, ComparedPlan, compared_plans
from tracker.tables.schema.operations import OperationPlan
from tracker.usecases.operations.deconfliction import find_overlaps

IN_THE_WINDOW, FEW, MANY = 10_000, 1_000, 100_000  # operations of the same days, and of other days
USUAL = 200  # of the same days, beside those of other days
SPREAD = 500_000  # millionths of a degree in each direction, about 35 miles
REACH = 5_000  # millionths of a degree, in the bare query: a little more than the radius
LEVELS = frozenset(Disclosure)
ROUNDS, WARM_UP = 40, 5
TARGET = 3  # times the floor
AGE = 1.5  # how much dearer it may be when 100 times as many are stored: their indexes are deeper
COPIED = ("event", "occurrence", "operation_plan", "operation_site")
UNSEARCHED = "DROP TRIGGER search_occurrence_insert; DROP TRIGGER search_operation_site_insert"
"""No one searches in these databases: indexing each copy for search took more than half of the time to fill them."""
IN_MEMORY = "PRAGMA cache_size = -400000; PRAGMA synchronous = OFF"
"""The indexes of 100,000 random identifiers don't fit in SQLite's usual 2 MB: filling took twice as long."""
Rows = dict[str, dict[str, object]]
BARE = (
    "SELECT s.latitude_e6, s.longitude_e6 FROM occurrence o JOIN operation_plan p ON p.event = o.event"
    " JOIN operation_site s ON s.plan = p.id WHERE o.starts_at BETWEEN ? AND ?"
    " AND s.latitude_e6 BETWEEN ? AND ? AND s.longitude_e6 BETWEEN ? AND ?"
)


class Stock(Struct, frozen=True):
    """One database, its file, and the plan that is checked."""

    engine: Engine
    file: Path
    plan: ComparedPlan


def measure() -> Sequence[Figure]:
    """Check a plan among many operations of the same days and ask the bare query, in turns."""
    with tempfile.TemporaryDirectory() as folder:
        checked, bare = uvloop.run(_among_many(Path(folder)))
    name = f"one plan, {IN_THE_WINDOW:,} operations of the same days"
    return (Figure(name=name, value=checked, unit="ms", floor=bare, target=TARGET, more_is_better=False),)


def measure_most() -> Sequence[Figure]:
    """Check a plan where few and where many operations of other days are stored, in turns."""
    with tempfile.TemporaryDirectory() as folder:
        old, young = uvloop.run(_old_and_young(Path(folder)))
    name = f"one plan, {MANY:,} operations of other days, by {FEW:,}"
    return (Figure(name=name, value=old, unit="ms", floor=young, target=AGE, more_is_better=False),)


async def _among_many(folder: Path) -> tuple[float, float]:
    async with AsyncExitStack() as stack:
        full = await _stock(stack, folder / "full.sqlite", IN_THE_WINDOW, 0)
        freeze_objects()
        with sqlite3.connect(full.file) as bare:
            return _usual([(await _check(full), _ask(bare, full.plan)) for _ in range(ROUNDS + WARM_UP)])


async def _old_and_young(folder: Path) -> tuple[float, float]:
    async with AsyncExitStack() as stack:
        few, many = [await _stock(stack, folder / f"{count}.sqlite", USUAL, count) for count in (FEW, MANY)]
        freeze_objects()
        return _usual([(await _check(many), await _check(few)) for _ in range(ROUNDS + WARM_UP)])


def _usual(turns: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """Return both sides of the middle turn, in milliseconds."""
    many, few = middle(turns[WARM_UP:])
    return many * 1000, few * 1000


async def _check(stock: Stock) -> float:
    bind(stock.engine)
    began = time.process_time()
    await find_overlaps(stock.plan, LEVELS, NOW)
    return time.process_time() - began


def _ask(connection: sqlite3.Connection, plan: ComparedPlan) -> float:
    """Return how long the bare query takes, and the distances of what it finds."""
    [point] = plan.points
    when = (_text(plan.starts_at - LONGEST_BUFFER - LONGEST_OPERATION), _text(plan.ends_at + LONGEST_BUFFER))
    box = (point.latitude_e6 - REACH, point.latitude_e6 + REACH, point.longitude_e6 - REACH, point.longitude_e6 + REACH)
    began = time.process_time()
    for latitude, longitude in connection.execute(BARE, (*when, *box)).fetchall():
        EARTH.Inverse(point.latitude_e6 / 1e6, point.longitude_e6 / 1e6, latitude / 1e6, longitude / 1e6)
    return time.process_time() - began


async def _stock(stack: AsyncExitStack, file: Path, same_days: int, other_days: int) -> Stock:
    """Make a database with a plan, copies of it all around on the same days, and on days of ten years before."""
    two = await with_another_lead(await stack.enter_async_context(opened(file)))
    event_id = await plan_operation(two.fbi_lead, two.hsi_liaison, at=A)
    with sqlite3.connect(file) as rows:
        rows.executescript(UNSEARCHED)
    _copy(file, same_days, lambda luck: timedelta(minutes=luck.randrange(-600, 600)))
    _copy(file, other_days, lambda luck: timedelta(days=-luck.randrange(60, 3_650)))
    [plan_id] = await OperationPlan.select(OperationPlan.id).where(OperationPlan.event == event_id).output(as_list=True)
    return Stock(engine(), file, (await compared_plans([plan_id]))[plan_id])


def _copy(file: Path, count: int, moved: Callable[[random.Random], timedelta]) -> None:
    """Copy the rows of the only plan, each to another place and time."""
    luck = random.Random(1)  # noqa: S311 - repeatable, not secret
    with sqlite3.connect(file) as rows:
        rows.executescript(IN_MEMORY)
        rows.row_factory = sqlite3.Row
        first = {table: dict(rows.execute(f"SELECT * FROM {table} LIMIT 1").fetchone()) for table in COPIED}
        for _ in range(count):
            for table, row in _one_more(first, luck, moved(luck)).items():
                marks = ", ".join("?" * len(row))
                rows.execute(f"INSERT INTO {table} VALUES ({marks})", tuple(row.values()))


def _one_more(first: Rows, luck: random.Random, later: timedelta) -> Rows:
    """Return the rows of another operation, which lie in these tables as those of the first."""
    event, date, plan, site = (dict(first[table]) for table in COPIED)
    event |= {"id": str(uuid4()), "uid": str(uuid4()), "reference": str(uuid4())[:20]}
    date |= {"id": str(uuid4()), "event": event["id"]}
    date |= {name: _text(datetime.fromisoformat(str(date[name])) + later) for name in ("starts_at", "ends_at")}
    plan |= {"id": str(uuid4()), "event": event["id"], "awaits_clock": 0}
    plan |= {"checked_start": date["starts_at"], "checked_end": date["ends_at"]}
    site |= {"id": str(uuid4()), "plan": plan["id"]}
    site |= {name: int(str(site[name])) + luck.randrange(-SPREAD, SPREAD) for name in ("latitude_e6", "longitude_e6")}
    return dict(zip(COPIED, (event, date, plan, site), strict=True))


def _text(moment: datetime) -> str:
    """Return a moment as SQLite keeps it."""
    return moment.astimezone(UTC).isoformat(" ")
