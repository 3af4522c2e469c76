"""Snapshots: everything read in one is from the same state, whatever is committed meanwhile."""

import asyncio

import pytest
from piccolo.engine.exceptions import TransactionError
from piccolo.querystring import QueryString

from tests.database.rows import (
    REFUSED,
    add_parent,
    canceled,
    connection_threads,
    count,
    parents,
    read_then_write,
    works,
)
from tracker.database import Engine, together, writing
from tracker.database.in_step import opened

pytestmark = pytest.mark.both_engines


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
        assert await count(small) == 0
        await read_then_write(small)
        assert await asyncio.gather(*(count(small) for _ in range(20))) == [0] * 20
    assert await count(small) == 1


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
            await together(count(small), small.run_querystring(QueryString("SELECT FROM WHERE")))
    await works(small)


async def test_a_snapshot_that_is_left_early_leaves_no_connection(small: Engine) -> None:
    async def reading() -> None:
        async with small.snapshot():
            while True:
                await asyncio.gather(*(count(small) for _ in range(5)))

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
                await count(small)
                during.setattr(small, "fetch", canceled)
    await works(small)


async def test_nothing_is_read_from_a_snapshot_that_has_ended(small: Engine) -> None:
    async with opened(small) as snapshot:
        await snapshot.read([("SELECT n FROM counter", [])])
    with pytest.raises(TransactionError):
        await snapshot.read([("SELECT n FROM counter", [])])
    await works(small)
