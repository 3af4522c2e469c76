"""SQLite as a server's database: pooled connections, WAL, IMMEDIATE writes, a file that only its owner can read."""

import asyncio
import os
import sqlite3
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from functools import lru_cache, partial
from time import monotonic, sleep
from typing import Any, TypeVar
from uuid import UUID

import aiosqlite
from anyio import CancelScope
from piccolo.engine import sqlite as stock
from piccolo.engine.base import BaseTransaction
from piccolo.engine.exceptions import TransactionError

from tracker.database.connections import ChangeMark, ChangeWatcher, Rows, Statement, Write, is_read
from tracker.database.transactions import OneWriterEngine, Savepoint, Transaction

BUSY_TIMEOUT = 30.0  # seconds that a writer waits for another process
STATEMENTS = 512  # prepared statements kept by one connection
PRAGMAS = (
    "PRAGMA foreign_keys=ON",
    "PRAGMA trusted_schema=OFF",
    "PRAGMA temp_store=MEMORY",
    "PRAGMA cache_size=-4000",  # KiB for one connection: eight of them must not fill a small machine
)


class Connection(aiosqlite.Connection):
    """A connection whose thread ends with the process, and whose rows are dicts made in that thread.

    aiosqlite 0.22 starts threads that are not daemons: one connection left open and the process never ends.
    """

    def __init__(self, engine: "SQLiteEngine") -> None:
        super().__init__(self._open, iter_chunk_size=64)
        self._thread.daemon = True
        self._engine = engine
        self._opened: sqlite3.Connection | None = None

    async def clear_away(self) -> None:
        """Clean up after a failed or canceled opening: a thread that reports to the loop, perhaps an open file."""
        await asyncio.to_thread(self._thread.join)
        if self._opened is not None:
            self._opened.close()

    def _open(self) -> sqlite3.Connection:
        self._opened = self._engine.connect()
        return self._opened

    async def fetch_each(
        self, statements: Sequence[Statement], writes: Sequence[Write] = (), first: Sequence[str] = ()
    ) -> list[Rows]:
        """Run `first`, make writes, then run statements, in one call to the thread.

        Waking it costs more than a small query.
        """
        handed: list[Rows] = await self._execute(self._fetch_each, statements, writes, first)  # type: ignore[no-untyped-call]  # theirs
        rows = handed.copy()
        handed.clear()  # the thread keeps this list, and so all that was read, until it is asked again
        return rows

    def _fetch_each(self, statements: Sequence[Statement], writes: Sequence[Write], first: Sequence[str]) -> list[Rows]:
        for query in first:
            self._conn.execute(query)
        for query, rows in writes:
            self._conn.executemany(query, _adapted_once(rows))
        return [self._fetch(query, arguments) for query, arguments in statements]

    def _fetch(self, query: str, arguments: Sequence[Any]) -> Rows:
        cursor = self._conn.execute(query, arguments)
        if cursor.description is None:
            return []
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


