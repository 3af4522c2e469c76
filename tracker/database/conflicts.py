"""One error for people when another row prevents a write, from the errors of both drivers."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from asyncpg import exceptions as postgres

from tracker.errors import Conflict

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
