"""The outbox: what is queued, who has claimed it, how it ends, and when a restored copy holds it."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from msgspec import structs
from msgspec.structs import replace

from tests.cast import NOW, PROGRAM, ZONE, Cast, everyone, meeting
from tests.faults.server import MailServer, serve_smtp
from tests.ports.mail.sending import delivery
from tracker.database import Engine, engine, writing
from tracker.errors import NotFound
from tracker.rules.calendars.feeds import FeedScope
from tracker.rules.core.email_declarations import Content
from tracker.rules.core.message_types import Canceled, Changed, Invited, ItemDue, KnownBefore, ReminderDue
from tracker.rules.core.outbox import PAUSE, Message, MessageState, NewMessage, SendOutcome
from tracker.rules.emails.emails import Email
from tracker.rules.events.events import EventStatus
from tracker.rules.events.notifications import Notify
from tracker.rules.events.plans import DateChange
from tracker.rules.identity import ApiScope
from tracker.rules.recurrence.series import rule_for_choice
from tracker.tables.schema.core import tables as rows
from tracker.tables.schema.core.tables import AuditEntry
from tracker.tables.schema.core.tables import Message as TablesMessage
from tracker.tables.schema.events import Occurrence
from tracker.tables.schema.identity import Session, SignInLink
from tracker.usecases.calendars import subscriptions
from tracker.usecases.calendars.feeds import OpenFeeds
from tracker.usecases.core import audit, outbox, process_locks
from tracker.usecases.core.process_locks import SingleJob, Worker, enlist_worker, lock_job
from tracker.usecases.emails.emails import write_email
from tracker.usecases.emails.reminders import queue_due_messages
from tracker.usecases.events import occurrences, scheduling
from tracker.usecases.identity import sessions
from tracker.usecases.identity.sign_in import issue_link, redeem_link

SENT = SendOutcome(state=MessageState.SENT, reason="")
LATER = NOW + timedelta(minutes=5)
ITEM_DUE = ItemDue(due=date(2027, 2, 9))


@pytest.fixture
async def worker(cast: Cast) -> AsyncIterator[Worker]:
    me = await enlist_worker()
    yield me
    await me.leave()


async def queue_items(cast: Cast, *keys: str, **facts: Any) -> None:
    async with writing():
        await outbox.enqueue_all([draft(cast, key, **facts) for key in keys], NOW)


def draft(cast: Cast, key: str, content: Content = ITEM_DUE, **facts: Any) -> NewMessage:
    return NewMessage(content=content, recipient_id=cast.fbi_lead.member_id, key=key, **facts)


async def claim_due(
    worker: Worker, now: datetime = LATER, gone: tuple[str, ...] = (), limit: int = 50
) -> list[Message]:
    return await outbox.claim_messages(worker.name, gone, now, limit)


async def states_by_name(event_id: UUID) -> dict[tuple[str, str], str]:
    """Return the newest state by kind and recipient's name."""
    rows_found = (
        await rows.Message.select(rows.Message.kind, rows.Message.recipient.name, rows.Message.state)
        .where(rows.Message.event == event_id)
        .order_by(rows.Message.created_at, rows.Message.due)
    )
    return {(row["kind"], row["recipient.name"]): row["state"] for row in rows_found}


@pytest.mark.both_engines
async def test_the_same_deed_for_the_same_person_is_one_message(cast: Cast, worker: Worker) -> None:
    await queue_items(cast, "one", "one")
    await queue_items(cast, "one")
    assert [one.key for one in await claim_due(worker)] == ["one"]


@pytest.mark.both_engines
async def test_what_is_due_later_waits(cast: Cast, worker: Worker) -> None:
    await queue_items(cast, "one", due=LATER + timedelta(seconds=1))
    assert await claim_due(worker) == []


@pytest.mark.both_engines
async def test_the_oldest_go_first_and_no_more_than_asked_for(cast: Cast, worker: Worker) -> None:
    await queue_items(cast, "new", due=NOW + timedelta(minutes=2))
    await queue_items(cast, "old", due=NOW + timedelta(minutes=1))
    assert [one.key for one in await claim_due(worker, limit=1)] == ["old"]


@pytest.mark.both_engines
async def test_what_one_worker_has_in_progress_no_other_gets(cast: Cast, worker: Worker) -> None:
    await queue_items(cast, "one", "two")
    other = await enlist_worker()
    await claim_due(worker, limit=1)
    assert len(await claim_due(other)) == 1
    await other.leave()


