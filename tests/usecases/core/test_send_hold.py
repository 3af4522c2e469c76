"""A restored copy plans and sends nothing until someone who may lets it; then it catches up, once."""

from datetime import datetime, timedelta

import pytest

from tests.cast import NOW, PROGRAM, ZONE, Cast, everybody, meeting
from tests.faults.server import MailServer, serving
from tests.ports.mail.sending import delivery
from tracker.errors import NotFound
from tracker.rules.calendars.feeds import FeedScope
from tracker.rules.identity.passwords import ApiScope
from tracker.tables.schema.core.tables import AuditEntry, Message
from tracker.tables.schema.identity import Session, SignInLink
from tracker.usecases.calendars import subscriptions
from tracker.usecases.calendars.feeds import OpenFeeds
from tracker.usecases.core import audit, process_locks
from tracker.usecases.emails.reminders import queue_due_messages
from tracker.usecases.events import scheduling
from tracker.usecases.identity import sessions
from tracker.usecases.identity.one_time_links import issue_link, redeem_link

BACKUP = NOW - timedelta(hours=3)
LATER = NOW + timedelta(minutes=5)
STARTS = datetime.fromisoformat("2027-01-12T16:00+00:00")
HOUR = timedelta(hours=1)
OVER = STARTS + 2 * HOUR


async def sent(cast: Cast, at: datetime) -> int:
    async with serving(MailServer()) as server:
        sending = delivery(server.port, at)
        await sending.dispatch()
        await sending.stop()
        return len(server.accepted)


async def test_a_database_of_its_own_is_not_held(cast: Cast) -> None:
    assert await process_locks.held_copy() is None


async def test_a_held_copy_sends_what_waits_only_when_it_is_let(cast: Cast) -> None:
    await scheduling.schedule_event(cast.coordinator, meeting(cast.fbi_lead, cast.caht_lead), NOW)
    await process_locks.hold_sending(BACKUP, NOW)
    assert await sent(cast, LATER) == 0
    assert await process_locks.release_sending(cast.coordinator, LATER)
    assert await sent(cast, LATER) == 2
    assert await sent(cast, LATER) == 0


async def test_what_was_of_use_while_it_was_held_is_too_late_afterwards(cast: Cast) -> None:
    await queue_due_messages(NOW, ZONE)
    await scheduling.schedule_event(cast.coordinator, meeting(*everybody(cast)), NOW)
    await process_locks.hold_sending(BACKUP, NOW)
    assert await queue_due_messages(STARTS - HOUR, ZONE) == 0
    await process_locks.release_sending(None, OVER)
    await queue_due_messages(OVER, ZONE)
    assert await sent(cast, OVER) == 0
    reminders = await Message.select(Message.state).where(Message.kind == "reminder").distinct().output(as_list=True)
    assert reminders == ["too_late"]


async def test_a_change_goes_out_beside_what_the_lost_instance_may_have_sent(cast: Cast) -> None:
    event_id = await scheduling.schedule_event(cast.coordinator, meeting(cast.fbi_lead), NOW)
    await process_locks.hold_sending(BACKUP, NOW)
    await process_locks.release_sending(None, NOW)
    await scheduling.cancel_event(cast.coordinator, event_id, 1, "", NOW)
    waiting = await Message.select(Message.kind).where(Message.state == "pending").output(as_list=True)
    assert sorted(waiting) == ["cancellation", "invitation"]


async def test_holding_ends_every_session_and_link(cast: Cast) -> None:
    await issue_link(cast.fbi_lead.member_id, NOW)
    await redeem_link(await issue_link(cast.coordinator.member_id, NOW), NOW, asks_code=False)
    await process_locks.hold_sending(BACKUP, NOW)
    assert not await Session.exists()
    assert not await SignInLink.exists()


async def test_while_it_is_held_feeds_and_tokens_are_unknown_and_letting_it_send_opens_them(cast: Cast) -> None:
    token = await sessions.create_token(cast.fbi_lead, "Roster", frozenset({ApiScope.EVENTS_READ}), NOW)
    feed = (
        await subscriptions.create_subscription(cast.fbi_lead, "Phone", FeedScope.ALL, NOW, shows_operations=False)
    )[1]
    opened = OpenFeeds()
    assert await opened.open(feed, NOW)
    await process_locks.hold_sending(BACKUP, NOW)
    assert await sessions.bearer_of(token, NOW, PROGRAM) is None
    with pytest.raises(NotFound):
        await opened.open(feed, NOW)
    await process_locks.release_sending(None, LATER)
    assert await sessions.bearer_of(token, LATER, PROGRAM)
    assert await opened.open(feed, LATER)


async def test_letting_it_send_is_told_in_the_trail_with_who_did_it(cast: Cast) -> None:
    await process_locks.hold_sending(BACKUP, NOW)
    await process_locks.release_sending(cast.coordinator, LATER)
    told = await AuditEntry.select(AuditEntry.verb, AuditEntry.actor, AuditEntry.source).order_by(AuditEntry.seq)
    assert [tuple(row.values()) for row in told[-2:]] == [
        ("backup_restored", "", "cli"),
        ("resumed_sending", str(cast.coordinator.member_id), "page"),
    ]
    assert await audit.verify_chain() is None


async def test_letting_it_send_twice_is_one_deed(cast: Cast) -> None:
    await process_locks.hold_sending(BACKUP, NOW)
    assert [await process_locks.release_sending(None, LATER), await process_locks.release_sending(None, LATER)] == [
        True,
        False,
    ]


async def test_only_who_keeps_accounts_lets_it_send(cast: Cast) -> None:
    await process_locks.hold_sending(BACKUP, NOW)
    with pytest.raises(NotFound):
        await process_locks.release_sending(cast.fbi_lead, LATER)
    assert await process_locks.held_copy() == BACKUP
