"""Reading in one trip: what the parts of a page ask at the same time goes to the database together.

Waking a connection's thread takes longer than most statements of a page do.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from tracker.database.connecting import Rows, Statement

QUIET = 2  # turns of the event loop in which nothing new is asked: parts of parts begin a turn later
Answer = asyncio.Future[list[Rows] | None]
"""The rows of each statement; None after a failure."""


class Trips:
    """What several tasks ask, collected into as few trips as their answers allow."""

    has_refused = False
    """Whether one of the tasks tried to write."""
    reading = 0
    """How many tasks read in these trips, without those that wait for parts of their own."""

    def __init__(self, read: Callable[[Sequence[Statement]], Awaitable[list[Rows]]]) -> None:
        self._read = read
        self._asked: list[tuple[Sequence[Statement], Answer]] = []

    def count(self, tasks: Sequence[asyncio.Task[Any]]) -> None:
        """Count tasks while they read; the last one to end leaves its place to the task that waits for all of them."""
        is_waited_for_by_one, left = self.reading > 0, len(tasks)

        def end(_: asyncio.Task[Any]) -> None:
            nonlocal left
            left -= 1
            if left or not is_waited_for_by_one:
                self.reading -= 1

        self.reading += left - is_waited_for_by_one
        for one in tasks:
            one.add_done_callback(end)

    async def ask(self, statements: Sequence[Statement]) -> list[Rows]:
        """Return the rows of statements that read, together with what other tasks ask meanwhile.

        After a failure each asks again by itself, and gets an error of its own alone.
        """
        answer: Answer = asyncio.get_running_loop().create_future()
        if not self._asked:
            self._trip = asyncio.create_task(self._leave())
        self._asked.append((statements, answer))
        found = await answer
        return await self._read(statements) if found is None else found

    async def _leave(self) -> None:
        quiet, known = 0, 0
        while quiet < QUIET and len(self._asked) < self.reading:  # once all of them wait, no one asks more
            await asyncio.sleep(0)
            quiet = quiet + 1 if len(self._asked) == known else 0
            known = len(self._asked)
        asked, self._asked = self._asked, []
        try:
            found = iter(await self._read([one for statements, _ in asked for one in statements]))
            for statements, answer in asked:
                _settle(answer, [next(found) for _ in statements])
        except Exception:  # noqa: BLE001 - whatever failed, `ask` raises it where it belongs
            for _, answer in asked:
                _settle(answer, None)


def _settle(answer: Answer, found: list[Rows] | None) -> None:
    if not answer.done():  # its task may have been canceled
        answer.set_result(found)
