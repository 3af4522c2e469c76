"""Saving a weekly series of five years with 40 people invited, against a bare executemany of the very same rows.

Both are measured in processor time: a save goes to the database's thread and back some twenty times, and on a busy
machine would wait for its turn as often.
"""

import shutil
import sqlite3
import tempfile
import time
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import uvloop
from msgspec.structs import replace

from bench.figures import Figure, middle
from bench.stock import with_old_dates
from tests.cast import NOW, Cast, meeting
from tracker.database import engine
from tracker.rules.events.plans import Plan
from tracker.rules.events.replies import AttendeeRole
from tracker.rules.recurrence.series import rule_for_choice
from tracker.tables.schema.roster import Member
from tracker.usecases.events import scheduling

STORED = 2_000  # dates that are there already, and with them the people who are invited
INVITED, ROUNDS, WARM_UP = 40, 30, 3
TARGET = 2.5  # times the floor
STARTS = datetime(2027, 1, 12, 10)  # noqa: DTZ001 - local to the event's zone
LAST = date(2031, 12, 30)
TABLES = ("event", "event_audience", "occurrence", "invitation", "reply", "sending", "message", "audit_entry")
"""What a save adds rows to; it also moves counters and the end of the audit log, which the floor does not."""

Rows = Mapping[str, Sequence[tuple[Any, ...]]]


def measure() -> Sequence[Figure]:
    """Save and insert in turns, in two files that began as one."""
    with tempfile.TemporaryDirectory() as folder:
        saved, bare = middle(uvloop.run(_measured(Path(folder))))
    return (
        Figure(
            name=f"a series of five years with {INVITED} people saved",
            value=saved * 1000,
            unit="ms",
            floor=bare * 1000,
            target=TARGET,
            more_is_better=False,
        ),
    )


async def _measured(folder: Path) -> list[tuple[float, float]]:
    ours, bare = folder / "ours.sqlite", folder / "bare.sqlite"
    async with with_old_dates(ours, STORED) as cast:
        plan = await five_years()
        await engine().run_ddl("PRAGMA wal_checkpoint(TRUNCATE)")
        shutil.copy(ours, bare)
        with sqlite3.connect(ours) as reading, sqlite3.connect(bare, isolation_level=None) as writing:
            writing.execute("PRAGMA synchronous=OFF")
            writing.execute("PRAGMA foreign_keys=ON")
            return [await _round(cast, plan, reading, writing) for _ in range(ROUNDS + WARM_UP)][WARM_UP:]


async def five_years() -> Plan:
    """Return a weekly series with some of the people of old dates."""
    people = await Member.select(Member.id).where(Member.email.like("%@large.example")).limit(INVITED)
    plan = meeting(starts=STARTS, rule=rule_for_choice("weekly", STARTS, until=LAST))
    return replace(plan, invitees={row["id"]: AttendeeRole.REQUIRED for row in people})


async def _round(
    cast: Cast, plan: Plan, reading: sqlite3.Connection, writing: sqlite3.Connection
) -> tuple[float, float]:
    before = {table: _last(reading, table) for table in TABLES}
    began = time.process_time()
    await scheduling.schedule_event(cast.coordinator, plan, NOW)
    saved = time.process_time() - began
    rows = {table: _since(reading, table, last) for table, last in before.items()}
    if len(rows["message"]) != INVITED or len(rows["occurrence"]) < 5 * 52:
        raise RuntimeError("The save did not write what it was to write.")
    return saved, _inserted(writing, rows)


def _last(reading: sqlite3.Connection, table: str) -> int:
    return int(reading.execute(f"SELECT COALESCE(MAX(rowid), 0) FROM {table}").fetchone()[0])


def _since(reading: sqlite3.Connection, table: str, last: int) -> list[tuple[Any, ...]]:
    return reading.execute(f"SELECT * FROM {table} WHERE rowid > ?", (last,)).fetchall()


def _inserted(writing: sqlite3.Connection, rows: Rows) -> float:
    began = time.process_time()
    writing.execute("BEGIN IMMEDIATE")
    for table, made in rows.items():
        places = ", ".join("?" * len(made[0]))
        writing.executemany(f"INSERT INTO {table} VALUES ({places})", made)
    writing.execute("COMMIT")
    return time.process_time() - began
