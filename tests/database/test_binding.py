"""Which engine the tables use."""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from piccolo.columns import Integer, Varchar
from piccolo.engine.exceptions import TransactionError
from piccolo.querystring import QueryString
from piccolo.table import Table, create_db_tables

from tests.database.others import url_of
from tests.database.rows import REFUSED, add_parent, be_canceled, connection_threads, counter_value, parents, works
from tests.database.statements import noted
from tracker.database import (
    Engine,
    bind,
    changing_schema,
    engine,
    engine_from_url,
    is_postgres,
    is_unavailable,
    open_database,
    rebuild_table,
    together,
    writing,
)
from tracker.database import connections as writer_lock
from tracker.tables.schema.roster import Agency

pytestmark = pytest.mark.both_engines


class Room(Table):
    name = Varchar(length=40)
    seats = Integer(default=10)


async def test_tables_use_the_bound_engine(database: Engine) -> None:
    assert engine() is database
    assert Agency._meta.db is database
    assert await Agency.count() == 0


async def test_a_table_declared_after_binding_uses_the_bound_engine(blank_database: Engine) -> None:
    class Late(Table):
        name = Varchar(length=40)

    await create_db_tables(Room, Late)
    async with writing():
        await Room(name="Library").save()
        await Late(name="Late").save()
    assert Late._meta.db is blank_database
    assert await Late.select(Late.name) == [{"name": "Late"}]
    assert await Room.select(Room.name, Room.seats) == [{"name": "Library", "seats": 10}]


async def test_binding_again_moves_every_table(sqlite_database: Engine, tmp_path: Path) -> None:
    other = engine_from_url(f"sqlite:///{tmp_path / 'other.sqlite'}")
    bind(other)
    assert Agency._meta.db is other
    bind(sqlite_database)
    assert await Agency.count() == 0


async def test_a_url_leads_to_its_engine(blank_database: Engine) -> None:
    same = engine_from_url(url_of(blank_database))
    assert type(same) is type(blank_database)
    assert is_postgres(same) == is_postgres(blank_database)


async def test_a_relative_path_starts_in_the_working_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    relative = engine_from_url("sqlite:///here.sqlite")
    await open_database(relative)
    await relative.close()
    assert (tmp_path / "here.sqlite").exists()


@pytest.mark.parametrize(
    "url", ["", "sqlite://", "sqlite:///", "sqlite:///:memory:", "mysql://host/name", "tracker.db"]
)
def test_any_other_url_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="sqlite:///path or postgresql://"):
        engine_from_url(url)


async def test_a_task_does_not_wait_forever_for_a_connection(small: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer_lock, "A_CONNECTION", 0.05)
    taken = [await small.acquire() for _ in range(small.pool_size)]
    with pytest.raises(TimeoutError) as late:
        await counter_value(small)
    assert is_unavailable(late.value)
    for connection in taken:
        await small.give_back(connection, is_clean=True)
    await works(small)


CREATE = "CREATE TABLE parent_new (id INTEGER PRIMARY KEY, name VARCHAR(80) NOT NULL UNIQUE, note TEXT NOT NULL)"
COPY = "INSERT INTO parent_new SELECT id, name, '-' FROM parent"
INDEX = "CREATE INDEX parent_note ON parent (note)"
ORPHAN = QueryString("INSERT INTO child VALUES (2, 404)")
ALTER = ("ALTER TABLE parent ADD COLUMN note TEXT NOT NULL DEFAULT '-'", INDEX)


async def _rebuild(copy: str = COPY) -> None:
    await rebuild_table("parent", create=CREATE, copy=copy, then=[INDEX], postgres=ALTER)


async def _children(engine: Engine) -> list[dict[str, object]]:
    query = QueryString("SELECT child.id, note FROM child JOIN parent ON parent.id = child.parent")
    return [dict(row) for row in await engine.run_querystring(query)]


@pytest.fixture
async def family(small: Engine) -> Engine:
    await add_parent(small, 7)
    await small.run_querystring(QueryString("INSERT INTO child VALUES (1, 7)"))
    return small


