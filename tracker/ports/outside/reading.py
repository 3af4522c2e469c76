"""Reads the shared calendars that are due: one after another, each within its limits."""

from datetime import datetime
from functools import partial

import anyio
from anyio import to_thread

from tracker import clock
from tracker.config.settings import Settings
from tracker.errors import Invalid, TooLarge
from tracker.ical.outside import Reading, read
from tracker.ports.outside.fetch import Failed, fetch
from tracker.ports.outside.network import Network
from tracker.rules.availability.shared_calendars import Problem, window
from tracker.usecases.availability import shared_calendars
from tracker.usecases.availability.shared_calendars import Due

AT_ONCE = 20  # calendars in one tick
PATIENCE = 10.0  # seconds for the text of one calendar


async def read_due(settings: Settings, network: Network) -> int:
    """Read the due calendars, and return how many; where reading is turned off, delete what was read."""
    if not settings.shared_calendars:
        await shared_calendars.forget()
        return 0
    for number in range(AT_ONCE):
        one = await shared_calendars.claim(clock.now())
        if one is None:
            return number
        await _read(one, settings, network)
    return AT_ONCE


async def _read(one: Due, settings: Settings, network: Network) -> None:
    now = clock.now()
    try:
        content = await fetch(one.address, network, settings.own_host)
        reading = await _spans(content, now, settings.time_zone)
    except Failed as failed:
        await shared_calendars.note_failure(one, failed.problem, now)
    else:
        await shared_calendars.keep(one, reading.found, reading.unread, window(now, settings.time_zone), now)


async def _spans(content: bytes, now: datetime, zone: str) -> Reading:
    try:
        with anyio.fail_after(PATIENCE):
            return await to_thread.run_sync(partial(read, content, *window(now, zone), zone), abandon_on_cancel=True)
    except Invalid as odd:
        raise Failed(Problem.CLOSED) from odd
    except (TooLarge, TimeoutError) as much:
        raise Failed(Problem.TOO_LARGE) from much
