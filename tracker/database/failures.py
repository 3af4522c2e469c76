"""The two drivers' words for "the database cannot do that now": away, full, locked, broken, or without a table."""

import socket
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from asyncpg import exceptions as postgres

AWAY = (postgres.InterfaceError, postgres.PostgresError, ConnectionError, TimeoutError, socket.gaierror)
OURS = (postgres.IntegrityConstraintViolationError, postgres.DataError, postgres.RaiseError)
"""A refused row, a value that does not fit and a trigger of ours are mistakes in the code."""
AS_THEY_ARE = (sqlite3.OperationalError, sqlite3.DatabaseError, OSError)
"""Kinds whose relatives mean something else: "malformed" is a DatabaseError, "no such file" is not a plain OSError."""


def is_unavailable(error: BaseException) -> bool:
    """Whether an error means that the database could not do what it can do at another time."""
    return type(error) in AS_THEY_ARE or (isinstance(error, AWAY) and not isinstance(error, OURS))


@contextmanager
def surviving_failures() -> Iterator[list[BaseException]]:
    """Go on after the block when the database could not do it; the list then holds why."""
    failed: list[BaseException] = []
    try:
        yield failed
    except Exception as error:
        if not is_unavailable(error):
            raise
        failed.append(error)
