"""Reads an uploaded calendar file while this process goes on serving other requests.

A thread is enough and no extra process is needed: reading goes through the lines once, builds no tree and expands no
rules because the file says so. The largest file takes seconds, and the event loop keeps running.
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
    """Return the content of a file. Errors: Invalid, TooLarge; Busy when reading takes longer than ten seconds."""
    try:
        with anyio.fail_after(PATIENCE):
            return await to_thread.run_sync(partial(read, content, now, zone), abandon_on_cancel=True)
    except TimeoutError as slow:
        raise Busy("Reading the calendar file takes too long. Export fewer months at a time.") from slow
