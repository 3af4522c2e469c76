"""PostgreSQL, made to behave like SQLite: one writer at a time, and no failed connection left in the pool."""

import asyncio
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from anyio import CancelScope
from piccolo.engine import postgres as stock
from piccolo.engine.base import BaseTransaction
from piccolo.engine.exceptions import TransactionError

from tracker.database.connections import Rows, Statement, Write, is_read, is_unreached
from tracker.database.transactions import FAILED, OneWriterEngine, Transaction

OLDEST = 13  # major version
LOCK_TIMEOUT = 30.0  # seconds, as SQLite's busy timeout
REACHING = 5.0  # seconds for a connection: a busy server takes one; asyncpg would let a page wait a minute
CLOSING = 10.0  # seconds that a connection gets to end in order
IDLE = 300.0  # seconds without use after which a connection is not used again: a firewall may have dropped it silently
# Statements of any length that a connection keeps prepared, as long as it lives: the pages alone have some hundred. A
# plan takes some 50 kB. asyncpg would keep 100 of up to 15 kB, for five minutes.
STATEMENTS = 512
# Each is planned once, for any values. By itself, PostgreSQL would plan again for each run what promises to gain by it,
# which takes longer than it gains.
PLANS = {"plan_cache_mode": "force_generic_plan", "jit": "off"}
CAPITALS = "IÉĐЁ"  # of which LC_CTYPE "C" knows the first alone, and Turkish makes another letter of that
WRITER = 0x7472_6163_6B65_72  # the advisory lock of the writer ("tracker")


