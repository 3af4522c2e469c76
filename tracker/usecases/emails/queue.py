"""How many emails are due, and how many failed lately, for the people who run the server and not for pages."""

from datetime import datetime, timedelta

from tracker.tables.background.emails import outbox_queue
from tracker.tables.background.emails.outbox_queue import Queue

FAILED_WITHIN = timedelta(days=7)


async def state(now: datetime) -> Queue:
    """Return the emails that are due, and those of the last week that couldn't be delivered."""
    return await outbox_queue.queue(now, now - FAILED_WITHIN)
