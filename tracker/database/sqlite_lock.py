"""Waiting for the file's write lock, which another process may hold, in a way that can be canceled."""

import sqlite3
from collections.abc import Awaitable, Callable, Sequence
from time import monotonic

from tracker.database.connecting import Rows, Statement

SLICE = 0.2  # seconds inside SQLite, during which the wait cannot be canceled

FetchEach = Callable[[Sequence[Statement]], Awaitable[Sequence[Rows]]]


async def begin_to_write(fetch_each: FetchEach, first: Sequence[str], patience: float) -> None:
    """Run `first`, then begin a transaction that holds the lock; raise after `patience` seconds without it."""
    brief = min(SLICE, patience)
    statements = (_waits(brief), *first, "BEGIN IMMEDIATE", _waits(patience))
    give_up = monotonic() + patience - brief
    while True:
        try:
            await fetch_each([(one, []) for one in statements])
        except sqlite3.OperationalError as locked:
            if locked.sqlite_errorcode != sqlite3.SQLITE_BUSY or monotonic() >= give_up:
                raise
        else:
            return


def _waits(seconds: float) -> str:
    return f"PRAGMA busy_timeout={seconds * 1_000:.0f}"
