"""The list of messages: whose are in it, what it leaves out, how it continues; and sending one once more."""

# A local time is naive: its zone is beside it.

import asyncio
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from msgspec.structs import replace

from tests.cast import NOW, ZONE, Cast, everyone, meeting, operation
from tests.emails import ReadEmail, read_email
from tests.emails import read_result as emails_read
from tracker.database import writing
from tracker.errors import Conflict, NotFound
from tracker.rules.actions import NewItem
from tracker.rules.core.email_declarations import Content, MessageKind
from tracker.rules.core.message_types import ItemDue, ReplyNudge, SeriesContinued
from tracker.rules.core.outbox import MessageState, NewMessage, SendOutcome
from tracker.rules.core.viewers import Role, Viewer, Visibility
from tracker.rules.emails.emails import Email
from tracker.rules.emails.messages import (
    STATES,
    MessageFilter,
    MessageLine,
    MessageStatus,
    SendingSummary,
    message_kinds_for,
    resend_key,
    try_number,
)
from tracker.rules.emails.preferences import Preferences
from tracker.rules.events.notifications import Notify
from tracker.rules.events.replies import ReplyValue
from tracker.rules.recurrence.series import rule_for_choice
from tracker.rules.roster.meetings import ReminderPolicy
from tracker.tables.schema.core.tables import AuditEntry, Message
from tracker.tables.schema.events import EventAudience
from tracker.tables.schema.intake import EmailPause
from tracker.tables.visible.events import events as visible
from tracker.usecases.actions import action_items
from tracker.usecases.core import outbox
from tracker.usecases.emails import emails as content_deeds
from tracker.usecases.emails import messages, preferences
from tracker.usecases.emails.emails import MessageReading
from tracker.usecases.emails.messages import (
    PAGE,
    ReadMessage,
    SendingsPage,
    read_message,
    resend_message,
    sending_page,
    sendings_page,
)
from tracker.usecases.emails.reminders import queue_due_messages
from tracker.usecases.events import history, occurrences, replies, scheduling, series_split

pytestmark = pytest.mark.both_engines

LATER = NOW + timedelta(minutes=5)
STARTS = datetime(2027, 1, 12, 16, tzinfo=UTC)  # 10:00 AM
ALL = MessageFilter()
ASKING = ReminderPolicy(asks_before=frozenset({timedelta(days=5), timedelta(days=2)}))
ITEM_DUE = ItemDue(due=date(2027, 2, 9))


async def page_seen_by(viewer: Viewer, now: datetime = LATER, **asked: Any) -> SendingsPage:
    return await sendings_page(viewer, MessageFilter(**asked), None, now)


async def every_line(viewer: Viewer, **asked: Any) -> list[MessageLine]:
    """Return the messages of all sendings on the first page, the sendings newest first."""
    page = await page_seen_by(viewer, **asked)
    return [line for sending in (*page.failed, *page.sendings) for line in sending.lines]


async def kinds_and_recipients(viewer: Viewer, **asked: Any) -> list[tuple[str, str]]:
    """Return (kind, recipient) of what a viewer finds."""
    return sorted((one.kind.value, one.recipient) for one in await every_line(viewer, **asked))


async def only_sending(viewer: Viewer, **asked: Any) -> SendingSummary:
    page = await page_seen_by(viewer, **asked)
    [sending] = [*page.failed, *page.sendings]
    return sending


async def schedule_for(cast: Cast, *invitees: Viewer, **facts: Any) -> UUID:
    return await scheduling.schedule_event(cast.coordinator, meeting(*invitees, **facts), NOW)


async def close_messages(*outcomes: MessageState, now: datetime = LATER) -> None:
    """Let what waits end in these ways, one after the other, and the rest as the last."""
    for number, message in enumerate(await outbox.claim_messages("test", (), now, 1_000)):
        await outbox.close_message(
            message, SendOutcome(state=outcomes[min(number, len(outcomes) - 1)], reason="because"), now
        )


async def queue_message(cast: Cast, content: Content, key: str = "one", at: datetime = NOW, **facts: Any) -> None:
    await outbox.enqueue_all([NewMessage(content=content, recipient_id=cast.fbi_lead.member_id, key=key, **facts)], at)


async def only_line(viewer: Viewer, **asked: Any) -> MessageLine:
    [line] = await every_line(viewer, **asked)
    return line


async def assign_item(cast: Cast, owner: Viewer, **facts: Any) -> str:
    new = NewItem(title="Write the protocol", owner_id=owner.member_id, due=date(2027, 2, 9), **facts)
    return await action_items.create_item(cast.coordinator, new, NOW, NOW.date())


async def test_a_member_finds_their_own_messages_and_no_one_else_s(cast: Cast) -> None:
    await schedule_for(cast, cast.fbi_lead, cast.caht_lead)
    assert await kinds_and_recipients(cast.caht_lead) == [("invitation", "Caht lead")]
    assert await kinds_and_recipients(cast.hsi_liaison) == []


