"""Processes at the same moment: an email is taken once, the last reply counts, and a conflict is kept once."""

import asyncio
import sys
from asyncio import gather, to_thread
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from multiprocessing.process import BaseProcess
from pathlib import Path
from subprocess import PIPE, Popen
from uuid import UUID, uuid4

import pytest

from tests.cast import NOW, Cast, meeting, operation
from tests.database.others import url_of
from tests.dovecot import Dovecot
from tests.faults import mailbox_reader, replier
from tests.faults.senders import IS_FULL, PROCESSES
from tests.ports.mail.mailboxes import accept, reader, reading
from tests.usecases.operations.world import site, with_another_lead
from tracker.database import engine, is_postgres
from tracker.ports.mail.imap import MailboxReader
from tracker.rules.core.message_types import ConflictFound
from tracker.rules.core.viewers import Viewer
from tracker.rules.events.replies import ReplyValue
from tracker.rules.intake.calendar_replies import ReplyOutcome
from tracker.tables.background.events.invitees import invitations_by_member
from tracker.tables.background.operations import every_open_pair
from tracker.tables.schema.core.tables import AuditEntry
from tracker.tables.schema.events import Invitation
from tracker.tables.schema.intake import IncomingReply
from tracker.usecases.core import outbox
from tracker.usecases.events import occurrences, replies, scheduling
from tracker.usecases.events.scheduling import schedule_event
from tracker.usecases.operations import plans

pytestmark = pytest.mark.both_engines

KILLS = 50 if IS_FULL else 2


async def test_a_reader_killed_between_recording_and_marking_records_once(cast: Cast, dovecot: Dovecot) -> None:
    event_id = await scheduling.schedule_event(cast.coordinator, meeting(cast.fbi_lead), NOW)
    event = await scheduling.event_seen_by(cast.fbi_lead, event_id)
    to = reader().addresses.of((await invitations_by_member(event_id))[cast.fbi_lead.member_id].id)
    user = f"{uuid4()}@tracker.example"
    await asyncio.to_thread(dovecot.put, user, accept(to, event.uid))
    bound = engine()
    url = bound.config["dsn"] if is_postgres(bound) else f"sqlite:///{bound.path}"
    states = []
    for _ in range(KILLS):
        dying = PROCESSES.Process(target=mailbox_reader.read_mailbox, args=(url, dovecot.port, user))
        await asyncio.to_thread(dying.start)
        await asyncio.to_thread(dying.join)
        assert (dying.exitcode, len(await asyncio.to_thread(dovecot.unseen, user))) == (-9, 1)
        states.append(await state_of(cast, event_id))
    living = MailboxReader(reading(dovecot.port, user), reader(), lambda: NOW, waits=0)
    await living.run()
    await living.stop()
    assert await asyncio.to_thread(dovecot.unseen, user) == []
    assert [*states, await state_of(cast, event_id)] == [(ReplyValue.ACCEPTED, 1, [ReplyOutcome.RECORDED])] * (
        KILLS + 1
    )


async def state_of(cast: Cast, event_id: UUID) -> tuple[ReplyValue | None, int, list[ReplyOutcome]]:
    """Return the reply that counts, how many audit entries speak of it, and what became of the emails."""
    reply = await replies.my_reply(cast.fbi_lead, await occurrences.nearest_date(cast.fbi_lead, event_id, NOW))
    entries: int = await AuditEntry.count().where(AuditEntry.verb == "replied")
    emails = await IncomingReply.select(IncomingReply.outcome)
    value = reply[1].value if reply and reply[1] else None
    return value, entries, [ReplyOutcome(one["outcome"]) for one in emails]


CLOCKS = (3600, 180, 0, -240)  # seconds by which the clocks of the processes are off; the slowest begins last
PRESSES = 10  # of each process


async def test_the_reply_of_the_last_audit_entry_counts_with_clocks_minutes_apart(cast: Cast) -> None:
    event_id = await scheduling.schedule_event(cast.coordinator, meeting(cast.fbi_lead), NOW)
    [invitation] = await Invitation.select(Invitation.id).where(Invitation.member == cast.fbi_lead.member_id)
    bound = engine()
    url = bound.config["dsn"] if is_postgres(bound) else f"sqlite:///{bound.path}"
    pressing = [_press(url, str(invitation["id"]), seconds, place) for place, seconds in enumerate(CLOCKS)]
    for process in pressing:
        await asyncio.to_thread(process.start)
    for process in pressing:
        await asyncio.to_thread(process.join)
    assert [one.exitcode for one in pressing] == [0] * len(CLOCKS)
    reply = await replies.my_reply(cast.fbi_lead, await occurrences.nearest_date(cast.fbi_lead, event_id, NOW))
    assert reply
    assert reply[1]
    assert (await _said(), reply[1].value) == (len(CLOCKS) * PRESSES, await _last_said())


def _press(url: str, invitation: str, seconds: int, place: int) -> BaseProcess:
    arguments = (url, invitation, seconds, PRESSES, place % 2)
    return PROCESSES.Process(target=replier.press_reply_link, args=arguments)


async def _said() -> int:
    count: int = await AuditEntry.count().where(AuditEntry.verb == "replied")
    return count


async def _last_said() -> ReplyValue:
    last = await AuditEntry.select(AuditEntry.facts).where(AuditEntry.verb == "replied").order_by(AuditEntry.seq)
    return ReplyValue(replier.reply_in(last[-1]["facts"]))


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
    with planner(two.fbi_lead) as planner_here, planner(two.kcpd_alternate) as other:
        for number, (ours, other_side) in enumerate(sides):
            now = NOW + timedelta(hours=number)
            said = await gather(take_to_planning(planner_here, ours, now), take_to_planning(other, other_side, now))
            assert said == ["done\n", "done\n"]
            assert len(await every_open_pair()) == number + 1
    emails = [
        message.recipient_id
        for message in await outbox.claim_messages("w", [], NOW + timedelta(hours=ROUNDS), 10_000)
        if isinstance(message.content, ConflictFound)
    ]
    assert {emails.count(who.member_id) for who in (two.fbi_lead, two.kcpd_alternate, two.coordinator)} == {ROUNDS}
