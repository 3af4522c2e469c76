"""What an engine does with its connections, which each of the two databases implements, and the drivers' errors.

Errors are recognized: a database that is away, full, or broken, and a row that prevents a write.
"""

import asyncio
import itertools
import re
import socket
import sqlite3
from abc import abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import lru_cache
from typing import Any
from weakref import WeakKeyDictionary

from asyncpg import exceptions as postgres
from piccolo.engine.base import BaseTransaction, Engine

from tracker.errors import Conflict

UNREACHED = (
    ConnectionError,
    TimeoutError,
    socket.gaierror,
    postgres.InterfaceError,
    postgres.InternalClientError,  # of a connection that the server has just ended: "another operation is in progress"
    postgres.PostgresConnectionError,
    postgres.AdminShutdownError,
    postgres.CrashShutdownError,
    postgres.CannotConnectNowError,
    postgres.TooManyConnectionsError,
)
OURS = (postgres.IntegrityConstraintViolationError, postgres.DataError, postgres.RaiseError)
"""A refused row, a value that does not fit, or one of our own triggers: mistakes in the code."""
AS_THEY_ARE = (sqlite3.OperationalError, sqlite3.DatabaseError, OSError)
"""Exact types; subclasses mean something else: "malformed" is a DatabaseError, "no such file" not a plain OSError."""


def is_unavailable(error: BaseException) -> bool:
    """Return whether an error means that the database cannot do this now, but could at another time."""
    is_refused = isinstance(error, postgres.PostgresError) and not isinstance(error, OURS)
    return type(error) in AS_THEY_ARE or is_refused or is_unreached(error)


def is_unreached(error: BaseException) -> bool:
    """Return whether an error means that the database was not reached, so that asking again would only take longer."""
    return type(error) is OSError or isinstance(error, UNREACHED)


@contextmanager
def surviving_failures() -> Iterator[list[BaseException]]:
    """Continue after the block when the database was unavailable; the list then holds the error."""
    failed: list[BaseException] = []
    try:
        yield failed
    except Exception as error:
        if not is_unavailable(error):
            raise
        failed.append(error)


SQLITE_CODES = (
    sqlite3.SQLITE_CONSTRAINT_UNIQUE,
    sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY,
    sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY,
)
POSTGRES_ERRORS = (postgres.UniqueViolationError, postgres.ForeignKeyViolationError, postgres.RestrictViolationError)


@contextmanager
def conflicts(sentence: str | None = None) -> Iterator[None]:
    """Raise `Conflict(sentence)` where a unique index or a foreign key refuses a write.

    NOT NULL and CHECK failures are bugs, not conflicts, and pass through. Put it around `writing()`, or around a nested
    `writing()` to continue afterward: a foreign key may be checked only at the end of a block.
    """
    try:
        yield
    except (sqlite3.IntegrityError, *POSTGRES_ERRORS) as refused:
        if isinstance(refused, sqlite3.IntegrityError) and not _is_conflict(refused):
            raise
        raise Conflict(sentence) from refused


def _is_conflict(refused: sqlite3.IntegrityError) -> bool:
    # ON DELETE RESTRICT is refused by a trigger inside SQLite; only its text distinguishes it from our own triggers.
    return refused.sqlite_errorcode in SQLITE_CODES or "FOREIGN KEY" in str(refused)


Rows = Sequence[Any]
Statement = tuple[str, list[Any]]
"""SQL for the database, and its arguments."""
Write = tuple[str, Sequence[Sequence[Any]]]
"""SQL for the database that returns nothing, and the rows for each of which it runs."""
READS = ("SELECT", "WITH", "PRAGMA", "EXPLAIN")
CHANGES = re.compile(r"[()]\s*(INSERT|UPDATE|DELETE|MERGE|REPLACE\s+INTO)\b", re.IGNORECASE)
"""A statement that writes, in a WITH or after it."""


@lru_cache(maxsize=1024)
def is_read(query: str) -> bool:
    """Return whether a statement only reads."""
    begins = query.lstrip()[:7].upper()
    return begins.startswith(READS) and not (begins.startswith("WITH") and CHANGES.search(query))


