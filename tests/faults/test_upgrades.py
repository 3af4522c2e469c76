"""An upgrade that is killed in the middle has happened wholly or not at all, and the next one finishes it."""

import asyncio
import sqlite3
import sys
from contextlib import closing, suppress
from pathlib import Path
from random import Random

from tests.database.releases import changed_tables, first_release, next_release
from tests.faults.senders import IS_FULL
from tracker.database import bind, close_database, engine_from_url, open_database
from tracker.database.migrate import check_schema, migrate, migration_names

MEMBERS, KILLS = (50_000, 10) if IS_FULL else (3_000, 3)
FIRST_RELEASE = 1  # migration
PATIENCE = 60.0  # seconds
SLOW = """
ALTER TABLE member ADD COLUMN nickname VARCHAR(120) NOT NULL DEFAULT '';
UPDATE member SET nickname = name;
CREATE INDEX member_nickname ON member (nickname, email);
CREATE TABLE member_nickname_history AS SELECT * FROM member;
UPDATE member SET nickname = nickname || email;
"""
"""What the next release changes: it takes as long as it writes into every row, and would not run twice."""


async def test_a_killed_upgrade_is_finished_by_the_next(tmp_path: Path) -> None:
    file = tmp_path / "tracker.sqlite"
    engine = engine_from_url(f"sqlite:///{file}", synchronous="OFF")
    bind(engine)
    await open_database(engine)
    before = await first_release(members=MEMBERS)
    release = next_release(tmp_path, SLOW)
    chance = Random(7)  # noqa: S311 - repeatable faults
    in_the_middle = 0
    while in_the_middle < KILLS and await killed(file, release, chance.uniform(0, 0.02)) == FIRST_RELEASE:
        in_the_middle += 1
    assert in_the_middle > 0
    await migrate(release)
    await check_schema(release)
    assert await changed_tables(before) == []
    await close_database(engine)


async def killed(file: Path, release: Path, after: float) -> int:
    """Start an upgrade, kill it so many seconds after it began to write; return how many migrations are in the file.

    They are those of the first release or all: nothing between.
    """
    words = ("-m", "tests.faults.upgrader", f"sqlite:///{file}", str(release))
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
    assert count in (FIRST_RELEASE, len(migration_names()) + 1)
    return count


def is_written(file: Path) -> bool:
    """Say whether another process holds the lock of writers."""
    with closing(sqlite3.connect(file, timeout=0, isolation_level=None)) as raw:
        try:
            raw.execute("BEGIN IMMEDIATE")
            raw.execute("ROLLBACK")
        except sqlite3.OperationalError:
            return True
    return False
