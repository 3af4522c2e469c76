"""Where the tasks of one event loop queue for a connection, and to be the one writer."""

import asyncio

A_CONNECTION = 15.0  # seconds that a task waits for one: longer than those before it try to reach a server that is away


class WriterLock:
    """The queue of an event loop's tasks, first come first served: no task polls and no task starves."""

    def __init__(self, pool: int, patience: float) -> None:
        self.connections = asyncio.Semaphore(pool)
        self._writer = asyncio.Lock()
        self._patience = patience

    async def take_connection(self) -> None:
        """Take one of the connections; raise TimeoutError when none is given back in time."""
        async with asyncio.timeout(A_CONNECTION):
            await self.connections.acquire()

    async def enter_to_write(self) -> None:
        """Become the one writer of this loop; raise TimeoutError when the current one does not end in time."""
        async with asyncio.timeout(self._patience):
            await self._writer.acquire()

    def leave(self) -> None:
        """Let the next writer in."""
        self._writer.release()
