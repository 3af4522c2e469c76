"""Emails that come back are noted with their message, and after three of them nothing is sent until it is restored."""

from datetime import timedelta

import pytest

from tests.cast import NOW, Cast, meeting
from tests.usecases.intake.returned import LATER, came_back, paused, sent
from tests.usecases.intake.world import DELAYED_BOUNCE, SPAM_BOUNCE
from tracker.database import writing
from tracker.errors import Conflict, NotFound
from tracker.rules.core import outbox
from tracker.rules.core.message_types import AccountLocked
from tracker.rules.core.outbox import PAUSED, MessageState
from tracker.rules.core.viewers import Viewer
from tracker.rules.emails.messages import MessageFilter
from tracker.rules.intake.received_emails import UNCLEAR, Bounce, DeliveryRefusal
from tracker.tables.schema.core.tables import AuditEntry, Message
from tracker.tables.schema.intake import Bounce as BounceRow
from tracker.tables.schema.intake import EmailPause
from tracker.tables.schema.roster import Member
from tracker.usecases.core import outbox as core_outbox
from tracker.usecases.emails import messages
from tracker.usecases.events import scheduling
from tracker.usecases.intake import received_emails


async def states(who: Viewer) -> list[tuple[str, str]]:
    found = await Message.select(Message.state, Message.reason).where(Message.recipient == who.member_id)
    return [(row["state"], row["reason"]) for row in found]


async def verbs() -> list[str]:
    return [one for one in await AuditEntry.select(AuditEntry.verb).output(as_list=True) if one.startswith("email_")]


async def test_a_message_that_came_back_is_undeliverable_and_stays_sent(cast: Cast) -> None:
    [message_id] = await sent(cast, cast.kcpd_detective)
    assert await came_back(message_id) == ["failed"]
    page = await messages.sendings_page(
        cast.coordinator, MessageFilter(person=cast.kcpd_detective.member_id), None, LATER
    )
    assert [(one.state, one.reason) for one in page.failed[0].lines] == [
        (MessageState.BOUNCED, "550 5.1.1 User unknown")
    ]
    assert await states(cast.kcpd_detective) == [("sent", "550 5.1.1 User unknown")]


async def test_after_three_emails_nothing_is_sent_and_what_waits_says_why(cast: Cast) -> None:
    who = cast.kcpd_detective
    first, second, third = await sent(cast, who, 3)
    await came_back(first)
    await came_back(second)
    await scheduling.schedule_event(cast.coordinator, meeting(who), NOW)
    assert ("pending", "") in await states(who)
    await came_back(third)
    await scheduling.schedule_event(cast.coordinator, meeting(who, cast.fbi_lead), LATER)
    assert [one for one in await states(who) if one[0] != "sent"] == [("suppressed", PAUSED)] * 2
    assert ("pending", "") in await states(cast.fbi_lead)
    assert await verbs() == ["email_paused"]


async def test_no_one_silences_a_security_notice_by_sending_back_three_emails(cast: Cast) -> None:
    who = cast.kcpd_detective
    before, after = (
        outbox.NewMessage(content=AccountLocked(), recipient_id=who.member_id, key=key) for key in ("before", "after")
    )
    messages_sent = await sent(cast, who, 3)
    async with writing():
        await core_outbox.enqueue_all([before], LATER)
    for one in messages_sent:
        await came_back(one)
    async with writing():
        await core_outbox.enqueue_all([after], LATER)
    assert [one for one in await states(who) if one[0] != "sent"] == [("pending", "")] * 2


async def test_the_same_bounce_and_the_same_message_count_once(cast: Cast) -> None:
    [message_id] = await sent(cast, cast.kcpd_detective)
    assert [await came_back(message_id, name="a" * 64) for _ in range(2)] == [["failed"], ["repeated"]]
    for _ in range(3):
        await came_back(message_id)
    assert await EmailPause.count() == 0


@pytest.mark.parametrize("bounce", [DELAYED_BOUNCE, SPAM_BOUNCE, UNCLEAR], ids=["delayed", "refused", "no_bounce"])
async def test_what_says_nothing_of_the_address_pauses_nothing(cast: Cast, bounce: Bounce) -> None:
    for message_id in await sent(cast, cast.kcpd_detective, 3):
        await came_back(message_id, bounce)
    assert (await EmailPause.count(), await BounceRow.count()) == (0, 3)


