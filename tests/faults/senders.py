"""Starts and kills senders, and judges afterward what became of the messages."""

import asyncio
import multiprocessing
import os
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from multiprocessing.process import BaseProcess

from tests.cast import NOW, Cast, everyone, meeting
from tests.faults import mailbox_reader, sender
from tests.faults.server import MailServer
from tracker.database import Engine, is_postgres
from tracker.tables.schema.core.tables import Message
from tracker.usecases.emails.reminders import queue_due_messages
from tracker.usecases.events import scheduling

STARTS = datetime.fromisoformat("2027-01-12T16:00+00:00")
A_DAY_BEFORE = STARTS - timedelta(days=1)
IS_FULL = os.environ.get("TRACKER_FAULTS") == "full"
"""`make faults` runs the long variants."""
PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(
    [sender.__name__, mailbox_reader.__name__]
)  # importing the product takes longer than sending does


async def due_reminders(cast: Cast, count: int, zone: str, people: int = 12) -> int:
    """Let `count` reminders or a few more be due at once, a day before their dates; return how many they are.

    `people` come to each date, the lead among them.
    """
    await queue_due_messages(NOW, zone)
    for _ in range(-(-count // people)):
        await scheduling.schedule_event(cast.coordinator, meeting(*everyone(cast)[: people - 1]), NOW)
    await Message.update({Message.state: "superseded"}).where(Message.kind == "invitation")
    await queue_due_messages(A_DAY_BEFORE - timedelta(seconds=1), zone)
    await Message.update({Message.state: "superseded"}).where(Message.state == "pending")
    return await queue_due_messages(A_DAY_BEFORE, zone)


class Senders:
    """Sender processes on one database and one mail server."""

    def __init__(self, engine: Engine, server: MailServer, speed: float = 1.0) -> None:
        self._url = engine.config["dsn"] if is_postgres(engine) else f"sqlite:///{engine.path}"
        self._server = server
        self._speed = speed
        self._began = time.monotonic()
        self.running: list[BaseProcess] = []
        self.kills = 0

    def now(self) -> datetime:
        """Return what the clock of the senders says."""
        return A_DAY_BEFORE + timedelta(seconds=1 + (time.monotonic() - self._began) * self._speed)

    async def start(self, ahead: timedelta = timedelta(0)) -> BaseProcess:
        """Start a sender whose clock is so far ahead of the others."""
        start = self.now() + ahead
        arguments = (self._url, str(self._server.port), start.isoformat(), str(self._speed))
        process = PROCESSES.Process(target=sender.send_forever, args=arguments)
        await asyncio.to_thread(process.start)
        self.running.append(process)
        return process

    async def kill(self, process: BaseProcess) -> None:
        """Kill a sender as a power failure would."""
        self.running.remove(process)
        process.kill()
        await asyncio.to_thread(process.join)
        self.kills += 1

    async def replace_killed(self) -> None:
        """Start a sender for each that the mail server has killed."""
        for process in [one for one in self.running if not one.is_alive()]:
            await self.kill(process)
            await self.start()

    async def stop(self) -> None:
        """Kill all that run, which by now have nothing to do."""
        for process in list(self.running):
            await self.kill(process)


@asynccontextmanager
async def run_senders(engine: Engine, server: MailServer, speed: float = 1.0) -> AsyncIterator[Senders]:
    """Give senders to the block and kill what is left of them."""
    senders = Senders(engine, server, speed)
    try:
        yield senders
    finally:
        await senders.stop()


async def until_none_waits(seconds: float = 60) -> None:
    """Wait until no reminder is pending; fail after some time."""
    async with asyncio.timeout(seconds):
        while await Message.exists().where(Message.state == "pending"):  # noqa: ASYNC110 - other processes end it
            await asyncio.sleep(0.1)


async def until_accepted(server: MailServer, count: int) -> None:
    """Wait until the server has accepted so many emails."""
    async with asyncio.timeout(60):
        while len(server.accepted) < count:  # noqa: ASYNC110 - other processes send them
            await asyncio.sleep(0.01)


async def count_states() -> Counter[str]:
    """Return how many reminders ended how."""
    ended = await Message.select(Message.state).where(Message.due == A_DAY_BEFORE).output(as_list=True)
    return Counter(ended)