async def test_a_coordinator_finds_those_of_everyone_about_what_they_may_see(cast: Cast) -> None:
    await schedule_for(cast, cast.fbi_lead, cast.caht_lead)
    await scheduling.schedule_event(cast.fbi_lead, operation(cast.kcpd_detective), NOW)
    assert await kinds_and_recipients(cast.coordinator) == [("invitation", "Caht lead"), ("invitation", "Fbi lead")]


async def test_anyone_who_leads_an_event_finds_its_messages(cast: Cast) -> None:
    await scheduling.schedule_event(cast.fbi_lead, operation(cast.kcpd_detective, cast.hsi_liaison), NOW)
    assert await kinds_and_recipients(cast.fbi_lead) == [
        ("invitation", "Hsi liaison"),
        ("invitation", "Kcpd detective"),
    ]
    assert await kinds_and_recipients(cast.kcpd_detective) == [("invitation", "Kcpd detective")]


async def test_the_chair_of_a_committee_finds_those_of_its_events_and_anyone_who_sits_in_it_only_the_own(
    cast: Cast,
) -> None:
    committee = {"visibility": Visibility.COMMITTEE, "committee_id": cast.committees["services"]}
    await schedule_for(cast, cast.harbor_advocate, cast.bridge_advocate, **committee)
    assert len(await kinds_and_recipients(cast.caht_lead)) == 2
    assert await kinds_and_recipients(cast.bridge_advocate) == [("invitation", "Bridge advocate")]


async def test_a_message_about_what_its_reader_may_not_see_any_more_is_missing(cast: Cast) -> None:
    event_id = await schedule_for(cast, cast.fbi_lead, cast.caht_lead)
    event, plan = await scheduling.plan_to_change(cast.coordinator, event_id)
    narrower = replace(plan, invitees=meeting(cast.fbi_lead).invitees, visibility=Visibility.NAMED)
    await scheduling.change_event(cast.coordinator, event_id, narrower, event.version, NOW, notify=Notify.ALL)
    assert await kinds_and_recipients(cast.caht_lead) == []
    with pytest.raises(NotFound):
        await page_seen_by(cast.caht_lead, event=event_id)
    with pytest.raises(NotFound):
        await page_seen_by(cast.caht_lead, event=uuid4())


async def test_messages_about_items_are_the_owner_s_and_a_coordinator_s(cast: Cast) -> None:
    reference = await assign_item(cast, cast.caht_lead, seen_by=Visibility.ALL)
    assert (
        await kinds_and_recipients(cast.caht_lead)
        == await kinds_and_recipients(cast.coordinator)
        == [("item_assigned", "Caht lead")]
    )
    assert await kinds_and_recipients(cast.fbi_lead) == []
    assert (await only_line(cast.caht_lead)).item == reference


async def test_an_item_of_an_unseen_event_has_no_message_for_a_coordinator(cast: Cast) -> None:
    event_id = await scheduling.schedule_event(cast.fbi_lead, operation(cast.kcpd_detective, cast.hsi_liaison), NOW)
    origin = await occurrences.date_seen_by(cast.fbi_lead, event_id, "2027-01-16")
    new = NewItem(title="Brief", owner_id=cast.kcpd_detective.member_id, due=date(2027, 2, 9), origin_id=origin.id)
    await action_items.create_item(cast.fbi_lead, new, NOW, NOW.date())
    own_message = ("item_assigned", "Kcpd detective")
    assert await kinds_and_recipients(cast.coordinator) == []
    assert own_message in await kinds_and_recipients(cast.fbi_lead)
    assert own_message in await kinds_and_recipients(cast.kcpd_detective)
    assert own_message not in await kinds_and_recipients(cast.hsi_liaison)


async def test_the_list_is_narrowed_by_standing_kind_person_and_event(cast: Cast) -> None:
    first = await schedule_for(cast, cast.fbi_lead, cast.caht_lead)
    await schedule_for(cast, cast.fbi_lead, title="Another")
    await assign_item(cast, cast.caht_lead, seen_by=Visibility.ALL)
    await close_messages(MessageState.SENT, MessageState.BOUNCED, MessageState.SUPPRESSED, MessageState.TOO_LATE)
    of = cast.coordinator
    ended = await Message.select(Message.sending, Message.state)
    for standing, states in STATES.items():
        expected = {row["sending"] for row in ended if row["state"] in states}
        assert {one.id for one in (await page_seen_by(of, standing=standing)).sendings} == expected
    assert await kinds_and_recipients(of, kind=MessageKind.ITEM_ASSIGNED) == [("item_assigned", "Caht lead")]
    assert len(await kinds_and_recipients(of, person=cast.fbi_lead.member_id)) == 2
    assert await kinds_and_recipients(of, event=first, person=cast.caht_lead.member_id) == [("invitation", "Caht lead")]


