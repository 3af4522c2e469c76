"""People who have not replied to a date poll are reminded: once by the clock, and by a person who presses Remind."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.cast import NOW, ZONE, Cast, meeting, operation
from tests.usecases.intake.returned import paused
from tests.usecases.polls.world import asked, reply
from tracker.errors import Conflict, Gone, NotAllowed
from tracker.rules.core.audiences import Visibility
from tracker.rules.core.message_types import PollNudge
from tracker.rules.core.outbox import MessageState, SendOutcome
from tracker.rules.emails.emails import Email
from tracker.rules.polls.polls import Fit
from tracker.tables.schema.core.tables import AuditEntry
from tracker.usecases.core import outbox
from tracker.usecases.emails import emails, poll_emails
from tracker.usecases.emails.reminders import queue_due_messages
from tracker.usecases.polls import poll_closing

MORNING = datetime(2027, 1, 7, 14, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


async def reminded(now: datetime) -> list[str]:
    """Send what is due, and return who was reminded of a poll."""
    found = []
    for message in await outbox.claim_messages("test", (), now, 100):
        letter = await emails.write_email(message, now, ZONE)
        await outbox.close_message(
            message, letter if isinstance(letter, SendOutcome) else SendOutcome(state=MessageState.SENT, reason=""), now
        )
        if isinstance(letter, Email) and isinstance(message.content, PollNudge):
            found.append(letter.to_name)
    return sorted(found)


async def tick(now: datetime) -> list[str]:
    await queue_due_messages(now, ZONE)
    return await reminded(now)


@pytest.mark.both_engines
async def test_one_reminder_goes_out_before_the_deadline_to_those_who_said_nothing(cast: Cast) -> None:
    poll_id = await asked(cast.coordinator, meeting(cast.fbi_lead, cast.caht_lead))
    await reply(cast.fbi_lead, poll_id, Fit.NO)
    assert await tick(NOW + MINUTE) == []
    assert await tick(MORNING - MINUTE) == []
    assert await tick(MORNING + MINUTE) == ["Caht lead"]
    assert await tick(MORNING + 2 * MINUTE) == []
    assert await tick(MORNING + timedelta(days=3)) == []


async def test_none_goes_out_for_a_poll_that_is_closed_or_to_people_reminded_by_hand(sqlite_cast: Cast) -> None:
    canceled = await asked(sqlite_cast.coordinator, meeting(sqlite_cast.fbi_lead))
    by_hand = await asked(sqlite_cast.coordinator, meeting(sqlite_cast.caht_lead))
    await tick(NOW + MINUTE)
    await poll_closing.cancel_poll(sqlite_cast.coordinator, canceled, NOW + MINUTE)
    before = MORNING - timedelta(hours=4)
    assert await poll_emails.remind_respondents(sqlite_cast.coordinator, by_hand, before) == 1
    assert await reminded(before + MINUTE) == ["Caht lead"]
    assert await tick(MORNING + MINUTE) == []


async def test_a_person_is_reminded_at_most_every_two_days(sqlite_cast: Cast) -> None:
    poll_id = await asked(sqlite_cast.coordinator, meeting(sqlite_cast.fbi_lead))
    await poll_emails.remind_respondents(sqlite_cast.coordinator, poll_id, NOW)
    with pytest.raises(Conflict):
        await poll_emails.remind_respondents(sqlite_cast.coordinator, poll_id, NOW + timedelta(hours=47))
    assert await poll_emails.remind_respondents(sqlite_cast.coordinator, poll_id, NOW + timedelta(hours=48)) == 1


async def test_a_coordinator_who_sees_the_poll_may_remind_and_others_may_not(sqlite_cast: Cast) -> None:
    plan = meeting(sqlite_cast.hsi_liaison, visibility=Visibility.LAW_ENFORCEMENT)
    poll_id = await asked(sqlite_cast.fbi_lead, plan)
    with pytest.raises(NotAllowed):
        await poll_emails.remind_respondents(sqlite_cast.hsi_liaison, poll_id, NOW)
    assert await poll_emails.remind_respondents(sqlite_cast.coordinator, poll_id, NOW) == 1


async def test_reminders_are_undone_while_none_can_have_left(sqlite_cast: Cast) -> None:
    poll_id = await asked(sqlite_cast.fbi_lead, operation(sqlite_cast.kcpd_detective))
    await reminded(NOW + MINUTE)
    lead, at = sqlite_cast.fbi_lead, NOW + 2 * MINUTE
    await poll_emails.remind_respondents(lead, poll_id, at)
    await poll_emails.undo_poll_nudges(lead, poll_id, at, at + timedelta(seconds=5))
    assert await reminded(at + MINUTE) == []
    assert await poll_emails.remind_respondents(lead, poll_id, at + MINUTE) == 1
    with pytest.raises(Gone):
        await poll_emails.undo_poll_nudges(lead, poll_id, at + MINUTE, at + 2 * MINUTE)


async def test_undoing_reminders_twice_undoes_them_once_and_is_no_error(sqlite_cast: Cast) -> None:
    poll_id = await asked(sqlite_cast.fbi_lead, operation(sqlite_cast.kcpd_detective))
    lead, at = sqlite_cast.fbi_lead, NOW + MINUTE
    await poll_emails.remind_respondents(lead, poll_id, at)
    for _ in range(2):
        await poll_emails.undo_poll_nudges(lead, poll_id, at, at + timedelta(seconds=5))
    assert await AuditEntry.count().where(AuditEntry.verb == "poll_reminders_undone") == 1


async def test_a_person_whose_email_comes_back_is_skipped(sqlite_cast: Cast) -> None:
    poll_id = await asked(sqlite_cast.coordinator, meeting(sqlite_cast.fbi_lead, sqlite_cast.caht_lead))
    await paused(sqlite_cast, sqlite_cast.caht_lead)
    assert await poll_emails.remind_respondents(sqlite_cast.coordinator, poll_id, NOW) == 1


async def test_the_organizer_reads_that_no_date_is_left_and_not_that_they_may_not_remind(sqlite_cast: Cast) -> None:
    poll_id = await asked(sqlite_cast.coordinator, meeting(sqlite_cast.fbi_lead))
    with pytest.raises(Gone, match="All of these dates are over"):
        await poll_emails.remind_respondents(sqlite_cast.coordinator, poll_id, NOW + timedelta(days=60))
