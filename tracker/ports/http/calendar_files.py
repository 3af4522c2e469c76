"""Reading a calendar file that somebody sends, beside everything else that this process does.

In a thread, not in a process of its own: reading goes through the lines once, builds no tree and unrolls nothing by
the words of the file, so the largest file takes seconds and its memory, and the event loop goes on meanwhile.
"""

from datetime import datetime
from functools import partial

import anyio
from anyio import to_thread

from tracker.errors import Busy
from tracker.ical.incoming import read
from tracker.rules.events.calendar_import import CalendarFile

PATIENCE = 10.0  # seconds


async def read_calendar(content: bytes, now: datetime, zone: str) -> CalendarFile:
    """Return what a file holds. Errors: Invalid, TooLarge; Busy when reading takes longer than ten seconds."""
    try:
        with anyio.fail_after(PATIENCE):
            return await to_thread.run_sync(partial(read, content, now, zone), abandon_on_cancel=True)
    except TimeoutError as slow:
        raise Busy("Reading the calendar file takes too long. Export fewer months at a time.") from slow
