"""The statements that the product runs on SQLite; nothing in it hands them out."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from tracker.database.connecting import Rows, Statement
from tracker.database.sqlite import Connection


@contextmanager
def noted() -> Iterator[list[Statement]]:
    """Yield the statements that are run meanwhile, in their order."""
    plain = Connection.fetch_each
    found: list[Statement] = []

    async def noting(self: Connection, statements: Sequence[Statement]) -> list[Rows]:
        found.extend(statements)
        return await plain(self, statements)

    Connection.fetch_each = noting  # type: ignore[method-assign]  # put back below
    try:
        yield found
    finally:
        Connection.fetch_each = plain  # type: ignore[method-assign]  # as it was