@pytest.mark.both_engines
async def test_a_worker_with_a_wrong_clock_gets_nothing_that_another_has_in_progress(
    cast: Cast, worker: Worker
) -> None:
    await queue_items(cast, "one")
    await claim_due(worker)
    other = await enlist_worker()
    gone = await other.gone(await outbox.claiming_workers())
    assert await claim_due(other, NOW + timedelta(days=365), tuple(gone)) == []
    await other.leave()


@pytest.mark.both_engines
async def test_what_a_worker_that_is_gone_had_in_progress_is_taken_over(cast: Cast, worker: Worker) -> None:
    await queue_items(cast, "one")
    other = await enlist_worker()
    await claim_due(other)
    await other.leave()
    gone = await worker.gone(await outbox.claiming_workers())
    assert (gone, [one.key for one in await claim_due(worker, gone=tuple(gone))]) == ([other.name], ["one"])


@pytest.mark.both_engines
async def test_what_may_arrive_twice_says_so(cast: Cast, worker: Worker) -> None:
    await queue_items(cast, "one")
    await outbox.claim_messages("nobody", (), LATER, 1)
    [message] = await claim_due(worker, gone=("nobody",))
    await outbox.close_message(message, SENT, LATER)
    [row] = await rows.Message.select(rows.Message.reason, rows.Message.state)
    assert row == {"reason": outbox.INTERRUPTED, "state": "sent"}


@pytest.mark.both_engines
async def test_what_is_put_back_counts_as_not_tried(cast: Cast, worker: Worker) -> None:
    await queue_items(cast, "one")
    await outbox.put_back_messages(await claim_due(worker), worker.name)
    assert [one.attempts for one in await claim_due(worker)] == [1]


@pytest.mark.both_engines
async def test_after_a_temporary_failure_it_is_tried_again_half_a_minute_later(cast: Cast, worker: Worker) -> None:
    await queue_items(cast, "one")
    [message] = await claim_due(worker)
    await outbox.postpone_message(message, "451 busy", worker.name, LATER)
    assert await claim_due(worker, LATER + timedelta(seconds=26)) == []
    assert [one.attempts for one in await claim_due(worker, LATER + timedelta(seconds=34))] == [2]


@pytest.mark.both_engines
async def test_a_message_that_is_outdated_is_not_tried_again(cast: Cast, worker: Worker) -> None:
    await queue_items(cast, "one", not_after=LATER + timedelta(seconds=10))
    [message] = await claim_due(worker)
    await outbox.postpone_message(message, "451 busy", worker.name, LATER)
    assert await rows.Message.select(rows.Message.state).output(as_list=True) == ["too_late"]


@pytest.mark.both_engines
async def test_after_five_days_a_message_is_given_up_where_people_see_it(cast: Cast, worker: Worker) -> None:
    await queue_items(cast, "one")
    [message] = await claim_due(worker)
    await outbox.postpone_message(message, "Connection refused", worker.name, NOW + timedelta(days=5))
    [row] = await rows.Message.select(rows.Message.state, rows.Message.reason)
    assert row["state"] == "failed"
    assert row["reason"].endswith("Connection refused")


@pytest.mark.both_engines
async def test_a_message_never_ends_twice(cast: Cast, worker: Worker) -> None:
    await queue_items(cast, "one")
    [message] = await claim_due(worker)
    await outbox.close_message(message, SENT, LATER)
    await outbox.close_message(message, SendOutcome(state=MessageState.BOUNCED, reason="late news"), LATER)
    assert await rows.Message.select(rows.Message.state).output(as_list=True) == ["sent"]


@pytest.mark.both_engines
async def test_what_fails_with_its_change_leaves_no_message(cast: Cast, worker: Worker) -> None:
    with pytest.raises(RuntimeError):
        async with writing():
            await outbox.enqueue_all([draft(cast, "one")], NOW)
            raise RuntimeError
    assert await claim_due(worker) == []


@pytest.mark.both_engines
async def test_hundreds_of_messages_are_queued_in_one_go(cast: Cast, worker: Worker) -> None:
    async with writing():
        await outbox.enqueue_all([draft(cast, str(one)) for one in range(1_200)], NOW)
    assert await rows.Message.count() == 1_200


async def send_all(worker: Worker, now: datetime = LATER) -> None:
    for message in await claim_due(worker, now, limit=1_000):
        await outbox.close_message(message, SENT, now)


