"""Reminders per second: queued, read again with the recipient as viewer, written, checked, sent, recorded.

The floor sends as many finished emails of the same size to the same server over as many connections at once, with
aiosmtplib and nothing else. A second is one of processor time, of the sender and the mail server together.
"""

import asyncio
import subprocess
import sys
import tempfile
import time
from collections import deque
from collections.abc import Awaitable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from statistics import median

import aiosmtplib
import uvloop

from bench.figures import Figure, middle
from bench.server import Server
from tests.cast import NOW, SECRET, ZONE, Cast, everyone, meeting, people_of_the_task_force
from tracker.config.settings import Settings
from tracker.crypto.signed_links import Links
from tracker.database import bind, close_database, engine_from_url, open_database
from tracker.database.migrate import migrate
from tracker.ports.cli.serve import freeze_objects
from tracker.ports.mail.compose import EmailComposer
from tracker.ports.mail.delivery import LANES, Delivery
from tracker.rules.core.outbox import SendOutcome
from tracker.tables.schema.core.tables import Message
from tracker.usecases.core import outbox
from tracker.usecases.emails import emails as content_deeds
from tracker.usecases.emails.reminders import queue_due_messages
from tracker.usecases.events import scheduling

ROUNDS, DATES, PEOPLE = 6, 16, 12  # a seventh day would have reminders of a week before, too
COUNT = DATES * PEOPLE  # emails in a round
STARTS = meeting().starts
A_DAY_BEFORE = datetime.fromisoformat("2027-01-11T16:00+00:00")  # of the first round; the others follow a day apart
TARGET = 0.5


def measure() -> Sequence[Figure]:
    """Measure planning and sending of reminders on SQLite, and the floor, against one mail server.

    They take turns: whatever else the machine does slows both.
    """
    with tempfile.TemporaryDirectory() as folder, _mail_server() as server:
        return uvloop.run(_measured(Path(folder), server))


async def _measured(folder: Path, server: Server) -> Sequence[Figure]:
    engine = engine_from_url(f"sqlite:///{folder / 'bench.sqlite'}")
    bind(engine)
    await open_database(engine)
    try:
        await migrate()
        await _schedule(await people_of_the_task_force())
        freeze_objects()
        rounds = [await _round(server, A_DAY_BEFORE + timedelta(days=number)) for number in range(ROUNDS)]
    finally:
        await close_database(engine)
    planned = median(one for one, _, _ in rounds)
    sent, bare = middle((sent, bare) for _, bare, sent in rounds)
    return (
        Figure(name="reminders planned", value=planned, unit="/s"),
        Figure(name="reminders sent, against a bare loop", value=sent, unit="/s", floor=bare, target=TARGET),
    )


async def _schedule(cast: Cast) -> None:
    """Fill a day of meetings for each round; nothing but their reminders of the day before is to be sent."""
    for number in range(ROUNDS):
        for _ in range(DATES):
            plan = meeting(*everyone(cast), starts=STARTS + timedelta(days=number))
            await scheduling.schedule_event(cast.coordinator, plan, NOW)
    await Message.update({Message.state: "superseded"}).where(Message.state == "pending")
    await queue_due_messages(A_DAY_BEFORE - timedelta(seconds=1), ZONE)


async def _round(server: Server, now: datetime) -> tuple[float, float, float]:
    """Return reminders planned, bare emails sent and reminders sent, each per second."""
    settings = Settings(secret=SECRET, smtp_port=server.port)
    composer = EmailComposer(settings, Links(b"k" * 32))
    await queue_due_messages(now - timedelta(seconds=1), ZONE)
    await Message.update({Message.state: "superseded"}).where(Message.state == "pending")
    planned = await _per_second(queue_due_messages(now, ZONE), server)
    bare = await _per_second(_bare(server.port, await _write_email(composer, now)), server)
    delivery = Delivery(settings, composer, lambda: now)
    sent = await _per_second(delivery.dispatch(), server)
    await delivery.stop()
    return planned, bare, sent


async def _per_second(work: Awaitable[int], server: Server) -> float:
    began = time.process_time() + server.worked
    done = await work
    if done != COUNT:
        raise RuntimeError(f"{done} and not {COUNT} were dealt with.")
    return done / (time.process_time() + server.worked - began)


async def _write_email(composer: EmailComposer, now: datetime) -> bytes:
    [message] = await outbox.claim_messages("bench", (), now, 1)
    letter = await content_deeds.write_email(message, now, ZONE)
    if isinstance(letter, SendOutcome):
        raise RuntimeError(letter.reason)  # noqa: TRY004 - not a wrong type but a wrong set-up
    await outbox.put_back_messages([message], "bench")
    return composer.compose(letter, message).content


async def _bare(port: int, content: bytes) -> int:
    waiting = deque(range(COUNT))
    async with asyncio.TaskGroup() as lanes:
        for _ in range(LANES):
            lanes.create_task(_bare_lane(port, content, waiting))
    return COUNT


async def _bare_lane(port: int, content: bytes, waiting: deque[int]) -> None:
    async with aiosmtplib.SMTP(hostname="127.0.0.1", port=port, start_tls=False) as client:
        while waiting:
            await client.sendmail("calendar@tracker.example", [f"{waiting.popleft()}@kcpd.example"], content)


@contextmanager
def _mail_server() -> Iterator[Server]:
    command = [sys.executable, "-m", "bench.mail_server"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:  # noqa: S603 - our own command
        try:
            assert server.stdout is not None  # noqa: S101 - asked for by PIPE
            yield Server(int(server.stdout.readline()), server.pid)
        finally:
            server.terminate()
