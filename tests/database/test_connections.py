"""Connections and processes at one database: who committed, snapshots, and how a process ends."""

import asyncio
import sqlite3
from pathlib import Path

import pytest
from piccolo.engine.exceptions import TransactionError
from piccolo.querystring import QueryString

from tests.database.others import process, url_of
from tests.database.rows import (
    PARENT,
    REFUSED,
    add_parent,
    be_canceled,
    connection_threads,
    counter_value,
    parents,
    read_then_write,
    works,
)
from tracker.database import Engine, bind, close_database, engine_from_url, open_database, together, writing
from tracker.database.in_step import snapshot_of
from tracker.database.postgres import PostgresEngine
from tracker.database.sqlite import SQLiteEngine

pytestmark = pytest.mark.both_engines


@pytest.fixture
async def file(tmp_path: Path) -> SQLiteEngine:
    engine = engine_from_url(f"sqlite:///{tmp_path / 'new.sqlite'}")
    assert isinstance(engine, SQLiteEngine)
    bind(engine)
    await open_database(engine)
    await engine.run_ddl(PARENT)
    yield engine
    await close_database(engine)


async def test_the_mark_stays_while_no_one_commits(file: SQLiteEngine) -> None:
    mark = file.change_mark()
    await file.run_ddl("SELECT 1")
    assert mark is not None
    assert file.change_mark() == mark


async def test_a_commit_moves_the_mark_and_an_open_transaction_does_not(file: SQLiteEngine) -> None:
    mark = file.change_mark()
    async with writing():
        await add_parent(file, 1)
        assert file.change_mark() == mark
    assert file.change_mark() != mark


async def test_a_transaction_that_is_undone_leaves_the_mark(file: SQLiteEngine) -> None:
    mark = file.change_mark()
    with pytest.raises(ZeroDivisionError):
        async with writing():
            await add_parent(file, 1)
            raise ZeroDivisionError
    assert file.change_mark() == mark


async def test_a_commit_of_another_program_moves_the_mark(file: SQLiteEngine) -> None:
    mark = file.change_mark()
    other = sqlite3.connect(file.path)
    other.execute("CREATE TABLE theirs (id INTEGER)")
    other.close()
    await asyncio.sleep(0)  # the next request comes in a later turn of the event loop
    assert file.change_mark() != mark


async def test_requests_of_one_turn_share_a_look(file: SQLiteEngine) -> None:
    marks = [file.change_mark() for _ in range(3)]
    with sqlite3.connect(file.path) as other:
        other.execute("CREATE TABLE theirs (id INTEGER)")
    assert {file.change_mark()} == set(marks)


async def test_marks_of_an_engine_that_was_closed_in_between_are_never_alike(file: SQLiteEngine) -> None:
    mark = file.change_mark()
    await close_database(file)
    await open_database(file)
    assert file.change_mark() != mark


async def test_postgresql_gives_none(database: Engine) -> None:
    assert (database.change_mark() is None) == isinstance(database, PostgresEngine)


async def test_what_is_committed_meanwhile_is_seen_only_after_the_snapshot(small: Engine) -> None:
    await add_parent(small, 1)
    async with small.snapshot():
        assert await parents(small) == [1]
        await add_parent(small, 2)
        assert await together(parents(small), parents(small)) == ([1], [1])
    assert await parents(small) == [1, 2]
    await works(small)


async def test_tasks_that_are_started_in_a_snapshot_read_from_it(small: Engine) -> None:
    async with small.snapshot():
        assert await counter_value(small) == 0
        await read_then_write(small)
        assert await asyncio.gather(*(counter_value(small) for _ in range(20))) == [0] * 20
    assert await counter_value(small) == 1


async def test_in_a_transaction_a_snapshot_is_what_the_transaction_sees(small: Engine) -> None:
    async with writing():
        await add_parent(small, 1)
        async with small.snapshot():
            assert await parents(small) == [1]


async def test_a_statement_that_fails_in_a_snapshot_leaves_nothing_behind(small: Engine) -> None:
    with pytest.raises(REFUSED):
        async with small.snapshot():
            await small.run_querystring(QueryString("SELECT FROM WHERE"))
    async with small.snapshot():
        pass
    await works(small)


async def test_parts_that_read_together_in_a_snapshot_fail_by_the_statement_that_failed(small: Engine) -> None:
    with pytest.raises(REFUSED, match="syntax"):
        async with small.snapshot():
            await together(counter_value(small), small.run_querystring(QueryString("SELECT FROM WHERE")))
    await works(small)


async def test_a_snapshot_that_is_left_early_leaves_no_connection(small: Engine) -> None:
    async def reading() -> None:
        async with small.snapshot():
            while True:
                await asyncio.gather(*(counter_value(small) for _ in range(5)))

    task = asyncio.create_task(reading())
    await asyncio.sleep(0.05)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert connection_threads() <= 1
    await works(small)


async def test_a_task_that_is_canceled_while_its_snapshot_ends_gives_its_connection_back(
    small: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(2 * small.pool_size):
        with monkeypatch.context() as during, pytest.raises(asyncio.CancelledError):
            async with small.snapshot():
                await counter_value(small)
                during.setattr(small, "fetch", be_canceled)
    await works(small)


async def test_nothing_is_read_from_a_snapshot_that_has_ended(small: Engine) -> None:
    async with snapshot_of(small) as snapshot:
        await snapshot.read([("SELECT n FROM counter", [])])
    with pytest.raises(TransactionError):
        await snapshot.read([("SELECT n FROM counter", [])])
    await works(small)


async def test_four_processes_lose_no_increment_and_end_by_themselves(small: Engine) -> None:
    workers = [process("increment.py", url_of(small), "10", "10") for _ in range(4)]
    ends = [(worker.communicate(timeout=120)[1], worker.returncode) for worker in workers]
    assert ends == [("", 0)] * 4
    assert await counter_value(small) == 400
