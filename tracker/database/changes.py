"""Whether anybody changed a SQLite database meanwhile: told in 2 µs, without a query in another thread."""

import itertools
import sqlite3
from collections.abc import Callable
from contextlib import suppress

Mark = tuple[int, int]
"""Which connection tells, and what it says."""

_serial = itertools.count()


class ChangeWatcher:
    """A connection that only asks for `PRAGMA data_version`, which moves with every commit of any other connection."""

    def __init__(self, connect: Callable[[], sqlite3.Connection]) -> None:
        self._connect = connect
        self._connection: sqlite3.Connection | None = None
        self._number = 0

    def mark(self) -> Mark | None:
        """Return what stays the same while nobody commits; None when it cannot be had without waiting."""
        with suppress(sqlite3.OperationalError):
            if self._connection is None:
                self._connection, self._number = self._connect(), next(_serial)
                self._connection.execute("PRAGMA busy_timeout=0")  # the event loop never waits here
            return self._number, int(self._connection.execute("PRAGMA data_version").fetchone()[0])
        return None

    def close(self) -> None:
        """Give the connection back; the next mark is of another one and so unlike all before."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
