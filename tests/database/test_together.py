"""Parts of a page that read together: one trip, and to each part its own rows or its own error."""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any

import pytest
from piccolo.engine.exceptions import TransactionError
from piccolo.querystring import QueryString

from tests.database.rows import add_parent, canceled, connection_threads, parents, works
from tests.database.statements import noted
from tracker.database import Engine, engine, together, writing
from tracker.database.sqlite import SQLiteEngine

pytestmark = pytest.mark.both_engines

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
        await together(failing(), canceled())
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
            found = await together(twice("a"), together(parents(small), word("b")), twice("c"))
    assert found == (["a", "a"], ([1], "b"), ["c", "c"])
    assert statements.trips == (2 if isinstance(small, SQLiteEngine) else 0)  # only SQLite's are noted


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
