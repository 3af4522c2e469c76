"""From the bytes of an email to what became of it, the same for every way in."""

import logging
from collections.abc import Sequence
from datetime import datetime

from anyio import CapacityLimiter, to_thread

from tracker.ports.mail.incoming import Reader
from tracker.usecases.intake import incoming

log = logging.getLogger("tracker.mail.incoming")


async def take(
    reader: Reader, content: bytes, to: str, now: datetime, threads: CapacityLimiter | None = None
) -> Sequence[str]:
    """Read an email to one of our addresses, in a thread, and record it; when this returns, it is recorded."""
    email = await to_thread.run_sync(reader.read, content, to, now, limiter=threads)
    outcomes = await incoming.take(email)
    log.info("Took an email: %s.", ", ".join(outcomes))
    return outcomes
