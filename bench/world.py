"""A database of the cast with an old past and a busy month, and the coordinator as its reader."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path

from msgspec import Struct

from bench.reader import Reader
from bench.stock import copied, with_old_dates
from tests.cast import NOW, Cast, everyone, meeting
from tests.ports.browser import app_settings, session_of
from tracker.app import create_app
from tracker.database import Engine, bind, engine
from tracker.rules.actions import NewItem
from tracker.rules.core.viewers import Viewer
from tracker.rules.events.replies import ReplyValue
from tracker.usecases.actions import action_items
from tracker.usecases.events import replies, scheduling

USUAL, FULL = 60, 500  # events in the month
ITEMS = 30
LONG_AGO = NOW - timedelta(days=40)


class World(Struct, frozen=True):
    """One database, and the coordinator who reads it."""

    engine: Engine
    cast: Cast
    reader: Reader


@asynccontextmanager
async def world(database: Path | str, dates: int) -> AsyncIterator[World]:
    """Make a world with so many old dates, the usual month and some action items; the clock must show NOW."""
    async with copied(database, f"world of {dates} dates", partial(_usual, dates=dates)) as cast:
        yield World(engine(), cast, Reader(create_app(app_settings()), await session_of(cast.coordinator, NOW)))


@asynccontextmanager
async def _usual(database: Path | str, dates: int) -> AsyncIterator[Cast]:
    async with with_old_dates(database, dates) as cast:
        await schedule(cast, USUAL, *everyone(cast))
        await _give_items(cast)
        yield cast


async def schedule(cast: Cast, count: int, *invitees: Viewer) -> None:
    """Schedule so many meetings over December 2026; half of those invited have answered."""
    for number in range(count):
        starts = datetime(2026, 12, 1 + number % 31, 8 + number % 10)  # noqa: DTZ001 - local to the event's zone
        plan = meeting(*invitees, title=f"Coordination call {number}", starts=starts)
        event_id = await scheduling.schedule_event(cast.coordinator, plan, LONG_AGO)
        for invitee in invitees[::2]:
            await replies.record_own_reply(
                invitee, event_id, starts.date().isoformat(), ReplyValue.ACCEPTED, "", LONG_AGO, for_series=False
            )


async def asked(of: World, path: str) -> float:
    """Return the processor time of one request, in seconds: on an idle machine how long it takes.

    The thread of the database counts, and what else runs on a busy machine does not.
    """
    bind(of.engine)
    began = time.process_time()
    await of.reader.get(path)
    return time.process_time() - began


async def _give_items(cast: Cast) -> None:
    owners = everyone(cast)
    for number in range(ITEMS):
        due = date(2026, 12, 1) + timedelta(days=number)
        new = NewItem(title=f"Send report {number}", owner_id=owners[number % len(owners)].member_id, due=due)
        await action_items.create_item(cast.coordinator, new, LONG_AGO, LONG_AGO.date())
