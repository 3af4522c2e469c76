"""An upgrade that is killed in the middle has happened wholly or not at all, and the next one finishes it."""

import asyncio
import sqlite3
import sys
from contextlib import closing, suppress
from pathlib import Path
from random import Random

import pytest

from tests.database.releases import FIRST, first_release, found
from tests.faults.senders import IS_FULL
from tracker.config.paths import folder
from tracker.database import bind, close_database, engine_from_url, open_database
from tracker.database.migrate import check_schema, migrate

pytestmark = pytest.mark.anyio

MEMBERS, KILLS = (50_000, 10) if IS_FULL else (3_000, 3)
FIRST_RELEASE = len(FIRST)
PATIENCE = 60.0  # seconds


async def test_a_killed_upgrade_is_finished_by_the_next(tmp_path: Path) -> None:
    file = tmp_path / "tracker.sqlite"
    engine = engine_from_url(f"sqlite:///{file}", synchronous="OFF")
    bind(engine)
    await open_database(engine)
    before = await first_release(members=MEMBERS)
    chance = Random(7)  # noqa: S311 - repeatable faults
    in_the_middle = 0
    while in_the_middle < KILLS and await killed(file, chance.uniform(0, 0.02)) == FIRST_RELEASE:
        in_the_middle += 1
    assert in_the_middle > 0
    await migrate()
    await check_schema()
    assert [table for table, rows in before.items() if await found(table, rows[0]) != rows] == []
    await close_database(engine)


async def killed(file: Path, after: float) -> int:
    """Start an upgrade, kill it so many seconds after it began to write; return how many migrations are in the file.

    They are those of the first release or all: nothing between.
    """
    words = ("-m", "tests.faults.upgrader", f"sqlite:///{file}")
    running = await asyncio.create_subprocess_exec(sys.executable, *words)
    async with asyncio.timeout(PATIENCE):
        while not is_written(file):
            assert running.returncode is None, "The upgrade was over before it could be killed."
            await asyncio.sleep(0.001)
    await asyncio.sleep(after)
    with suppress(ProcessLookupError):
        running.kill()
    await running.wait()
    with closing(sqlite3.connect(file)) as raw:
        assert raw.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        count = int(raw.execute("SELECT count(*) FROM migration").fetchone()[0])
    assert count in (FIRST_RELEASE, len(list(folder("migrations").glob("m*.py"))))
    return count


def is_written(file: Path) -> bool:
    """Say whether another process holds the lock of whoever writes."""
    with closing(sqlite3.connect(file, timeout=0, isolation_level=None)) as raw:
        try:
            raw.execute("BEGIN IMMEDIATE")
            raw.execute("ROLLBACK")
        except sqlite3.OperationalError:
            return True
    return False
