"""Reminding people who haven't replied, and the emails about a date poll: what they say to whom, and when."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from msgspec.structs import replace

from tests.cast import NOW, ZONE, Cast, meeting, operation
from tests.emails import ReadEmail, read_result, send_due_messages
from tests.usecases.intake.returned import pause_emails
from tests.usecases.polls.world import ask_people, reply_to_poll
from tracker.errors import Conflict, Gone, NotAllowed, NotFound
from tracker.rules.core.message_types import Changed, ConfirmationNudge, PollCanceled, PollNudge, PollOpened
from tracker.rules.core.outbox import Message as OutboxMessage
from tracker.rules.core.outbox import MessageState, SendOutcome
from tracker.rules.core.viewers import Viewer, Visibility
from tracker.rules.emails.emails import (
    LONGEST_PREVIEW,
    LONGEST_SUBJECT,
    ButtonName,
    Email,
    FactName,
    PollPage,
    ReplyPage,
    SitePage,
)
from tracker.rules.emails.preferences import Preferences
from tracker.rules.emails.reminders import REST, UNREACHABLE, skipped_words
from tracker.rules.emails.template_values import PollNudgeEmail, PollOpenedEmail, RestrictedEmail, RestrictedReason
from tracker.rules.events.history import UNDO_FOR
from tracker.rules.events.notifications import Notify
from tracker.rules.events.plans import DateChange
from tracker.rules.events.replies import ReplyValue
from tracker.rules.polls import Fit
from tracker.rules.recurrence.series import rule_for_choice
from tracker.tables.schema.core.tables import AuditEntry, Message
from tracker.tables.schema.roster import Agency, Member, SeatHolder
from tracker.usecases.core import outbox
from tracker.usecases.emails import emails, messages, poll_emails, preferences
from tracker.usecases.emails.nudges import nudge_people, nudges_of_date, undo_date_nudges
from tracker.usecases.emails.reminders import queue_due_messages
from tracker.usecases.events import occurrences, replies, scheduling
from tracker.usecases.polls import outcomes, polls

KEY = "2027-01-12"
EARLIER = NOW - timedelta(days=5)


async def schedule_long_ago(cast: Cast, *invitees: Viewer, **facts: Any) -> UUID:
    """Schedule a meeting whose invitations went out long enough ago."""
    event_id = await scheduling.schedule_event(cast.coordinator, meeting(*invitees, **facts), EARLIER)
    await close_invitations(MessageState.SENT, NOW - REST)
    return event_id


async def close_invitations(state: MessageState, at: datetime) -> None:
    for message in await outbox.claim_messages("test", (), EARLIER + timedelta(minutes=1), 100):
        await outbox.close_message(message, SendOutcome(state=state, reason=""), at)


async def reply_to_first(viewer: Viewer, event_id: UUID, value: ReplyValue, *, for_series: bool = False) -> None:
    await replies.record_own_reply(
        viewer, event_id, KEY, value, "", EARLIER + timedelta(hours=1), for_series=for_series
    )


async def remind_people(viewer: Viewer, event_id: UUID, now: datetime = NOW, key: str = KEY) -> int:
    return await nudge_people(viewer, event_id, key, now, ZONE)


async def names_reminded() -> list[str]:
    rows: list[str] = (
        await Message.select(Message.recipient.name)
        .where(Message.kind == "no_reply")
        .order_by(Message.recipient.name)
        .output(as_list=True)
    )
    return rows


async def send_emails(now: datetime = NOW + timedelta(minutes=1)) -> list[ReadEmail | SendOutcome]:
    return [read_result(written) for _, written in await send_due_messages(now)]


async def send_only_email() -> ReadEmail:
    [letter] = await send_emails()
    assert isinstance(letter, ReadEmail)
    return letter


async def test_only_who_has_not_replied_is_reminded(cast: Cast) -> None:
    event_id = await schedule_long_ago(
        cast, cast.fbi_lead, cast.caht_lead, cast.hsi_liaison, cast.hhs_liaison, cast.ipd_liaison
    )
    await reply_to_first(cast.fbi_lead, event_id, ReplyValue.ACCEPTED)
    await reply_to_first(cast.hsi_liaison, event_id, ReplyValue.TENTATIVE)
    await reply_to_first(cast.hhs_liaison, event_id, ReplyValue.DECLINED)
    assert await remind_people(cast.coordinator, event_id) == 2
    assert await names_reminded() == ["Caht lead", "Ipd liaison"]


async def test_who_replied_for_the_series_has_replied_to_each_date(cast: Cast) -> None:
    event_id = await schedule_long_ago(
        cast, cast.fbi_lead, cast.caht_lead, rule=rule_for_choice("monthly_nth", meeting().starts, count=3)
    )
    await reply_to_first(cast.fbi_lead, event_id, ReplyValue.ACCEPTED, for_series=True)
    assert await remind_people(cast.coordinator, event_id, key="2027-02-09") == 1
    assert await names_reminded() == ["Caht lead"]


async def test_a_reply_to_an_earlier_time_is_none(cast: Cast) -> None:
    event_id = await schedule_long_ago(
        cast, cast.fbi_lead, rule=rule_for_choice("monthly_nth", meeting().starts, count=3)
    )
    await reply_to_first(cast.fbi_lead, event_id, ReplyValue.ACCEPTED)
    moved = DateChange(starts=datetime(2027, 1, 14, 13), duration=timedelta(minutes=90))  # noqa: DTZ001 - local
    await occurrences.change_occurrence(
        cast.coordinator, event_id, KEY, moved, 1, EARLIER + timedelta(days=1), notify=Notify.ALL
    )
    assert await remind_people(cast.coordinator, event_id) == 1


async def test_no_one_is_reminded_again_for_two_days(cast: Cast) -> None:
    event_id = await schedule_long_ago(cast, cast.fbi_lead)
    await remind_people(cast.coordinator, event_id)
    with pytest.raises(
        Conflict, match=r"Reminded 1 person on Tue, Dec 15 at 9:00 AM. You can remind them again on Thu, Dec 17"
    ):
        await remind_people(cast.coordinator, event_id, NOW + REST - timedelta(seconds=1))
    assert await remind_people(cast.coordinator, event_id, NOW + REST) == 1


@pytest.mark.both_engines
async def test_reminders_that_have_not_left_are_undone_and_can_be_sent_again(cast: Cast) -> None:
    event_id = await schedule_long_ago(cast, cast.fbi_lead, cast.caht_lead)
    await remind_people(cast.coordinator, event_id)
    await undo_date_nudges(cast.coordinator, event_id, KEY, NOW, NOW + UNDO_FOR - timedelta(seconds=1))
    assert await send_emails() == []
    assert await remind_people(cast.coordinator, event_id, NOW + UNDO_FOR) == 2
    assert len(await send_emails(NOW + 2 * UNDO_FOR)) == 2


async def test_undoing_reminders_twice_undoes_them_once_and_is_no_error(cast: Cast) -> None:
    event_id = await schedule_long_ago(cast, cast.fbi_lead, cast.caht_lead)
    await remind_people(cast.coordinator, event_id)
    for now in (NOW, NOW, NOW + UNDO_FOR):
        await undo_date_nudges(cast.coordinator, event_id, KEY, NOW, now)
    assert await send_emails(NOW + UNDO_FOR) == []
    recorded = AuditEntry.select(AuditEntry.facts).where(AuditEntry.verb == "reminders_undone").output(as_list=True)
    assert await recorded == ['{"people": 2}']


async def test_reminders_that_no_one_needed_any_longer_are_not_called_undone(cast: Cast) -> None:
    event_id = await schedule_long_ago(cast, cast.fbi_lead)
    await remind_people(cast.coordinator, event_id)
    await reply_to_first(cast.fbi_lead, event_id, ReplyValue.ACCEPTED)
    await send_emails(NOW + UNDO_FOR)
    with pytest.raises(Gone):
        await undo_date_nudges(cast.coordinator, event_id, KEY, NOW, NOW + UNDO_FOR)


async def test_reminders_leave_when_they_can_no_longer_be_undone(cast: Cast) -> None:
    event_id = await schedule_long_ago(cast, cast.fbi_lead)
    await remind_people(cast.coordinator, event_id)
    assert await send_emails(NOW + UNDO_FOR - timedelta(seconds=1)) == []
    assert len(await send_emails(NOW + UNDO_FOR)) == 1


@pytest.mark.both_engines
async def test_nothing_is_undone_when_a_reminder_may_have_gone_out(cast: Cast) -> None:
    event_id = await schedule_long_ago(cast, cast.fbi_lead, cast.caht_lead)
    await remind_people(cast.coordinator, event_id)
    [first, *_] = await outbox.claim_messages("test", (), NOW + UNDO_FOR, 1)
    with pytest.raises(Gone, match="A reminder may have gone out"):
        await undo_date_nudges(cast.coordinator, event_id, KEY, NOW, NOW + timedelta(seconds=5))
    await outbox.put_back_messages([first], "test")
    for at, now in ((NOW, NOW + UNDO_FOR), (NOW - timedelta(seconds=1), NOW)):
        with pytest.raises(Gone):
            await undo_date_nudges(cast.coordinator, event_id, KEY, at, now)
    assert len(await send_emails(NOW + UNDO_FOR)) == 2


async def test_who_may_not_remind_undoes_nothing(cast: Cast) -> None:
    event_id = await schedule_long_ago(cast, cast.fbi_lead)
    await remind_people(cast.coordinator, event_id)
    with pytest.raises(NotAllowed):
        await undo_date_nudges(cast.fbi_lead, event_id, KEY, NOW, NOW)


async def test_a_nudge_about_one_date_leaves_the_other_dates_of_the_series_free(cast: Cast) -> None:
    event_id = await schedule_long_ago(
        cast, cast.fbi_lead, rule=rule_for_choice("monthly_nth", meeting().starts, count=3)
    )
    await remind_people(cast.coordinator, event_id)
    assert await remind_people(cast.coordinator, event_id, key="2027-02-09") == 1


async def test_who_was_never_reminded_is_reminded_while_the_others_rest_and_it_says_who_is_skipped(cast: Cast) -> None:
    event_id = await schedule_long_ago(cast, cast.fbi_lead)
    await remind_people(cast.coordinator, event_id)
    event, plan = await scheduling.plan_to_change(cast.coordinator, event_id)
    more = replace(plan, invitees=meeting(cast.fbi_lead, cast.caht_lead, cast.hsi_liaison).invitees)
    await scheduling.change_event(cast.coordinator, event_id, more, event.version, NOW)
    later = NOW + timedelta(hours=1)
    nudges = await nudges_of_date(
        cast.coordinator, await occurrences.date_seen_by(cast.coordinator, event_id, KEY), later
    )
    assert nudges is not None
    assert skipped_words(nudges, later, ZONE) == ("Skips Fbi lead (FBI) (reminded on Tue, Dec 15 at 9:00 AM).",)
    assert len(nudges.asked) == await remind_people(cast.coordinator, event_id, later) == 2
    assert await names_reminded() == ["Caht lead", "Fbi lead", "Hsi liaison"]


async def test_who_was_invited_lately_is_not_reminded_and_it_says_when_they_can_be(cast: Cast) -> None:
    event_id = await scheduling.schedule_event(cast.coordinator, meeting(cast.fbi_lead), EARLIER)
    await close_invitations(MessageState.SENT, NOW)
    later = NOW + REST - timedelta(seconds=1)
    with pytest.raises(
        Conflict,
        match=r"^Invited 1 person on Tue, Dec 15 at 9:00 AM\. You can remind them on Thu, Dec 17 at 9:00 AM\.$",
    ):
        await remind_people(cast.coordinator, event_id, later)
    assert await remind_people(cast.coordinator, event_id, NOW + REST) == 1


async def test_who_is_invited_later_than_the_others_is_skipped_for_two_days(cast: Cast) -> None:
    event_id = await schedule_long_ago(cast, cast.fbi_lead)
    event, plan = await scheduling.plan_to_change(cast.coordinator, event_id)
    more = replace(plan, invitees=meeting(cast.fbi_lead, cast.caht_lead).invitees)
    await scheduling.change_event(cast.coordinator, event_id, more, event.version, NOW)
    later = NOW + timedelta(hours=1)
    await send_emails(later)
    nudges = await nudges_of_date(
        cast.coordinator, await occurrences.date_seen_by(cast.coordinator, event_id, KEY), later
    )
    assert nudges is not None
    assert skipped_words(nudges, later, ZONE) == ("Skips Caht lead (CAHT) (invited on Tue, Dec 15 at 10:00 AM).",)
    assert nudges.asked == (cast.fbi_lead.member_id,)


@pytest.mark.parametrize("state", [MessageState.PENDING, MessageState.FAILED])
async def test_an_invitation_that_was_not_sent_puts_off_no_reminder(cast: Cast, state: MessageState) -> None:
    event_id = await scheduling.schedule_event(cast.coordinator, meeting(cast.fbi_lead), NOW)
    await Message.update({Message.state: state.value}).where(Message.kind == "invitation")
    assert await remind_people(cast.coordinator, event_id) == 1


async def test_an_invitation_that_came_back_puts_off_no_reminder(cast: Cast) -> None:
    event_id = await scheduling.schedule_event(cast.coordinator, meeting(cast.fbi_lead), EARLIER)
    await close_invitations(MessageState.SENT, NOW)
    await Message.update({Message.bounced_at: NOW}).where(Message.kind == "invitation")
    assert await remind_people(cast.coordinator, event_id) == 1


async def test_who_was_invited_lately_can_be_asked_to_confirm_a_change(cast: Cast) -> None:
    series = meeting(cast.fbi_lead, rule=rule_for_choice("monthly_nth", meeting().starts, count=3))
    event_id = await scheduling.schedule_event(cast.coordinator, series, EARLIER)
    await close_invitations(MessageState.SENT, NOW)
    moved = DateChange(starts=datetime(2027, 1, 14, 13), duration=timedelta(minutes=90))  # noqa: DTZ001 - local
    await occurrences.change_occurrence(cast.coordinator, event_id, KEY, moved, 1, NOW, notify=Notify.ALL)
    assert (
        await nudge_people(cast.coordinator, event_id, KEY, NOW + timedelta(minutes=1), ZONE, confirmations=True) == 1
    )


async def test_who_lost_access_to_the_event_is_named_as_skipped(cast: Cast) -> None:
    steering = {"visibility": Visibility.COMMITTEE, "committee_id": cast.committees["steering"]}
    event_id = await schedule_long_ago(cast, cast.fbi_lead, cast.fbi_alternate, **steering)
    await SeatHolder.delete().where(SeatHolder.member == cast.fbi_alternate.member_id)
    nudges = await nudges_of_date(
        cast.coordinator, await occurrences.date_seen_by(cast.coordinator, event_id, KEY), NOW
    )
    assert nudges is not None
    assert skipped_words(nudges, NOW, ZONE) == (f"Skips Fbi alternate (FBI) ({UNREACHABLE}).",)


async def test_a_person_whose_email_comes_back_is_skipped(cast: Cast) -> None:
    event_id = await schedule_long_ago(cast, cast.fbi_lead, cast.hsi_liaison)
    await pause_emails(cast, cast.hsi_liaison)
    nudges = await nudges_of_date(
        cast.coordinator, await occurrences.date_seen_by(cast.coordinator, event_id, KEY), NOW
    )
    assert nudges is not None
    assert nudges.asked == (cast.fbi_lead.member_id,)


async def test_a_nudge_that_was_not_sent_does_not_count(cast: Cast) -> None:
    event_id = await schedule_long_ago(cast, cast.fbi_lead)
    await remind_people(cast.coordinator, event_id)
    await Message.update({Message.state: MessageState.SUPERSEDED.value}).where(Message.kind == "no_reply")
    assert await remind_people(cast.coordinator, event_id, NOW + timedelta(hours=1)) == 1


async def test_two_clicks_at_once_remind_once(cast: Cast) -> None:
    event_id = await schedule_long_ago(cast, cast.fbi_lead)
    done = await asyncio.gather(*(remind_people(cast.coordinator, event_id) for _ in range(2)), return_exceptions=True)
    assert sorted(type(one).__name__ for one in done) == ["Conflict", "int"]
    assert await names_reminded() == ["Fbi lead"]


async def test_when_everyone_replied_there_is_no_one_to_remind(cast: Cast) -> None:
    event_id = await schedule_long_ago(cast, cast.fbi_lead)
    await reply_to_first(cast.fbi_lead, event_id, ReplyValue.DECLINED)
    with pytest.raises(Conflict, match="Everyone"):
        await remind_people(cast.coordinator, event_id)


async def test_who_left_or_lost_access_to_the_event_is_neither_reminded_nor_counted(cast: Cast) -> None:
    event_id = await schedule_long_ago(
        cast,
        cast.fbi_lead,
        cast.fbi_alternate,
        cast.hsi_liaison,
        visibility=Visibility.COMMITTEE,
        committee_id=cast.committees["steering"],
    )
    await Member.update({Member.status: "departed"}).where(Member.id == cast.hsi_liaison.member_id)
    await SeatHolder.delete().where(SeatHolder.member == cast.fbi_alternate.member_id)
    assert await remind_people(cast.coordinator, event_id) == 1
    assert await names_reminded() == ["Fbi lead"]


async def test_a_date_that_began_reminds_no_one(cast: Cast) -> None:
    event_id = await schedule_long_ago(cast, cast.fbi_lead)
    with pytest.raises(Conflict, match="has started"):
        await remind_people(cast.coordinator, event_id, datetime(2027, 1, 12, 16, tzinfo=UTC))


async def test_only_who_may_edit_an_event_reminds(cast: Cast) -> None:
    event_id = await schedule_long_ago(cast, cast.fbi_lead)
    with pytest.raises(NotAllowed):
        await remind_people(cast.caht_lead, event_id)
    occurrence = await occurrences.date_seen_by(cast.caht_lead, event_id, KEY)
    assert await nudges_of_date(cast.caht_lead, occurrence, NOW) is None


async def test_for_who_may_not_see_an_event_there_is_none_to_remind_about(cast: Cast) -> None:
    event_id = await scheduling.schedule_event(cast.fbi_lead, operation(cast.kcpd_detective), EARLIER)
    with pytest.raises(NotFound):
        await remind_people(cast.coordinator, event_id, key="2027-01-16")


async def test_the_audit_log_says_how_many_were_reminded(cast: Cast) -> None:
    event_id = await schedule_long_ago(cast, cast.fbi_lead, cast.caht_lead)
    await remind_people(cast.coordinator, event_id)
    [entry] = await AuditEntry.select(AuditEntry.actor, AuditEntry.facts).where(AuditEntry.verb == "reminded")
    assert entry == {"actor": str(cast.coordinator.member_id), "facts": '{"people": 2}'}


async def test_the_email_asks_once_more_and_says_who_comes_so_far(cast: Cast) -> None:
    event_id = await schedule_long_ago(cast, cast.fbi_lead, cast.caht_lead, cast.hsi_liaison)
    await reply_to_first(cast.fbi_lead, event_id, ReplyValue.ACCEPTED)
    await reply_to_first(cast.hsi_liaison, event_id, ReplyValue.DECLINED)
    await remind_people(cast.coordinator, event_id)
    letter = await send_only_email()
    assert (letter.subject, letter.preview) == (
        "Please reply: Monthly task force meeting, Tue, Jan 12",
        "We haven't heard from you. Please reply by Fri, Jan 8.",
    )
    assert dict(letter.facts)["Replies so far"] == "2 yes, 0 maybe, 1 no"
    assert [one.target.reply for one in letter.buttons if isinstance(one.target, ReplyPage)] == ["yes", "maybe", "no"]


async def test_a_long_title_still_fits_a_phone(cast: Cast) -> None:
    event_id = await schedule_long_ago(cast, cast.fbi_lead, title="Trauma-informed interviewing refresher for all " * 4)
    await remind_people(cast.coordinator, event_id)
    letter = await send_only_email()
    assert (len(letter.subject) <= LONGEST_SUBJECT, len(letter.preview) <= LONGEST_PREVIEW) == (True, True)


async def test_the_email_about_an_event_for_named_people_tells_nothing(cast: Cast) -> None:
    event_id = await scheduling.schedule_event(cast.fbi_lead, operation(cast.kcpd_detective), EARLIER)
    await send_emails(NOW - REST)
    await nudge_people(cast.fbi_lead, event_id, "2027-01-16", NOW, ZONE)
    emails_found = [one for one in await send_emails() if isinstance(one, ReadEmail)]
    [letter] = [
        email
        for email in emails_found
        if email.letter.says == RestrictedEmail(reason=RestrictedReason.REPLY, has_attachment=False)
    ]
    assert (letter.subject, letter.preview) == (
        "Task force event: please sign in and reply",
        "Sign in to see the details.",
    )
    assert not any(word in str(letter) for word in ("Bluestem", "Larkspur", "Jan 16", "FBI"))


async def test_who_replied_before_the_email_went_out_is_not_bothered(cast: Cast) -> None:
    event_id = await schedule_long_ago(cast, cast.fbi_lead)
    await remind_people(cast.coordinator, event_id)
    await reply_to_first(cast.fbi_lead, event_id, ReplyValue.ACCEPTED)
    [skip] = await send_emails()
    assert isinstance(skip, SendOutcome)
    assert (skip.state, skip.reason) == (MessageState.SUPERSEDED, "The recipient has replied.")


async def test_no_one_of_a_suspended_agency_is_reminded(sqlite_cast: Cast) -> None:
    event_id = await schedule_long_ago(sqlite_cast, sqlite_cast.fbi_lead, sqlite_cast.hsi_liaison)
    await Agency.update({Agency.status: "suspended"}).where(Agency.code == "FBI")
    assert await remind_people(sqlite_cast.coordinator, event_id) == 1
    assert await names_reminded() == ["Hsi liaison"]


@pytest.mark.both_engines
async def test_a_request_to_confirm_goes_out_after_the_email_about_the_change(cast: Cast) -> None:
    event_id = await schedule_long_ago(
        cast, cast.fbi_lead, rule=rule_for_choice("monthly_nth", meeting().starts, count=3)
    )
    moved = DateChange(starts=datetime(2027, 1, 14, 13), duration=timedelta(minutes=90))  # noqa: DTZ001 - local
    await occurrences.change_occurrence(cast.coordinator, event_id, KEY, moved, 1, NOW, notify=Notify.ALL)
    await nudge_people(cast.coordinator, event_id, KEY, NOW + timedelta(seconds=5), ZONE, confirmations=True)
    order = []
    for seconds in (10, 60, 75):
        for message in await outbox.claim_messages("test", (), NOW + timedelta(seconds=seconds), 100):
            order.append(type(message.content))
            await outbox.close_message(message, SendOutcome(state=MessageState.SENT, reason=""), NOW)
    assert order == [Changed, ConfirmationNudge]


SOON = NOW + timedelta(minutes=1)


async def due_messages(now: datetime = SOON) -> list[OutboxMessage]:
    """Return the messages that are due."""
    return await outbox.claim_messages("test", (), now, 100)


async def email_to(
    viewer: Viewer, said: PollOpened | PollNudge | PollCanceled, now: datetime = SOON
) -> Email | SendOutcome:
    """Return the email of a message of this content."""
    message = OutboxMessage(
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
    poll_id = await ask_people(sqlite_cast.coordinator, meeting(sqlite_cast.fbi_lead, sqlite_cast.caht_lead))
    messages_by_person = {one.recipient_id: one for one in await due_messages()}
    assert set(messages_by_person) == {sqlite_cast.fbi_lead.member_id, sqlite_cast.caht_lead.member_id}
    letter = await emails.write_email(messages_by_person[sqlite_cast.caht_lead.member_id], SOON, ZONE)
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
    poll_id = await ask_people(sqlite_cast.coordinator, meeting(reader))
    await reply_to_poll(reader, poll_id, Fit.IF_NEEDED)
    [row] = await Message.select(Message.id).where(Message.recipient == reader.member_id)
    shown = await messages.read_message(sqlite_cast.coordinator, row["id"], SOON, ZONE)
    assert shown.email
    assert dates_in(shown.email) == [
        "Tue, Jan 12, 10:00–11:30 AM Central: If need be",
        "Wed, Jan 13, 2:00–3:30 PM Central",
    ]


async def test_no_email_leaves_while_the_poll_can_be_canceled_unnoticed(sqlite_cast: Cast) -> None:
    await ask_people(sqlite_cast.coordinator, meeting(sqlite_cast.fbi_lead))
    assert await due_messages(NOW + timedelta(seconds=19)) == []


async def test_an_email_about_a_restricted_event_says_nothing_of_it(sqlite_cast: Cast) -> None:
    poll_id = await ask_people(sqlite_cast.fbi_lead, operation(sqlite_cast.kcpd_detective))
    letter = await email_to(sqlite_cast.kcpd_detective, PollOpened(poll=poll_id))
    assert isinstance(letter, Email)
    assert isinstance(letter.says, RestrictedEmail)
    assert [one.name for one in letter.facts] == [FactName.DETAILS]
    assert [one.target for one in letter.buttons] == [SitePage(path=f"/polls/{poll_id}")]
    assert letter.more == ()


async def test_a_time_only_email_says_nothing_of_a_poll(sqlite_cast: Cast) -> None:
    await preferences.save_preferences(sqlite_cast.fbi_lead, Preferences(is_discreet=True), NOW)
    poll_id = await ask_people(sqlite_cast.coordinator, meeting(sqlite_cast.fbi_lead))
    letter = await email_to(sqlite_cast.fbi_lead, PollOpened(poll=poll_id))
    assert isinstance(letter, Email)
    assert (letter.is_discreet, letter.is_time_only, isinstance(letter.says, RestrictedEmail)) == (True, True, True)
    assert [(one.name, one.target) for one in letter.buttons] == [
        (ButtonName.SIGN_IN, SitePage(path=f"/polls/{poll_id}"))
    ]


async def test_people_who_replied_are_not_reminded(sqlite_cast: Cast) -> None:
    poll_id = await ask_people(sqlite_cast.coordinator, meeting(sqlite_cast.fbi_lead))
    nudge = PollNudge(poll=poll_id)
    letter = await email_to(sqlite_cast.fbi_lead, nudge)
    assert isinstance(letter, Email)
    assert letter.says == PollNudgeEmail(title="Monthly task force meeting", reply_by="Fri, Jan 8")
    await reply_to_poll(sqlite_cast.fbi_lead, poll_id, Fit.NO)
    assert isinstance(await email_to(sqlite_cast.fbi_lead, nudge), SendOutcome)


async def test_no_one_gets_an_email_who_is_not_asked_or_may_not_see_it_or_when_no_date_is_left(
    sqlite_cast: Cast,
) -> None:
    secret = PollOpened(poll=await ask_people(sqlite_cast.fbi_lead, operation(sqlite_cast.kcpd_detective)))
    assert isinstance(await email_to(sqlite_cast.caht_lead, secret), SendOutcome)
    for_all = PollOpened(poll=await ask_people(sqlite_cast.coordinator, meeting(sqlite_cast.fbi_lead)))
    assert isinstance(await email_to(sqlite_cast.hsi_liaison, for_all), SendOutcome)
    assert isinstance(await email_to(sqlite_cast.fbi_lead, for_all, NOW + timedelta(days=60)), SendOutcome)
    assert isinstance(await email_to(sqlite_cast.fbi_lead, PollCanceled(poll=for_all.poll)), SendOutcome)


async def test_the_email_about_a_canceled_poll_names_no_draft_that_was_edited_after_that(sqlite_cast: Cast) -> None:
    organizer = sqlite_cast.coordinator
    poll_id = await ask_people(organizer, meeting(sqlite_cast.fbi_lead))
    await due_messages()
    await outcomes.cancel_poll(organizer, poll_id, SOON)
    event, plan = await scheduling.plan_to_change(organizer, (await polls.poll_for(organizer, poll_id)).event.id)
    secret = replace(plan, title="Interview of a witness", place="Room 9")
    await scheduling.change_event(organizer, event.id, secret, event.version, SOON + timedelta(seconds=1))
    letter = read_result(await email_to(sqlite_cast.fbi_lead, PollCanceled(poll=poll_id)))
    assert isinstance(letter, ReadEmail)
    assert letter.subject == "Date poll canceled"
    assert not any(one in str(letter) for one in ("Interview", "Room 9"))


MORNING = datetime(2027, 1, 7, 14, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


async def send_poll_reminders(now: datetime) -> list[str]:
    """Send what is due, and return who was reminded of a poll."""
    sent = [written for message, written in await send_due_messages(now) if isinstance(message.content, PollNudge)]
    return sorted(written.to_name for written in sent if isinstance(written, Email))


async def plan_and_send_reminders(now: datetime) -> list[str]:
    await queue_due_messages(now, ZONE)
    return await send_poll_reminders(now)


@pytest.mark.both_engines
async def test_one_reminder_goes_out_before_the_deadline_to_those_who_said_nothing(cast: Cast) -> None:
    poll_id = await ask_people(cast.coordinator, meeting(cast.fbi_lead, cast.caht_lead))
    await reply_to_poll(cast.fbi_lead, poll_id, Fit.NO)
    assert await plan_and_send_reminders(NOW + MINUTE) == []
    assert await plan_and_send_reminders(MORNING - MINUTE) == []
    assert await plan_and_send_reminders(MORNING + MINUTE) == ["Caht lead"]
    assert await plan_and_send_reminders(MORNING + 2 * MINUTE) == []
    assert await plan_and_send_reminders(MORNING + timedelta(days=3)) == []


async def test_none_goes_out_for_a_poll_that_is_closed_or_to_people_reminded_by_hand(sqlite_cast: Cast) -> None:
    canceled = await ask_people(sqlite_cast.coordinator, meeting(sqlite_cast.fbi_lead))
    by_hand = await ask_people(sqlite_cast.coordinator, meeting(sqlite_cast.caht_lead))
    await plan_and_send_reminders(NOW + MINUTE)
    await outcomes.cancel_poll(sqlite_cast.coordinator, canceled, NOW + MINUTE)
    before = MORNING - timedelta(hours=4)
    assert await poll_emails.remind_respondents(sqlite_cast.coordinator, by_hand, before) == 1
    assert await send_poll_reminders(before + MINUTE) == ["Caht lead"]
    assert await plan_and_send_reminders(MORNING + MINUTE) == []


async def test_a_person_is_reminded_at_most_every_two_days(sqlite_cast: Cast) -> None:
    poll_id = await ask_people(sqlite_cast.coordinator, meeting(sqlite_cast.fbi_lead))
    await poll_emails.remind_respondents(sqlite_cast.coordinator, poll_id, NOW)
    with pytest.raises(Conflict):
        await poll_emails.remind_respondents(sqlite_cast.coordinator, poll_id, NOW + timedelta(hours=47))
    assert await poll_emails.remind_respondents(sqlite_cast.coordinator, poll_id, NOW + timedelta(hours=48)) == 1


async def test_a_coordinator_who_sees_the_poll_may_remind_and_others_may_not(sqlite_cast: Cast) -> None:
    plan = meeting(sqlite_cast.hsi_liaison, visibility=Visibility.LAW_ENFORCEMENT)
    poll_id = await ask_people(sqlite_cast.fbi_lead, plan)
    with pytest.raises(NotAllowed):
        await poll_emails.remind_respondents(sqlite_cast.hsi_liaison, poll_id, NOW)
    assert await poll_emails.remind_respondents(sqlite_cast.coordinator, poll_id, NOW) == 1


async def test_reminders_are_undone_while_none_can_have_left(sqlite_cast: Cast) -> None:
    poll_id = await ask_people(sqlite_cast.fbi_lead, operation(sqlite_cast.kcpd_detective))
    await send_poll_reminders(NOW + MINUTE)
    lead, at = sqlite_cast.fbi_lead, NOW + 2 * MINUTE
    await poll_emails.remind_respondents(lead, poll_id, at)
    await poll_emails.undo_poll_nudges(lead, poll_id, at, at + timedelta(seconds=5))
    assert await send_poll_reminders(at + MINUTE) == []
    assert await poll_emails.remind_respondents(lead, poll_id, at + MINUTE) == 1
    with pytest.raises(Gone):
        await poll_emails.undo_poll_nudges(lead, poll_id, at + MINUTE, at + 2 * MINUTE)


async def test_undoing_reminders_of_a_poll_twice_undoes_them_once(sqlite_cast: Cast) -> None:
    poll_id = await ask_people(sqlite_cast.fbi_lead, operation(sqlite_cast.kcpd_detective))
    lead, at = sqlite_cast.fbi_lead, NOW + MINUTE
    await poll_emails.remind_respondents(lead, poll_id, at)
    for _ in range(2):
        await poll_emails.undo_poll_nudges(lead, poll_id, at, at + timedelta(seconds=5))
    assert await AuditEntry.count().where(AuditEntry.verb == "poll_reminders_undone") == 1


async def test_a_person_whose_email_comes_back_is_not_reminded_of_a_poll(sqlite_cast: Cast) -> None:
    poll_id = await ask_people(sqlite_cast.coordinator, meeting(sqlite_cast.fbi_lead, sqlite_cast.caht_lead))
    await pause_emails(sqlite_cast, sqlite_cast.caht_lead)
    assert await poll_emails.remind_respondents(sqlite_cast.coordinator, poll_id, NOW) == 1


async def test_the_organizer_reads_that_no_date_is_left_and_not_that_they_may_not_remind(sqlite_cast: Cast) -> None:
    poll_id = await ask_people(sqlite_cast.coordinator, meeting(sqlite_cast.fbi_lead))
    with pytest.raises(Gone, match="All of these dates are over"):
        await poll_emails.remind_respondents(sqlite_cast.coordinator, poll_id, NOW + timedelta(days=60))
