"""Recognizing the drivers' errors for a database that is away, full, locked, broken, or without a table."""

import socket
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from asyncpg import exceptions as postgres

AWAY = (postgres.InterfaceError, postgres.PostgresError, ConnectionError, TimeoutError, socket.gaierror)
OURS = (postgres.IntegrityConstraintViolationError, postgres.DataError, postgres.RaiseError)
"""A refused row, a value that does not fit, or one of our own triggers: mistakes in the code."""
AS_THEY_ARE = (sqlite3.OperationalError, sqlite3.DatabaseError, OSError)
"""Exact types; subclasses mean something else: "malformed" is a DatabaseError, "no such file" not a plain OSError."""


def is_unavailable(error: BaseException) -> bool:
    """Return whether an error means that the database cannot do this now, but could at another time."""
    return type(error) in AS_THEY_ARE or (isinstance(error, AWAY) and not isinstance(error, OURS))


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