@pytest.mark.both_engines
async def test_several_edits_in_half_a_minute_make_one_email_that_knows_the_first_time(
    cast: Cast, worker: Worker
) -> None:
    event_id = await scheduling.schedule_event(cast.coordinator, _series(cast), NOW)
    await send_all(worker)
    for minute, hour in enumerate((13, 14)):
        await _move(cast, event_id, hour, NOW + timedelta(minutes=10, seconds=minute))
    waiting = await claim_due(worker, NOW + timedelta(minutes=10) + PAUSE * 2)
    [change] = [one.content for one in waiting]
    assert isinstance(change, Changed)
    assert change.before is not None
    assert structs.replace(change.before, details={}) == KnownBefore(
        starts_at=datetime(2027, 2, 9, 16, tzinfo=UTC),
        ends_at=datetime(2027, 2, 9, 17, 30, tzinfo=UTC),
        place="USAO conference room",
    )


@pytest.mark.both_engines
async def test_an_invitation_that_still_waits_says_the_change_already(cast: Cast, worker: Worker) -> None:
    event_id = await scheduling.schedule_event(cast.coordinator, _series(cast), NOW)
    await _move(cast, event_id, 14, NOW)
    assert [one.content for one in await claim_due(worker)] == [Invited()]


@pytest.mark.both_engines
async def test_no_one_hears_of_an_event_that_was_canceled_before_they_were_notified(cast: Cast, worker: Worker) -> None:
    event_id = await scheduling.schedule_event(cast.coordinator, _series(cast), NOW)
    await scheduling.cancel_event(cast.coordinator, event_id, 1, "", NOW)
    assert await claim_due(worker) == []


@pytest.mark.both_engines
async def test_who_was_notified_of_an_event_hears_that_it_is_canceled(cast: Cast, worker: Worker) -> None:
    event_id = await scheduling.schedule_event(cast.coordinator, _series(cast), NOW)
    await send_all(worker)
    await _move(cast, event_id, 14, NOW + timedelta(minutes=10))
    await scheduling.cancel_event(cast.coordinator, event_id, 2, "", NOW + timedelta(minutes=10))
    assert [type(one.content) for one in await claim_due(worker, NOW + timedelta(hours=1))] == [Canceled]


@pytest.mark.both_engines
async def test_a_change_of_what_was_canceled_a_moment_ago_keeps_no_one_from_hearing_of_the_cancellation(
    cast: Cast, worker: Worker
) -> None:
    event_id = await cancel_and_move(cast, worker)
    waiting = await claim_due(worker, NOW + timedelta(hours=1))
    assert [type(one.content) for one in waiting] == [Canceled, Changed]
    assert [type(await write_email(one, NOW + timedelta(hours=1), ZONE)) for one in waiting] == [Email, SendOutcome]
    assert (await scheduling.event_seen_by(cast.coordinator, event_id)).status is EventStatus.CANCELED


@pytest.mark.both_engines
async def test_what_was_moved_while_it_was_canceled_says_so_when_it_is_restored(cast: Cast, worker: Worker) -> None:
    event_id = await cancel_and_move(cast, worker)
    await scheduling.restore_event(cast.coordinator, event_id, 3, NOW + timedelta(minutes=12))
    [change] = [one.content for one in await claim_due(worker, NOW + timedelta(hours=1))]
    assert isinstance(change, Changed)
    assert change.before is not None
    assert change.before.starts_at == datetime(2027, 1, 12, 16, tzinfo=UTC)


async def cancel_and_move(cast: Cast, worker: Worker) -> UUID:
    """Cancel a meeting that people know of, and move it before they hear."""
    later = NOW + timedelta(minutes=10)
    event_id = await scheduling.schedule_event(cast.coordinator, meeting(cast.fbi_lead), NOW)
    await send_all(worker)
    await scheduling.cancel_event(cast.coordinator, event_id, 1, "", later)
    _, plan = await scheduling.plan_to_change(cast.coordinator, event_id)
    moved = replace(plan, starts=plan.starts + timedelta(hours=2))
    await scheduling.change_event(cast.coordinator, event_id, moved, 2, later + timedelta(minutes=1))
    return event_id


@pytest.mark.both_engines
async def test_a_change_of_one_date_leaves_the_message_about_another_alone(cast: Cast, worker: Worker) -> None:
    event_id = await scheduling.schedule_event(cast.coordinator, _series(cast), NOW)
    await send_all(worker)
    await occurrences.cancel_occurrence(cast.coordinator, event_id, "2027-01-12", 1, "", NOW + timedelta(minutes=10))
    await _move(cast, event_id, 14, NOW + timedelta(minutes=10))
    assert {type(one.content) for one in await claim_due(worker, NOW + timedelta(hours=1))} == {Canceled, Changed}


