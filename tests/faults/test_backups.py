"""Backups while someone writes as fast as he can: every one is whole, and its copy sends nothing that was sent."""

import asyncio
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from piccolo.querystring import QueryString

from tests.cast import NOW
from tests.database.sources import Source
from tests.faults.senders import IS_FULL
from tests.faults.server import MailServer, serve_smtp
from tests.ports.cli.commands import founded, run_tracker
from tests.ports.mail.sending import delivery
from tracker.config.settings import load_settings
from tracker.crypto import keys
from tracker.database import bind, close_database, engine, engine_from_url, open_database
from tracker.tables.schema.core.tables import Message
from tracker.usecases.core import audit, process_locks

pytestmark = pytest.mark.both_engines

BACKUPS = 25 if IS_FULL else 2
READY_WITHIN = 60.0  # seconds
LATER = NOW + timedelta(minutes=5)
PARTS = (
    "SELECT (SELECT count(*) FROM event) AS events, (SELECT count(*) FROM invitation) AS invitations,"
    " (SELECT count(*) FROM message) AS messages,"
    " (SELECT count(*) FROM audit_entry WHERE verb = 'scheduled') AS entries"
)

Place = Callable[[], tuple[str, ...]]


@pytest.fixture
def place(source: Source, tmp_path: Path) -> Iterator[Place]:
    """Gives the words that name an empty database, where one is to be named."""
    made: list[str] = []

    def one() -> tuple[str, ...]:
        url = asyncio.run(source.blank(tmp_path))
        if url.startswith("sqlite"):
            return ()
        made.append(url)
        return ("--database", url)

    yield one
    for url in made:
        asyncio.run(source.drop(url))


@pytest.fixture
def busy_folder(place: Place, tmp_path: Path) -> Iterator[Path]:
    """A data folder in whose database someone writes."""
    words = [f"DATABASE_URL={url}" for url in place()[1:]]
    folder = founded(tmp_path / "data", *(word for one in words for word in ("--set", one)))
    writer = subprocess.Popen([sys.executable, "-m", "tests.faults.writer", str(folder)])
    until = time.monotonic() + READY_WITHIN
    while not (folder / "began").exists():
        assert writer.poll() is None
        assert time.monotonic() < until
        time.sleep(0.05)
    yield folder
    assert writer.poll() is None, "It wrote until the end."
    writer.kill()
    writer.wait()


async def judged(folder: Path, look: Callable[[], Any]) -> Any:
    """Look into the database of a folder."""
    settings = load_settings({"TRACKER_DATA": str(folder)})
    keys.use_secret(settings.secret)
    bound = engine_from_url(settings.database_url)
    bind(bound)
    await open_database(bound)
    try:
        return await look()
    finally:
        await close_database(bound)


async def what_is_in_it() -> tuple[int, list[str]]:
    """Return how many events there are, and what does not fit together."""
    [row] = await engine().run_querystring(QueryString(PARTS))
    events = row["events"]
    wanted = {"events": events, "invitations": 3 * events, "messages": 2 * events, "entries": events}
    wrong = [name for name, count in wanted.items() if row[name] != count]
    broken = await audit.verify_chain()
    return events, wrong + ([f"entry {broken.seq}: {broken.why}"] if broken else [])


async def what_it_sends() -> tuple[int, Counter[str], int]:
    """Return what a copy sends while it is held, what states its messages are in, and what it sends when it is let."""
    async with serve_smtp(MailServer()) as server:
        sending = delivery(server.port, LATER)
        await sending.dispatch()
        held = len(server.accepted)
        states = Counter(await Message.select(Message.state).output(as_list=True))
        await process_locks.release_sending(None, LATER)
        await sending.dispatch()
        await sending.stop()
        return held, states, len(server.message_ids()) - held


def test_every_backup_under_load_is_restored_whole(busy_folder: Path, place: Place, tmp_path: Path) -> None:
    grown = []
    for number in range(BACKUPS):
        file, copy = tmp_path / f"{number}.backup", tmp_path / f"copy {number}"
        assert run_tracker("backup", file, "--data", busy_folder).exit_code == 0
        result = run_tracker("restore", file, "--data", copy, "--secret", busy_folder / "secret", *place())
        assert (result.exit_code, result.stderr) == (0, "")
        events, wrong = asyncio.run(judged(copy, what_is_in_it))
        assert wrong == []
        grown.append(events)
    assert sorted(set(grown)) == grown, "Each backup was made at a later moment."
    held, states, sent = asyncio.run(judged(copy, what_it_sends))
    assert states["sent"] > 0
    assert (held, sent) == (0, states["pending"])