class WriterLock:
    """The queue of an event loop's tasks, first come first served: no task polls and no task starves."""

    def __init__(self, pool: int, patience: float) -> None:
        self.connections = asyncio.Semaphore(pool)
        self._writer = asyncio.Lock()
        self._patience = patience

    async def take_connection(self) -> None:
        """Take one of the connections; raise TimeoutError when none is given back in time."""
        async with asyncio.timeout(A_CONNECTION):
            await self.connections.acquire()

    async def enter_to_write(self) -> None:
        """Become the one writer of this loop; raise TimeoutError when the current one does not end in time."""
        async with asyncio.timeout(self._patience):
            await self._writer.acquire()

    def leave(self) -> None:
        """Let the next writer in."""
        self._writer.release()


ChangeMark = tuple[int, int]
"""The connection that was asked, and its data version."""


class EngineConnections(Engine[BaseTransaction]):
    """The half of an engine that reaches the database."""

    begin_to_read: str
    """Begins a transaction in which everything is read from one state of the database."""

    def _prepare(self, pool: int, patience: float) -> None:
        self.pool_size = pool
        self._patience = patience
        self._writer_locks: WeakKeyDictionary[asyncio.AbstractEventLoop, WriterLock] = WeakKeyDictionary()

    def writer_lock(self) -> WriterLock:
        """Return the writer lock of the running event loop."""
        loop = asyncio.get_running_loop()
        writer_lock = self._writer_locks.get(loop)
        if writer_lock is None:
            writer_lock = self._writer_locks[loop] = WriterLock(self.pool_size, self._patience)
        return writer_lock

    def change_mark(self) -> ChangeMark | None:
        """Return a value that stays the same until the next commit; None where finding out takes a query."""
        return None

    @abstractmethod
    async def run_alone(self, query: str, arguments: list[Any], *, is_pooled: bool) -> Rows:
        """Run one statement outside any transaction."""

    async def read_alone(self, statements: Sequence[Statement]) -> list[Rows]:
        """Read outside any transaction."""
        return [await self.run_alone(*statement, is_pooled=True) for statement in statements]

    @abstractmethod
    async def acquire(self) -> Any:
        """Return a connection that no one uses; `give_back` it."""

    @abstractmethod
    async def begin(
        self, connection: Any, writes: Sequence[Write], statements: Sequence[Statement], *first: str
    ) -> list[Rows]:
        """Run `first`, begin a transaction that excludes other writers, and do the same as `fetch_each`."""

    @abstractmethod
    async def fetch(self, connection: Any, query: str, arguments: list[Any]) -> Rows:
        """Run one statement on a connection."""

    @abstractmethod
    async def fetch_each(
        self, connection: Any, writes: Sequence[Write], statements: Sequence[Statement], *first: str
    ) -> list[Rows]:
        """Run `first` and make these writes on a connection, then return the rows of each of the statements."""

    @abstractmethod
    async def commit(self, connection: Any, writes: Sequence[Write]) -> None:
        """Make these writes and commit, or raise."""

    async def write(self, connection: Any, writes: Sequence[Write], *first: str) -> None:
        """Run `first`, and make these writes in a transaction of their own, or raise."""
        await self.begin(connection, writes, [], *first)
        await self.commit(connection, [])

    @abstractmethod
    async def give_back(self, connection: Any, *, is_clean: bool) -> None:
        """Keep the connection for the next user, or close it when it may still be in a transaction."""


_serial = itertools.count()


class ChangeWatcher:
    """A connection only for `PRAGMA data_version`, which changes with every commit of any other connection."""

    def __init__(self, connect: Callable[[], sqlite3.Connection]) -> None:
        self._connect = connect
        self._connection: sqlite3.Connection | None = None
        self._number = 0
        self._seen: ChangeMark | None = None

    def mark(self) -> ChangeMark | None:
        """Return a value that stays the same until the next commit; None when getting it would mean waiting.

        Requests that one turn of the event loop handles share a look. All of them arrived before that turn began, so
        none was sent by anyone who could know of a later commit.
        """
        if self._seen is None:
            with suppress(sqlite3.OperationalError):
                if self._connection is None:
                    self._connection, self._number = self._connect(), next(_serial)
                    self._connection.execute("PRAGMA busy_timeout=0")  # the event loop never waits here
                version = self._connection.execute("PRAGMA data_version").fetchone()[0]
                self._seen = self._number, int(version)
            asyncio.get_running_loop().call_soon(self._forget)
        return self._seen

    def _forget(self) -> None:
        self._seen = None

    def close(self) -> None:
        """Close the connection; the next mark comes from another one, and so differs from all earlier ones."""
        self._forget()
        if self._connection is not None:
            self._connection.close()
            self._connection = None


A_CONNECTION = 15.0  # seconds that a task waits for one: longer than those before it try to reach a server that is away
