"""Parts of one transaction in step: what they ask at the same time is one trip on its only connection.

A part runs until it asks the database, and waits there for the others. It needs no task of its own, which would cost as
much as some trips.
"""

from collections.abc import Callable, Coroutine, Generator, Sequence
from functools import partial
from types import coroutine
from typing import Any, Protocol

from tracker.database.connecting import Rows, Statement


class Asked:
    """What a part asks, on its way to the trip of all."""

    def __init__(self, statements: Sequence[Statement]) -> None:
        self.statements = statements

    def __await__(self) -> Generator["Asked", list[Rows], list[Rows]]:
        return (yield self)


class Asking(Protocol):
    """A transaction, as far as its parts are concerned."""

    def collecting(self, step: Callable[[], Any]) -> Any:
        """Let a part run until it asks, which becomes `Asked`."""

    async def run_each(self, statements: Sequence[Statement]) -> list[Rows]:
        """Run statements."""


class _Part:
    """A part that has begun: what it asks, or how it ended."""

    def __init__(self, held: Asking, begun: Coroutine[Any, Any, Any]) -> None:
        self._held, self._begun = held, begun
        self.asked: Sequence[Statement] | None = None
        self.found: Any = None
        self.error: BaseException | None = None

    async def go_on(self, answer: list[Rows] | None = None) -> None:
        """Let it run with an answer until it asks again."""
        await self._until_it_asks(partial(self._begun.send, answer))

    async def fail(self, why: BaseException) -> None:
        """Let it run with an error until it asks again, which most don't."""
        await self._until_it_asks(partial(self._begun.throw, why))

    async def _until_it_asks(self, step: Callable[[], Any]) -> None:
        self.asked = None
        while self.asked is None:
            try:
                reached = self._held.collecting(step)
            except StopIteration as ended:
                self.found = ended.value
                return
            except BaseException as failed:  # noqa: BLE001 - `in_step` raises it
                self.error = failed
                return
            if isinstance(reached, Asked):
                self.asked = reached.statements
            else:
                step = await self._after(reached)

    async def _after(self, other: Any) -> Callable[[], Any]:
        """Wait for what isn't the database, and return how the part continues."""
        try:
            return partial(self._begun.send, await _passed_on(other))
        except BaseException as failed:  # noqa: BLE001 - it is the part's own
            return partial(self._begun.throw, failed)


async def in_step(held: Asking, begun: Sequence[Coroutine[Any, Any, Any]]) -> list[Any]:
    """Return what the parts of a transaction find; raise the first one's error after all of them have ended."""
    parts = [_Part(held, one) for one in begun]
    for part in parts:
        await part.go_on()
    while waiting := [part for part in parts if part.asked is not None]:
        await _answer(held, waiting)
    errors = [part.error for part in parts if part.error is not None]
    if errors:
        raise min(errors, key=lambda one: isinstance(one, Exception))  # that the task is canceled comes first
    return [part.found for part in parts]


async def _answer(held: Asking, waiting: Sequence[_Part]) -> None:
    questions = [part.asked or () for part in waiting]
    try:
        found = iter(await held.run_each([statement for each in questions for statement in each]))
    except BaseException as failed:  # noqa: BLE001 - each part gets it
        for part in waiting:
            await part.fail(failed)
        return
    for part, asked in zip(waiting, questions, strict=True):
        await part.go_on([next(found) for _ in asked])


@coroutine
def _passed_on(other: Any) -> Generator[Any, Any, Any]:
    return (yield other)
