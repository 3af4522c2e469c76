"""What waits for quiet hours is held when it is sent, whatever was planned; the task force sets the usual hours."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, time, timedelta

import pytest

from tests.cast import NOW, Cast, meeting
from tracker.database import writing
from tracker.errors import NotAllowed
from tracker.rules.core.message_types import Canceled, Content, ItemsOfDay, ReplyNudge
from tracker.rules.core.outbox import NewMessage
from tracker.rules.core.viewers import Viewer
from tracker.rules.emails.preferences import HELD, Preferences
from tracker.tables.schema.core.tables import AuditEntry, Message
from tracker.usecases.core import outbox
from tracker.usecases.core.process_locks import Worker, enlist_worker
from tracker.usecases.emails import preferences
from tracker.usecases.emails.preferences import sendable_messages
from tracker.usecases.events import scheduling

MIDNIGHT = datetime(2027, 1, 12, 6, tzinfo=UTC)
MORNING = MIDNIGHT + timedelta(hours=6)
STARTS = MIDNIGHT + timedelta(hours=10)
NIGHT = (time(22), time(6))


@pytest.fixture
async def worker(cast: Cast) -> AsyncIterator[Worker]:
    me = await enlist_worker()
    yield me
    await me.leave()


async def queue(cast: Cast, to: Viewer, content: Content, not_after: datetime) -> None:
    """Let a message become due at midnight."""
    event_id = await scheduling.schedule_event(cast.coordinator, meeting(to), NOW)
    await Message.delete(force=True)
    draft = NewMessage(content=content, recipient_id=to.member_id, event_id=event_id, key="one", not_after=not_after)
    async with writing():
        await outbox.enqueue_all([draft], MIDNIGHT - timedelta(minutes=1))


async def sent(worker: Worker, now: datetime) -> list[str]:
    claimed = await outbox.claim_messages(worker.name, (), now, 50)
    return [one.key for one in await sendable_messages(claimed, worker.name, now)]


async def test_a_message_that_became_due_in_quiet_hours_is_held_until_they_end(cast: Cast, worker: Worker) -> None:
    await queue(cast, cast.fbi_lead, ReplyNudge(), STARTS)
    await preferences.save_preferences(cast.fbi_lead, Preferences(quiet=NIGHT), NOW)
    assert await sent(worker, MIDNIGHT) == []
    row = await Message.select(Message.due, Message.reason, Message.attempts, Message.worker).first()
    assert row == {"due": MORNING, "reason": HELD, "attempts": 0, "worker": ""}
    assert await sent(worker, MORNING) == ["one"]


async def test_one_that_would_be_of_no_use_after_them_is_sent(cast: Cast, worker: Worker) -> None:
    await queue(cast, cast.fbi_lead, ReplyNudge(), MORNING + timedelta(minutes=29))
    await preferences.save_preferences(cast.fbi_lead, Preferences(quiet=NIGHT), NOW)
    assert await sent(worker, MIDNIGHT) == ["one"]


async def test_a_days_email_about_items_is_held_past_its_day_because_the_next_one_covers_it(
    cast: Cast, worker: Worker
) -> None:
    day = MIDNIGHT.date()
    await queue(cast, cast.fbi_lead, ItemsOfDay(day=day, since=day), MIDNIGHT)
    await preferences.save_preferences(cast.fbi_lead, Preferences(quiet=NIGHT), NOW)
    assert await sent(worker, MIDNIGHT - timedelta(seconds=1)) == []
    assert await sent(worker, MORNING) == ["one"]


async def test_a_cancellation_is_sent_at_any_hour(cast: Cast, worker: Worker) -> None:
    await queue(cast, cast.fbi_lead, Canceled(), STARTS)
    await preferences.save_preferences(cast.fbi_lead, Preferences(quiet=NIGHT), NOW)
    assert await sent(worker, MIDNIGHT) == ["one"]


async def test_the_usual_quiet_hours_are_for_people_who_chose_nothing(cast: Cast, worker: Worker) -> None:
    await preferences.save_usual_quiet_hours(cast.coordinator, NIGHT, NOW)
    await queue(cast, cast.fbi_lead, ReplyNudge(), STARTS)
    assert await sent(worker, MIDNIGHT) == []
    await preferences.save_preferences(cast.fbi_lead, Preferences(is_never_quiet=True), NOW)
    assert await sent(worker, MORNING - timedelta(seconds=1)) == []  # it waits until the time that it was given
    assert await preferences.usual_quiet_hours() == NIGHT
    [entry] = await AuditEntry.select(AuditEntry.facts).where(AuditEntry.subject == "usual_quiet_hours")
    assert entry["facts"] == '{"quiet_from": "22:00", "quiet_until": "06:00"}'


async def test_only_a_coordinator_sets_the_usual_quiet_hours(cast: Cast) -> None:
    with pytest.raises(NotAllowed):
        await preferences.save_usual_quiet_hours(cast.fbi_lead, NIGHT, NOW)
    assert await preferences.usual_quiet_hours() is None
