"""Recording how messages ended: those that end within a moment of each other go into one transaction."""

from collections.abc import Callable, Sequence
from datetime import datetime

from tracker.ports.mail.grouping import Group
from tracker.rules.core.outbox import Message, Skip
from tracker.usecases.core import outbox

MOMENT = 0.02  # seconds for which lanes wait for one another: five are read and recorded almost as fast as one


class Closing:
    """Closes messages for several lanes, each of which waits until its own is recorded."""

    def __init__(self, now: Callable[[], datetime], lanes: Callable[[], int]) -> None:
        self._now = now
        self._recording = Group(self._record, MOMENT, lanes)

    async def close(self, message: Message, outcome: Skip) -> None:
        """Record how a message ended."""
        await self._recording.do((message, outcome))

    async def _record(self, ended: Sequence[tuple[Message, Skip]]) -> Sequence[None]:
        await outbox.close_messages(ended, self._now())
        return [None] * len(ended)