async def test_children_survive(family: Engine) -> None:
    await _rebuild()
    assert await _children(family) == [{"id": 1, "note": "-"}]


async def test_a_rebuild_is_part_of_the_migrations_transaction(family: Engine) -> None:
    with pytest.raises(ZeroDivisionError):
        async with changing_schema():
            await _rebuild()
            raise ZeroDivisionError
    await _rebuild()
    assert await _children(family) == [{"id": 1, "note": "-"}]
    assert await parents(family) == [7]


async def test_foreign_keys_hold_before_and_after(family: Engine) -> None:
    await _rebuild()
    with pytest.raises(REFUSED, match=r"(?i)foreign key"):
        async with writing():
            await family.run_querystring(ORPHAN)
    await family.run_querystring(QueryString("DELETE FROM parent WHERE id = 7"))
    assert await _children(family) == []


@pytest.mark.parametrize("source", ["sqlite"], indirect=True)  # PostgreSQL alters in place and copies nothing
async def test_a_rebuild_that_loses_a_parent_is_undone(family: Engine) -> None:
    with pytest.raises(REFUSED, match="refer to rows that are gone"):
        await _rebuild(copy=f"{COPY} WHERE id <> 7")
    assert await parents(family) == [7]


async def test_an_orphan_written_in_a_migration_is_refused(family: Engine) -> None:
    with pytest.raises(REFUSED, match=r"(?i)foreign key|refer to rows"):
        async with changing_schema():
            await family.run_querystring(ORPHAN)


@pytest.mark.parametrize("source", ["sqlite"], indirect=True)  # PostgreSQL alters in place and deletes nothing
async def test_a_rebuild_with_foreign_keys_on_is_refused_before_it_deletes_anything(family: Engine) -> None:
    async with writing():
        with pytest.raises(TransactionError):
            await _rebuild()
    assert await parents(family) == [7]


async def test_one_change_of_schema_inside_another_is_a_savepoint(family: Engine) -> None:
    async with changing_schema():
        with pytest.raises(ZeroDivisionError):
            async with changing_schema():
                await add_parent(family, 8)
                raise ZeroDivisionError
        await add_parent(family, 9)
    assert await parents(family) == [7, 9]


Writer = Callable[[Engine], Coroutine[Any, Any, None]]
SQL_IS_WRONG = "syntax"


async def word(text: str) -> Any:
    """Return a text that the database was asked for."""
    [row] = await engine().run_querystring(QueryString("SELECT CAST({} AS VARCHAR) AS word", text))
    return row["word"]


async def twice(text: str) -> list[Any]:
    """Return a text and, by a second statement, the same again."""
    return [await word(text), await word(text)]


async def failing() -> None:
    """Ask what no database understands."""
    await engine().run_querystring(QueryString("SELECT FROM WHERE"))


async def adding(engine: Engine) -> None:
    """Write a row outside any transaction."""
    await add_parent(engine, 9)


async def transacting(_: Engine) -> None:
    """Begin a transaction."""
    async with writing():
        pass


async def changing_many(engine: Engine) -> None:
    """Leave rows to the transaction that is open."""
    engine.write_many("INSERT INTO parent (id) VALUES (9)", [[]])


async def reading_what_it_writes(engine: Engine) -> None:
    """Write by what is for questions."""
    await engine.read_each(QueryString("DELETE FROM parent"))


async def writing_what_it_names(engine: Engine) -> None:
    """Write by a statement that begins as a question does."""
    named = "WITH gone AS (SELECT 1 AS id) DELETE FROM parent WHERE id IN (SELECT id FROM gone)"
    await engine.run_querystring(QueryString(named))


async def test_each_part_gets_its_own_rows(small: Engine) -> None:
    first, second, third = await together(word("a"), twice("b"), together(word("c"), twice("d")))
    assert (first, second, third) == ("a", ["b", "b"], ("c", ["d", "d"]))
    await works(small)


