"""Reading an uploaded calendar file: it ends when its time is up, also in the thread that no one waits for."""

import asyncio

import pytest
from msgspec.structs import replace

from tests.cast import NOW, ZONE
from tests.ical.files import calendar, vevent
from tracker.errors import Busy, TooLarge
from tracker.ical.calendar_import import USUAL
from tracker.ports.http.forms import read_upload

DAYS = "RRULE:FREQ=DAILY;COUNT=1000"


async def test_reading_ends_when_its_time_is_up() -> None:
    read: list[int] = []
    file = calendar(*(vevent(DAYS, uid=str(number)) for number in range(300)))
    hasty = replace(USUAL, seconds=0.05, dates=1_000_000)
    with pytest.raises(Busy):
        await read_upload(file, NOW, ZONE, hasty, lambda done, _: read.append(done))
    await asyncio.sleep(0.5)  # for the event that was being read
    count = len(read)
    await asyncio.sleep(0.5)
    assert len(read) == count < 300


async def test_no_more_is_read_than_is_imported_at_once() -> None:
    read: list[int] = []
    file = calendar(*(vevent(DAYS, uid=str(number)) for number in range(300)))
    with pytest.raises(TooLarge):
        await read_upload(file, NOW, ZONE, USUAL, lambda done, _: read.append(done))
    assert len(read) == 20
