"""10,000 reminders planned in one transaction, beside a bare executemany of the very same rows; in processor time."""

import shutil
import sqlite3
import tempfile
import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

import uvloop

from bench.figures import Figure
from bench.stock import opened
from tests.cast import NOW, ZONE, everyone, meeting
from tracker.database import engine
from tracker.tables.schema.core.tables import Message
from tracker.usecases.emails.reminders import queue_due_messages
from tracker.usecases.events import scheduling

COUNT, PEOPLE = 10_000, 10  # reminders, and people who come to each meeting
TARGET = 5  # times the floor
A_DAY_BEFORE = datetime.fromisoformat("2027-01-11T16:00+00:00")


def measure() -> Sequence[Figure]:
    """Plan once, in a database of its own, and insert the same rows into a copy of it."""
    with tempfile.TemporaryDirectory() as folder:
        planned, bare = uvloop.run(_measured(Path(folder)))
    return (
        Figure(
            name=f"{COUNT:,} reminders planned",
            value=planned * 1000,
            unit="ms",
            floor=bare * 1000,
            target=TARGET,
            more_is_better=False,
        ),
    )


async def _measured(folder: Path) -> tuple[float, float]:
    ours, bare = folder / "ours.sqlite", folder / "bare.sqlite"
    async with opened(ours) as cast:
        await queue_due_messages(NOW, ZONE)
        for _ in range(COUNT // PEOPLE):
            await scheduling.schedule_event(cast.coordinator, meeting(*everyone(cast)[: PEOPLE - 1]), NOW)
        await queue_due_messages(A_DAY_BEFORE - timedelta(seconds=1), ZONE)
        await Message.delete(force=True)
        await engine().run_ddl("PRAGMA wal_checkpoint(TRUNCATE)")
        shutil.copy(ours, bare)
        began = time.process_time()
        number = await queue_due_messages(A_DAY_BEFORE, ZONE)
        planned = time.process_time() - began
    if number != COUNT:
        raise RuntimeError(f"{number:,} and not {COUNT:,} reminders were planned.")
    return planned, _inserted(ours, bare)


def _inserted(ours: Path, bare: Path) -> float:
    """Return the processor time in which the new rows are inserted into the copy."""
    with sqlite3.connect(ours) as reading, sqlite3.connect(bare, isolation_level=None) as writing:
        rows = reading.execute("SELECT * FROM message").fetchall()
        sendings = reading.execute("SELECT * FROM sending").fetchall()
        known = {one for (one,) in writing.execute("SELECT id FROM sending")}
        made = [one for one in sendings if one[0] not in known]
        writing.execute("PRAGMA synchronous=OFF")
        began = time.process_time()
        writing.execute("BEGIN IMMEDIATE")
        _insert(writing, "sending", made)
        _insert(writing, "message", rows)
        writing.execute("COMMIT")
        return time.process_time() - began


def _insert(writing: sqlite3.Connection, table: str, rows: Sequence[tuple[object, ...]]) -> None:
    places = ", ".join("?" * len(rows[0]))
    writing.executemany(f"INSERT INTO {table} VALUES ({places})", rows)
