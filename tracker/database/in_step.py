"""Parts that read in step: what they ask at the same time goes to the database in one trip, from one state of it."""

import asyncio
from abc import abstractmethod
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Generator, Sequence
from contextlib import asynccontextmanager, suppress
from types import coroutine
from typing import Any, TypeVar

from anyio import CancelScope
from piccolo.engine.exceptions import TransactionError

from tracker.database.connections import EngineConnections, Rows, Statement, is_read, is_unreached

ONLY_READS = "A part that reads together with others writes. Write before `together`, or after it."
T = TypeVar("T")


class AskedStatement:
    """What a part asks, on its way to the trip of all."""

    def __init__(self, statements: Sequence[Statement]) -> None:
        self.statements = statements

    def __await__(self) -> Generator["AskedStatement", list[Rows], list[Rows]]:
        return (yield self)


class StepReading:
    """Where parts read: outside of write transactions, in one, or in a snapshot."""

    part: "_Part | None" = None
    """The part that runs, up to what it asks; None outside of parts."""
    survives_failure = True
    """Whether it can be asked again after a statement failed."""

    @abstractmethod
    async def read_now(self, statements: Sequence[Statement]) -> list[Rows]:
        """Return the rows of statements by one trip."""

    async def read(self, statements: Sequence[Statement]) -> list[Rows]:
        """Return the rows of statements; those of a part go with those of the others."""
        if self.part and not all(is_read(query) for query, _ in statements):
            self.check_may_write()
        return await self.read_with_others(statements)

    async def read_with_others(self, statements: Sequence[Statement]) -> list[Rows]:
        """Return the rows of statements that only read, or are in no part; a part may have parts of its own."""
        return await (AskedStatement(statements) if self.part else self.read_now(statements))

    def check_may_write(self) -> None:
        """Raise TransactionError in a part; again after all of them, because parts catch what a page may lack."""
        if self.part:
            self.part.has_refused = True
            raise TransactionError(ONLY_READS)


class ReadingBy(StepReading):
    """Reads by a function."""

    def __init__(self, read: Callable[[Sequence[Statement]], Awaitable[list[Rows]]], *, survives_failure: bool) -> None:
        self._read = read
        self.survives_failure = survives_failure

    async def read_now(self, statements: Sequence[Statement]) -> list[Rows]:
        """Return the rows of statements by one trip."""
        return await self._read(statements)


class _Part:
    """A part that has begun: what it asks, or how it ended."""

    def __init__(self, reading: StepReading, begun: Coroutine[Any, Any, Any]) -> None:
        self._reading, self._begun = reading, begun
        self.asked: Sequence[Statement] | None = None
        self.result: Any = None
        self.error: BaseException | None = None
        self.has_refused = False
        """Whether it tried to write, or a part of its own did."""

    async def resume(self, rows: list[Rows] | None = None) -> None:
        """Let it run with the rows that it asked for until it asks again."""
        if other := self._step(self._begun.send, rows):
            await self._wait_for(other)

    async def fail(self, why: BaseException) -> None:
        """Let it run with an error until it asks again, which most don't."""
        if other := self._step(self._begun.throw, why):
            await self._wait_for(other)

    def _step(self, step: Callable[[Any], Any], value: Any) -> tuple[Any] | None:
        """Let it run until it waits or ends; return what it waits for, if that isn't the database."""
        reading = self._reading
        before, reading.part, self.asked = reading.part, self, None
        try:
            reached = step(value)
        except StopIteration as ended:
            self.result = ended.value
        except BaseException as failed:  # noqa: BLE001 - `in_step` raises it
            self.error = failed
        else:
            if not isinstance(reached, AskedStatement):
                return (reached,)
            self.asked = reached.statements
        finally:
            reading.part = before
        return None

    async def _wait_for(self, other: tuple[Any] | None) -> None:
        """Wait for what isn't the database, until the part asks or ends."""
        while other:
            try:
                step, value = self._begun.send, await _passed_on(*other)
            except BaseException as failed:  # noqa: BLE001 - it is the part's own
                step, value = self._begun.throw, failed
            other = self._step(step, value)  # outside, so that it isn't "during handling of" the error


async def in_step(reading: StepReading, begun: Sequence[Coroutine[Any, Any, T]]) -> list[T]:
    """Return what independent parts find; raise the first one's error after all of them have ended.

    None of them may wait for another one.
    """
    parts = [_Part(reading, coroutine) for coroutine in begun]
    for part in parts:
        await part.resume()
    while waiting := [part for part in parts if part.asked is not None]:
        await _read_for(reading, waiting)
    if any(part.has_refused for part in parts):
        reading.check_may_write()  # these may be parts of a part
        raise TransactionError(ONLY_READS)
    errors = [part.error for part in parts if part.error is not None]
    if errors:
        raise min(errors, key=lambda error: isinstance(error, Exception))  # that the task is canceled comes first
    return [part.result for part in parts]


async def _read_for(reading: StepReading, waiting: Sequence[_Part]) -> None:
    """Answer what parts asked; after a failure each asks by itself, and gets an error of its own alone.

    All of them get the error of a database that was not reached: each would wait as long again.
    """
    questions = [part.asked or () for part in waiting]
    try:
        results = iter(await reading.read_with_others([statement for each in questions for statement in each]))
    except BaseException as failed:  # noqa: BLE001 - each part gets it
        is_shared = len(waiting) > 1 and isinstance(failed, Exception) and reading.survives_failure
        is_shared = is_shared and not is_unreached(failed)
        for part in waiting:
            await (_read_for(reading, [part]) if is_shared else part.fail(failed))
        return
    for part, asked in zip(waiting, questions, strict=True):
        await part.resume([next(results) for _ in asked])


@coroutine
def _passed_on(other: Any) -> Generator[Any, Any, Any]:
    return (yield other)


class Snapshot:
    """One connection in a transaction that only reads, whose state is that of the first statement."""

    def __init__(self, engine: EngineConnections, connection: Any) -> None:
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
async def snapshot_of(engine: EngineConnections) -> AsyncIterator[Snapshot]:
    """Yield a snapshot, and end it whatever happens."""
    snapshot = Snapshot(engine, await engine.acquire())
    try:
        yield snapshot
    finally:
        with CancelScope(shield=True):
            await snapshot.end()
