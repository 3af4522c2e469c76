"""The two drivers' words for "refused, because of another row", as one error for people."""

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

    NOT NULL and CHECK are no conflicts but mistakes of ours, and stay what they are. Put it around `writing()`, or
    around a nested `writing()` to go on afterwards: a foreign key may be judged only at the end of a block.
    """
    try:
        yield
    except (sqlite3.IntegrityError, *POSTGRES_ERRORS) as refused:
        if isinstance(refused, sqlite3.IntegrityError) and not _is_conflict(refused):
            raise
        raise Conflict(sentence) from refused


def _is_conflict(refused: sqlite3.IntegrityError) -> bool:
    # ON DELETE RESTRICT is refused by a trigger inside SQLite, and only its text tells it from a trigger of ours.
    return refused.sqlite_errorcode in SQLITE_CODES or "FOREIGN KEY" in str(refused)
