"""A SQLite file that only its owner can read, in WAL mode."""

import os
import sqlite3
from contextlib import suppress
from time import monotonic, sleep


def create_for_owner_only(path: str) -> None:
    """Create the file with mode 0600 if it does not exist; SQLite gives its -wal and -shm the same mode.

    An existing file is not even opened, because closing it would drop every lock that this process holds on it
    (https://www.sqlite.org/howtocorrupt.html §2.2).
    """
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))


def write_ahead(connection: sqlite3.Connection, patience: float) -> None:
    """Switch the file to WAL permanently; raise where the file system cannot share memory.

    SQLite does not wait here as it does elsewhere: when four processes open a new file, one gets "locked".
    """
    give_up = monotonic() + patience
    while (mode := _journal_mode(connection)) is None and monotonic() < give_up:
        sleep(0.01)
    if mode != "wal":
        raise sqlite3.OperationalError("The database file is locked, or its folder cannot hold SQLite's WAL.")


def _journal_mode(connection: sqlite3.Connection) -> str | None:
    try:
        return str(connection.execute("PRAGMA journal_mode=WAL").fetchone()[0])
    except sqlite3.OperationalError as refused:
        if refused.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:  # the low byte is the kind
            raise
        return None