@pytest.mark.both_engines
@pytest.mark.parametrize("content", [ReminderDue(starts_at=LATER, lead=300), ITEM_DUE])
async def test_what_is_no_change_waits_for_nothing(cast: Cast, worker: Worker, content: Content) -> None:
    async with writing():
        await outbox.enqueue_all([draft(cast, "one", content)], NOW)
    assert len(await claim_due(worker, NOW)) == 1


@pytest.mark.both_engines
async def test_a_row_of_an_unknown_type_keeps_no_one_from_being_notified(cast: Cast, worker: Worker) -> None:
    event_id = await scheduling.schedule_event(cast.coordinator, _series(cast), NOW)
    odd = '{"content": {"type": "from_the_future", "x": 1}, "replaces": []}'
    await rows.Message.update({rows.Message.facts: odd}).where(rows.Message.event == event_id)
    await scheduling.cancel_event(cast.coordinator, event_id, 1, "", NOW)
    assert [type(one.content) for one in await claim_due(worker)] == [Canceled]


def _series(cast: Cast) -> Any:
    start = meeting().starts
    return meeting(cast.fbi_lead, rule=rule_for_choice("monthly_nth", start, count=6))


async def _move(cast: Cast, event_id: UUID, hour: int, now: datetime) -> None:
    date = await occurrences.date_seen_by(cast.coordinator, event_id, "2027-02-09")
    change = DateChange(starts=datetime(2027, 2, 9, hour), duration=timedelta(minutes=90))  # noqa: DTZ001 - local
    await occurrences.change_occurrence(
        cast.coordinator, event_id, "2027-02-09", change, date.version, now, notify=Notify.ALL
    )


@pytest.mark.both_engines
@pytest.mark.parametrize("source", ["postgres"], indirect=True)
async def test_a_worker_whose_connection_was_cut_is_gone_and_knows_it(worker: Worker) -> None:
    other = await enlist_worker()
    await _cut(worker)
    assert (await other.gone([worker.name]), worker.is_there()) == ([worker.name], False)
    await other.leave()


@pytest.mark.both_engines
async def test_a_worker_that_is_there_is_not_gone(worker: Worker) -> None:
    other = await enlist_worker()
    assert await other.gone([worker.name, other.name, "7"]) == ["7"]
    await other.leave()


async def _cut(worker: Any) -> None:
    """End a worker's connection as a restart of the server would."""
    await engine().run_ddl(f"SELECT pg_terminate_backend({worker._connection.get_server_pid()})")
    async with asyncio.timeout(5):
        while worker.is_there():  # noqa: ASYNC110 - the server ends it
            await asyncio.sleep(0.01)


async def sendings() -> list[tuple[str, int]]:
    """Return what each sending announces and how many messages it has, in the order of the alphabet."""
    rows_found = await rows.Message.select(rows.Message.sending, rows.Message.sending.topic)
    return sorted(
        (topic, sum(one["sending"] == sending for one in rows_found))
        for sending, topic in {(one["sending"], one["sending.topic"]) for one in rows_found}
    )


@pytest.mark.both_engines
async def test_the_messages_of_one_deed_about_one_event_are_one_sending(cast: Cast) -> None:
    people = (cast.fbi_lead, cast.caht_lead, cast.hsi_liaison)
    event_id = await scheduling.schedule_event(cast.coordinator, meeting(*people), NOW)
    await scheduling.schedule_event(cast.coordinator, meeting(cast.fbi_lead, title="Another"), NOW)
    await scheduling.cancel_event(cast.coordinator, event_id, 1, "", LATER)
    assert await sendings() == [("canceled", 3), ("invited", 1), ("invited", 3)]


@pytest.mark.both_engines
async def test_reminders_of_two_dates_are_two_sendings_though_one_run_queues_them(cast: Cast) -> None:
    rule = rule_for_choice("weekly", meeting().starts, count=2)
    event_id = await scheduling.schedule_event(cast.coordinator, meeting(rule=rule), NOW)
    dates = await Occurrence.select(Occurrence.id).where(Occurrence.event == event_id)
    due = ReminderDue(starts_at=LATER, lead=3_600)
    async with writing():
        await outbox.enqueue_all(
            [
                draft(cast, str(this_date["id"]) + name, due, event_id=event_id, occurrence_id=this_date["id"])
                for this_date in dates
                for name in ("a", "b")
            ],
            NOW,
        )
    assert await sendings() == [("reminder_due", 2), ("reminder_due", 2)]


