"""The emails about a date poll: what they say to whom, and when they aren't sent."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from msgspec.structs import replace

from tests.cast import NOW, ZONE, Cast, meeting, operation
from tests.emails import ReadEmail, read
from tests.usecases.intake.returned import paused
from tests.usecases.polls.world import asked, reply
from tracker.errors import Conflict, Gone, NotAllowed
from tracker.rules.core.message_types import PollCanceled, PollNudge, PollOpened
from tracker.rules.core.outbox import Message, MessageState, SendOutcome
from tracker.rules.core.viewers import Viewer, Visibility
from tracker.rules.emails.emails import ButtonName, Email, FactName, PollPage, SitePage
from tracker.rules.emails.preferences import Preferences
from tracker.rules.emails.template_values import PollNudgeEmail, PollOpenedEmail, RestrictedEmail
from tracker.rules.polls.polls import Fit
from tracker.tables.schema.core.tables import AuditEntry
from tracker.tables.schema.core.tables import Message as MessageRow
from tracker.usecases.core import outbox
from tracker.usecases.emails import emails, messages, poll_emails, preferences
from tracker.usecases.emails.reminders import queue_due_messages
from tracker.usecases.events import scheduling
from tracker.usecases.polls import poll_closing, polls

SOON = NOW + timedelta(minutes=1)


async def waiting(now: datetime = SOON) -> list[Message]:
    """Return the messages that are due."""
    return await outbox.claim_messages("test", (), now, 100)


async def letter_to(
    viewer: Viewer, said: PollOpened | PollNudge | PollCanceled, now: datetime = SOON
) -> Email | SendOutcome:
    """Return the email of a message of this content."""
    message = Message(
        id=UUID(int=1),
        key="poll",
        content=said,
        recipient_id=viewer.member_id,
        event_id=None,
        occurrence_id=None,
        item_id=None,
        created_at=now,
        due=now,
        not_after=None,
        attempts=1,
    )
    return await emails.write_email(message, now, ZONE)


def dates_in(letter: Email) -> list[str]:
    return [one.value for one in letter.facts if one.name is FactName.PROPOSED]


async def test_each_person_who_is_asked_gets_one_email_with_the_dates_and_a_link(sqlite_cast: Cast) -> None:
    poll_id = await asked(sqlite_cast.coordinator, meeting(sqlite_cast.fbi_lead, sqlite_cast.caht_lead))
    found = {one.recipient_id: one for one in await waiting()}
    assert set(found) == {sqlite_cast.fbi_lead.member_id, sqlite_cast.caht_lead.member_id}
    letter = await emails.write_email(found[sqlite_cast.caht_lead.member_id], SOON, ZONE)
    assert isinstance(letter, Email)
    assert letter.says == PollOpenedEmail(title="Monthly task force meeting", reply_by="Fri, Jan 8")
    said = {one.name: one.value for one in letter.facts}
    assert dates_in(letter) == ["Tue, Jan 12, 10:00–11:30 AM Central", "Wed, Jan 13, 2:00–3:30 PM Central"]
    assert said[FactName.ORGANIZER] == "Coordinator (USAO)"
    assert [one.target for one in letter.buttons] == [
        PollPage(poll_id=poll_id, member_id=sqlite_cast.caht_lead.member_id)
    ]


async def test_read_in_messages_it_has_what_its_recipient_replied_since(sqlite_cast: Cast) -> None:
    reader = sqlite_cast.fbi_lead
    poll_id = await asked(sqlite_cast.coordinator, meeting(reader))
    await reply(reader, poll_id, Fit.IF_NEEDED)
    [row] = await MessageRow.select(MessageRow.id).where(MessageRow.recipient == reader.member_id)
    shown = await messages.read_message(sqlite_cast.coordinator, row["id"], SOON, ZONE)
    assert shown.letter
    assert dates_in(shown.letter) == [
        "Tue, Jan 12, 10:00–11:30 AM Central: If need be",
        "Wed, Jan 13, 2:00–3:30 PM Central",
    ]


async def test_no_email_leaves_while_the_poll_can_be_canceled_unnoticed(sqlite_cast: Cast) -> None:
    await asked(sqlite_cast.coordinator, meeting(sqlite_cast.fbi_lead))
    assert await waiting(NOW + timedelta(seconds=19)) == []


async def test_an_email_about_a_restricted_event_says_nothing_of_it(sqlite_cast: Cast) -> None:
    poll_id = await asked(sqlite_cast.fbi_lead, operation(sqlite_cast.kcpd_detective))
    letter = await letter_to(sqlite_cast.kcpd_detective, PollOpened(poll=poll_id))
    assert isinstance(letter, Email)
    assert isinstance(letter.says, RestrictedEmail)
    assert [one.name for one in letter.facts] == [FactName.DETAILS]
    assert [one.target for one in letter.buttons] == [SitePage(path=f"/polls/{poll_id}")]
    assert letter.more == ()


async def test_a_time_only_email_says_nothing_of_a_poll(sqlite_cast: Cast) -> None:
    await preferences.save_preferences(sqlite_cast.fbi_lead, Preferences(is_discreet=True), NOW)
    poll_id = await asked(sqlite_cast.coordinator, meeting(sqlite_cast.fbi_lead))
    letter = await letter_to(sqlite_cast.fbi_lead, PollOpened(poll=poll_id))
    assert isinstance(letter, Email)
    assert (letter.is_discreet, letter.is_time_only, isinstance(letter.says, RestrictedEmail)) == (True, True, True)
    assert [(one.name, one.target) for one in letter.buttons] == [
        (ButtonName.SIGN_IN, SitePage(path=f"/polls/{poll_id}"))
    ]


async def test_people_who_replied_are_not_reminded(sqlite_cast: Cast) -> None:
    poll_id = await asked(sqlite_cast.coordinator, meeting(sqlite_cast.fbi_lead))
    nudge = PollNudge(poll=poll_id)
    letter = await letter_to(sqlite_cast.fbi_lead, nudge)
    assert isinstance(letter, Email)
    assert letter.says == PollNudgeEmail(title="Monthly task force meeting", reply_by="Fri, Jan 8")
    await reply(sqlite_cast.fbi_lead, poll_id, Fit.NO)
    assert isinstance(await letter_to(sqlite_cast.fbi_lead, nudge), SendOutcome)


async def test_no_one_gets_an_email_who_is_not_asked_or_may_not_see_it_or_when_no_date_is_left(
    sqlite_cast: Cast,
) -> None:
    secret = PollOpened(poll=await asked(sqlite_cast.fbi_lead, operation(sqlite_cast.kcpd_detective)))
    assert isinstance(await letter_to(sqlite_cast.caht_lead, secret), SendOutcome)
    for_all = PollOpened(poll=await asked(sqlite_cast.coordinator, meeting(sqlite_cast.fbi_lead)))
    assert isinstance(await letter_to(sqlite_cast.hsi_liaison, for_all), SendOutcome)
    assert isinstance(await letter_to(sqlite_cast.fbi_lead, for_all, NOW + timedelta(days=60)), SendOutcome)
    assert isinstance(await letter_to(sqlite_cast.fbi_lead, PollCanceled(poll=for_all.poll)), SendOutcome)


async def test_the_email_about_a_canceled_poll_names_no_draft_that_was_edited_after_that(sqlite_cast: Cast) -> None:
    organizer = sqlite_cast.coordinator
    poll_id = await asked(organizer, meeting(sqlite_cast.fbi_lead))
    await waiting()
    await poll_closing.cancel_poll(organizer, poll_id, SOON)
    event, plan = await scheduling.plan_to_change(organizer, (await polls.poll_for(organizer, poll_id)).event.id)
    secret = replace(plan, title="Interview of a witness", place="Room 9")
    await scheduling.change_event(organizer, event.id, secret, event.version, SOON + timedelta(seconds=1))
    letter = read(await letter_to(sqlite_cast.fbi_lead, PollCanceled(poll=poll_id)))
    assert isinstance(letter, ReadEmail)
    assert letter.subject == "Date poll canceled"
    assert not any(one in str(letter) for one in ("Interview", "Room 9"))


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
