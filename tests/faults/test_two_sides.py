"""Two processes plan the two sides of a conflict at the same moment: it is kept once, and each lead gets one email."""

import sys
from asyncio import gather, to_thread
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from subprocess import PIPE, Popen
from uuid import UUID

import pytest

from tests.cast import NOW, Cast, operation
from tests.database.others import url_of
from tests.faults.senders import IS_FULL
from tests.usecases.operations.world import site, with_another_lead
from tracker.database import engine
from tracker.rules.core.message_types import ConflictFound
from tracker.rules.core.viewers import Viewer
from tracker.tables.background.operations import every_open_pair
from tracker.usecases.core import outbox
from tracker.usecases.events.scheduling import schedule_event
from tracker.usecases.operations import plans

pytestmark = pytest.mark.both_engines

ROUNDS = 200 if IS_FULL else 6
TOP = Path(__file__).parent.parent.parent


@contextmanager
def planner(lead: Viewer) -> Iterator[Popen[str]]:
    """Start a process that plans for one lead."""
    command = [sys.executable, "-m", "tests.faults.planner", url_of(engine()), str(lead.member_id)]
    with Popen(command, stdin=PIPE, stdout=PIPE, text=True, cwd=TOP) as process:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
        yield process
        assert process.stdin
        process.stdin.close()


async def take_to_planning(process: Popen[str], event_id: UUID, now: datetime) -> str:
    """Tell a process to plan, and return what it says afterward."""
    assert process.stdin
    assert process.stdout
    process.stdin.write(f"{event_id} {now.isoformat()}\n")
    process.stdin.flush()
    return await to_thread(process.stdout.readline)


async def drafted(lead: Viewer, guest: Viewer, number: int) -> UUID:
    """Return an operation with a draft of a plan, at a place of its round."""
    event_id = await schedule_event(lead, operation(guest, title="Operation"), NOW)
    await plans.start_plan(lead, event_id, NOW)
    await plans.add_site_to_plan(lead, event_id, site((30 + number / 10, -94.4)), NOW)
    return event_id


async def test_two_processes_that_plan_at_once_find_their_conflict_once(cast: Cast) -> None:
    two = await with_another_lead(cast)
    sides = [
        (
            await drafted(two.fbi_lead, two.hsi_liaison, number),
            await drafted(two.kcpd_alternate, two.ipd_liaison, number),
        )
        for number in range(ROUNDS)
    ]
    with planner(two.fbi_lead) as one, planner(two.kcpd_alternate) as other:
        for number, (ours, theirs) in enumerate(sides):
            now = NOW + timedelta(hours=number)
            said = await gather(take_to_planning(one, ours, now), take_to_planning(other, theirs, now))
            assert said == ["done\n", "done\n"]
            assert len(await every_open_pair()) == number + 1
    emails = [
        message.recipient_id
        for message in await outbox.claim_messages("w", [], NOW + timedelta(hours=ROUNDS), 10_000)
        if isinstance(message.content, ConflictFound)
    ]
    assert {emails.count(who.member_id) for who in (two.fbi_lead, two.kcpd_alternate, two.coordinator)} == {ROUNDS}
