"""Every way out of a transaction, on both engines."""

import asyncio
from collections.abc import AsyncIterator
from time import monotonic

import anyio
import pytest
from piccolo.engine.exceptions import TransactionError
from piccolo.querystring import QueryString

from tests.database.others import another
from tests.database.rows import (
    REFUSED,
    add_orphan,
    add_parent,
    be_canceled,
    connection_threads,
    counter_value,
    parents,
    read_then_write,
    works,
)
from tracker.database import Engine, lock_audit_head, trying, writing
from tracker.database.sqlite import BUSY_TIMEOUT

pytestmark = pytest.mark.both_engines


class Stop(Exception):
    """What a test raises to leave a block."""


async def test_a_block_that_ends_well_is_kept(small: Engine) -> None:
    async with writing():
        await add_parent(small, 1)
    assert await parents(small) == [1]


async def test_a_block_that_raises_leaves_nothing(small: Engine) -> None:
    with pytest.raises(Stop):
        async with writing():
            await add_parent(small, 1)
            raise Stop
    assert await parents(small) == []
    await works(small)


async def test_a_writer_who_waits_in_vain_leaves_nothing_behind(small: Engine) -> None:
    async with another(small, patience=0.05, pool=2) as other:
        threads = connection_threads()
        async with writing() as held:
            await held.begin()
            for _ in range(5):
                with pytest.raises(REFUSED, match="lock"):
                    await read_then_write(other)
        await read_then_write(other)
        assert connection_threads() <= threads + 1
    assert await counter_value(small) == 1


async def test_a_single_write_waits_for_the_transaction_of_another(small: Engine) -> None:
    async with another(small) as other:
        async with writing() as held:
            await held.begin()
            adding = asyncio.create_task(add_parent(other, 1))
            await asyncio.sleep(0.1)
            assert not adding.done()
            assert await parents(small) == []
        await adding
    assert await parents(small) == [1]


async def test_a_block_that_asks_nothing_waits_for_no_other_process(small: Engine) -> None:
    async with another(small, patience=0.05) as other, writing() as held:
        await held.begin()
        async with other.transaction():
            pass
    await works(small)


async def test_what_is_only_written_is_kept(small: Engine) -> None:
    async with writing():
        small.write_many("INSERT INTO parent VALUES (1, 'one')", [()])
    assert await parents(small) == [1]


@pytest.mark.parametrize("query", ["INSERT INTO parent VALUES (2, 'one')", "INSERT INTO child VALUES (1, 404)"])
async def test_what_is_only_written_leaves_nothing_behind_when_it_is_refused(small: Engine, query: str) -> None:
    for _ in range(2 * small.pool_size):
        with pytest.raises(REFUSED):
            async with writing():
                small.write_many("INSERT INTO parent VALUES (1, 'one')", [()])
                small.write_many(query, [()])
    assert await parents(small) == []
    async with another(small, patience=1) as other:
        await read_then_write(other)
    await works(small)


async def test_a_commit_that_fails_leaves_nothing_behind(small: Engine) -> None:
    for _ in range(2 * small.pool_size):
        with pytest.raises(REFUSED, match=r"(?i)foreign key"):
            async with writing():
                await add_parent(small, 1)
                await add_orphan(small)
    await add_parent(small, 2)
    assert not small.transaction_exists()
    async with another(small, patience=1) as other:
        await read_then_write(other)
        assert await parents(other) == [2]
    await works(small)


async def test_a_cancel_scope_leaves_nothing_behind(small: Engine) -> None:
    threads = connection_threads()
    for number in range(2 * small.pool_size):
        with anyio.move_on_after(0.005):
            async with writing():
                await add_parent(small, number)
                await asyncio.sleep(60)
    assert await parents(small) == []
    assert not small.transaction_exists()
    await works(small)
    assert connection_threads() <= threads + small.pool_size


async def test_a_canceled_task_leaves_nothing_behind(small: Engine) -> None:
    async def endless() -> None:
        async with writing():
            await add_parent(small, 1)
            await asyncio.sleep(60)

    for _ in range(2 * small.pool_size):
        task = asyncio.create_task(endless())
        await asyncio.sleep(0.003)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert await parents(small) == []
    await works(small)