async def test_a_line_says_about_what_it_is_its_state_and_why(cast: Cast) -> None:
    event_id = await schedule_for(cast, cast.fbi_lead)
    await close_messages(MessageState.SUPERSEDED)
    line = await only_line(cast.fbi_lead)
    assert line.subject is not None
    assert (line.subject.event_id, line.subject.title, line.subject.key) == (
        event_id,
        "Monthly task force meeting",
        None,
    )
    assert (line.standing, line.reason, line.tries) == (MessageStatus.SKIPPED, "because", "")


async def test_page_after_page_shows_each_sending_once_newest_first(cast: Cast) -> None:
    for number in range(2 * PAGE):
        async with writing():
            await queue_message(cast, ITEM_DUE, str(number), at=NOW - timedelta(minutes=number // 7))
    await schedule_for(cast, *everyone(cast))
    sendings, after, pages = [], None, 0
    while pages == 0 or after:
        page = await sendings_page(cast.fbi_lead, ALL, after, LATER)
        sendings, after, pages = [*sendings, *page.sendings], page.older, pages + 1
    assert (pages, len(sendings), len({one.id for one in sendings})) == (3, 2 * PAGE + 1, 2 * PAGE + 1)
    assert [one.queued_at for one in sendings] == sorted((one.queued_at for one in sendings), reverse=True)


async def test_reminders_that_come_are_computed_for_anyone_who_may_edit_the_event(cast: Cast) -> None:
    event_id = await schedule_for(cast, cast.fbi_lead, cast.caht_lead)
    await preferences.save_preferences(cast.caht_lead, Preferences(leads=frozenset({timedelta(days=1)})), NOW)
    planned = (await page_seen_by(cast.coordinator, STARTS - timedelta(days=8), event=event_id)).planned
    assert [(one.at, [to.name for to in one.people]) for one in planned] == [
        (STARTS - timedelta(days=7), ["Fbi lead", "Coordinator"]),
        (STARTS - timedelta(days=1), ["Caht lead", "Fbi lead", "Coordinator"]),
        (STARTS - timedelta(hours=2), ["Fbi lead", "Coordinator"]),
    ]
    assert await Message.count().where(Message.kind == "reminder") == 0


async def test_of_what_goes_out_to_many_a_list_for_one_person_names_that_person_alone(cast: Cast) -> None:
    event_id = await schedule_for(cast, cast.fbi_lead, cast.caht_lead)
    asked = {"event": event_id, "person": cast.caht_lead.member_id}
    planned = (await page_seen_by(cast.coordinator, STARTS - timedelta(days=8), **asked)).planned
    assert [[to.name for to in one.people] for one in planned] == [["Caht lead"]] * 3


async def test_anyone_who_is_invited_finds_the_own_reminders_to_come_alone(cast: Cast) -> None:
    await schedule_for(cast, cast.fbi_lead, cast.caht_lead)
    planned = (await page_seen_by(cast.caht_lead, STARTS - timedelta(days=8), standing=MessageStatus.PLANNED)).planned
    assert {to.name for one in planned for to in one.people} == {"Caht lead"}
    assert len(planned) == 3


async def test_no_reminder_is_planned_to_a_paused_address(cast: Cast) -> None:
    event_id = await schedule_for(cast, cast.fbi_lead, cast.caht_lead)
    paused = EmailPause(member=cast.caht_lead.member_id, address=cast.caht_lead.email, paused_at=NOW)
    await EmailPause.insert(paused)
    planned = (await page_seen_by(cast.coordinator, STARTS - timedelta(days=8), event=event_id)).planned
    assert {to.name for one in planned for to in one.people} == {"Fbi lead", "Coordinator"}
    assert (
        await page_seen_by(cast.caht_lead, STARTS - timedelta(days=8), standing=MessageStatus.PLANNED)
    ).planned == []


async def test_no_one_is_planned_for_who_declined_and_nothing_for_what_is_canceled(cast: Cast) -> None:
    event_id = await schedule_for(cast, cast.fbi_lead, rule=rule_for_choice("weekly", meeting().starts, count=2))
    await replies.record_own_reply(cast.fbi_lead, event_id, "2027-01-12", ReplyValue.DECLINED, "", NOW, for_series=True)
    asked = {"now": STARTS - timedelta(hours=3), "event": event_id}
    planned = (await page_seen_by(cast.coordinator, **asked)).planned
    assert {to.name for one in planned for to in one.people} == {"Coordinator"}
    await scheduling.cancel_event(cast.coordinator, event_id, 1, "", NOW)
    assert (await page_seen_by(cast.coordinator, **asked)).planned == []


async def test_what_could_not_be_sent_is_sent_again_under_a_key_of_its_own(cast: Cast) -> None:
    await schedule_for(cast, cast.fbi_lead)
    await close_messages(MessageState.BOUNCED)
    await resend_message(cast.coordinator, (await only_line(cast.coordinator)).id, LATER)
    sending = await only_sending(cast.coordinator)
    again, first = (await sending_page(cast.coordinator, sending.id, 0, LATER)).lines[::-1]
    assert (first.number, first.state, again.number, again.state) == (1, "bounced", 2, "pending")
    await close_messages(MessageState.SENT, now=LATER + timedelta(minutes=1))
    await resend_message(cast.coordinator, again.id, LATER + timedelta(hours=1))
    lines = (await sending_page(cast.coordinator, sending.id, 0, LATER)).lines
    assert sorted(one.number for one in lines) == [1, 2, 3]


async def test_what_was_sent_again_is_not_sent_a_second_time_from_the_first_try(cast: Cast) -> None:
    await schedule_for(cast, cast.fbi_lead)
    await close_messages(MessageState.BOUNCED)
    first = await only_line(cast.coordinator)
    await resend_message(cast.coordinator, first.id, LATER)
    await close_messages(MessageState.SENT, now=LATER + timedelta(minutes=1))
    with pytest.raises(Conflict, match="sent again"):
        await resend_message(cast.coordinator, first.id, LATER + timedelta(hours=1))


async def test_it_says_what_holds_when_it_is_sent_again(cast: Cast) -> None:
    event_id = await schedule_for(cast, cast.fbi_lead)
    await close_messages(MessageState.SENT)
    event, plan = await scheduling.plan_to_change(cast.coordinator, event_id)
    await scheduling.change_event(cast.coordinator, event_id, replace(plan, title="New"), event.version, LATER)
    await resend_message(cast.coordinator, (await only_line(cast.coordinator)).id, LATER)
    [message] = await outbox.claim_messages("test", (), LATER, 10)
    letter = emails_read(await content_deeds.write_email(message, LATER, ZONE))
    assert getattr(letter, "subject", "").startswith("Invitation: New")


async def test_who_may_not_see_it_any_more_gets_nothing_again(cast: Cast) -> None:
    event_id = await schedule_for(cast, cast.fbi_lead, cast.caht_lead)
    await close_messages(MessageState.SENT)
    line = await only_line(cast.coordinator, person=cast.caht_lead.member_id)
    event, plan = await scheduling.plan_to_change(cast.coordinator, event_id)
    narrower = replace(plan, invitees=meeting(cast.fbi_lead).invitees, visibility=Visibility.NAMED)
    await scheduling.change_event(cast.coordinator, event_id, narrower, event.version, LATER)
    await close_messages(MessageState.SENT, now=LATER + timedelta(minutes=5))
    await resend_message(cast.coordinator, line.id, LATER + timedelta(hours=1))
    [message] = await outbox.claim_messages("test", (), LATER + timedelta(hours=2), 10)
    skip = await content_deeds.write_email(message, LATER + timedelta(hours=2), ZONE)
    assert isinstance(skip, SendOutcome)
    assert skip.state is MessageState.SUPPRESSED


async def test_what_waits_or_is_on_its_way_again_is_not_sent_once_more(cast: Cast) -> None:
    await schedule_for(cast, cast.fbi_lead)
    line = await only_line(cast.coordinator)
    with pytest.raises(Conflict, match=r"The message to Fbi lead \(FBI\) is still waiting to be sent\."):
        await resend_message(cast.coordinator, line.id, LATER)
    await close_messages(MessageState.SENT)
    done = await asyncio.gather(
        *(resend_message(cast.coordinator, line.id, LATER) for _ in range(2)), return_exceptions=True
    )
    assert sorted(type(one).__name__ for one in done) == ["Conflict", "UUID"]
    assert await Message.count() == 2


async def test_what_is_outdated_is_not_sent_again(cast: Cast) -> None:
    async with writing():
        await queue_message(cast, ITEM_DUE, not_after=LATER)
    await close_messages(MessageState.SENT, now=NOW)
    line = await only_line(cast.fbi_lead)
    assert (line.why_not_resent(NOW), line.why_not_resent(LATER)) == (
        "",
        "The message to Fbi lead (FBI) is out of date.",
    )
    with pytest.raises(Conflict):
        await resend_message(cast.fbi_lead, line.id, LATER)


async def test_a_request_to_reply_is_not_sent_again_by_this_way_round(cast: Cast) -> None:
    async with writing():
        await queue_message(cast, ReplyNudge())
    await close_messages(MessageState.SENT)
    line = await only_line(cast.fbi_lead)
    assert line.why_not_resent(LATER) == "To ask for a reply again, choose Remind on the event’s page."


async def test_no_one_sends_again_what_they_cannot_find(cast: Cast) -> None:
    await schedule_for(cast, cast.fbi_lead)
    await close_messages(MessageState.SENT)
    line = await only_line(cast.coordinator)
    for message_id in (line.id, uuid4()):
        with pytest.raises(NotFound):
            await resend_message(cast.caht_lead, message_id, LATER)


async def test_the_audit_log_names_who_sent_what_again(cast: Cast) -> None:
    await schedule_for(cast, cast.fbi_lead)
    await close_messages(MessageState.SENT)
    line = await only_line(cast.coordinator)
    await resend_message(cast.coordinator, line.id, LATER)
    [entry] = await AuditEntry.select(AuditEntry.actor, AuditEntry.subject_id).where(AuditEntry.verb == "resent")
    assert entry == {"actor": str(cast.coordinator.member_id), "subject_id": str(line.id)}


def test_every_kind_of_message_has_its_words() -> None:
    assert all(kind.label for kind in MessageKind)


async def test_only_kinds_that_the_viewer_s_list_can_have_are_offered(sqlite_cast: Cast) -> None:
    cast, of_roles = sqlite_cast, {MessageKind.EMAIL_TEST, MessageKind.AUDIT_LOG_ALTERED}
    missing = {one: set(MessageKind) - set(message_kinds_for(viewer)) for one, viewer in cast.members.items()}
    assert missing["coordinator"] == {MessageKind.ADDRESS_CHECK, MessageKind.READINESS}
    assert missing["administrator"] == missing["coordinator"] | {MessageKind.AUDIT_LOG_ALTERED}
    assert missing["auditor"] == missing["coordinator"] | {MessageKind.EMAIL_TEST}
    assert missing["fbi_lead"] == missing["coordinator"] | of_roles
    assert missing["harbor_advocate"] == {
        MessageKind.ADDRESS_CHECK,
        MessageKind.CONFLICT_FOUND,
        MessageKind.COMPARISONS_REPORTED,
        MessageKind.CHECK_OUT_MISSING,
        MessageKind.EMERGENCY_ACCESS,
        MessageKind.PLAN_APPROVAL,
        MessageKind.ACCESS_APPROVAL,
        *of_roles,
    }


async def test_a_coordinator_in_victim_services_is_offered_what_coordinators_get(sqlite_cast: Cast) -> None:
    viewer = replace(sqlite_cast.caht_lead, roles=frozenset({Role.COORDINATOR}))
    assert set(MessageKind) - set(message_kinds_for(viewer)) == {
        MessageKind.ADDRESS_CHECK,
        MessageKind.CONFLICT_FOUND,
        MessageKind.COMPARISONS_REPORTED,
        MessageKind.CHECK_OUT_MISSING,
        MessageKind.ACCESS_APPROVAL,
    }


def test_each_try_has_the_next_number() -> None:
    assert resend_key("invitation:1:2") == "invitation:1:2#2"
    assert resend_key("invitation:1:2#9") == "invitation:1:2#10"
    assert [try_number(one) for one in ("a#b", "a#2b", "a#12")] == [1, 1, 12]


async def test_requests_to_reply_that_an_event_wants_are_planned_for_who_is_silent(cast: Cast) -> None:
    event_id = await schedule_for(cast, cast.fbi_lead, cast.hsi_liaison, reminders=ASKING)
    await replies.record_own_reply(
        cast.fbi_lead, event_id, "2027-01-12", ReplyValue.ACCEPTED, "", NOW, for_series=False
    )
    asked = {"now": STARTS - timedelta(days=6), "event": event_id, "kind": MessageKind.NO_REPLY}
    planned = (await page_seen_by(cast.coordinator, **asked)).planned
    assert [(one.at, [to.name for to in one.people]) for one in planned] == [
        (STARTS - timedelta(days=5), ["Hsi liaison"]),
        (STARTS - timedelta(days=2), ["Hsi liaison"]),
    ]
    assert (await page_seen_by(cast.fbi_lead, **asked)).planned == []


@pytest.mark.parametrize(
    "policy",
    [
        ASKING,
        ReminderPolicy(asks_after=frozenset({timedelta(days=2), timedelta(days=5), timedelta(days=7)})),
        replace(ASKING, asks_after=frozenset({timedelta(days=2), timedelta(days=5)})),
    ],
)
async def test_what_is_planned_is_what_the_planner_then_queues(cast: Cast, policy: ReminderPolicy) -> None:
    await preferences.save_preferences(cast.fbi_lead, Preferences(quiet=(time(22), time(9))), NOW)
    await preferences.save_preferences(cast.hsi_liaison, Preferences(date_reminders=False), NOW)
    people = (cast.fbi_lead, cast.hsi_liaison, cast.caht_lead)
    starts = datetime(2026, 12, 24, 10)  # noqa: DTZ001 - local to the event's zone
    event_id = await schedule_for(cast, *people, reminders=policy, starts=starts)
    await queue_due_messages(NOW, ZONE)
    await Message.update({Message.state: "sent", Message.sent_at: NOW}).where(
        (Message.kind == "invitation") & (Message.recipient != cast.caht_lead.member_id)
    )
    planned = (await page_seen_by(cast.coordinator, NOW, event=event_id)).planned
    moment = NOW
    while moment < datetime(2026, 12, 24, 16, tzinfo=UTC):
        moment += timedelta(hours=1)
        await queue_due_messages(moment, ZONE)
        await Message.update({Message.state: "sent", Message.sent_at: Message.due}).where(Message.kind == "invitation")
    queued = await Message.select(Message.kind, Message.due, Message.recipient).where(
        Message.kind.is_in(["reminder", "no_reply"])
    )
    assert sorted((row["kind"], row["due"], str(row["recipient"])) for row in queued) == sorted(
        (one.kind.value, one.at, str(to.member_id)) for one in planned for to in one.people
    )


AFTERWARD = NOW + timedelta(days=90)


async def close_due_messages() -> None:
    for message in await outbox.claim_messages("test", (), LATER, 1_000):
        await outbox.close_message(message, SendOutcome(state=MessageState.SENT, reason=""), LATER)


async def newest_message_to(recipient: Viewer) -> UUID:
    rows = await Message.select(Message.id).where(Message.recipient == recipient.member_id).order_by(Message.created_at)
    row_id: UUID = rows[-1]["id"]
    return row_id


async def read_newest(viewer: Viewer, recipient: Viewer, now: Any = LATER) -> ReadMessage:
    return await read_message(viewer, await newest_message_to(recipient), now, ZONE)


async def email_read(viewer: Viewer, recipient: Viewer, now: Any = LATER) -> ReadEmail:
    message_found = await read_newest(viewer, recipient, now)
    assert message_found.email, message_found.reason
    return read_email(message_found.email)


async def test_a_coordinator_reads_what_an_invitation_says(cast: Cast) -> None:
    await schedule_for(cast, cast.fbi_lead)
    email = await email_read(cast.coordinator, cast.fbi_lead)
    assert email.subject.startswith("Invitation: Monthly task force meeting")
    assert email.to == cast.fbi_lead.email


async def test_it_is_still_read_when_it_is_canceled_or_over_and_would_not_be_sent(cast: Cast) -> None:
    event_id = await schedule_for(cast, cast.fbi_lead)
    await close_due_messages()
    assert (await email_read(cast.coordinator, cast.fbi_lead, AFTERWARD)).subject.startswith("Invitation")
    message_id = await newest_message_to(cast.fbi_lead)
    await scheduling.cancel_event(cast.coordinator, event_id, 1, "", LATER)
    message_read = await read_message(cast.coordinator, message_id, LATER, ZONE)
    assert message_read.email
    assert read_email(message_read.email).subject.startswith("Invitation")
    canceled = await email_read(cast.coordinator, cast.fbi_lead, LATER)
    assert canceled.subject.startswith("Canceled")
    await scheduling.restore_event(cast.coordinator, event_id, 2, LATER)
    assert (await email_read(cast.coordinator, cast.fbi_lead, AFTERWARD)).heading


async def test_who_reads_the_message_of_another_person_is_in_the_audit_log_once_a_day(cast: Cast) -> None:
    await schedule_for(cast, cast.fbi_lead)
    for _ in range(2):
        await read_newest(cast.coordinator, cast.fbi_lead)
    await read_newest(cast.fbi_lead, cast.fbi_lead)
    rows = await AuditEntry.select(AuditEntry.actor, AuditEntry.subject_id).where(
        AuditEntry.verb == "read", AuditEntry.subject == "message"
    )
    assert rows == [
        {"actor": str(cast.coordinator.member_id), "subject_id": str(await newest_message_to(cast.fbi_lead))}
    ]


async def test_who_may_not_know_of_a_message_does_not_read_it(cast: Cast) -> None:
    await scheduling.schedule_event(cast.fbi_lead, operation(cast.kcpd_detective), NOW)
    await schedule_for(cast, cast.caht_lead)
    for viewer, recipient in ((cast.coordinator, cast.kcpd_detective), (cast.fbi_lead, cast.caht_lead)):
        with pytest.raises(NotFound):
            await read_newest(viewer, recipient)
    with pytest.raises(NotFound):
        await read_message(cast.coordinator, uuid4(), LATER, ZONE)


async def test_the_message_about_a_named_event_says_to_its_organizer_what_it_says_to_its_reader(cast: Cast) -> None:
    await scheduling.schedule_event(cast.fbi_lead, operation(cast.kcpd_detective), NOW)
    email = await email_read(cast.fbi_lead, cast.kcpd_detective)
    said = f"{email.subject} {email.heading} {email.facts} {email.paragraphs}"
    assert "Bluestem" not in said
    assert [one.label for one in email.buttons] == ["Sign in and reply"]


async def test_a_message_about_what_its_recipient_may_not_see_any_more_says_why_it_cannot_be_read(cast: Cast) -> None:
    event_id = await schedule_for(cast, cast.fbi_lead, cast.caht_lead)
    message_id = await newest_message_to(cast.caht_lead)
    event, plan = await scheduling.plan_to_change(cast.coordinator, event_id)
    narrower = replace(plan, invitees=meeting(cast.fbi_lead).invitees, visibility=Visibility.NAMED)
    await scheduling.change_event(cast.coordinator, event_id, narrower, event.version, LATER)
    message_read = await read_message(cast.coordinator, message_id, LATER, ZONE)
    assert (message_read.email, message_read.reason) == (None, "The recipient can no longer see it.")


async def test_the_email_of_someone_who_chose_time_only_emails_is_read_as_that(cast: Cast) -> None:
    await preferences.save_preferences(cast.fbi_lead, Preferences(is_discreet=True), NOW)
    await schedule_for(cast, cast.fbi_lead)
    email = await email_read(cast.coordinator, cast.fbi_lead)
    assert "Monthly task force meeting" not in f"{email.subject} {email.facts}"


async def test_what_the_recipient_may_see_and_the_reader_may_not_is_left_out(cast: Cast) -> None:
    rule = rule_for_choice("weekly", meeting().starts, count=6)
    event_id = await schedule_for(cast, cast.fbi_lead, rule=rule)
    await close_due_messages()
    event, plan = await series_split.plan_from_date_on(cast.coordinator, event_id, "2027-01-26")
    onward = replace(plan, starts=plan.starts + timedelta(hours=2), visibility=Visibility.LAW_ENFORCEMENT)
    await series_split.change_from_date_on(cast.coordinator, event_id, "2027-01-26", onward, event.version, LATER)
    await EventAudience.insert(EventAudience(event=event_id, audience="all"))
    claimed = await outbox.claim_messages("test", (), AFTERWARD, 100)
    [ended] = [one for one in claimed if isinstance(one.content, SeriesContinued)]
    facts = []
    for by in (cast.coordinator, cast.harbor_advocate):
        letter = await content_deeds.write_email(ended, LATER, ZONE, MessageReading(by=by, at=LATER))
        assert isinstance(letter, Email)
        facts.append(dict(read_email(letter).facts))
    assert facts[0]["Now"].startswith("Every week on Tuesday, 12:00")
    assert "Now" not in facts[1]


async def test_two_people_who_look_together_see_what_both_may_see(cast: Cast) -> None:
    open_to_all = await schedule_for(cast, cast.fbi_lead)
    of_police = await schedule_for(cast, cast.fbi_lead, visibility=Visibility.LAW_ENFORCEMENT)
    together = replace(cast.fbi_lead, beside=cast.harbor_advocate)
    assert await visible.event_by_id(together, open_to_all)
    assert await visible.event_by_id(cast.fbi_lead, of_police)
    assert await visible.event_by_id(together, of_police) is None
    assert await visible.event_by_id(replace(cast.harbor_advocate, beside=cast.fbi_lead), of_police) is None


async def open_to_enforcement(cast: Cast, event_id: UUID, at: datetime, **facts: Any) -> None:
    event, plan = await scheduling.plan_to_change(cast.fbi_lead, event_id)
    wider = replace(plan, visibility=Visibility.LAW_ENFORCEMENT, **facts)
    await scheduling.change_event(cast.fbi_lead, event_id, wider, event.version, at, reauthenticated_at=at)


async def schedule_with_past(cast: Cast) -> UUID:
    """Return an operation that was moved, canceled for a reason, and restored, each with an email."""
    event_id, deed = await scheduling.schedule_event(cast.fbi_lead, operation(cast.kcpd_detective), NOW), LATER
    await close_due_messages()
    event, plan = await scheduling.plan_to_change(cast.fbi_lead, event_id)
    await scheduling.change_event(cast.fbi_lead, event_id, replace(plan, place="17 Larkspur Lane"), event.version, deed)
    await send_all_at(deed)
    event = await scheduling.event_seen_by(cast.fbi_lead, event_id)
    await scheduling.cancel_event(
        cast.fbi_lead, event_id, event.version, "Larkspur was warned", deed + timedelta(hours=1)
    )
    await send_all_at(deed + timedelta(hours=1))
    event = await scheduling.event_seen_by(cast.fbi_lead, event_id)
    await scheduling.restore_event(cast.fbi_lead, event_id, event.version, deed + timedelta(hours=2))
    await send_all_at(deed + timedelta(hours=2))
    return event_id


async def send_all_at(at: datetime) -> None:
    for message in await outbox.claim_messages("test", (), at + timedelta(minutes=30), 1_000):
        await outbox.close_message(message, SendOutcome(state=MessageState.SENT, reason=""), at + timedelta(minutes=30))


async def texts_read_by(viewer: Viewer, event_id: UUID, recipient: Viewer, now: datetime) -> list[str]:
    """Return what each message about an event to this person says to the viewer, oldest first."""
    of_event = (Message.event == event_id) & (Message.recipient == recipient.member_id)
    rows = await Message.select(Message.id).where(of_event).order_by(Message.created_at).output(as_list=True)
    read = [await read_message(viewer, one, now, ZONE) for one in rows]
    return [str(read_email(one.email)) if one.email else one.reason for one in read]


async def test_people_to_whom_an_event_opens_do_not_read_what_its_messages_said_before(cast: Cast) -> None:
    event_id, opening = await schedule_with_past(cast), LATER + timedelta(hours=3)
    await open_to_enforcement(cast, event_id, opening, place="Federal building")
    said = await texts_read_by(cast.coordinator, event_id, cast.kcpd_detective, opening)
    assert (len(said) > 4, set(said)) == (True, {messages.CONFINED.reason})
    own = await texts_read_by(cast.kcpd_detective, event_id, cast.kcpd_detective, opening)
    assert messages.CONFINED.reason not in own


async def test_an_opening_that_is_undone_lets_the_messages_be_read_as_before(cast: Cast) -> None:
    event_id, opening = await schedule_with_past(cast), LATER + timedelta(hours=3)
    await open_to_enforcement(cast, event_id, opening)
    change_id = await history.change_made_at(cast.fbi_lead, event_id, opening)
    assert change_id
    await history.undo_change(cast.fbi_lead, event_id, change_id, opening + timedelta(seconds=5))
    said = await texts_read_by(cast.fbi_lead, event_id, cast.kcpd_detective, opening + timedelta(minutes=1))
    assert messages.CONFINED.reason not in said


async def test_what_is_said_after_an_event_opened_is_read_by_those_to_whom_it_opened(cast: Cast) -> None:
    event_id, opening = await schedule_with_past(cast), LATER + timedelta(hours=3)
    await open_to_enforcement(cast, event_id, opening)
    await send_all_at(opening)
    afterward = opening + timedelta(hours=1)
    event = await scheduling.event_seen_by(cast.coordinator, event_id)
    await scheduling.cancel_event(cast.coordinator, event_id, event.version, "Storm", afterward)
    [*_, last] = await texts_read_by(cast.coordinator, event_id, cast.kcpd_detective, afterward)
    assert "Storm" in last


async def test_a_message_that_took_over_what_waited_when_an_event_opened_is_not_read_either(cast: Cast) -> None:
    event_id, deed = await schedule_with_past(cast), LATER + timedelta(hours=3)
    event = await scheduling.event_seen_by(cast.fbi_lead, event_id)
    await scheduling.cancel_event(cast.fbi_lead, event_id, event.version, "Larkspur fled", deed)
    await open_to_enforcement(cast, event_id, deed + timedelta(seconds=1))
    event = await scheduling.event_seen_by(cast.fbi_lead, event_id)
    await scheduling.restore_event(cast.fbi_lead, event_id, event.version, deed + timedelta(seconds=2))
    said = await texts_read_by(cast.coordinator, event_id, cast.kcpd_detective, deed + timedelta(seconds=3))
    assert set(said) == {messages.CONFINED.reason}


async def test_a_series_that_continues_one_that_opened_keeps_its_earlier_messages_from_others(cast: Cast) -> None:
    plan = operation(cast.kcpd_detective)
    weekly = replace(plan, rule=rule_for_choice("weekly", plan.starts, count=6))
    event_id = await scheduling.schedule_event(cast.fbi_lead, weekly, NOW)
    await occurrences.cancel_occurrence(cast.fbi_lead, event_id, "2027-02-06", 1, "Leaked", NOW)
    await send_all_at(NOW)
    opening = LATER + timedelta(hours=1)
    await open_to_enforcement(cast, event_id, opening)
    await send_all_at(opening)
    split = opening + timedelta(hours=1)
    event, plan = await series_split.plan_from_date_on(cast.coordinator, event_id, "2027-01-30")
    onward = replace(plan, duration=timedelta(hours=2))
    new_id = await series_split.change_from_date_on(
        cast.coordinator, event_id, "2027-01-30", onward, event.version, split
    )
    said = [
        text
        for e in (event_id, new_id)
        for text in await texts_read_by(cast.coordinator, e, cast.kcpd_detective, split)
    ]
    assert messages.CONFINED.reason in said
    assert not any("Leaked" in one for one in said)
