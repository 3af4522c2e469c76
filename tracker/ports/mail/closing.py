"""Recording how messages ended: those that end while others are being recorded go into one transaction."""

from collections.abc import Callable, Sequence
from datetime import datetime

from tracker.ports.mail.grouping import Group
from tracker.rules.core.outbox import Message, Skip
from tracker.usecases.core import outbox


class Closing:
    """Closes messages for several lanes, each of which waits until its own is recorded."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._recording = Group(self._record)

    async def close(self, message: Message, outcome: Skip) -> None:
        """Record how a message ended."""
        await self._recording.do((message, outcome))

    async def _record(self, ended: Sequence[tuple[Message, Skip]]) -> Sequence[None]:
        await outbox.close_all(ended, self._now())
        return [None] * len(ended)
