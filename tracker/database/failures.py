"""Recognizing the drivers' errors: a database that is away, full, or broken, and a row that prevents a write."""

import socket
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from asyncpg import exceptions as postgres

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
