"""Waiting for the file's write lock, which another process may hold, in a way that can be canceled."""

import sqlite3
from collections.abc import Awaitable, Callable, Sequence
from time import monotonic
from typing import TypeVar

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
