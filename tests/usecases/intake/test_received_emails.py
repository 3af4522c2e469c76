"""Emails that are received: how reading goes, many at once, at most so many an hour, and those that came back."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

import pytest
from msgspec.structs import replace
from piccolo.columns import ForeignKey

from tests.cast import NOW, Cast, meeting
from tests.database.statements import noted
from tests.usecases.actions.world import assign_item
from tests.usecases.intake.replying import (
    STRANGER,
    YES,
    calendar_reply,
    email_with_replies,
    reply_and_source,
    schedule_invited,
    take_reply,
)
from tests.usecases.intake.returned import LATER as RETURNED_LATER
from tests.usecases.intake.returned import pause_emails, send_invitations, take_bounce
from tests.usecases.intake.world import DELAYED_BOUNCE, SPAM_BOUNCE
from tests.usecases.intake.writing_back import LATER as WRITING_BACK_LATER
from tests.usecases.intake.writing_back import email_about_item, take_many_emails
from tests.usecases.intake.writing_back import write_about_item as written
from tracker.database import Engine, writing
from tracker.errors import Busy, Conflict, NotFound
from tracker.ports.mail.delivery import GroupedWork
from tracker.rules.core import outbox
from tracker.rules.core.message_types import AccountLocked, AnswerOutcome
from tracker.rules.core.outbox import PAUSED, MessageState
from tracker.rules.core.viewers import Viewer
from tracker.rules.emails.messages import MessageFilter
from tracker.rules.intake.calendar_replies import ReplyOutcome, Sender
from tracker.rules.intake.received_emails import MOST_EMAILS_AN_HOUR, UNCLEAR, DeliveryRefusal, ReceivedEmail
from tracker.rules.intake.received_emails import Bounce as ReceivedEmailsBounce
from tracker.tables.schema.core.tables import AuditEntry, Message
from tracker.tables.schema.intake import Bounce, EmailPause, IncomingReply, IncomingWords
from tracker.tables.schema.roster import Member
from tracker.usecases.core import audit
from tracker.usecases.core import outbox as core_outbox
from tracker.usecases.emails import messages
from tracker.usecases.events import scheduling
from tracker.usecases.intake import received_emails
from tracker.usecases.intake.received_emails import (
    MailboxStatus,
    mailbox_status,
    note_mailbox_read,
    note_mailbox_trouble,
    take_email,
)

LATER = NOW + timedelta(minutes=1)


@pytest.mark.both_engines
async def test_a_failure_lasts_from_its_first_error_until_the_mailbox_is_read(database: Engine) -> None:
    assert await mailbox_status() == MailboxStatus()
    await note_mailbox_trouble("It doesn’t answer.", NOW)
    await note_mailbox_trouble("It refuses the password.", LATER)
    assert await mailbox_status() == MailboxStatus(trouble="It refuses the password.", trouble_since=NOW)
    await note_mailbox_read(LATER, has_email=False)
    assert await mailbox_status() == MailboxStatus(read_at=LATER)


@pytest.mark.both_engines
async def test_the_last_email_is_known_after_looks_that_found_none(database: Engine) -> None:
    await note_mailbox_read(NOW, has_email=True)
    await note_mailbox_read(NOW + timedelta(seconds=10), has_email=False)
    assert await mailbox_status() == MailboxStatus(read_at=NOW, email_at=NOW)
    await note_mailbox_read(LATER, has_email=False, trouble="One wasn’t taken.")
    assert await mailbox_status() == MailboxStatus(
        read_at=LATER, email_at=NOW, trouble="One wasn’t taken.", trouble_since=LATER
    )


DAY, YEAR = timedelta(days=1), timedelta(days=365)


@pytest.mark.both_engines
async def test_a_reply_that_was_recorded_is_kept_until_a_year_after_its_event(cast: Cast) -> None:
    event_id = await schedule_invited(cast, is_series=True)
    assert await take_reply(cast.fbi_lead, event_id) is ReplyOutcome.RECORDED
    await received_emails.purge_received_emails(NOW + YEAR + DAY)
    assert await IncomingReply.count() == 1
    await received_emails.purge_received_emails(NOW + 2 * YEAR)
    assert await IncomingReply.count() == 0


@pytest.mark.both_engines
async def test_an_email_that_changed_nothing_is_kept_for_90_days(cast: Cast) -> None:
    event_id = await schedule_invited(cast)
    reply = await calendar_reply(cast.fbi_lead, event_id)
    await take_email(
        await email_with_replies(cast.fbi_lead, event_id, reply, sender=Sender(address=STRANGER, is_verified=True))
    )
    await received_emails.purge_received_emails(NOW + 90 * DAY)
    assert await IncomingReply.count() == 1
    await received_emails.purge_received_emails(NOW + 91 * DAY)
    assert await IncomingReply.count() == 0


@pytest.mark.both_engines
async def test_words_and_bounces_are_kept_for_a_year(cast: Cast) -> None:
    await assign_item(cast.coordinator, cast.fbi_lead)
    await written(cast.fbi_lead, "DONE")
    await pause_emails(cast, cast.hsi_liaison)
    await received_emails.resume_address(cast.coordinator, cast.hsi_liaison.member_id, NOW + DAY)
    await received_emails.purge_received_emails(NOW + YEAR)
    assert [await one.count() for one in (IncomingWords, Bounce, EmailPause)] == [1, 3, 1]
    await received_emails.purge_received_emails(NOW + YEAR + 2 * DAY)
    assert [await one.count() for one in (IncomingWords, Bounce, EmailPause)] == [0, 0, 0]


UNREADABLE = Sender(address=object(), is_verified=True)  # type: ignore[arg-type]  # what no database takes


async def emails_of_both(cast: Cast) -> list[ReceivedEmail]:
    """Invite two people, and return what their calendar programs send."""
    event_id = await schedule_invited(cast)
    both = (cast.fbi_lead, cast.kcpd_detective)
    return [await email_with_replies(who, event_id, await calendar_reply(who, event_id)) for who in both]


@pytest.mark.both_engines
async def test_emails_of_one_group_are_recorded_one_after_another(cast: Cast) -> None:
    event_id = await schedule_invited(cast)
    email = await email_with_replies(cast.fbi_lead, event_id, await calendar_reply(cast.fbi_lead, event_id))
    again, other = email, replace(email, name="1" * 64)
    assert await received_emails.take_emails([email, again, other]) == [
        [ReplyOutcome.RECORDED],
        ["repeated"],
        [ReplyOutcome.REPEATED],
    ]
    assert await reply_and_source(cast.fbi_lead, event_id) == (YES, "email")
    assert await audit.verify_chain() is None


async def test_emails_that_come_while_one_is_recorded_go_into_one_transaction(sqlite_cast: Cast) -> None:
    first, second = await emails_of_both(sqlite_cast)
    group = GroupedWork(received_emails.take_emails)
    with noted() as statements:
        outcomes = await asyncio.gather(*map(group.do, (first, second, second)))
    assert outcomes == [[ReplyOutcome.RECORDED], [ReplyOutcome.RECORDED], ["repeated"]]
    assert sum(query == "COMMIT" for query, _ in statements) == 2


@pytest.mark.both_engines
async def test_an_email_that_cannot_be_recorded_keeps_none_of_its_group(cast: Cast) -> None:
    first, second = await emails_of_both(cast)
    bad = replace(first, name="1" * 64, sender=UNREADABLE)
    group = GroupedWork(received_emails.take_emails)
    results = await asyncio.gather(*map(group.do, (first, bad, second)), return_exceptions=True)
    assert [one if isinstance(one, list) else None for one in results] == [
        [ReplyOutcome.RECORDED],
        None,
        [ReplyOutcome.RECORDED],
    ]
    assert await audit.verify_chain() is None


async def test_a_sender_who_sends_too_many_holds_up_no_one_in_their_group(sqlite_cast: Cast) -> None:
    first, second = await emails_of_both(sqlite_cast)
    many = [replace(first, name=f"{number:064}") for number in range(MOST_EMAILS_AN_HOUR)]
    *_, too_many, other = await received_emails.take_emails([*many, first, second])
    assert other == [ReplyOutcome.RECORDED]
    with pytest.raises(Busy):
        received_emails.refuse_too_many(too_many)


FBI = "fbi_lead@fbi.example"


@pytest.mark.both_engines
async def test_one_more_is_refused_and_is_taken_after_the_hour(cast: Cast) -> None:
    await assign_item(cast.coordinator, cast.fbi_lead)
    await take_many_emails(FBI, WRITING_BACK_LATER, is_verified=True)
    email = await email_about_item(cast.fbi_lead, "DONE")
    with pytest.raises(Busy):
        await received_emails.take_email(email)
    assert await received_emails.take_email(replace(email, received_at=WRITING_BACK_LATER + timedelta(hours=1))) == [
        AnswerOutcome.RECORDED
    ]


async def test_a_forger_does_not_hold_up_the_emails_of_the_person(sqlite_cast: Cast) -> None:
    await assign_item(sqlite_cast.coordinator, sqlite_cast.fbi_lead)
    await take_many_emails(FBI, WRITING_BACK_LATER, is_verified=False)
    assert await received_emails.take_email(await email_about_item(sqlite_cast.fbi_lead, "DONE")) == [
        AnswerOutcome.RECORDED
    ]


@pytest.mark.parametrize("about", [Message.item, Message.event], ids=["an item", "an event"])
async def test_unconfirmed_emails_are_counted_by_what_they_reply_to(sqlite_cast: Cast, about: ForeignKey) -> None:
    cast = sqlite_cast
    await assign_item(cast.coordinator, cast.fbi_lead)
    await schedule_invited(cast)
    [message] = await Message.select(Message.id).where(
        (Message.recipient == cast.fbi_lead.member_id) & about.is_not_null()
    )

    async def comes(number: int, *, is_verified: bool = False) -> Sequence[str]:
        sender = Sender(address=f"{number}@elsewhere.example", is_verified=is_verified)
        return await received_emails.take_email(
            await email_about_item(cast.fbi_lead, f"NO {number}", message_id=message["id"], sender=sender)
        )

    for number in range(MOST_EMAILS_AN_HOUR):
        await comes(number)
    with pytest.raises(Busy):
        await comes(MOST_EMAILS_AN_HOUR)
    assert await comes(MOST_EMAILS_AN_HOUR, is_verified=True) == [AnswerOutcome.UNMATCHED]


async def test_bounces_are_counted_by_message(sqlite_cast: Cast) -> None:
    first, second = await send_invitations(sqlite_cast, sqlite_cast.fbi_lead, 2)
    for number in range(MOST_EMAILS_AN_HOUR):
        await take_bounce(first, at=timedelta(seconds=number))
    with pytest.raises(Busy):
        await take_bounce(first, at=timedelta(minutes=2))
    assert await take_bounce(second, at=timedelta(minutes=2)) == ["failed"]


async def states_of_messages(who: Viewer) -> list[tuple[str, str]]:
    rows = await Message.select(Message.state, Message.reason).where(Message.recipient == who.member_id)
    return [(row["state"], row["reason"]) for row in rows]


async def email_verbs() -> list[str]:
    return [one for one in await AuditEntry.select(AuditEntry.verb).output(as_list=True) if one.startswith("email_")]


async def test_a_message_that_came_back_is_undeliverable_and_stays_sent(cast: Cast) -> None:
    [message_id] = await send_invitations(cast, cast.kcpd_detective)
    assert await take_bounce(message_id) == ["failed"]
    page = await messages.sendings_page(
        cast.coordinator, MessageFilter(person=cast.kcpd_detective.member_id), None, RETURNED_LATER
    )
    assert [(one.state, one.reason) for one in page.failed[0].lines] == [
        (MessageState.BOUNCED, "550 5.1.1 User unknown")
    ]
    assert await states_of_messages(cast.kcpd_detective) == [("sent", "550 5.1.1 User unknown")]


async def test_after_three_emails_nothing_is_sent_and_what_waits_says_why(cast: Cast) -> None:
    who = cast.kcpd_detective
    first, second, third = await send_invitations(cast, who, 3)
    await take_bounce(first)
    await take_bounce(second)
    await scheduling.schedule_event(cast.coordinator, meeting(who), NOW)
    assert ("pending", "") in await states_of_messages(who)
    await take_bounce(third)
    await scheduling.schedule_event(cast.coordinator, meeting(who, cast.fbi_lead), RETURNED_LATER)
    assert [one for one in await states_of_messages(who) if one[0] != "sent"] == [("suppressed", PAUSED)] * 2
    assert ("pending", "") in await states_of_messages(cast.fbi_lead)
    assert await email_verbs() == ["email_paused"]


async def test_no_one_silences_a_security_notice_by_sending_back_three_emails(cast: Cast) -> None:
    who = cast.kcpd_detective
    before, after = (
        outbox.NewMessage(content=AccountLocked(), recipient_id=who.member_id, key=key) for key in ("before", "after")
    )
    messages_sent = await send_invitations(cast, who, 3)
    async with writing():
        await core_outbox.enqueue_all([before], RETURNED_LATER)
    for this_messages_sent in messages_sent:
        await take_bounce(this_messages_sent)
    async with writing():
        await core_outbox.enqueue_all([after], RETURNED_LATER)
    assert [one for one in await states_of_messages(who) if one[0] != "sent"] == [("pending", "")] * 2


async def test_the_same_bounce_and_the_same_message_count_once(cast: Cast) -> None:
    [message_id] = await send_invitations(cast, cast.kcpd_detective)
    assert [await take_bounce(message_id, name="a" * 64) for _ in range(2)] == [["failed"], ["repeated"]]
    for _ in range(3):
        await take_bounce(message_id)
    assert await EmailPause.count() == 0


@pytest.mark.parametrize("bounce", [DELAYED_BOUNCE, SPAM_BOUNCE, UNCLEAR], ids=["delayed", "refused", "no_bounce"])
async def test_what_says_nothing_of_the_address_pauses_nothing(cast: Cast, bounce: ReceivedEmailsBounce) -> None:
    for message_id in await send_invitations(cast, cast.kcpd_detective, 3):
        await take_bounce(message_id, bounce)
    assert (await EmailPause.count(), await Bounce.count()) == (0, 3)


async def test_refusals_of_the_mail_server_count_too(cast: Cast) -> None:
    await scheduling.schedule_event(cast.coordinator, meeting(cast.kcpd_detective), NOW)
    for message_id in await send_invitations(cast, cast.kcpd_detective, 2):
        await take_bounce(message_id)
    await scheduling.schedule_event(cast.coordinator, meeting(cast.kcpd_detective), NOW)
    [message] = await core_outbox.claim_messages("a worker", [], RETURNED_LATER, 100)
    refusal = DeliveryRefusal(words="550 No such user", sent_to=cast.kcpd_detective.email, at_recipient=True)
    await received_emails.record_refusal(message, refusal, RETURNED_LATER)
    assert await EmailPause.count() == 1


async def test_an_earlier_address_neither_counts_nor_stays_paused(cast: Cast) -> None:
    who = cast.kcpd_detective
    first, second, third, fourth = await send_invitations(cast, who, 4)
    for message_id in (first, second, third):
        await take_bounce(message_id)
    await Member.update({Member.email: "new@kcpd.example"}).where(Member.id == who.member_id)
    await take_bounce(fourth)
    await scheduling.schedule_event(cast.coordinator, meeting(who), NOW)
    assert ("pending", "") in await states_of_messages(who)
    undeliverable_emails = await received_emails.undeliverable_emails(cast.administrator, who.member_id, RETURNED_LATER)
    assert undeliverable_emails
    assert (undeliverable_emails.paused_at, undeliverable_emails.returned) == (None, ())


async def test_sending_is_resumed_once_and_earlier_bounces_no_longer_count(cast: Cast) -> None:
    who = cast.kcpd_detective
    first, second, third, late = await send_invitations(cast, who, 4)
    for message_id in (first, second, third):
        await take_bounce(message_id)
    await received_emails.resume_address(cast.administrator, who.member_id, RETURNED_LATER + timedelta(hours=1))
    await take_bounce(late, at=timedelta(hours=2))
    await scheduling.schedule_event(cast.coordinator, meeting(who), NOW)
    assert ("pending", "") in await states_of_messages(who)
    with pytest.raises(Conflict):
        await received_emails.resume_address(cast.administrator, who.member_id, RETURNED_LATER)
    assert await email_verbs() == ["email_paused", "email_resumed"]


async def test_what_was_not_sent_can_be_sent_again_once_it_is_resumed(cast: Cast) -> None:
    who = cast.kcpd_detective
    await pause_emails(cast, who)
    event_id = await scheduling.schedule_event(cast.coordinator, meeting(who), RETURNED_LATER)
    [message_id] = await Message.select(Message.id).where(Message.event == event_id).output(as_list=True)
    with pytest.raises(Conflict):
        await messages.resend_message(cast.coordinator, message_id, RETURNED_LATER)
    await received_emails.resume_address(cast.coordinator, who.member_id, RETURNED_LATER)
    await messages.resend_message(cast.coordinator, message_id, RETURNED_LATER)
    assert ("pending", "") in await states_of_messages(who)


@pytest.mark.both_engines
async def test_those_who_may_not_see_an_operation_see_that_emails_came_back_and_not_which(cast: Cast) -> None:
    who = cast.kcpd_detective
    [secret] = await send_invitations(cast, who, is_secret=True)
    [known] = await send_invitations(cast, who)
    for message_id in (secret, known):
        await take_bounce(message_id)
    undeliverable_emails = await received_emails.undeliverable_emails(cast.coordinator, who.member_id, RETURNED_LATER)
    assert undeliverable_emails
    assert {(one.message_id, one.said) for one in undeliverable_emails.failed} == {
        (None, ""),
        (known, "550 5.1.1 User unknown"),
    }
    assert undeliverable_emails.advice


async def test_only_account_managers_and_the_person_see_it(cast: Cast) -> None:
    who = cast.kcpd_detective
    await pause_emails(cast, who)
    assert await received_emails.undeliverable_emails(cast.kcpd_alternate, who.member_id, RETURNED_LATER) is None
    own = await received_emails.undeliverable_emails(who, who.member_id, RETURNED_LATER)
    assert own
    assert own.paused_at == RETURNED_LATER
    with pytest.raises(NotFound):
        await received_emails.resume_address(cast.fbi_lead, who.member_id, RETURNED_LATER)
    assert [one.member_id for one in await received_emails.paused_people(cast.administrator)] == [who.member_id]
    assert await received_emails.paused_people(cast.fbi_lead) == []
