"""An email that was recorded and not marked as read is taken again, and changes nothing: processes and a server."""

import asyncio
from uuid import UUID, uuid4

import pytest

from tests.cast import NOW, Cast, meeting
from tests.dovecot import Dovecot
from tests.faults import mailbox_reader
from tests.faults.senders import IS_FULL, PROCESSES
from tests.ports.mail.mailboxes import accept, reader, reading
from tracker.database import engine, is_postgres
from tracker.ports.mail.imap import MailboxReader
from tracker.rules.events.replies import ReplyValue
from tracker.rules.intake.calendar_replies import ReplyOutcome
from tracker.tables.background.events.invitees import invitations_by_member
from tracker.tables.schema.core.tables import AuditEntry
from tracker.tables.schema.intake import IncomingReply
from tracker.usecases.events import occurrences, replies, scheduling

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
        dying = PROCESSES.Process(target=mailbox_reader.run, args=(url, dovecot.port, user))
        await asyncio.to_thread(dying.start)
        await asyncio.to_thread(dying.join)
        assert (dying.exitcode, len(await asyncio.to_thread(dovecot.unseen, user))) == (-9, 1)
        states.append(await state(cast, event_id))
    living = MailboxReader(reading(dovecot.port, user), reader(), lambda: NOW, waits=0)
    await living.run()
    await living.stop()
    assert await asyncio.to_thread(dovecot.unseen, user) == []
    assert [*states, await state(cast, event_id)] == [(ReplyValue.ACCEPTED, 1, [ReplyOutcome.RECORDED])] * (KILLS + 1)


async def state(cast: Cast, event_id: UUID) -> tuple[ReplyValue | None, int, list[ReplyOutcome]]:
    """Return the reply that counts, how many audit entries speak of it, and what became of the emails."""
    found = await replies.my_reply(cast.fbi_lead, await occurrences.nearest_date(cast.fbi_lead, event_id, NOW))
    entries: int = await AuditEntry.count().where(AuditEntry.verb == "replied")
    emails = await IncomingReply.select(IncomingReply.outcome)
    value = found[1].value if found and found[1] else None
    return value, entries, [ReplyOutcome(one["outcome"]) for one in emails]
