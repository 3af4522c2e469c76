"""A mail server that takes nothing for six hours: no busy loop, nothing lost or twice; what is too late says so."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from tests.cast import NOW, Cast, everyone, meeting, people_of_the_task_force
from tests.faults.senders import IS_FULL
from tests.faults.server import MailServer, serve_smtp
from tests.ports.mail.sending import composer, smtp_settings
from tracker.database import Engine
from tracker.ports.mail.delivery import LANES, Delivery
from tracker.tables.schema.core.tables import Message
from tracker.usecases.events import scheduling

pytestmark = pytest.mark.both_engines

OUTAGE = timedelta(hours=6)
STEP = timedelta(seconds=30)
COARSE = STEP if IS_FULL else timedelta(minutes=8)
"""After the first quarter of an hour, when nothing is tried more often."""
LONGEST_PAUSE = timedelta(minutes=33)
TOO_SOON = datetime(2026, 12, 15, 12)  # noqa: DTZ001 - local to the zone: three hours after NOW
OVER = "It was over before it could be sent."
MOST_TRIES = 22
"""In six hours: the pauses double from half a minute to half an hour, a tenth less at the most."""


@pytest.fixture
async def cast(database: Engine) -> Cast:
    return await people_of_the_task_force()


class Hours:
    """The clock of a delivery, moved on by hand."""

    def __init__(self) -> None:
        self.now = NOW

    def until(self, end: datetime) -> Iterator[datetime]:
        """Move on step by step."""
        while self.now < end:
            self.now += STEP if self.now < NOW + timedelta(minutes=15) else COARSE
            yield self.now


@asynccontextmanager
async def delivering(server: MailServer, hours: Hours) -> AsyncIterator[Delivery]:
    delivery = Delivery(smtp_settings(smtp_port=server.port), composer(), lambda: hours.now)
    try:
        yield delivery
    finally:
        await delivery.stop()


async def tries() -> dict[UUID, int]:
    """Return how often each message that still waits was tried."""
    rows = await Message.select(Message.id, Message.attempts).where(Message.state == "pending")
    return {row["id"]: row["attempts"] for row in rows}


async def three_events(cast: Cast) -> None:
    """Invite to two meetings in January and to one that begins during the outage."""
    for number in range(2):
        await scheduling.schedule_event(cast.coordinator, meeting(*everyone(cast), title=f"Meeting {number}"), NOW)
    await scheduling.schedule_event(cast.coordinator, meeting(*everyone(cast), title="Today", starts=TOO_SOON), NOW)


async def ends() -> dict[tuple[str, str], int]:
    rows = await Message.select(Message.state, Message.reason)
    counted: dict[tuple[str, str], int] = {}
    for row in rows:
        key = (row["state"], row["reason"] if row["state"] != "sent" else "")
        counted[key] = counted.get(key, 0) + 1
    return counted


async def test_a_server_that_refuses_every_email_for_six_hours(cast: Cast) -> None:
    await three_events(cast)
    people, hours = len(everyone(cast)), Hours()
    async with (
        serve_smtp(MailServer(at_rcpt=lambda _: "451 Try later")) as server,
        delivering(server, hours) as delivery,
    ):
        before = await tries()
        for _ in hours.until(NOW + OUTAGE):
            await delivery.dispatch()
            after = await tries()
            assert all(after[row] - before[row] <= 1 for row in after)  # at most one try in a step of half a minute
            before = after
        assert max(before.values()) <= MOST_TRIES
        server.at_rcpt = lambda _: None
        for _ in hours.until(hours.now + LONGEST_PAUSE):
            await delivery.dispatch()
        ids = server.message_ids()
    assert (len(ids), max(ids.values())) == (2 * people, 1)
    assert await ends() == {("sent", ""): 2 * people, ("too_late", OVER): people}


async def test_a_server_that_is_away_for_six_hours_is_knocked_at_and_not_stormed(cast: Cast) -> None:
    await three_events(cast)
    people, hours = len(everyone(cast)), Hours()
    async with serve_smtp(MailServer()) as server:
        port = server.port
    async with delivering(server, hours) as delivery:
        before = await tries()
        for _ in hours.until(NOW + OUTAGE):
            await delivery.dispatch()
            after = await tries()
            assert sum(after[row] - before[row] for row in after) <= LANES
            before = after
        async with serve_smtp(MailServer(), port) as back:
            for _ in hours.until(hours.now + LONGEST_PAUSE):
                await delivery.dispatch()
            ids = back.message_ids()
    assert (len(ids), max(ids.values())) == (2 * people, 1)
    assert await ends() == {("sent", ""): 2 * people, ("too_late", OVER): people}
