"""The two drivers' words for "the database cannot do that now": away, full, locked, broken, or without a table."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from asyncpg import exceptions as postgres

UNAVAILABLE: tuple[type[Exception], ...] = (
    sqlite3.OperationalError,
    postgres.InterfaceError,
    postgres.PostgresError,
    OSError,
    TimeoutError,
)
"""Kinds among which `is_unavailable` decides: PostgreSQL's also cover what is our mistake."""
OURS = (postgres.IntegrityConstraintViolationError, postgres.DataError, postgres.RaiseError)


def is_unavailable(error: BaseException) -> bool:
    """Whether an error means that the database could not do what it could do at another time.

    A refused row, a value that does not fit and a trigger of ours are mistakes in the code and stay what they are.
    """
    if type(error) is sqlite3.DatabaseError:  # "malformed", "not a database"; its subclasses have their own meaning
        return True
    return isinstance(error, UNAVAILABLE) and not isinstance(error, OURS)


@contextmanager
def surviving_failures() -> Iterator[list[BaseException]]:
    """Go on after the block when the database could not do it; the list then holds the error."""
    failed: list[BaseException] = []
    try:
        yield failed
    except Exception as error:
        if not is_unavailable(error):
            raise
        failed.append(error)
