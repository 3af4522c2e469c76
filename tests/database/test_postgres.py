"""What PostgreSQL alone needs: a pool that survives its server, and no connection before it is asked for."""

import asyncio
import socket
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import pytest
from piccolo.engine.exceptions import TransactionError
from piccolo.querystring import QueryString

from tests.database.others import another, url_of
from tests.database.rows import COUNTER, PARENT, REFUSED, add_parent, counter_value, parents, works
from tests.database.sources import Source
from tracker.database import (
    Engine,
    bind,
    close_database,
    engine_from_url,
    is_postgres,
    is_unavailable,
    open_database,
    surviving_failures,
    together,
    writing,
)
from tracker.database.postgres import REACHING, STATEMENTS, PostgresEngine

CUT = r"clos|terminat|failed|in progress"  # asyncpg's words vary with the moment
LEARNED = 6  # turns of the event loop, at most, until this end has learned that a connection was cut


@pytest.fixture
async def small_server(postgres_source: Source, tmp_path: Path) -> AsyncIterator[Engine]:
    url = await postgres_source.blank(tmp_path)
    engine = engine_from_url(url, pool=2)
    bind(engine)
    await open_database(engine)
    for statement in (COUNTER, PARENT, "INSERT INTO counter VALUES (1, 0)"):
        await engine.run_ddl(statement)
    yield engine
    await close_database(engine)
    await postgres_source.drop(url)


async def _cut(engine: Engine, turns: int = 0) -> None:
    """End this task's connection from outside, as an administrator or a restart would.

    This end learns of it in some turns of the event loop.
    """
    backend = (await engine.run_querystring(QueryString("SELECT pg_backend_pid() AS pid")))[0]["pid"]
    with ThreadPoolExecutor(1) as thread:  # meanwhile, the loop waits
        thread.submit(asyncio.run, _ended(url_of(engine), backend)).result()
    for _ in range(turns):
        await asyncio.sleep(0)


async def _ended(url: str, backend: int) -> None:
    administrator = await asyncpg.connect(url)
    await administrator.execute(f"SELECT pg_terminate_backend({backend}, 5000)")
    await administrator.close()


async def test_a_connection_cut_in_a_transaction_is_replaced(small_server: Engine) -> None:
    for number in range(4):
        with pytest.raises(Exception, match=CUT):
            async with writing():
                await add_parent(small_server, number)
                await _cut(small_server)
                await parents(small_server)
    assert await parents(small_server) == []
    await works(small_server)


async def test_a_commit_to_which_the_server_responds_with_a_rollback_raises(small_server: Engine) -> None:
    with pytest.raises(TransactionError):
        async with writing() as held:
            await add_parent(small_server, 1)
            with pytest.raises(REFUSED):  # past the engine, which would know of it
                await held.connection.execute("SELECT FROM WHERE")
    assert await parents(small_server) == []
    await works(small_server)


async def test_a_connection_cut_in_a_savepoint_takes_the_whole_transaction(small_server: Engine) -> None:
    with pytest.raises(Exception, match=CUT):
        async with writing():
            await add_parent(small_server, 1)
            with pytest.raises(Exception, match=CUT):
                async with writing():
                    await _cut(small_server)
                    await parents(small_server)
    assert await parents(small_server) == []
    await works(small_server)


@pytest.mark.parametrize("turns", range(LEARNED + 1))
async def test_what_reads_notices_nothing_of_a_connection_that_was_cut(small_server: Engine, turns: int) -> None:
    await _cut(small_server, turns)
    assert await parents(small_server) == []
    await _cut(small_server, turns)
    assert await together(parents(small_server), counter_value(small_server)) == ([], 0)
    await works(small_server)


@pytest.mark.parametrize("turns", range(LEARNED))
async def test_what_writes_on_a_connection_that_was_cut_fails_as_without_a_server(
    small_server: Engine, turns: int
) -> None:
    await _cut(small_server, turns)
    with surviving_failures() as failed:
        await add_parent(small_server, 1)
    await _cut(small_server, turns)
    with surviving_failures() as failed_too:
        async with writing():
            await add_parent(small_server, 2)
    assert await parents(small_server) == [number for number, why in ((1, failed), (2, failed_too)) if not why]
    assert turns or (failed and failed_too)
    await works(small_server)


async def test_an_idle_connection_cut_by_the_server_is_replaced(small_server: Engine) -> None:
    await _cut(small_server, LEARNED)
    async with writing():
        await add_parent(small_server, 1)
    assert await parents(small_server) == [1]


async def test_a_connection_is_used_again_unless_it_was_idle_for_long(small_server: Engine) -> None:
    async def processes(engine: Engine) -> set[int]:
        asked = [await engine.run_querystring(QueryString("SELECT pg_backend_pid() AS pid")) for _ in range(3)]
        return {row["pid"] for [row] in asked}

    assert len(await processes(small_server)) == 1
    forgetful = PostgresEngine(url_of(small_server), idle=-1)
    await forgetful.open()
    assert len(await processes(forgetful)) == 3
    await forgetful.close()


