"""From the bytes of an email to what became of it, the same for every way in."""

import logging
from collections.abc import Sequence
from datetime import datetime

from anyio import CapacityLimiter, to_thread

from tracker.ports.mail.grouping import Group
from tracker.ports.mail.incoming import Reader
from tracker.usecases.intake import received_emails

SMALL = 8_000  # bytes of an email that is read at once: that takes 20 ms at most, whatever is in it, and a reply 1 ms

log = logging.getLogger("tracker.mail.incoming")


class Intake:
    """Takes emails to our addresses; those that come while others are recorded are recorded together."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self._recording = Group(received_emails.take_emails)

    async def take(
        self, content: bytes, to: str, now: datetime, threads: CapacityLimiter | None = None
    ) -> Sequence[str]:
        """Read an email to one of our addresses, and record it; when this returns, it is recorded.

        A large one is read in a thread. Small ones aren't: using the thread takes half as long as reading a reply.
        Errors: Busy for one more than its sender may send in an hour; it may come again later.
        """
        if len(content) <= SMALL:
            email = self.reader.read(content, to, now)
        else:
            email = await to_thread.run_sync(self.reader.read, content, to, now, limiter=threads)
        outcomes = received_emails.refuse_too_many(await self._recording.do(email))
        log.info("Took an email: %s.", ", ".join(outcomes))
        return outcomes