@pytest.mark.both_engines
async def test_a_change_of_time_is_sent_as_a_move_and_another_one_as_a_change(cast: Cast) -> None:
    rule = rule_for_choice("weekly", meeting().starts, count=3)
    event_id = await scheduling.schedule_event(cast.coordinator, meeting(cast.fbi_lead, rule=rule), NOW)
    moved = DateChange(starts=datetime(2027, 1, 13, 9), duration=timedelta(hours=1))  # noqa: DTZ001 - local
    await occurrences.change_occurrence(cast.coordinator, event_id, "2027-01-12", moved, 1, LATER)
    event, plan = await scheduling.plan_to_change(cast.coordinator, event_id)
    await scheduling.change_event(cast.coordinator, event_id, replace(plan, place="Annex"), event.version, LATER)
    event, plan = await scheduling.plan_to_change(cast.coordinator, event_id)
    later = replace(plan, starts=plan.starts + timedelta(hours=1))
    await scheduling.change_event(cast.coordinator, event_id, later, event.version, LATER)
    assert await sendings() == [("changed", 1), ("invited", 1), ("moved", 1), ("moved", 1)]


BACKUP = NOW - timedelta(hours=3)
STARTS = datetime.fromisoformat("2027-01-12T16:00+00:00")
HOUR = timedelta(hours=1)
OVER = STARTS + 2 * HOUR


async def send_count(cast: Cast, at: datetime) -> int:
    async with serve_smtp(MailServer()) as server:
        sending = delivery(server.port, at)
        await sending.dispatch()
        await sending.stop()
        return len(server.accepted)


async def test_a_database_of_its_own_is_not_held(cast: Cast) -> None:
    assert await process_locks.held_copy() is None


async def test_a_held_copy_sends_what_waits_only_when_it_is_let(cast: Cast) -> None:
    await scheduling.schedule_event(cast.coordinator, meeting(cast.fbi_lead, cast.caht_lead), NOW)
    await process_locks.hold_sending(BACKUP, NOW)
    assert await send_count(cast, LATER) == 0
    assert await process_locks.release_sending(cast.coordinator, LATER)
    assert await send_count(cast, LATER) == 2
    assert await send_count(cast, LATER) == 0


async def test_what_was_useful_while_it_was_held_is_too_late_afterward(cast: Cast) -> None:
    await queue_due_messages(NOW, ZONE)
    await scheduling.schedule_event(cast.coordinator, meeting(*everyone(cast)), NOW)
    await process_locks.hold_sending(BACKUP, NOW)
    assert await queue_due_messages(STARTS - HOUR, ZONE) == 0
    await process_locks.release_sending(None, OVER)
    await queue_due_messages(OVER, ZONE)
    assert await send_count(cast, OVER) == 0
    reminders = (
        await TablesMessage.select(TablesMessage.state)
        .where(TablesMessage.kind == "reminder")
        .distinct()
        .output(as_list=True)
    )
    assert reminders == ["too_late"]


async def test_a_change_goes_out_beside_what_the_lost_instance_may_have_sent(cast: Cast) -> None:
    event_id = await scheduling.schedule_event(cast.coordinator, meeting(cast.fbi_lead), NOW)
    await process_locks.hold_sending(BACKUP, NOW)
    await process_locks.release_sending(None, NOW)
    await scheduling.cancel_event(cast.coordinator, event_id, 1, "", NOW)
    waiting = (
        await TablesMessage.select(TablesMessage.kind).where(TablesMessage.state == "pending").output(as_list=True)
    )
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


async def test_letting_it_send_is_said_in_the_audit_log_with_who_did_it(cast: Cast) -> None:
    await process_locks.hold_sending(BACKUP, NOW)
    await process_locks.release_sending(cast.coordinator, LATER)
    reported = await AuditEntry.select(AuditEntry.verb, AuditEntry.actor, AuditEntry.source).order_by(AuditEntry.seq)
    assert [tuple(row.values()) for row in reported[-2:]] == [
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


@pytest.mark.both_engines
async def test_a_job_is_held_once_and_again_after_it_was_released(database: Engine) -> None:
    first = await lock_job(SingleJob.MAILBOX)
    assert first
    assert (first.is_held(), await lock_job(SingleJob.MAILBOX)) == (True, None)
    await first.release()
    again = await lock_job(SingleJob.MAILBOX)
    assert again
    assert (first.is_held(), again.is_held()) == (False, True)
    await again.release()
