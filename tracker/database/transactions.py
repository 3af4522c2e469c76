"""What both engines share: one writer at a time, nested savepoints, and clean exits that cannot be interrupted."""

from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from contextvars import ContextVar, Token
from types import TracebackType
from typing import Any, Self, TypeVar

from anyio import CancelScope
from piccolo.engine.base import BaseTransaction
from piccolo.engine.exceptions import TransactionError
from piccolo.querystring import QueryString

from tracker.database.connections import EngineConnections, Rows, Statement, Write, is_read
from tracker.database.in_step import ReadingBy, StepReading, in_step, snapshot_of
from tracker.database.queries import compiled

T = TypeVar("T")
FAILED = "A statement of this transaction failed, so nothing of it is kept. Nest `writing()` around what may fail."


class OneWriterEngine(EngineConnections):
    """The half of an engine that does not depend on the database: who is in a transaction and who may write.

    A task that was started inside a transaction shares it while it is open and is on its own afterward; stock Piccolo
    keeps it on a connection that another task uses by then. The parts of a page that read together only read.
    """

    current_transaction: ContextVar[Any]  # of Transaction; Piccolo types it by engine
    _reading: ContextVar[StepReading | None] = ContextVar("reading", default=None)

    def live_transaction(self) -> "Transaction | None":
        """Return the open transaction of this task, or None."""
        held: Transaction | None = self.current_transaction.get()
        return None if held is None or held.is_over else held

    def reading(self) -> StepReading | None:
        """Return where this task reads: in its transaction, in a snapshot, or with other parts; None = anywhere."""
        return self.live_transaction() or self._reading.get()

    def transaction_exists(self) -> bool:
        """Return whether this task is in an open transaction."""
        return self.live_transaction() is not None

    def transaction(self, transaction_type: object = None, allow_nested: bool = True) -> BaseTransaction:  # noqa: ARG002, FBT001, FBT002 - Piccolo's signature
        """Return a write transaction, or a savepoint when the task is in one already.

        The type that Piccolo asks for is ignored: a DEFERRED transaction that reads and then writes fails under load.
        """
        self._check_may_write()
        held = self.live_transaction()
        if held is None:
            return Transaction(self)
        if not allow_nested:
            raise TransactionError("This task is in a transaction already.")
        return Savepoint(held)

    async def run_querystring(self, querystring: QueryString, in_pool: bool = True) -> Rows:  # noqa: FBT001, FBT002 - Piccolo's signature
        """Run one query in this task's transaction, or on a connection of its own."""
        query, arguments = compiled(querystring, self.engine_type)
        return await self._run(query, arguments, is_pooled=in_pool)

    async def read_each(self, *questions: QueryString) -> list[Rows]:
        """Return the rows of several independent queries; SQLite runs them in one call to its thread."""
        statements = [compiled(question, self.engine_type) for question in questions]
        reading = self.reading()
        return await (reading.read(statements) if reading else self.read_alone(statements))

    async def read_in_step(self, parts: Sequence[Coroutine[Any, Any, T]]) -> list[T]:
        """Return what independent parts read, in as few trips as their answers allow; see `together`."""
        reading = self.reading()
        if reading:
            return await in_step(reading, parts)
        with self._reading_by(self.read_alone) as reading:
            return await in_step(reading, parts)

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[None]:
        """Read from one state of the database: this task, and those that are started meanwhile.

        What they write goes its own way, and they don't see it. In a transaction they read as that does.
        """
        if self.transaction_exists():
            yield
            return
        async with snapshot_of(self) as snapshot:
            with self._reading_by(snapshot.read, survives_failure=False):  # PostgreSQL refuses everything until the end
                yield

    @contextmanager
    def _reading_by(
        self, read: Callable[[Sequence[Statement]], Awaitable[list[Rows]]], *, survives_failure: bool = True
    ) -> Iterator[StepReading]:
        reading = ReadingBy(read, survives_failure=survives_failure)
        before = self._reading.set(reading)
        try:
            yield reading
        finally:
            self._reading.reset(before)

    def write_many(self, query: str, rows: Sequence[Sequence[Any]]) -> None:
        """Run one statement, in the database's own SQL, for each of some rows; the transaction does so later."""
        self._check_may_write()
        held = self.live_transaction()
        if held is None:
            raise TransactionError("Many rows are written in one transaction.")
        held.write_many(query, rows)

    async def run_ddl(self, ddl: str, in_pool: bool = True) -> Rows:  # noqa: FBT001, FBT002 - Piccolo's signature
        """Run one statement that changes the schema, in the same places as a query."""
        return await self._run(ddl, [], is_pooled=in_pool)

    async def _run(self, query: str, arguments: list[Any], *, is_pooled: bool) -> Rows:
        held, reading = self.live_transaction(), self.reading()
        if reading and (held or reading.part or is_read(query)):
            [rows] = await reading.read([(query, arguments)])
            return rows
        return await self.run_alone(query, arguments, is_pooled=is_pooled)

    def _check_may_write(self) -> None:
        if reading := self.reading():
            reading.check_may_write()


