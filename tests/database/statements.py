"""The statements that the product runs on either engine; nothing in it hands them out."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest

from tracker.database.connections import Rows, Statement, Write
from tracker.database.postgres import PostgresEngine
from tracker.database.sqlite import Connection


class Noted(list[Statement]):
    """Statements in their order, and in how many trips to a connection they went."""

    trips = 0

    def note(self, statements: Sequence[Statement], first: Sequence[str]) -> None:
        """Note a trip."""
        self.extend([*((text, []) for text in first), *statements])
        self.trips += 1


@contextmanager
def noted() -> Iterator[Noted]:
    """Yield the statements that are run meanwhile."""
    on_sqlite, on_postgres = Connection.fetch_each, PostgresEngine.fetch_each
    statements_noted = Noted()

    async def note_on_sqlite(
        self: Connection, statements: Sequence[Statement], writes: Sequence[Write] = (), first: Sequence[str] = ()
    ) -> list[Rows]:
        statements_noted.note(statements, first)
        return await on_sqlite(self, statements, writes, first)

    async def note_on_postgres(
        self: PostgresEngine, connection: Any, writes: Sequence[Write], statements: Sequence[Statement], *first: str
    ) -> list[Rows]:
        statements_noted.note(statements, first)
        return await on_postgres(self, connection, writes, statements, *first)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Connection, "fetch_each", note_on_sqlite)
        patch.setattr(PostgresEngine, "fetch_each", note_on_postgres)
        yield statements_noted
