"""Whether anyone committed, known without a query in another thread."""

import asyncio
import sqlite3
from pathlib import Path

import pytest

from tests.database.rows import PARENT, add_parent
from tracker.database import Engine, bind, close_database, engine_from_url, open_database, writing
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


async def test_the_mark_stays_while_nobody_commits(file: SQLiteEngine) -> None:
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
