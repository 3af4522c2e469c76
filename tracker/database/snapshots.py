"""Reading at one moment: all that a snapshot reads is from one state of the database."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any

from anyio import CancelScope
from piccolo.engine.exceptions import TransactionError

from tracker.database.connecting import Connecting, Rows, Statement


class Snapshot:
    """One connection in a transaction that only reads, whose state is that of the first statement."""

    def __init__(self, engine: Connecting, connection: Any) -> None:
        self._engine = engine
        self._connection = connection
        self._turn = asyncio.Lock()  # a connection of PostgreSQL refuses a second question before the first answer
        self._begin: Sequence[str] = [engine.begin_to_read]
        self._is_over = False

    async def read(self, statements: Sequence[Statement]) -> list[Rows]:
        """Return the rows of each statement. Errors: TransactionError for a task that is still there after the end."""
        async with self._turn:
            if self._is_over:
                raise TransactionError("This snapshot has ended.")
            begin, self._begin = self._begin, []
            return await self._engine.fetch_each(self._connection, [], statements, *begin)

    async def end(self) -> None:
        """End the transaction after what is being read, and give the connection back, or close it if that fails."""
        async with self._turn:
            self._is_over, is_clean = True, bool(self._begin)
            try:
                with suppress(Exception):
                    if not is_clean:
                        await self._engine.fetch(self._connection, "ROLLBACK", [])
                        is_clean = True
            finally:  # asyncio's own cancellation passes the shield
                await self._engine.give_back(self._connection, is_clean=is_clean)


@asynccontextmanager
async def opened(engine: Connecting) -> AsyncIterator[Snapshot]:
    """Yield a snapshot, and end it whatever happens."""
    snapshot = Snapshot(engine, await engine.acquire())
    try:
        yield snapshot
    finally:
        with CancelScope(shield=True):
            await snapshot.end()