class SQLiteEngine(OneWriterEngine, stock.SQLiteEngine):  # type: ignore[misc]  # transaction() is replaced
    """Piccolo's engine, hardened: stock opens a connection and a thread for each query and leaks them on failure.

    `pool` is the most connections at once; `synchronous` is SQLite's own word (FULL survives power loss).
    """

    begin_to_read = "BEGIN"  # DEFERRED: under WAL, the first statement decides what the others see

    def __init__(self, path: str, *, pool: int = 8, synchronous: str = "FULL", timeout: float = BUSY_TIMEOUT) -> None:
        self.pragmas = (*PRAGMAS, f"PRAGMA synchronous={synchronous}")
        self._idle: list[Connection] = []
        self._is_open = False
        self._watch = ChangeWatcher(self._connect_to_watch)
        self._prepare(pool, timeout)
        # One thread uses a connection, but another may have to close it; see `Connection.clear_away`.
        super().__init__(path=path, timeout=timeout, cached_statements=STATEMENTS, check_same_thread=False)

    async def open(self) -> None:
        """Create the file if needed, check that it can be used, and start keeping connections."""
        self._is_open = True
        await self.give_back(await self.acquire(), is_clean=True)

    async def close(self) -> None:
        """Close the idle connections; those in use are closed when they are given back."""
        self._is_open = False
        self._watch.close()
        while self._idle:
            await self._idle.pop().close()

    def change_mark(self) -> ChangeMark | None:
        """Return a value that stays the same until the next commit."""
        return self._watch.mark()

    def connect(self) -> sqlite3.Connection:
        """Open the file in the calling thread, with all settings that stock leaves at SQLite's defaults."""
        create_for_owner_only(self.path)
        connection: sqlite3.Connection = sqlite3.connect(**self.connection_kwargs)
        try:
            write_ahead(connection, self.connection_kwargs["timeout"])
            for pragma in self.pragmas:
                connection.execute(pragma)
            connection.create_function("fold", 1, str.lower, deterministic=True)  # SQLite's LOWER knows ASCII alone
        except BaseException:
            connection.close()
            raise
        return connection

    def _connect_to_watch(self) -> sqlite3.Connection:
        """Open the file without the settings: WAL mode reads the schema, for some ms in which nothing else runs."""
        create_for_owner_only(self.path)
        watching: sqlite3.Connection = sqlite3.connect(**self.connection_kwargs)
        return watching

    async def get_connection(self) -> Connection:
        """Return a new connection, which the caller closes."""
        connection = Connection(self)
        with CancelScope(shield=True):
            try:
                await connection
            except BaseException:
                await connection.clear_away()
                raise
        return connection

    async def run_alone(self, query: str, arguments: list[Any], *, is_pooled: bool) -> Rows:  # noqa: ARG002 - PostgreSQL's
        """Run one statement outside any transaction; a write waits its turn instead of polling the file's lock."""
        if is_read(query):
            return await self._run_borrowed(query, arguments)
        await self.writer_lock().enter_to_write()
        try:
            return await self._run_borrowed(query, arguments)
        finally:
            self.writer_lock().leave()

    async def read_alone(self, statements: Sequence[Statement]) -> list[Rows]:
        """Run statements outside any transaction, in one call to a connection."""
        connection = await self.acquire()
        is_idle = True
        try:
            return await connection.fetch_each(statements)
        except asyncio.CancelledError:  # its thread may still be at work on the statement
            is_idle = False
            raise
        finally:
            await self.give_back(connection, is_clean=is_idle)

    async def acquire(self) -> Connection:
        """Return an idle connection, or a new one, when no more than `pool` are in use; `give_back` it."""
        slots = self.writer_lock()
        await slots.take_connection()
        try:
            return self._idle.pop() if self._idle else await self.get_connection()
        except BaseException:
            slots.connections.release()
            raise

    async def begin(
        self, connection: Connection, writes: Sequence[Write], statements: Sequence[Statement], *first: str
    ) -> list[Rows]:
        """Run `first`, take the file's write lock, make these writes, and run the statements, in one call.

        Raises after 30 s without the lock.
        """
        return await begin_to_write(partial(connection.fetch_each, statements, writes), first, self._patience)

    async def fetch(self, connection: Connection, query: str, arguments: list[Any]) -> Rows:
        """Run one statement on a connection."""
        [rows] = await connection.fetch_each([(query, arguments)])
        return rows

    async def fetch_each(
        self, connection: Connection, writes: Sequence[Write], statements: Sequence[Statement], *first: str
    ) -> list[Rows]:
        """Run `first`, make these writes, and run the statements, in one call to the connection's thread."""
        return await connection.fetch_each(statements, writes, first)

    async def commit(self, connection: Connection, writes: Sequence[Write]) -> None:
        """Make these writes and commit, or raise: a deferred foreign key is checked here."""
        await connection.fetch_each([("COMMIT", [])], writes)

    async def write(self, connection: Connection, writes: Sequence[Write], *first: str) -> None:
        """Do all of it in one call: most of what is recorded of an email, a feed, or a visit is such a transaction."""
        await self.begin(connection, writes, [("COMMIT", [])], *first)

    async def give_back(self, connection: Connection, *, is_clean: bool) -> None:
        """Keep the connection for the next user, or close it, which rolls back anything that was left."""
        self.writer_lock().connections.release()
        if is_clean and self._is_open and not connection.in_transaction:
            self._idle.append(connection)
            return
        with CancelScope(shield=True):
            await connection.close()

    def change_of_schema(self) -> BaseTransaction:
        """Return a transaction in which a table can be rebuilt, or a savepoint in one; see `ChangeOfSchema`."""
        held = self.live_transaction()
        if held is None:
            return ChangeOfSchema(self)
        if not isinstance(held, ChangeOfSchema):
            raise TransactionError("Change the schema in `changing_schema()`: here DROP TABLE would delete child rows.")
        return Savepoint(held)

    async def _run_borrowed(self, query: str, arguments: list[Any]) -> Rows:
        [rows] = await self.read_alone([(query, arguments)])
        return rows