async def test_a_part_that_fails_takes_nothing_from_the_others(small: Engine) -> None:
    words: list[Any] = []

    async def keeping(text: str) -> None:
        words.append(await word(text))

    with pytest.raises(Exception, match=SQL_IS_WRONG):
        await together(keeping("a"), failing(), keeping("b"))
    assert sorted(words) == ["a", "b"]
    await works(small)


async def test_that_the_task_is_canceled_comes_before_the_error_of_a_part(small: Engine) -> None:
    with pytest.raises(asyncio.CancelledError):
        await together(failing(), be_canceled())
    await works(small)


async def test_in_a_transaction_the_parts_read_what_it_wrote(small: Engine) -> None:
    async with writing():
        await add_parent(small, 1)
        assert await together(parents(small), word("a")) == ([1], "a")
        with pytest.raises(Exception, match=SQL_IS_WRONG):
            async with writing():
                await together(failing(), word("never begun"))
    assert await parents(small) == [1]


async def test_parts_of_a_transaction_ask_at_the_same_time(small: Engine) -> None:
    async with writing():
        await add_parent(small, 1)
        with noted() as statements:
            row_lists = await together(twice("a"), together(parents(small), word("b")), twice("c"))
    assert row_lists == (["a", "a"], ([1], "b"), ["c", "c"])
    assert statements.trips == 2


async def test_a_part_of_a_transaction_may_wait_for_something_else(small: Engine) -> None:
    async def patient() -> list[Any]:
        before = await word("a")
        await asyncio.sleep(0)
        with suppress(TimeoutError):
            await asyncio.wait_for(asyncio.Event().wait(), 0.001)
        return [before, await word("b")]

    async with writing():
        assert await together(patient(), twice("c")) == (["a", "b"], ["c", "c"])
    await works(small)


async def test_a_transaction_that_is_left_while_its_parts_read_leaves_nothing(small: Engine) -> None:
    async def deed() -> None:
        async with writing():
            await add_parent(small, 1)
            await together(twice("a"), asyncio.sleep(60))

    task = asyncio.create_task(deed())
    await asyncio.sleep(0.05)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await parents(small) == []
    await works(small)


async def test_a_page_that_is_left_leaves_no_connection(small: Engine) -> None:
    page = asyncio.create_task(together(twice("a"), twice("b")))  # type: ignore[arg-type]  # a coroutine
    await asyncio.sleep(0)
    page.cancel()
    with pytest.raises(asyncio.CancelledError):
        await page
    assert connection_threads() <= 1
    await works(small)


@pytest.mark.parametrize("write", [adding, transacting, changing_many, reading_what_it_writes, writing_what_it_names])
async def test_a_part_that_writes_is_refused(small: Engine, write: Writer) -> None:
    with pytest.raises(TransactionError, match="Write before `together`"):
        await together(word("a"), write(small))
    async with writing():
        with pytest.raises(TransactionError, match="Write before `together`"):
            await together(word("a"), write(small))
        await add_parent(small, 1)
    assert await parents(small) == [1]


async def test_a_part_that_was_refused_is_no_reason_to_refuse_others(small: Engine) -> None:
    async with writing():
        with pytest.raises(TransactionError, match="Write before `together`"):
            async with writing():
                await together(word("a"), adding(small))
        assert await together(word("a"), word("b")) == ("a", "b")
        await add_parent(small, 1)
    assert await parents(small) == [1]


async def test_a_part_that_writes_is_refused_also_if_the_part_around_it_continues_without(small: Engine) -> None:
    async def continuing() -> None:
        with suppress(TransactionError):
            await together(word("b"), adding(small))

    with pytest.raises(TransactionError, match="Write before `together`"):
        await together(word("a"), continuing())


async def test_a_part_that_writes_is_refused_also_if_it_continues_without(small: Engine) -> None:
    async def continuing() -> None:
        with suppress(Exception):
            await add_parent(small, 9)

    with pytest.raises(TransactionError, match="Write before `together`"):
        await together(word("a"), together(word("b"), continuing()))
    assert await parents(small) == []
    await works(small)
