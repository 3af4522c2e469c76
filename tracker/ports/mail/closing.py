"""Recording how messages ended: those that end while others are being recorded wait, and go into one transaction."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from tracker.rules.core.outbox import Message, Skip
from tracker.usecases.core import outbox


class Closing:
    """Closes messages for several lanes, each of which waits until its own is recorded."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._ended: dict[UUID, tuple[Message, Skip]] = {}
        self._lock = asyncio.Lock()

    async def close(self, message: Message, outcome: Skip) -> None:
        """Record how a message ended. When that fails, it fails for one lane, and the others try again."""
        self._ended[message.id] = message, outcome
        async with self._lock:
            if message.id in self._ended:  # no other lane has recorded it
                await self._record(message)

    async def _record(self, message: Message) -> None:
        ended, self._ended = self._ended, {}
        try:
            await outbox.close_all(list(ended.values()), self._now())
        except BaseException:
            del ended[message.id]
            self._ended |= ended
            raise
