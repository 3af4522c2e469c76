"""Doing the same for several tasks in one transaction: what comes while a group is being done forms the next one."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Generic, TypeVar

from msgspec import Struct

from tracker.database import is_unavailable

MOST = 20  # of a group: other writers wait for all of it
T = TypeVar("T")
R = TypeVar("R")


class _Waiting(Struct, Generic[T, R], eq=False):
    """One of a group, and what became of it: one result, or an error."""

    one: T
    found: Sequence[R] = ()
    error: Exception | None = None

    @property
    def is_done(self) -> bool:
        return bool(self.found) or self.error is not None


class GroupedWork(Generic[T, R]):
    """Does things for tasks, each of which waits until its own is done; `do` returns a result for each."""

    def __init__(
        self,
        do: Callable[[Sequence[T]], Awaitable[Sequence[R]]],
        moment: float = 0.0,
        tasks: Callable[[], int] = lambda: MOST,
    ) -> None:
        """Wait up to `moment` seconds before each group, until as many tasks wait as there are."""
        self._do = do
        self._moment = moment
        self._tasks = tasks
        self._is_whole = asyncio.Event()
        self._waiting: list[_Waiting[T, R]] = []
        self._lock = asyncio.Lock()

    async def do(self, one: T) -> R:
        """Return what became of one. When a group fails, each is done by itself, and only those fail that can't be."""
        mine = _Waiting[T, R](one)
        self._waiting.append(mine)
        if len(self._waiting) >= self._tasks():
            self._is_whole.set()
        try:
            async with self._lock:
                while not mine.is_done:  # by another task
                    await self._more()
                    await self._do_those_that_wait()
        except asyncio.CancelledError:  # no one waits for it any longer
            self._waiting = [one for one in self._waiting if one is not mine]
            raise
        if mine.error is not None:
            raise mine.error
        return mine.found[0]

    async def _more(self) -> None:
        """Wait for more, if this group does."""
        if self._moment:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._moment):
                    await self._is_whole.wait()

    async def _do_those_that_wait(self) -> None:
        group, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
        self._is_whole.clear()
        try:
            await self._do_all(group)
        finally:  # a task that is canceled leaves what is not done to the next one
            self._waiting[:0] = [one for one in group if not one.is_done]

    async def _do_all(self, group: Sequence[_Waiting[T, R]]) -> None:
        try:
            found = await self._do([one.one for one in group])
        except Exception as failed:  # noqa: BLE001 - whatever failed, `do` raises it where it belongs
            await self._do_each(group, failed)
        else:
            for one, result in zip(group, found, strict=True):
                one.found = (result,)

    async def _do_each(self, group: Sequence[_Waiting[T, R]], failed: Exception) -> None:
        if len(group) == 1 or is_unavailable(failed):  # then none of them has to wait for that again
            for one in group:
                one.error = failed
            return
        for one in group:
            await self._do_all([one])