async def test_a_read_that_is_canceled_leaves_its_connection_to_no_one(small_server: Engine) -> None:
    async def sleep() -> None:
        await small_server.run_querystring(QueryString("SELECT pg_sleep(30)"))

    for _ in range(2 * small_server.pool_size):
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(sleep(), 0.02)
    asleep = "SELECT COUNT(*) AS n FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(30)' AND state = 'active'"
    [still] = await small_server.run_querystring(QueryString(asleep))
    assert still["n"] == 0
    await works(small_server)


async def test_what_is_under_way_is_done_before_the_engine_is_closed(small_server: Engine) -> None:
    other = PostgresEngine(url_of(small_server))
    await other.open()

    async def add() -> None:
        async with other.transaction():
            await other.run_querystring(QueryString("SELECT pg_sleep(0.3)"))
            await add_parent(other, 7)

    adding = asyncio.create_task(add())
    await asyncio.sleep(0.1)
    await other.close()
    assert await parents(small_server) == [7]
    await adding


async def test_each_connection_keeps_the_statements_of_all_pages_prepared(small_server: Engine) -> None:
    assert is_postgres(small_server)
    for _ in range(2):
        async with writing():
            for number in range(STATEMENTS):
                await small_server.run_querystring(QueryString("SELECT 1" + " " * number))
            [row] = await small_server.run_querystring(
                QueryString("SELECT COUNT(*) AS kept FROM pg_prepared_statements")
            )
        assert row["kept"] >= STATEMENTS - 5  # beside those of the transaction
        connection = await small_server.acquire()
        kept_for = connection._config.max_cached_statement_lifetime  # asyncpg shows it nowhere else
        await small_server.give_back(connection, is_clean=True)
        assert kept_for == 0  # as long as it lives
        await _cut(small_server, LEARNED)


def test_no_connection_is_made_before_the_database_is_opened() -> None:
    engine_from_url("postgresql://nobody@127.0.0.1:1/nothing")


async def test_a_server_that_is_away_is_said() -> None:
    engine = engine_from_url("postgresql://nobody@127.0.0.1:1/nothing")
    with pytest.raises(OSError, match="Connect"):
        await open_database(engine)
    await close_database(engine)


async def test_a_database_whose_locale_lacks_letters_is_refused(postgres_source: Source, tmp_path: Path) -> None:
    url = await postgres_source.blank(tmp_path)
    administrator = await asyncpg.connect(url)
    for encoding in ("UTF8", "SQL_ASCII"):
        how = f"TEMPLATE template0 ENCODING '{encoding}' LC_COLLATE 'C' LC_CTYPE 'C'"
        await administrator.execute(f"CREATE DATABASE of_few_letters {how}")
        engine = engine_from_url(urlsplit(url)._replace(path="/of_few_letters").geturl())
        with pytest.raises(RuntimeError, match=r"É and é.*C\.UTF-8"):
            await open_database(engine)
        await close_database(engine)
        await administrator.execute("DROP DATABASE of_few_letters WITH (FORCE)")
    await administrator.close()
    await postgres_source.drop(url)


async def test_a_server_that_does_not_answer_is_given_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        engine = PostgresEngine(f"postgresql://nobody@127.0.0.1:{silent.getsockname()[1]}/nothing")
        assert engine.config["timeout"] == REACHING
        engine.config["timeout"] = 0.05
        with pytest.raises(TimeoutError, match="did not answer") as late:
            await engine.open()
    assert is_unavailable(late.value)


async def test_parts_of_a_page_try_once_to_reach_a_server_that_is_away(
    small_server: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried = []

    async def away(engine: PostgresEngine) -> object:
        tried.append(engine)
        raise TimeoutError

    await _cut(small_server, LEARNED)
    monkeypatch.setattr(PostgresEngine, "get_new_connection", away)
    with pytest.raises(TimeoutError):
        await together(
            parents(small_server),
            together(counter_value(small_server), parents(small_server)),
            counter_value(small_server),
        )
    assert len(tried) == 1


async def test_without_a_pool_each_query_has_a_connection_that_ends_with_it(small_server: Engine) -> None:
    await close_database(small_server)
    assert await counter_value(small_server) == 0
    async with writing():
        await add_parent(small_server, 1)
    async with another(small_server) as other:
        query = QueryString("SELECT count(*) AS n FROM pg_stat_activity WHERE datname = current_database()")
        assert (await other.run_querystring(query))[0]["n"] == 1


async def test_what_only_reads_has_one_plan_for_any_values_and_what_writes_has_the_best(small_server: Engine) -> None:
    async def plans() -> str:
        rows = await small_server.run_querystring(QueryString("SELECT current_setting('plan_cache_mode') AS plans"))
        return rows[0]["plans"]

    async with small_server.snapshot():
        assert await plans() == "force_generic_plan"
    async with writing():
        assert await plans() == "auto"
    assert await plans() == "force_generic_plan"


async def test_the_connection_that_was_asked_for_the_version_is_kept(
    small_server: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = []
    plain = PostgresEngine.get_new_connection

    async def counted(engine: PostgresEngine) -> object:
        opened.append(engine)
        return await plain(engine)

    monkeypatch.setattr(PostgresEngine, "get_new_connection", counted)
    async with another(small_server) as other:
        await counter_value(other)
    assert len(opened) == 1