class Transaction(StepReading, BaseTransaction):
    """One write transaction, which begins with its first statement: BEGIN goes along with it.

    Whatever happens on the way out (failed COMMIT, canceled task, dead connection), the connection is returned or
    closed, the write lock is released, and the task is no longer in a transaction. Stock Piccolo fails at all three.
    """

    survives_failure = False
    before_it: Sequence[str] = ()
    """What is run before it begins."""

    def __init__(self, engine: OneWriterEngine) -> None:
        self.engine = engine
        self.connection: Any = None
        self.has_begun = False
        self.is_over = False
        self.has_failed = False
        self._savepoints = 0
        self._waiting: list[Write] = []

    async def __aenter__(self) -> Self:
        self._writer_lock = self.engine.writer_lock()
        await self._writer_lock.enter_to_write()
        try:
            self.connection = await self.engine.acquire()
        except BaseException:
            self._writer_lock.leave()
            raise
        self._entered: Token[Transaction | None] = self.engine.current_transaction.set(self)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        # Set first, so that a task started inside puts no statement between COMMIT and the connection's next user.
        self.is_over = True
        try:
            self.engine.current_transaction.reset(self._entered)
        except ValueError:  # entered in another context: a test's fixture, a generator that a server resumes
            self.engine.current_transaction.set(None)
        try:
            with CancelScope(shield=True):
                await self._end(is_wanted=error is None)
        finally:
            self._writer_lock.leave()
        return False

    async def run(self, query: str, arguments: list[Any] | None = None) -> Rows:
        """Run one statement in this transaction; refuse after one has failed, as PostgreSQL does."""
        [rows] = await self.read([(query, arguments or [])])
        return rows

    async def read_now(self, statements: Sequence[Statement]) -> list[Rows]:
        """Run statements in this transaction, after the writes that wait."""
        if self.has_failed:
            raise TransactionError(FAILED)
        try:
            if self.has_begun:
                return await self.engine.fetch_each(self.connection, self._taken_along(), statements)
            self.has_begun = True
            return await self.engine.begin(self.connection, self._taken_along(), statements, *self.before_it)
        except BaseException:
            self.has_failed = True
            raise

    async def begin(self) -> None:
        """Begin before there is a statement; raise after 30 s behind another process."""
        if not self.has_begun:
            await self.read_now([])

    def write_many(self, query: str, rows: Sequence[Sequence[Any]]) -> None:
        """Run one statement for each of some rows, together with the next statement of this transaction, or its COMMIT.

        It returns nothing to wait for: so what a deed writes takes no call to the database of its own.
        """
        self._waiting.append((query, rows))

    def forget_failure(self) -> None:
        """Let statements run again, when what failed is rolled back to a savepoint, with the writes that still wait."""
        self.has_failed = False
        self._waiting.clear()

    def name_of_next_savepoint(self) -> str:
        """Return a name that this transaction has not used."""
        self._savepoints += 1
        return f"savepoint_{self._savepoints}"

    def _taken_along(self) -> list[Write]:
        waiting, self._waiting = self._waiting, []
        return waiting

    async def _commit(self) -> None:
        if self.has_begun:
            await self.engine.commit(self.connection, self._taken_along())
        elif self._waiting:
            self.has_begun = True
            await self.engine.write(self.connection, self._taken_along(), *self.before_it)

    async def _give_back(self, *, is_clean: bool) -> None:
        await self.engine.give_back(self.connection, is_clean=is_clean)

    async def _end(self, *, is_wanted: bool) -> None:
        is_clean = False
        try:
            if is_wanted and not self.has_failed:
                await self._commit()
                is_clean = True
        finally:
            try:
                if not is_clean:
                    with suppress(Exception):  # closing the connection rolls back, too; the first error is shown
                        if self.has_begun:
                            await self.engine.fetch(self.connection, "ROLLBACK", [])
                        is_clean = True
            finally:  # asyncio's own cancellation passes the shield
                await self._give_back(is_clean=is_clean)
        if is_wanted and self.has_failed:
            raise TransactionError(FAILED)


class Savepoint(BaseTransaction):
    """A transaction inside one: what fails in it is undone, even when the failure is caught outside.

    Stock Piccolo does nothing here, so the writes of a failed inner block are committed with the outer one.
    """

    def __init__(self, root: Transaction) -> None:
        self.root = root
        self.name = root.name_of_next_savepoint()

    async def __aenter__(self) -> Transaction:
        await self.root.run(f"SAVEPOINT {self.name}")
        return self.root

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        with CancelScope(shield=True):
            if error is None and not self.root.has_failed:
                await self._release()
                return False
            await self._undo()
        if error is None:
            raise TransactionError(FAILED)
        return False

    async def _release(self) -> None:
        """Make the writes that wait, and end the block; if one fails, it is as if it had failed inside."""
        try:
            await self.root.run(f"RELEASE SAVEPOINT {self.name}")
        except Exception:
            await self._undo()
            raise

    async def _undo(self) -> None:
        """Return to where the block began; if that fails, the whole transaction stays failed and is never committed."""
        self.root.forget_failure()
        with suppress(Exception):
            await self.root.run(f"ROLLBACK TO SAVEPOINT {self.name}")
            await self.root.run(f"RELEASE SAVEPOINT {self.name}")
