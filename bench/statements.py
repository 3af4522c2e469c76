"""What a page asks the database, asked again on a bare connection of the standard library."""

import sqlite3
import time
from collections.abc import Sequence

from tracker.database import Engine
from tracker.database.connections import Statement, is_read
from tracker.database.sqlite import SQLiteEngine


def bare_connection(engine: Engine) -> sqlite3.Connection:
    """Open the product's file with `sqlite3` and the product's settings; the caller closes it."""
    assert isinstance(engine, SQLiteEngine)  # noqa: S101 - worlds are files
    connection: sqlite3.Connection = engine.connect()
    return connection


class BareConnection:
    """A bare connection that asks again what a page asked."""

    def __init__(self, engine: Engine, statements: Sequence[Statement]) -> None:
        self._connection = bare_connection(engine)
        self._reads = [(query, arguments) for query, arguments in statements if is_read(query)]

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def ask(self) -> float:
        """Run the statements that read, fetch their rows, and return the processor time in seconds."""
        began = time.process_time()
        for query, arguments in self._reads:
            self._connection.execute(query, arguments).fetchall()
        return time.process_time() - began
