"""Recognizing the drivers' errors for a database that is away, full, locked, broken, or without a table."""

import socket
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from asyncpg import exceptions as postgres

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
