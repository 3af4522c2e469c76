"""The two small tables and the few things that tests do with them."""

import asyncio
import sqlite3
import threading

import asyncpg
from piccolo.querystring import QueryString

from tracker.database import Engine, writing

REFUSED = (sqlite3.Error, asyncpg.PostgresError)
"""What a statement fails with that the database refuses, on either engine."""
COUNTER = "CREATE TABLE counter (id INTEGER PRIMARY KEY, n INTEGER NOT NULL)"
PARENT = "CREATE TABLE parent (id INTEGER PRIMARY KEY, name VARCHAR(40) NOT NULL UNIQUE CHECK (name <> ''))"
CHILD = (
    "CREATE TABLE child (id INTEGER PRIMARY KEY,"
    " parent INTEGER NOT NULL REFERENCES parent (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED)"
)


async def add_parent(engine: Engine, number: int, name: str = "") -> None:
    query = QueryString("INSERT INTO parent VALUES ({}, {})", number, name or f"name {number}")
    await engine.run_querystring(query)


async def add_orphan(engine: Engine) -> None:
    """Write a child whose parent is missing: no error until COMMIT."""
    await engine.run_querystring(QueryString("INSERT INTO child VALUES (1, 404)"))


async def parents(engine: Engine) -> list[int]:
    return [row["id"] for row in await engine.run_querystring(QueryString("SELECT id FROM parent ORDER BY id"))]


async def counter_value(engine: Engine) -> int:
    return (await engine.run_querystring(QueryString("SELECT n FROM counter")))[0]["n"]


async def read_then_write(engine: Engine) -> None:
    """Increment as use cases do: read, think, write."""
    async with engine.transaction():
        n = await counter_value(engine)
        await asyncio.sleep(0)
        await engine.run_querystring(QueryString("UPDATE counter SET n = {}", n + 1))


def connection_threads() -> int:
    """Return how many SQLite connections are open: each has a thread."""
    return sum("_connection_worker_thread" in thread.name for thread in threading.enumerate())


async def works(engine: Engine) -> None:
    """Use every connection of the pool at once, and write: what leaked is missed here, within 5 s."""
    async with asyncio.timeout(5):
        await asyncio.gather(*(counter_value(engine) for _ in range(3 * engine.pool_size)))
        async with writing():
            await engine.run_querystring(QueryString("UPDATE counter SET n = n + 0"))


async def be_canceled(*_: object) -> None:
    """Be canceled, in the place of a statement."""
    raise asyncio.CancelledError
