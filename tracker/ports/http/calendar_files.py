"""Reads an uploaded calendar file while this process keeps serving other requests.

A thread is enough and no extra process is needed: reading goes through the lines once, builds no tree and expands no
rules because the file says so. The largest file takes seconds, and the event loop keeps running.
"""

import threading
from datetime import datetime
from functools import partial

import anyio
from anyio import to_thread

from tracker.errors import Busy
from tracker.ical.incoming import USUAL, Progress, read
from tracker.rules.events.calendar_import import CalendarFile, Limits

SLOW = "Reading the calendar file takes too long. Export fewer months at a time."


async def read_calendar(
    content: bytes, now: datetime, zone: str, limits: Limits = USUAL, progress: Progress = lambda _done, _of: None
) -> CalendarFile:
    """Return the content of a file; `progress` is called in another thread, which ends when time is up.

    Errors: Invalid, TooLarge; Busy when reading takes longer than its limit.
    """
    is_over = threading.Event()

    def note(done: int, of: int) -> None:
        if is_over.is_set():
            raise Busy(SLOW)
        progress(done, of)

    try:
        with anyio.fail_after(limits.seconds):
            return await to_thread.run_sync(partial(read, content, now, zone, limits, note), abandon_on_cancel=True)
    except TimeoutError as slow:
        is_over.set()
        raise Busy(SLOW) from slow
