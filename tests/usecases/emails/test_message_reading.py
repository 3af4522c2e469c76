"""What a message says, read in the list: as its recipient would see it now, of what the reader may see too."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from msgspec.structs import replace

from tests.cast import NOW, ZONE, Cast, meeting, operation
from tests.emails import ReadEmail, read_email
from tracker.errors import NotFound
from tracker.rules.core.audiences import Visibility
from tracker.rules.core.message_types import SeriesContinued
from tracker.rules.core.outbox import MessageState, SendOutcome
from tracker.rules.core.viewers import Viewer
from tracker.rules.emails.emails import Email
from tracker.rules.emails.preferences import Preferences
from tracker.rules.recurrence.series import rule_for_choice
from tracker.tables.schema.core.tables import AuditEntry, Message
from tracker.tables.schema.events.events import EventAudience
from tracker.tables.visible.events import events as visible
from tracker.usecases.core import outbox
from tracker.usecases.emails import emails, messages, preferences
from tracker.usecases.emails.emails import MessageReading
from tracker.usecases.emails.messages import ReadMessage, read_message
from tracker.usecases.events import occurrences, scheduling, series_split, undo

pytestmark = pytest.mark.both_engines

LATER = NOW + timedelta(minutes=5)
AFTERWARD = NOW + timedelta(days=90)


async def scheduled(cast: Cast, *invitees: Viewer, **facts: Any) -> UUID:
    return await scheduling.schedule_event(cast.coordinator, meeting(*invitees, **facts), NOW)


async def sent() -> None:
    for message in await outbox.claim_messages("test", (), LATER, 1_000):
        await outbox.close_message(message, SendOutcome(state=MessageState.SENT, reason=""), LATER)


async def newest(recipient: Viewer) -> UUID:
    rows = await Message.select(Message.id).where(Message.recipient == recipient.member_id).order_by(Message.created_at)
    found: UUID = rows[-1]["id"]
    return found


async def read(viewer: Viewer, recipient: Viewer, now: Any = LATER) -> ReadMessage:
    return await read_message(viewer, await newest(recipient), now, ZONE)


async def words(viewer: Viewer, recipient: Viewer, now: Any = LATER) -> ReadEmail:
    found = await read(viewer, recipient, now)
    assert found.letter, found.reason
    return read_email(found.letter)


async def test_a_coordinator_reads_what_an_invitation_says(cast: Cast) -> None:
    await scheduled(cast, cast.fbi_lead)
    email = await words(cast.coordinator, cast.fbi_lead)
    assert email.subject.startswith("Invitation: Monthly task force meeting")
    assert email.to == cast.fbi_lead.email


async def test_it_is_still_read_when_it_is_canceled_or_over_and_would_not_be_sent(cast: Cast) -> None:
    event_id = await scheduled(cast, cast.fbi_lead)
    await sent()
    assert (await words(cast.coordinator, cast.fbi_lead, AFTERWARD)).subject.startswith("Invitation")
    message_id = await newest(cast.fbi_lead)
    await scheduling.cancel_event(cast.coordinator, event_id, 1, "", LATER)
    found = await read_message(cast.coordinator, message_id, LATER, ZONE)
    assert found.letter
    assert read_email(found.letter).subject.startswith("Invitation")
    canceled = await words(cast.coordinator, cast.fbi_lead, LATER)
    assert canceled.subject.startswith("Canceled")
    await scheduling.restore_event(cast.coordinator, event_id, 2, LATER)
    assert (await words(cast.coordinator, cast.fbi_lead, AFTERWARD)).heading


async def test_who_reads_the_message_of_another_person_is_in_the_audit_log_once_a_day(cast: Cast) -> None:
    await scheduled(cast, cast.fbi_lead)
    for _ in range(2):
        await read(cast.coordinator, cast.fbi_lead)
    await read(cast.fbi_lead, cast.fbi_lead)
    found = await AuditEntry.select(AuditEntry.actor, AuditEntry.subject_id).where(
        AuditEntry.verb == "read", AuditEntry.subject == "message"
    )
    assert found == [{"actor": str(cast.coordinator.member_id), "subject_id": str(await newest(cast.fbi_lead))}]


async def test_who_may_not_know_of_a_message_does_not_read_it(cast: Cast) -> None:
    await scheduling.schedule_event(cast.fbi_lead, operation(cast.kcpd_detective), NOW)
    await scheduled(cast, cast.caht_lead)
    for viewer, recipient in ((cast.coordinator, cast.kcpd_detective), (cast.fbi_lead, cast.caht_lead)):
        with pytest.raises(NotFound):
            await read(viewer, recipient)
    with pytest.raises(NotFound):
        await read_message(cast.coordinator, uuid4(), LATER, ZONE)


async def test_the_message_about_a_named_event_says_to_its_organizer_what_it_says_to_its_reader(cast: Cast) -> None:
    await scheduling.schedule_event(cast.fbi_lead, operation(cast.kcpd_detective), NOW)
    email = await words(cast.fbi_lead, cast.kcpd_detective)
    said = f"{email.subject} {email.heading} {email.facts} {email.paragraphs}"
    assert "Bluestem" not in said
    assert [one.label for one in email.buttons] == ["Sign in and reply"]


async def test_a_message_about_what_its_recipient_may_not_see_any_more_says_why_it_cannot_be_read(cast: Cast) -> None:
    event_id = await scheduled(cast, cast.fbi_lead, cast.caht_lead)
    message_id = await newest(cast.caht_lead)
    event, plan = await scheduling.plan_to_change(cast.coordinator, event_id)
    narrower = replace(plan, invitees=meeting(cast.fbi_lead).invitees, visibility=Visibility.NAMED)
    await scheduling.change_event(cast.coordinator, event_id, narrower, event.version, LATER)
    found = await read_message(cast.coordinator, message_id, LATER, ZONE)
    assert (found.letter, found.reason) == (None, "The recipient can no longer see it.")


async def test_the_email_of_someone_who_chose_time_only_emails_is_read_as_that(cast: Cast) -> None:
    await preferences.save_preferences(cast.fbi_lead, Preferences(is_discreet=True), NOW)
    await scheduled(cast, cast.fbi_lead)
    email = await words(cast.coordinator, cast.fbi_lead)
    assert "Monthly task force meeting" not in f"{email.subject} {email.facts}"


async def test_what_the_recipient_may_see_and_the_reader_may_not_is_left_out(cast: Cast) -> None:
    rule = rule_for_choice("weekly", meeting().starts, count=6)
    event_id = await scheduled(cast, cast.fbi_lead, rule=rule)
    await sent()
    event, plan = await series_split.plan_from_date_on(cast.coordinator, event_id, "2027-01-26")
    onward = replace(plan, starts=plan.starts + timedelta(hours=2), visibility=Visibility.LAW_ENFORCEMENT)
    await series_split.change_from_date_on(cast.coordinator, event_id, "2027-01-26", onward, event.version, LATER)
    await EventAudience.insert(EventAudience(event=event_id, audience="all"))
    claimed = await outbox.claim_messages("test", (), AFTERWARD, 100)
    [ended] = [one for one in claimed if isinstance(one.content, SeriesContinued)]
    facts = []
    for by in (cast.coordinator, cast.harbor_advocate):
        letter = await emails.write_email(ended, LATER, ZONE, MessageReading(by=by, at=LATER))
        assert isinstance(letter, Email)
        facts.append(dict(read_email(letter).facts))
    assert facts[0]["Now"].startswith("Every week on Tuesday, 12:00")
    assert "Now" not in facts[1]


async def test_two_people_who_look_together_see_what_both_may_see(cast: Cast) -> None:
    open_to_all = await scheduled(cast, cast.fbi_lead)
    of_police = await scheduled(cast, cast.fbi_lead, visibility=Visibility.LAW_ENFORCEMENT)
    together = replace(cast.fbi_lead, beside=cast.harbor_advocate)
    assert await visible.event_by_id(together, open_to_all)
    assert await visible.event_by_id(cast.fbi_lead, of_police)
    assert await visible.event_by_id(together, of_police) is None
    assert await visible.event_by_id(replace(cast.harbor_advocate, beside=cast.fbi_lead), of_police) is None


async def opened_to_its_arm(cast: Cast, event_id: UUID, at: datetime, **facts: Any) -> None:
    event, plan = await scheduling.plan_to_change(cast.fbi_lead, event_id)
    wider = replace(plan, visibility=Visibility.LAW_ENFORCEMENT, **facts)
    await scheduling.change_event(cast.fbi_lead, event_id, wider, event.version, at, reauthenticated_at=at)


async def with_a_past(cast: Cast) -> UUID:
    """Return an operation that was moved, canceled for a reason, and restored, each with an email."""
    event_id, deed = await scheduling.schedule_event(cast.fbi_lead, operation(cast.kcpd_detective), NOW), LATER
    await sent()
    event, plan = await scheduling.plan_to_change(cast.fbi_lead, event_id)
    await scheduling.change_event(cast.fbi_lead, event_id, replace(plan, place="17 Larkspur Lane"), event.version, deed)
    await sent_all(deed)
    event = await scheduling.event_seen_by(cast.fbi_lead, event_id)
    await scheduling.cancel_event(
        cast.fbi_lead, event_id, event.version, "Larkspur was warned", deed + timedelta(hours=1)
    )
    await sent_all(deed + timedelta(hours=1))
    event = await scheduling.event_seen_by(cast.fbi_lead, event_id)
    await scheduling.restore_event(cast.fbi_lead, event_id, event.version, deed + timedelta(hours=2))
    await sent_all(deed + timedelta(hours=2))
    return event_id


async def sent_all(at: datetime) -> None:
    for message in await outbox.claim_messages("test", (), at + timedelta(minutes=30), 1_000):
        await outbox.close_message(message, SendOutcome(state=MessageState.SENT, reason=""), at + timedelta(minutes=30))


async def said_to(viewer: Viewer, event_id: UUID, recipient: Viewer, now: datetime) -> list[str]:
    """Return what each message about an event to this person says to the viewer, oldest first."""
    of_event = (Message.event == event_id) & (Message.recipient == recipient.member_id)
    found = await Message.select(Message.id).where(of_event).order_by(Message.created_at).output(as_list=True)
    read = [await read_message(viewer, one, now, ZONE) for one in found]
    return [str(read_email(one.letter)) if one.letter else one.reason for one in read]


async def test_people_to_whom_an_event_opens_do_not_read_what_its_messages_said_before(cast: Cast) -> None:
    event_id, opening = await with_a_past(cast), LATER + timedelta(hours=3)
    await opened_to_its_arm(cast, event_id, opening, place="Federal building")
    said = await said_to(cast.coordinator, event_id, cast.kcpd_detective, opening)
    assert (len(said) > 4, set(said)) == (True, {messages.CONFINED.reason})
    own = await said_to(cast.kcpd_detective, event_id, cast.kcpd_detective, opening)
    assert messages.CONFINED.reason not in own


async def test_an_opening_that_is_undone_lets_the_messages_be_read_as_before(cast: Cast) -> None:
    event_id, opening = await with_a_past(cast), LATER + timedelta(hours=3)
    await opened_to_its_arm(cast, event_id, opening)
    change_id = await undo.change_made_at(cast.fbi_lead, event_id, opening)
    assert change_id
    await undo.undo_change(cast.fbi_lead, event_id, change_id, opening + timedelta(seconds=5))
    said = await said_to(cast.fbi_lead, event_id, cast.kcpd_detective, opening + timedelta(minutes=1))
    assert messages.CONFINED.reason not in said


async def test_what_is_said_after_an_event_opened_is_read_by_those_to_whom_it_opened(cast: Cast) -> None:
    event_id, opening = await with_a_past(cast), LATER + timedelta(hours=3)
    await opened_to_its_arm(cast, event_id, opening)
    await sent_all(opening)
    afterward = opening + timedelta(hours=1)
    event = await scheduling.event_seen_by(cast.coordinator, event_id)
    await scheduling.cancel_event(cast.coordinator, event_id, event.version, "Storm", afterward)
    [*_, last] = await said_to(cast.coordinator, event_id, cast.kcpd_detective, afterward)
    assert "Storm" in last


async def test_a_message_that_took_over_what_waited_when_an_event_opened_is_not_read_either(cast: Cast) -> None:
    event_id, deed = await with_a_past(cast), LATER + timedelta(hours=3)
    event = await scheduling.event_seen_by(cast.fbi_lead, event_id)
    await scheduling.cancel_event(cast.fbi_lead, event_id, event.version, "Larkspur fled", deed)
    await opened_to_its_arm(cast, event_id, deed + timedelta(seconds=1))
    event = await scheduling.event_seen_by(cast.fbi_lead, event_id)
    await scheduling.restore_event(cast.fbi_lead, event_id, event.version, deed + timedelta(seconds=2))
    said = await said_to(cast.coordinator, event_id, cast.kcpd_detective, deed + timedelta(seconds=3))
    assert set(said) == {messages.CONFINED.reason}


async def test_a_series_that_continues_one_that_opened_keeps_its_earlier_messages_from_others(cast: Cast) -> None:
    plan = operation(cast.kcpd_detective)
    weekly = replace(plan, rule=rule_for_choice("weekly", plan.starts, count=6))
    event_id = await scheduling.schedule_event(cast.fbi_lead, weekly, NOW)
    await occurrences.cancel_occurrence(cast.fbi_lead, event_id, "2027-02-06", 1, "Leaked", NOW)
    await sent_all(NOW)
    opening = LATER + timedelta(hours=1)
    await opened_to_its_arm(cast, event_id, opening)
    await sent_all(opening)
    split = opening + timedelta(hours=1)
    event, plan = await series_split.plan_from_date_on(cast.coordinator, event_id, "2027-01-30")
    onward = replace(plan, duration=timedelta(hours=2))
    new_id = await series_split.change_from_date_on(
        cast.coordinator, event_id, "2027-01-30", onward, event.version, split
    )
    said = [one for e in (event_id, new_id) for one in await said_to(cast.coordinator, e, cast.kcpd_detective, split)]
    assert messages.CONFINED.reason in said
    assert not any("Leaked" in one for one in said)
