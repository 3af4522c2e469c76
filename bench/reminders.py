"""Reminders per second: queued, read again with the recipient as viewer, written, checked, sent, recorded.

The floor sends as many finished mails of the same size over one connection, with aiosmtplib and nothing else.
"""

import asyncio
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import aiosmtplib

from bench.figures import Figure
from tests.cast import NOW, SECRET, ZONE, Cast, everybody, meeting, people_of_the_task_force
from tracker.database import bind, close_database, engine_from_url, open_database
from tracker.links import Links
from tracker.migrate import migrate
from tracker.ports.mail.compose import Composer
from tracker.ports.mail.delivery import Delivery
from tracker.settings import Settings
from tracker.tables.outbox import Message
from tracker.usecases import letters, meetings, outbox
from tracker.usecases.reminders import queue_due

DATES, PEOPLE = 40, 12
A_DAY_BEFORE = datetime.fromisoformat("2027-01-11T16:00+00:00")
TARGET = 0.3


def measure() -> Sequence[Figure]:
    """Measure planning and sending of 480 reminders on SQLite, and the floor, against one mail server."""
    with tempfile.TemporaryDirectory() as folder, _mail_server() as port:
        return asyncio.run(_measured(Path(folder), port))


async def _measured(folder: Path, port: int) -> Sequence[Figure]:
    engine = engine_from_url(f"sqlite:///{folder / 'bench.sqlite'}")
    bind(engine)
    await open_database(engine)
    try:
        await migrate()
        await _scheduled(await people_of_the_task_force())
        planned = await _timed_planning()
        settings = Settings(secret=SECRET, smtp_port=port)
        composer = Composer(settings, Links(b"k" * 32))
        bare = await _bare(port, await _one_mail(composer))
        sent = await _timed_sending(settings, composer)
    finally:
        await close_database(engine)
    return (
        Figure(name="reminders planned", value=planned, unit="/s"),
        Figure(name="reminders sent, against a bare loop", value=sent, unit="/s", floor=bare, target=TARGET),
    )


async def _scheduled(cast: Cast) -> None:
    await queue_due(NOW, ZONE)
    for _ in range(DATES):
        await meetings.schedule(cast.coordinator, meeting(*everybody(cast)), NOW)
    await queue_due(A_DAY_BEFORE - timedelta(seconds=1), ZONE)
    await Message.update({Message.state: "superseded"}).where(Message.state == "pending")


async def _timed_planning() -> float:
    began = time.perf_counter()
    count = await queue_due(A_DAY_BEFORE, ZONE)
    if count != DATES * PEOPLE:
        raise RuntimeError(f"{count} reminders were planned.")
    return count / (time.perf_counter() - began)


async def _one_mail(composer: Composer) -> bytes:
    [message] = await outbox.claim("bench", (), A_DAY_BEFORE, 1)
    letter = await letters.letter(message, A_DAY_BEFORE, ZONE)
    if isinstance(letter, outbox.Skip):
        raise RuntimeError(letter.reason)  # noqa: TRY004 - not a wrong type but a wrong set-up
    await outbox.put_back([message], "bench")
    return composer.mail(letter, message).content


async def _bare(port: int, content: bytes) -> float:
    count = DATES * PEOPLE
    async with aiosmtplib.SMTP(hostname="127.0.0.1", port=port, start_tls=False) as client:
        began = time.perf_counter()
        for number in range(count):
            await client.sendmail("calendar@tracker.example", [f"{number}@kcpd.example"], content)
        return count / (time.perf_counter() - began)


async def _timed_sending(settings: Settings, composer: Composer) -> float:
    delivery = Delivery(settings, composer, lambda: A_DAY_BEFORE)
    began = time.perf_counter()
    sent = await delivery.dispatch()
    took = time.perf_counter() - began
    await delivery.stop()
    if sent != DATES * PEOPLE or await Message.exists().where(Message.state == "pending"):
        raise RuntimeError(f"{sent} reminders were dealt with.")
    return sent / took


@contextmanager
def _mail_server() -> Iterator[int]:
    command = [sys.executable, "-m", "bench.mail_server"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:  # noqa: S603 - our own command
        try:
            assert server.stdout is not None  # noqa: S101 - asked for by PIPE
            yield int(server.stdout.readline())
        finally:
            server.terminate()
