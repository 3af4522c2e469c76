"""Reading what the next few emails say at once: waking the database for each takes longer than reading it.

A message that announces a change may wait behind one that is older. All that are read at once are of the same state, so
none of them contradicts another, whichever arrives first.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from itertools import islice
from time import monotonic
from uuid import UUID

from tracker.rules.core.outbox import Message, Skip
from tracker.rules.emails.content import Letter

AT_ONCE = 20  # messages
FRESH = 2.0  # seconds for which it may be sent: someone may have lost the right to see it


class Ahead:
    """The messages that wait to be sent, and what those in front of them say."""

    def __init__(
        self, messages: Sequence[Message], read: Callable[[Sequence[Message]], Awaitable[Sequence[Letter | Skip]]]
    ) -> None:
        self._waiting = deque(messages)
        self._read = read
        self._found: dict[UUID, Letter | Skip] = {}
        self._read_at = 0.0
        self._lock = asyncio.Lock()

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def popleft(self) -> Message:
        """Return the next message, which no longer waits."""
        return self._waiting.popleft()

    def left(self) -> list[Message]:
        """Return the messages that still wait."""
        return list(self._waiting)

    async def letter(self, message: Message) -> Letter | Skip:
        """Return the email of a message, or why it is not sent, as it was at most two seconds ago."""
        async with self._lock:
            if message.id not in self._found or monotonic() - self._read_at > FRESH:
                await self._read_from(message)
            return self._found.pop(message.id)

    async def _read_from(self, message: Message) -> None:
        """Read a message and those behind it; if that fails, it alone, and so for each: one of them can't be read."""
        self._found, self._read_at = {}, monotonic()
        several = [message, *islice(self._waiting, AT_ONCE - 1)]
        try:
            found = await self._read(several)
        except Exception:  # noqa: BLE001 - whatever it is, `letter` raises it for its own message
            several = [message]
            found = await self._read(several)
        self._found = {one.id: letter for one, letter in zip(several, found, strict=True)}