class PostgresEngine(OneWriterEngine, stock.PostgresEngine):  # type: ignore[misc]  # transaction() is replaced
    """Piccolo's engine, hardened: stock leaks pool connections on failures, and can lose read-then-write updates.

    It keeps idle connections itself, as on SQLite: asyncpg's pool takes longer to lend one than a small query takes.

    Writers queue for one advisory lock, those of a single statement too. SQLite forces the same order, so what works on
    one engine works on the other.
    """

    begin_to_read = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"

    def __init__(self, dsn: str, *, pool: int = 8, timeout: float = LOCK_TIMEOUT, idle: float = IDLE) -> None:
        self._idle: list[tuple[float, Any]] = []  # since when, and the connection; the one used last is at the end
        self._is_open = False
        self._longest_idle = idle
        self._prepare(pool, timeout)
        milliseconds = str(int(timeout * 1000))
        super().__init__(
            config={
                "dsn": dsn,
                "timeout": REACHING,
                "server_settings": {"application_name": "tracker", "lock_timeout": milliseconds, **PLANS},
                "statement_cache_size": STATEMENTS,
                "max_cacheable_statement_size": 0,
                "max_cached_statement_lifetime": 0,
            }
        )

    async def check_version(self) -> None:
        """Do nothing when the engine is made, where stock connects at import time; `open` checks the version."""

    async def open(self) -> None:
        """Start keeping connections; raise when the server is away or too old, or its locale lacks letters."""
        connection = await self.acquire()
        try:
            await self._check(connection)
            self._is_open = True
        finally:
            await self.give_back(connection, is_clean=True)

    async def close(self) -> None:
        """Close the connections within 10 s, those in use when they are given back; what remains idle is cut."""
        self._is_open = False
        idle = [connection for _, connection in self._idle]
        self._idle.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(CLOSING):
                closing = (connection.close() for connection in idle)
                await asyncio.gather(self._given_back(), *closing, return_exceptions=True)
        for connection in idle:
            connection.terminate()

    async def _check(self, connection: Any) -> None:
        if connection.get_server_version().major < OLDEST:
            raise RuntimeError(f"PostgreSQL {OLDEST} or newer is needed.")
        if connection.get_settings().server_encoding == "UTF8":
            [row] = await self.fetch(connection, f"SELECT lower('{CAPITALS}') AS lower", [])
            if row["lower"] == CAPITALS.lower():
                return
        raise RuntimeError(
            "It takes É and é for different letters. Create one with UTF-8 and a locale such as C.UTF-8, as"
            " docs/operations.md says."
        )

    async def run_alone(self, query: str, arguments: list[Any], *, is_pooled: bool) -> Rows:
        """Run one statement outside any transaction, in one of its own if it writes: it queues with the other writers.

        Without a pool (Piccolo's own commands) it is run as it is, on a new connection.
        """
        if not is_pooled:
            with _reaching():
                return list(await self._run_in_new_connection(query, arguments))
        if not is_read(query):
            async with Transaction(self) as own:
                return await own.run(query, arguments)
        [rows] = await self.read_alone([(query, arguments)])
        return rows

    async def read_alone(self, statements: Sequence[Statement]) -> list[Rows]:
        """Run statements outside any transaction, on one connection.

        When that turns out to be closed, as after a restart of the server, reads get a new one, once.
        """
        connection = await self.acquire()
        try:
            return await self._read_on(connection, statements)
        except Exception as failed:
            is_again = (
                is_unreached(failed) and connection.is_closed() and all(is_read(query) for query, _ in statements)
            )
            if not is_again:
                raise
        return await self._read_on(await self.acquire(is_new=True), statements)

    async def _read_on(self, connection: Any, statements: Sequence[Statement]) -> list[Rows]:
        """Run statements on a connection, and give it back."""
        is_clean = True
        try:
            return await self.fetch_each(connection, [], statements)
        except asyncio.CancelledError:
            is_clean = False
            with CancelScope(shield=True):  # cut at once, it would leave the statement running at the server
                await _close(connection)
            raise
        finally:
            await self.give_back(connection, is_clean=is_clean)

    async def acquire(self, *, is_new: bool = False) -> Any:
        """Return an idle connection, or a new one, when no more than `pool` are in use; `give_back` it."""
        slots = self.writer_lock()
        await slots.take_connection()
        try:
            with _reaching():
                return (None if is_new else self._kept()) or await self.get_new_connection()
        except BaseException:
            slots.connections.release()
            raise

    async def begin(
        self, connection: Any, writes: Sequence[Write], statements: Sequence[Statement], *first: str
    ) -> list[Rows]:
        """Take the writers' lock, make these writes, and run the statements; raise after 30 s without the lock.

        Here PostgreSQL chooses the plans: those of triggers that write many rows are better for the rows at hand.
        """
        lock = f"BEGIN; SET LOCAL plan_cache_mode = auto; SELECT pg_advisory_xact_lock({WRITER})"
        return await self.fetch_each(connection, writes, statements, *first, lock)

    async def fetch(self, connection: Any, query: str, arguments: list[Any]) -> Rows:
        """Run one statement on a connection."""
        return list(await connection.fetch(query, *arguments))

    async def fetch_each(
        self, connection: Any, writes: Sequence[Write], statements: Sequence[Statement], *first: str
    ) -> list[Rows]:
        """Run `first` and make these writes on a connection, then the statements, one after another."""
        if first:
            await connection.execute("; ".join(first))
        for query, rows in writes:
            await connection.executemany(query, rows)
        return [await self.fetch(connection, query, arguments) for query, arguments in statements]

    async def commit(self, connection: Any, writes: Sequence[Write]) -> None:
        """Commit, or raise: PostgreSQL responds to COMMIT of a failed transaction with a silent ROLLBACK."""
        await self.fetch_each(connection, writes, [])
        if await connection.execute("COMMIT") != "COMMIT":
            raise TransactionError(FAILED)

    async def give_back(self, connection: Any, *, is_clean: bool) -> None:
        """Keep the connection for the next user, or end it; one that is cut is rolled back by the server."""
        try:
            if not is_clean or connection.is_closed() or connection.is_in_transaction():
                connection.terminate()
            elif self._is_open:
                self._idle.append((time.monotonic(), connection))
            else:
                with CancelScope(shield=True):
                    await _close(connection)
        finally:
            self.writer_lock().connections.release()

    async def _given_back(self) -> None:
        """Wait until no connection is in use."""
        slots = self.writer_lock().connections
        for _ in range(self.pool_size):
            await slots.acquire()
        for _ in range(self.pool_size):
            slots.release()

    def _kept(self) -> Any:
        """Return the idle connection that was used last; None when there is none."""
        while self._idle and self._idle[0][0] < time.monotonic() - self._longest_idle:
            self._idle.pop(0)[1].terminate()
        while self._idle:
            connection = self._idle.pop()[1]
            if not connection.is_closed():
                return connection
        return None

    def change_of_schema(self) -> BaseTransaction:
        """Return a transaction in which a table can be altered: any can."""
        return self.transaction()


async def _close(connection: Any) -> None:
    with suppress(TimeoutError):
        await connection.close(timeout=CLOSING)


@contextmanager
def _reaching() -> Iterator[None]:
    """Say that the server is away: with the usual error, too, when the socket file is missing, as during a restart."""
    try:
        yield
    except FileNotFoundError as gone:
        raise ConnectionRefusedError("The database server's socket is not there.") from gone
    except TimeoutError as late:
        raise TimeoutError(f"The database server did not answer within {REACHING:.0f} s.") from late