async def test_a_task_that_is_canceled_while_it_rolls_back_gives_its_connection_back(
    small: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(2 * small.pool_size):
        with monkeypatch.context() as during, pytest.raises(asyncio.CancelledError):
            async with writing():
                await add_parent(small, number)
                during.setattr(small, "fetch", be_canceled)
                raise ValueError
    assert await parents(small) == []
    await works(small)


async def test_a_query_canceled_at_any_moment_leaves_the_pool_whole(small: Engine) -> None:
    for step in range(40):
        with anyio.move_on_after(step * 0.0001):
            await read_then_write(small)
        with anyio.move_on_after(step * 0.0001):
            await counter_value(small)
    await works(small)


async def test_a_writer_who_gives_up_waiting_lets_the_next_one_through(small: Engine) -> None:
    async def busy() -> None:
        async with writing():
            await asyncio.sleep(0.02)

    first, *waiting = [asyncio.create_task(one) for one in (busy(), *(read_then_write(small) for _ in range(3)))]
    await asyncio.sleep(0.005)
    waiting[1].cancel()
    await first
    done = await asyncio.gather(*waiting, return_exceptions=True)
    assert [type(one) for one in done] == [type(None), asyncio.CancelledError, type(None)]
    assert await counter_value(small) == 2


async def test_a_writer_who_never_ends_is_not_waited_for_without_end(small: Engine) -> None:
    async with another(small, patience=0.05) as other:
        endless = asyncio.create_task(_write_forever(other))
        await asyncio.sleep(0.01)
        with pytest.raises(TimeoutError):
            await read_then_write(other)
        endless.cancel()
        with pytest.raises(asyncio.CancelledError):
            await endless
        await read_then_write(other)
    assert await counter_value(small) == 1


async def test_a_look_waits_no_longer_than_its_patience_for_a_writer_of_another_process(small: Engine) -> None:
    async with another(small) as other, other.transaction() as held:
        await held.begin()
        began = monotonic()
        with pytest.raises(TimeoutError):
            async with trying(0.05):
                pass
        assert monotonic() - began < BUSY_TIMEOUT  # which PostgreSQL would wait too
    await works(small)


async def _write_forever(engine: Engine) -> None:
    async with engine.transaction():
        await asyncio.sleep(60)


async def test_a_task_that_outlives_the_transaction_is_on_its_own(small: Engine) -> None:
    is_over = asyncio.Event()

    async def later() -> list[int]:
        await is_over.wait()
        await add_parent(small, 2)
        async with writing():
            await add_parent(small, 3)
        return await parents(small)

    with pytest.raises(Stop):
        async with writing():
            await add_parent(small, 1)
            task = asyncio.create_task(later())
            await asyncio.sleep(0)
            raise Stop
    is_over.set()
    assert await task == [2, 3]


async def test_a_failed_inner_block_is_undone_alone(small: Engine) -> None:
    async with writing():
        await add_parent(small, 1)
        with pytest.raises(Stop):
            async with writing():
                await add_parent(small, 2)
                async with writing():
                    await add_parent(small, 3)
                raise Stop
        async with writing():
            await add_parent(small, 4)
    assert await parents(small) == [1, 4]


async def test_a_statement_that_failed_in_an_inner_block_does_no_harm_outside(small: Engine) -> None:
    async with writing():
        await add_parent(small, 1, "same")
        with pytest.raises(REFUSED, match=r"(?i)unique"):
            async with writing():
                await add_parent(small, 2, "same")
        await add_parent(small, 3)
    assert await parents(small) == [1, 3]


async def test_a_failed_statement_fails_its_block_even_if_caught(small: Engine) -> None:
    await add_parent(small, 1, "same")
    with pytest.raises(TransactionError):
        async with writing():
            await add_parent(small, 2)
            with pytest.raises(REFUSED, match=r"(?i)unique"):
                await add_parent(small, 3, "same")
    with pytest.raises(TransactionError):
        async with writing():
            with pytest.raises(REFUSED, match=r"(?i)unique"):
                await add_parent(small, 3, "same")
            await add_parent(small, 4)
    assert await parents(small) == [1]
    await works(small)


async def test_a_block_entered_in_one_context_and_left_in_another_is_over(small: Engine) -> None:
    async def block() -> AsyncIterator[None]:
        async with writing():
            await add_parent(small, 1)
            yield

    generator = block()
    await asyncio.create_task(anext(generator))
    await generator.aclose()
    assert not small.transaction_exists()
    assert await parents(small) == []
    await works(small)


async def test_fifty_tasks_lose_no_increment(small: Engine) -> None:
    async def four_times() -> None:
        for _ in range(4):
            await read_then_write(small)

    await asyncio.gather(*(four_times() for _ in range(50)))
    assert await counter_value(small) == 200


async def test_what_is_asked_in_one_visit_is_answered_one_by_one(small: Engine) -> None:
    asked = QueryString("SELECT {} AS word", "first"), QueryString("SELECT id FROM parent")
    async with writing():
        await add_parent(small, 1)
        inside = await small.read_each(*asked)
    outside = await small.read_each(*asked)
    assert [[list(row.values()) for row in rows] for rows in inside] == [[["first"]], [[1]]]
    assert [[list(row.values()) for row in rows] for rows in outside] == [[["first"]], [[1]]]


async def test_what_was_written_is_there_for_the_next_statement(small: Engine) -> None:
    async with writing():
        small.write_many("INSERT INTO parent VALUES (1, 'one')", [()])
        assert await parents(small) == [1]
        small.write_many("INSERT INTO parent VALUES (2, 'two')", [()])
    assert await parents(small) == [1, 2]


async def test_a_write_that_waits_and_fails_undoes_its_nested_block_alone(small: Engine) -> None:
    async with writing():
        small.write_many("INSERT INTO parent VALUES (1, 'one')", [()])
        with pytest.raises(REFUSED):
            async with writing():
                small.write_many("INSERT INTO parent VALUES (2, 'two')", [()])
                small.write_many("INSERT INTO parent VALUES (3, 'one')", [()])
        small.write_many("INSERT INTO parent VALUES (4, 'four')", [()])
    assert await parents(small) == [1, 4]


async def test_a_write_that_fails_with_the_commit_leaves_nothing_behind(small: Engine) -> None:
    with pytest.raises(REFUSED):
        async with writing():
            await add_parent(small, 1)
            small.write_many("INSERT INTO parent VALUES (2, 'name 1')", [()])
    assert await parents(small) == []
    await works(small)


async def test_a_write_that_waits_is_not_made_after_its_block_was_left_by_an_error(small: Engine) -> None:
    async with writing():
        with pytest.raises(Stop):
            async with writing():
                small.write_many("INSERT INTO parent VALUES (1, 'one')", [()])
                raise Stop
        await add_parent(small, 2)
    assert await parents(small) == [2]


async def test_a_write_that_waits_and_would_be_refused_does_no_harm_after_its_block_was_left(small: Engine) -> None:
    async with writing():
        await add_parent(small, 1)
        with pytest.raises(Stop):
            async with writing():
                small.write_many("INSERT INTO parent VALUES (2, 'name 1')", [()])
                raise Stop
        await add_parent(small, 3)
    assert await parents(small) == [1, 3]


async def test_readers_do_not_wait_for_a_writer(small: Engine) -> None:
    async with writing():
        await add_parent(small, 1)
        async with another(small) as other, asyncio.timeout(2):
            assert await parents(other) == []


async def test_a_nested_block_can_be_refused(small: Engine) -> None:
    async with writing():
        with pytest.raises(TransactionError):
            small.transaction(allow_nested=False)


async def test_the_audit_head_is_locked_only_inside_a_block(small: Engine) -> None:
    async with writing():
        await lock_audit_head()
    with pytest.raises(TransactionError):
        await lock_audit_head()


async def test_a_transaction_of_piccolos_own_is_undone_as_a_whole(small: Engine) -> None:
    with pytest.raises(Stop):
        async with small.transaction():
            await small.run_querystring(QueryString("INSERT INTO parent VALUES (1, 'a')"))
            raise Stop
    assert await parents(small) == []
