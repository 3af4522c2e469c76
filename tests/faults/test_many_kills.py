"""Reminders by the thousand through senders that are killed all the time and a mail server that fails in every way.

`make faults` runs it at full size, and prints the rows of the table in docs/reliability.md.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from random import Random

import pytest

from tests.cast import ZONE, Cast
from tests.faults.senders import IS_FULL, Senders, count_states, due_reminders, run_senders, until_none_waits
from tests.faults.server import MailServer, serve_smtp
from tracker.database import engine, is_postgres
from tracker.ports.mail.delivery import LANES

pytestmark = pytest.mark.both_engines

REMINDERS, KILLS, WORKERS = (10_000, 200, (1, 2, 4)) if IS_FULL else (100, 3, (2,))
PEOPLE = 10  # to each date
GONE = "caht_alternate"
"""Whose mail server knows them no longer: one in ten reminders is refused."""
BETWEEN_KILLS = (0.35, 0.75)  # seconds
QUICK = 60.0  # a minute a second: a retry after half a minute comes after half a second


class FailingServer:
    """The faults of a mail server, repeatable; it notes for how many emails it dropped the connection afterward."""

    def __init__(self, seed: int) -> None:
        self._chance = Random(seed)  # noqa: S311 - repeatable faults
        self.dropped = 0

    async def serve(self) -> AsyncIterator[MailServer]:
        """Yield a mail server with these faults."""
        server = MailServer(
            at_sender=lambda _: self._sometimes("451 Busy"),
            at_rcpt=lambda to: "550 No such user" if to.startswith(GONE) else self._sometimes("450 Greylisted"),
            at_data=lambda _: self._sometimes("452 No space"),
            cut_before_reply=self._drops,
        )
        async with serve_smtp(server) as listening:
            yield listening

    def _sometimes(self, response: str) -> str | None:
        return response if self._chance.random() < 0.05 else None

    def _drops(self, _: str) -> bool:
        drops = self._chance.random() < 0.02
        self.dropped += drops
        return drops


@pytest.fixture(params=WORKERS)
def workers(request: pytest.FixtureRequest) -> int:
    return int(request.param)


@pytest.fixture
def faults() -> FailingServer:
    return FailingServer(seed=7)


@pytest.fixture
async def server(faults: FailingServer) -> AsyncIterator[MailServer]:
    async for running_server in faults.serve():
        yield running_server


async def test_whatever_is_killed_or_fails_no_reminder_is_lost_and_few_arrive_twice(
    cast: Cast, faults: FailingServer, server: MailServer, workers: int
) -> None:
    count = await due_reminders(cast, REMINDERS, ZONE, PEOPLE)
    refused = count // PEOPLE
    began = time.monotonic()
    async with run_senders(engine(), server, QUICK) as senders:
        await _killed(senders, workers)
        await until_none_waits(seconds=300)
    ids, ended, seconds = server.message_ids(), await count_states(), time.monotonic() - began
    twice = ids.total() - len(ids)
    print(_row(workers, count, dict(ended), twice, faults.dropped, seconds))  # noqa: T201 - shown by pytest -s
    assert (len(ids), ended["sent"], ended["bounced"] + ended["suppressed"]) == (
        count - refused,
        count - refused,
        refused,
    )
    assert not [one for one in server.recipients() if one.startswith(GONE)]
    assert twice - faults.dropped <= KILLS * LANES
    assert len(set(server.accepted)) == len(ids)  # a second copy is the same to the byte


async def _killed(senders: Senders, workers: int) -> None:
    """Start so many senders, and kill one after another at random; each is replaced at once."""
    chance = Random(workers)  # noqa: S311 - repeatable moments
    for _ in range(workers):
        await senders.start()
    for _ in range(KILLS):
        await asyncio.sleep(chance.uniform(*BETWEEN_KILLS))
        await senders.kill(chance.choice(senders.running))
        await senders.start()


def _row(workers: int, count: int, ended: dict[str, int], twice: int, dropped: int, seconds: float) -> str:
    """Return a row of the table in docs/reliability.md."""
    on = "PostgreSQL" if is_postgres(engine()) else "SQLite"
    refused = ended.get("bounced", 0) + ended.get("suppressed", 0)
    lost = count - sum(ended.values())
    cells = (on, workers, f"{count:,}", KILLS, ended.get("sent", 0), refused, lost, dropped, twice, f"{seconds:.0f} s")
    return "| " + " | ".join(map(str, cells)) + " |"
