"""PostgreSQL, made to behave like SQLite: one writer at a time, and no failed connection left in the pool."""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from anyio import CancelScope
from piccolo.engine import postgres as stock
from piccolo.engine.base import BaseTransaction
from piccolo.engine.exceptions import TransactionError

from tracker.database.connecting import Rows, Statement, Write
from tracker.database.transactions import FAILED, OneWriterEngine

OLDEST = 13  # major version
LOCK_TIMEOUT = 30.0  # seconds, as SQLite's busy timeout
CLOSING = 10.0  # seconds that open queries get at the end
# Statements that a connection keeps prepared, as long as it lives: the pages alone have some hundred. A plan for any
# values comes with the sixth run, and takes some 50 kB. asyncpg would keep 100 statements, for five minutes.
STATEMENTS = 512
WRITER = 0x7472_6163_6B65_72  # the advisory lock of the writer ("tracker")


class PostgresEngine(OneWriterEngine, stock.PostgresEngine):  # type: ignore[misc]  # transaction() is replaced
    """Piccolo's engine, hardened: stock leaks pool connections on failures, and can lose read-then-write updates.

    Writers queue for one advisory lock. SQLite forces the same order, so what works on one engine works on the other.
    """

    begin_to_read = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"

    def __init__(self, dsn: str, *, pool: int = 8, timeout: float = LOCK_TIMEOUT) -> None:
        self._prepare(pool, timeout)
        milliseconds = str(int(timeout * 1000))
        super().__init__(
            config={
                "dsn": dsn,
                "server_settings": {"application_name": "tracker", "lock_timeout": milliseconds},
                "statement_cache_size": STATEMENTS,
                "max_cached_statement_lifetime": 0,
            }
        )

    async def check_version(self) -> None:
        """Do nothing when the engine is made, where stock connects at import time; `open` checks the version."""

    async def open(self) -> None:
        """Start the pool; raise when the server is away or too old."""
        await self.start_connection_pool(min_size=1, max_size=self.pool_size, reset=_as_it_is)
        version = (await self.run_alone("SHOW server_version_num", [], is_pooled=True))[0]["server_version_num"]
        if int(version) < OLDEST * 10_000:
            await self.close()
            raise RuntimeError(f"PostgreSQL {OLDEST} or newer is needed.")

    async def close(self) -> None:
        """Close the pool: running queries get 10 s, then their connections are cut."""
        pool, self.pool = self.pool, None
        if pool is not None:
            with suppress(TimeoutError):
                async with asyncio.timeout(CLOSING):
                    await pool.close()

    async def run_alone(self, query: str, arguments: list[Any], *, is_pooled: bool) -> Rows:
        """Run one statement outside any transaction; without a pool (Piccolo's own commands) on a new connection."""
        with _reaching():
            if self.pool is not None and is_pooled:
                return list(await self.pool.fetch(query, *arguments))
            return list(await self._run_in_new_connection(query, arguments))

    async def read_alone(self, statements: Sequence[Statement]) -> list[Rows]:
        """Read outside any transaction, on one connection."""
        if self.pool is None:
            return await super().read_alone(statements)
        with _reaching():
            async with self.pool.acquire() as connection:
                return [await self.fetch(connection, *one) for one in statements]

    async def acquire(self) -> Any:
        """Return a connection of the pool; `give_back` it."""
        with _reaching():
            return await (self.get_new_connection() if self.pool is None else self.pool.acquire())

    async def begin(
        self, connection: Any, writes: Sequence[Write], statements: Sequence[Statement], *first: str
    ) -> list[Rows]:
        """Take the writers' lock, make these writes, and run the statements; raise after 30 s without the lock."""
        await connection.execute("; ".join((*first, f"BEGIN; SELECT pg_advisory_xact_lock({WRITER})")))
        return await self.fetch_each(connection, writes, statements)

    async def fetch(self, connection: Any, query: str, arguments: list[Any]) -> Rows:
        """Run one statement on a connection."""
        return list(await connection.fetch(query, *arguments))

    async def fetch_each(self, connection: Any, writes: Sequence[Write], statements: Sequence[Statement]) -> list[Rows]:
        """Make these writes on a connection, then run the statements."""
        for query, rows in writes:
            await connection.executemany(query, rows)
        return [await self.fetch(connection, *one) for one in statements]

    async def commit(self, connection: Any, writes: Sequence[Write]) -> None:
        """Commit, or raise: PostgreSQL responds to COMMIT of a failed transaction with a silent ROLLBACK."""
        await self.fetch_each(connection, writes, [])
        if await connection.execute("COMMIT") != "COMMIT":
            raise TransactionError(FAILED)

    async def give_back(self, connection: Any, *, is_clean: bool) -> None:
        """Return the connection to the pool, or cut it: the server rolls back and the pool opens another."""
        if not is_clean:
            connection.terminate()
            return
        with CancelScope(shield=True):
            await (connection.close() if self.pool is None else self.pool.release(connection))

    def change_of_schema(self) -> BaseTransaction:
        """Return a transaction in which a table can be altered: any can."""
        return self.transaction()


async def _as_it_is(connection: Any) -> None:
    """Leave a connection that comes back as it is: asyncpg has ended its transaction, and nothing else outlives one.

    Stock sends a statement that resets it each time: one more trip for each trip that reads.
    """


@contextmanager
def _reaching() -> Iterator[None]:
    """Raise the usual "server is away" error when the socket file is missing, as during a server restart."""
    try:
        yield
    except FileNotFoundError as gone:
        raise ConnectionRefusedError("The database server's socket is not there.") from gone
