"""Reading in one trip: what the parts of a page ask at the same time goes to the database together.

Waking a connection's thread takes longer than most statements of a page do.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from tracker.database.connecting import Rows, Statement

WAITS = 2  # turns of the event loop: parts of parts begin as many later


class Trips:
    """What several tasks ask, collected into as few trips as their answers allow."""

    def __init__(self, read: Callable[[Sequence[Statement]], Awaitable[list[Rows]]]) -> None:
        self._read = read
        self._asked: list[Statement] = []
        self._next: asyncio.Task[list[Rows]] | None = None

    async def ask(self, statements: Sequence[Statement]) -> list[Rows]:
        """Return the rows of statements that read, together with what other tasks ask meanwhile."""
        first = len(self._asked)
        self._asked.extend(statements)
        if self._next is None:
            self._next = asyncio.create_task(self._leave())
        try:
            found = await asyncio.shield(self._next)  # a task that is canceled leaves the others their answers
        except Exception:  # noqa: BLE001 - whatever failed, each asks again by itself, and gets its own error alone
            return await self._read(statements)
        return found[first : first + len(statements)]

    async def _leave(self) -> list[Rows]:
        for _ in range(WAITS):
            await asyncio.sleep(0)
        asked, self._asked, self._next = self._asked, [], None
        return await self._read(asked)