async def test_refusals_of_the_mail_server_count_too(cast: Cast) -> None:
    await scheduling.schedule_event(cast.coordinator, meeting(cast.kcpd_detective), NOW)
    for message_id in await sent(cast, cast.kcpd_detective, 2):
        await came_back(message_id)
    await scheduling.schedule_event(cast.coordinator, meeting(cast.kcpd_detective), NOW)
    [message] = await core_outbox.claim_messages("a worker", [], LATER, 100)
    refusal = DeliveryRefusal(words="550 No such user", sent_to=cast.kcpd_detective.email, at_recipient=True)
    await received_emails.record_refusal(message, refusal, LATER)
    assert await EmailPause.count() == 1


async def test_an_earlier_address_neither_counts_nor_stays_paused(cast: Cast) -> None:
    who = cast.kcpd_detective
    first, second, third, fourth = await sent(cast, who, 4)
    for message_id in (first, second, third):
        await came_back(message_id)
    await Member.update({Member.email: "new@kcpd.example"}).where(Member.id == who.member_id)
    await came_back(fourth)
    await scheduling.schedule_event(cast.coordinator, meeting(who), NOW)
    assert ("pending", "") in await states(who)
    found = await received_emails.undeliverable_emails(cast.administrator, who.member_id, LATER)
    assert found
    assert (found.paused_at, found.returned) == (None, ())


async def test_sending_is_resumed_once_and_earlier_bounces_no_longer_count(cast: Cast) -> None:
    who = cast.kcpd_detective
    first, second, third, late = await sent(cast, who, 4)
    for message_id in (first, second, third):
        await came_back(message_id)
    await received_emails.resume_address(cast.administrator, who.member_id, LATER + timedelta(hours=1))
    await came_back(late, at=timedelta(hours=2))
    await scheduling.schedule_event(cast.coordinator, meeting(who), NOW)
    assert ("pending", "") in await states(who)
    with pytest.raises(Conflict):
        await received_emails.resume_address(cast.administrator, who.member_id, LATER)
    assert await verbs() == ["email_paused", "email_resumed"]


async def test_what_was_not_sent_can_be_sent_again_once_it_is_resumed(cast: Cast) -> None:
    who = cast.kcpd_detective
    await paused(cast, who)
    event_id = await scheduling.schedule_event(cast.coordinator, meeting(who), LATER)
    [message_id] = await Message.select(Message.id).where(Message.event == event_id).output(as_list=True)
    with pytest.raises(Conflict):
        await messages.resend_message(cast.coordinator, message_id, LATER)
    await received_emails.resume_address(cast.coordinator, who.member_id, LATER)
    await messages.resend_message(cast.coordinator, message_id, LATER)
    assert ("pending", "") in await states(who)


@pytest.mark.both_engines
async def test_those_who_may_not_see_an_operation_see_that_emails_came_back_and_not_which(cast: Cast) -> None:
    who = cast.kcpd_detective
    [secret] = await sent(cast, who, is_secret=True)
    [known] = await sent(cast, who)
    for message_id in (secret, known):
        await came_back(message_id)
    found = await received_emails.undeliverable_emails(cast.coordinator, who.member_id, LATER)
    assert found
    assert {(one.message_id, one.said) for one in found.failed} == {(None, ""), (known, "550 5.1.1 User unknown")}
    assert found.advice


async def test_only_account_managers_and_the_person_see_it(cast: Cast) -> None:
    who = cast.kcpd_detective
    await paused(cast, who)
    assert await received_emails.undeliverable_emails(cast.kcpd_alternate, who.member_id, LATER) is None
    own = await received_emails.undeliverable_emails(who, who.member_id, LATER)
    assert own
    assert own.paused_at == LATER
    with pytest.raises(NotFound):
        await received_emails.resume_address(cast.fbi_lead, who.member_id, LATER)
    assert [one.member_id for one in await received_emails.paused_people(cast.administrator)] == [who.member_id]
    assert await received_emails.paused_people(cast.fbi_lead) == []
