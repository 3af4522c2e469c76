"""What a page asks the database, noted once and then asked again on a bare connection of the standard library."""

import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from tracker.database import Engine
from tracker.database.connecting import Rows, Statement
from tracker.database.sqlite import READS, Connection, SQLiteEngine


@contextmanager
def noted() -> Iterator[list[Statement]]:
    """Yield the statements that are run meanwhile, in their order; nothing in the product hands them out."""
    plain = Connection.fetch_each
    found: list[Statement] = []

    async def noting(self: Connection, statements: Sequence[Statement]) -> list[Rows]:
        found.extend(statements)
        return await plain(self, statements)

    Connection.fetch_each = noting  # type: ignore[method-assign]  # put back below
    try:
        yield found
    finally:
        Connection.fetch_each = plain  # type: ignore[method-assign]  # put back below


class BareConnection:
    """A connection of `sqlite3` to the product's file, with the product's settings."""

    def __init__(self, engine: Engine, statements: Sequence[Statement]) -> None:
        assert isinstance(engine, SQLiteEngine)  # noqa: S101 - worlds are files
        self._connection: sqlite3.Connection = engine.connect()
        self._reads = [(query, arguments) for query, arguments in statements if query.lstrip().startswith(READS)]

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def ask(self) -> float:
        """Run the statements that read, fetch their rows, and return the processor time in seconds."""
        began = time.process_time()
        for query, arguments in self._reads:
            self._connection.execute(query, arguments).fetchall()
        return time.process_time() - began
