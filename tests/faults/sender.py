"""A process that sends what is due until it is killed: the product's clock, planner and delivery, and nothing else."""

import asyncio
import time
from datetime import datetime, timedelta

from tests.cast import SECRET, ZONE
from tests.ports.mail.sending import composer, smtp_settings
from tracker.crypto import keys
from tracker.database import bind, engine_from_url, open_database
from tracker.ports.clock import Clock
from tracker.ports.mail.delivery import Delivery
from tracker.usecases.emails.reminders import queue_due_messages

TICK = 0.05  # seconds


def send_forever(url: str, port: str, start: str, speed: str) -> None:
    """Open the database and tick forever.

    `start` is the moment (ISO) at which its clock begins; the clock runs `speed` times as fast as the real one.
    """
    asyncio.run(_send_forever(url, port, start, speed))


async def _send_forever(url: str, port: str, start: str, speed: str) -> None:
    keys.use_secret(SECRET)
    engine = engine_from_url(url, pool=4)
    bind(engine)
    await open_database(engine)
    began, first = time.monotonic(), datetime.fromisoformat(start)

    def now() -> datetime:
        return first + timedelta(seconds=(time.monotonic() - began) * float(speed))

    async def plan() -> None:
        await queue_due_messages(now(), ZONE)

    delivery = Delivery(smtp_settings(smtp_port=int(port)), composer(), now)
    await Clock([("plan", TICK, plan), ("dispatch", TICK, delivery.dispatch)]).start()
    await asyncio.Event().wait()
