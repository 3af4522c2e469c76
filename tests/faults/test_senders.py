"""None lost, none twice but for those under way: real processes, killed for real ."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from random import Random

import pytest

from tests.cast import ZONE, Cast
from tests.faults.senders import IS_FULL, count_states, due_reminders, run_senders, until_accepted, until_none_waits
from tests.faults.server import MailServer, serve_smtp
from tracker.database import engine
from tracker.ports.mail.delivery import LANES
from tracker.rules.intake.received_emails import FAILURES

pytestmark = pytest.mark.both_engines

REMINDERS, KILLS = (2_000, 40) if IS_FULL else (200, 3)
SLOW = 0.01  # seconds an email, so that there is a middle to be killed in
FAST = 300.0  # five minutes a second: a retry after half a minute comes after a tenth of a second


@pytest.fixture
async def server() -> AsyncIterator[MailServer]:
    async with serve_smtp(MailServer(pause=SLOW)) as listening:
        yield listening


async def test_killed_senders_lose_nothing_and_double_only_what_was_under_way(cast: Cast, server: MailServer) -> None:
    count = await due_reminders(cast, REMINDERS, ZONE)
    async with run_senders(engine(), server) as senders:
        await senders.start()
        for kill in range(KILLS):
            await until_accepted(server, (kill + 1) * count // (KILLS + 2))
            await senders.start()
            await senders.kill(senders.running[0])
        await until_none_waits()
        killed = senders.kills
    ids = server.message_ids()
    assert (len(ids), await count_states()) == (count, {"sent": count})
    assert ids.total() - count <= killed * LANES
    assert len(set(server.accepted)) == count  # a second copy is the same to the byte


async def test_two_senders_send_nothing_twice(cast: Cast, server: MailServer) -> None:
    count = await due_reminders(cast, REMINDERS, ZONE)
    async with run_senders(engine(), server) as senders:
        await senders.start()
        await senders.start()
        await until_none_waits()
    ids = server.message_ids()
    assert (len(ids), max(ids.values()), await count_states()) == (count, 1, {"sent": count})


async def test_a_sender_whose_clock_is_an_hour_ahead_sends_nothing_twice(cast: Cast, server: MailServer) -> None:
    count = await due_reminders(cast, REMINDERS, ZONE)
    async with run_senders(engine(), server) as senders:
        await senders.start()
        await senders.start(ahead=timedelta(hours=1))
        await until_none_waits()
    ids = server.message_ids()
    assert (len(ids), max(ids.values())) == (count, 1)


async def test_a_mail_server_that_fails_in_every_way_gets_each_email_in_the_end(cast: Cast, server: MailServer) -> None:
    chance = Random(7)  # noqa: S311 - repeatable faults
    lost_replies: list[str] = []

    def sometimes(response: str) -> str | None:
        return response if chance.random() < 0.1 else None

    def loses_the_reply(recipient: str) -> bool:
        if chance.random() < 0.05:
            lost_replies.append(recipient)
            return True
        return False

    server.at_sender = lambda _: sometimes("451 Busy")
    server.at_rcpt = lambda to: "550 No such user" if to.startswith("caht_alternate") else sometimes("450 Greylisted")
    server.at_data = lambda _: sometimes("452 No space")
    server.cut_before_reply = loses_the_reply
    count = await due_reminders(cast, REMINDERS, ZONE)
    refused = count // 12
    async with run_senders(engine(), server, FAST) as senders:
        await senders.start()
        await senders.start()
        await until_none_waits()
    ids, ended = server.message_ids(), await count_states()
    assert (ended["sent"], ended["bounced"] + ended["suppressed"]) == (count - refused, refused)
    assert ended["bounced"] >= FAILURES  # then the address is paused; some were on their way already
    assert (len(ids), ids.total() - len(ids)) == (count - refused, len(lost_replies))


@pytest.mark.parametrize("window", ["mail", "rcpt", "before the answer", "after the answer"])
async def test_a_kill_doubles_an_email_only_between_its_last_dot_and_the_record(
    cast: Cast, server: MailServer, window: str
) -> None:
    count = await due_reminders(cast, 1, ZONE, people=8)  # so few that one connection carries them
    async with run_senders(engine(), server) as senders:
        victim = await senders.start()
        moments = iter(range(1_000))

        def kill_at(here: str) -> None:
            if here == window and next(moments) == count // 2:
                victim.kill()

        def kill_later(_: str) -> bool:
            asyncio.get_running_loop().call_soon(kill_at, "after the answer")
            return False

        server.at_sender = lambda _: kill_at("mail")
        server.at_rcpt = lambda _: kill_at("rcpt")
        server.at_data = lambda _: kill_at("before the answer")
        server.cut_before_reply = kill_later
        await asyncio.to_thread(victim.join)
        await senders.start()
        await until_none_waits()
    ids = server.message_ids()
    assert (len(ids), await count_states()) == (count, {"sent": count})
    assert ids.total() - count <= (1 if window.endswith("answer") else 0)