class ChangeOfSchema(Transaction):
    """A write transaction on its own connection without foreign keys, which are checked as a whole at the end.

    With them on, DROP TABLE deletes the rows of the table and so, by ON DELETE CASCADE, all rows that refer to them;
    and the pragma does nothing inside a transaction (https://www.sqlite.org/lang_altertable.html §7).
    """

    before_it = ("PRAGMA foreign_keys=OFF",)

    async def _commit(self) -> None:
        broken = await self.run("PRAGMA foreign_key_check")
        if broken:
            raise sqlite3.IntegrityError(f"Rows of {broken[0]['table']} refer to rows that are gone.")
        await super()._commit()

    async def _give_back(self, *, is_clean: bool) -> None:  # noqa: ARG002 - clean or not, it is closed
        await super()._give_back(is_clean=False)  # no one else may get a connection without foreign keys


def _adapted_once(rows: Sequence[Sequence[Any]]) -> Sequence[Sequence[Any]]:
    """Return the rows with each value that all of them share, such as the moment of a deed, adapted once for all."""
    columns = [
        [sqlite3.adapt(column[0], sqlite3.PrepareProtocol, column[0])] * len(column)
        if all(value is column[0] for value in column)
        else column
        for column in zip(*rows, strict=True)
    ]
    return list(zip(*columns, strict=True)) if columns else rows  # of a statement without placeholders


def create_for_owner_only(path: str) -> None:
    """Create the file with mode 0600 if it does not exist; SQLite gives its -wal and -shm the same mode.

    An existing file is not even opened, because closing it would drop every lock that this process holds on it
    (https://www.sqlite.org/howtocorrupt.html §2.2).
    """
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))


def write_ahead(connection: sqlite3.Connection, patience: float) -> None:
    """Switch the file to WAL permanently; raise where the file system cannot share memory.

    SQLite does not wait here as it does elsewhere: when four processes open a new file, one gets "locked".
    """
    give_up = monotonic() + patience
    while (mode := _journal_mode(connection)) is None and monotonic() < give_up:
        sleep(0.01)
    if mode != "wal":
        raise sqlite3.OperationalError("The database file is locked, or its folder cannot hold SQLite's WAL.")


def _journal_mode(connection: sqlite3.Connection) -> str | None:
    try:
        return str(connection.execute("PRAGMA journal_mode=WAL").fetchone()[0])
    except sqlite3.OperationalError as refused:
        if refused.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:  # the low byte is the kind
            raise
        return None


SLICE = 0.2  # seconds inside SQLite, during which the wait cannot be canceled
T = TypeVar("T")


async def begin_to_write(run: Callable[[Sequence[str]], Awaitable[T]], first: Sequence[str], patience: float) -> T:
    """Run `first`, begin a transaction that holds the lock, and return what comes after it in the same call.

    `run` gets the statements that come first. Raises after `patience` seconds without the lock.
    """
    brief = min(SLICE, patience)
    statements = (_waits(brief), *first, "BEGIN IMMEDIATE", _waits(patience))
    give_up = monotonic() + patience - brief
    while True:
        try:
            return await run(statements)
        except sqlite3.OperationalError as locked:
            if locked.sqlite_errorcode != sqlite3.SQLITE_BUSY or monotonic() >= give_up:
                raise


def _waits(seconds: float) -> str:
    return f"PRAGMA busy_timeout={seconds * 1_000:.0f}"


IDS = 16_384  # that are kept: 5 MB


def register() -> None:
    """Make every connection of this process convert ids and times this way."""
    sqlite3.register_converter("UUID", _id)
    sqlite3.register_converter("TIMESTAMPTZ", _moment)
    sqlite3.register_adapter(datetime, _text)


@lru_cache(IDS)
def _id(value: bytes) -> UUID:
    """Return the same object for the same id, as long as it is kept: sets and dicts know it without comparing."""
    return UUID(int=int(value.replace(b"-", b""), 16))


def _text(value: datetime) -> str:
    """Return a local time as it is, and a moment in UTC, so that moments sort as texts."""
    if value.tzinfo is None:
        return str(value)
    moment = value if value.tzinfo is UTC else value.astimezone(UTC)
    return f"{moment.date()} {moment.time()}+00:00"


def _moment(value: bytes) -> datetime:
    moment = datetime.fromisoformat(value.decode())
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
