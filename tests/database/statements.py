"""The statements that the product runs on SQLite; nothing in it hands them out."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from tracker.database.connections import Rows, Statement, Write
from tracker.database.sqlite import Connection


class Noted(list[Statement]):
    """Statements in their order, and in how many trips to a connection's thread they went."""

    trips = 0


@contextmanager
def noted() -> Iterator[Noted]:
    """Yield the statements that are run meanwhile."""
    plain = Connection.fetch_each
    noted_engine = Noted()

    async def noting(
        self: Connection, statements: Sequence[Statement], writes: Sequence[Write] = (), first: Sequence[str] = ()
    ) -> list[Rows]:
        noted_engine.extend([*((one, []) for one in first), *statements])
        noted_engine.trips += 1
        return await plain(self, statements, writes, first)

    Connection.fetch_each = noting  # type: ignore[method-assign]  # put back below
    try:
        yield noted_engine
    finally:
        Connection.fetch_each = plain  # type: ignore[method-assign]  # as it was
