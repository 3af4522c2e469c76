"""Whether a SQLite database has changed meanwhile: known in some µs, without a query in another thread."""

import asyncio
import itertools
import sqlite3
from collections.abc import Callable
from contextlib import suppress

Mark = tuple[int, int]
"""The connection that was asked, and its data version."""

_serial = itertools.count()


class ChangeWatcher:
    """A connection only for `PRAGMA data_version`, which changes with every commit of any other connection."""

    def __init__(self, connect: Callable[[], sqlite3.Connection]) -> None:
        self._connect = connect
        self._connection: sqlite3.Connection | None = None
        self._number = 0
        self._seen: Mark | None = None

    def mark(self) -> Mark | None:
        """Return a value that stays the same until the next commit; None when getting it would mean waiting.

        Requests that one turn of the event loop handles share a look. All of them arrived before that turn began, so
        none was sent by anyone who could know of a later commit.
        """
        if self._seen is None:
            self._seen = self._looked()
            asyncio.get_running_loop().call_soon(self._forget)
        return self._seen

    def _looked(self) -> Mark | None:
        with suppress(sqlite3.OperationalError):
            if self._connection is None:
                self._connection, self._number = self._connect(), next(_serial)
                self._connection.execute("PRAGMA busy_timeout=0")  # the event loop never waits here
            return self._number, int(self._connection.execute("PRAGMA data_version").fetchone()[0])
        return None

    def _forget(self) -> None:
        self._seen = None

    def close(self) -> None:
        """Close the connection; the next mark comes from another one, and so differs from all earlier ones."""
        self._forget()
        if self._connection is not None:
            self._connection.close()
            self._connection = None
