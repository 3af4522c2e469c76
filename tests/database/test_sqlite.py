"""What SQLite alone needs: pragmas, a private file, WAL from the first moment, whole rollbacks."""

import asyncio
import sqlite3
import stat
import sys
import threading
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4
from zoneinfo import ZoneInfo

import anyio
import pytest
from piccolo.engine.exceptions import TransactionError
from piccolo.querystring import QueryString

from tests.database.rows import PARENT, add_parent, connection_threads, parents
from tests.database.statements import noted
from tracker.database import bind, close_database, engine_from_url, open_database, together, writing
from tracker.database.sqlite import SQLiteEngine


@pytest.fixture
async def file(tmp_path: Path) -> SQLiteEngine:
    engine = engine_from_url(f"sqlite:///{tmp_path / 'new.sqlite'}")
    assert isinstance(engine, SQLiteEngine)
    bind(engine)
    await open_database(engine)
    await engine.run_ddl(PARENT)
    yield engine
    await close_database(engine)


@pytest.mark.parametrize(
    ("pragma", "value"),
    [("journal_mode", "wal"), ("synchronous", 2), ("foreign_keys", 1), ("busy_timeout", 30_000), ("trusted_schema", 0)],
)
async def test_each_connection_is_safe(file: SQLiteEngine, pragma: str, value: object) -> None:
    row = (await file.run_ddl(f"PRAGMA {pragma}"))[0]
    assert list(row.values()) == [value]
    async with writing():
        row = (await file.run_ddl(f"PRAGMA {pragma}"))[0]
    assert list(row.values()) == [value]


async def test_ids_and_moments_come_out_as_they_went_in(file: SQLiteEngine) -> None:
    await file.run_ddl("CREATE TABLE thing (id UUID, at TIMESTAMPTZ)")
    id_, at = uuid4(), datetime(2026, 12, 1, 8, tzinfo=ZoneInfo("America/Chicago"))
    await file.run_querystring(
        QueryString("INSERT INTO thing VALUES ({}, {}), ({}, {})", id_, at, id_, "2026-12-01 14:00:00")
    )
    rows = await file.run_querystring(QueryString("SELECT id, at FROM thing"))
    assert [(row["id"], row["at"], row["at"].tzinfo) for row in rows] == [(id_, at, UTC)] * 2


async def test_a_connection_holds_on_to_nothing_that_it_has_read(file: SQLiteEngine) -> None:
    rows = await file.run_querystring(QueryString("SELECT 'Operation Bluestem' AS title"))
    held = sys.getrefcount(rows)
    assert held == 2, "by this test, and by the call that counts"


async def test_a_connection_whose_read_was_canceled_is_used_by_no_one_else(file: SQLiteEngine) -> None:
    first = await file.acquire()
    await file.give_back(first, is_clean=True)
    reading = asyncio.create_task(parents(file))
    await asyncio.sleep(0)
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    second = await file.acquire()
    await file.give_back(second, is_clean=True)
    assert second is not first


async def test_parts_and_their_parts_read_in_the_same_trips(file: SQLiteEngine) -> None:
    async def twice() -> None:
        for _ in range(2):
            await file.run_querystring(QueryString("SELECT 1"))

    with noted() as statements:
        await together(twice(), twice(), together(twice(), together(twice(), twice())))
    assert (len(statements), statements.trips) == (10, 2)


async def test_what_is_only_written_takes_one_trip(file: SQLiteEngine) -> None:
    with noted() as statements:
        async with writing():
            file.write_many("INSERT INTO parent VALUES (1, 'one')", [()])
            file.write_many("INSERT INTO parent VALUES (2, 'two')", [()])
    assert statements.trips == 1
    assert await parents(file) == [1, 2]


async def test_only_the_owner_can_read_the_file_and_its_companions(file: SQLiteEngine) -> None:
    await add_parent(file, 1)
    modes = {one.name: stat.S_IMODE(one.stat().st_mode) for one in Path(file.path).parent.iterdir()}
    assert modes == {"new.sqlite": 0o600, "new.sqlite-wal": 0o600, "new.sqlite-shm": 0o600}


async def test_opening_one_more_connection_drops_no_lock_of_the_others(file: SQLiteEngine) -> None:
    await (await file.get_connection()).close()
    write_and_close = "import sqlite3, sys; one = sqlite3.connect(sys.argv[1]); one.execute('VACUUM'); one.close()"
    await anyio.run_process([sys.executable, "-c", write_and_close, file.path])
    assert Path(f"{file.path}-wal").exists()  # or that process took itself for the last one, and our writes are lost


async def test_closing_ends_every_thread(tmp_path: Path) -> None:
    before = connection_threads()
    engine = engine_from_url(f"sqlite:///{tmp_path / 'new.sqlite'}")
    bind(engine)
    await open_database(engine)
    async with writing():
        await engine.run_ddl(PARENT)
    await close_database(engine)
    assert await parents(engine) == []  # still works, on a connection that ends with the query
    await asyncio.sleep(0.1)  # the last thread says that it is done and then ends
    assert connection_threads() == before


async def test_an_opening_that_is_canceled_leaves_no_thread(file: SQLiteEngine) -> None:
    before = connection_threads()
    for step in range(20):
        opening = asyncio.create_task(file.get_connection())
        await asyncio.sleep(step * 0.0001)
        opening.cancel()
        with suppress(asyncio.CancelledError):
            await (await opening).close()
    await asyncio.sleep(0.1)
    assert connection_threads() <= before


def test_a_new_file_in_which_someone_writes_is_waited_for(tmp_path: Path) -> None:
    path = str(tmp_path / "new.sqlite")
    someone = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    someone.execute("BEGIN IMMEDIATE")  # before the file is in WAL mode, and SQLite refuses the switch at once
    end = threading.Timer(0.1, someone.execute, ["ROLLBACK"])
    end.start()
    connection = SQLiteEngine(path).connect()
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    end.join()
    connection.close()
    someone.close()


async def test_after_a_statement_that_rolls_everything_back_nothing_more_is_written(file: SQLiteEngine) -> None:
    await add_parent(file, 1, "same")
    with pytest.raises(TransactionError):
        async with writing():
            await add_parent(file, 2)
            with pytest.raises(sqlite3.IntegrityError):
                async with writing():
                    await file.run_querystring(QueryString("INSERT OR ROLLBACK INTO parent VALUES (3, 'same')"))
            await add_parent(file, 4)
    assert await parents(file) == [1]


async def test_a_missing_folder_is_said(tmp_path: Path) -> None:
    engine = engine_from_url(f"sqlite:///{tmp_path / 'missing' / 'new.sqlite'}")
    with pytest.raises(FileNotFoundError, match="missing"):
        await open_database(engine)


async def test_a_file_that_is_no_database_is_said(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("Dear task force, " * 100)
    with pytest.raises(sqlite3.DatabaseError, match="not a database"):
        await open_database(engine_from_url(f"sqlite:///{tmp_path / 'letter.txt'}"))
