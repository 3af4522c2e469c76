"""Test emails: to the person who asks alone, one at a time, and what became of it."""

from datetime import timedelta

import pytest

from tests.cast import NOW, ZONE, Cast
from tests.emails import ReadEmail, read
from tests.usecases.roster.forms import verbs
from tracker.errors import NotFound
from tracker.rules.core.outbox import Message, MessageState, SendOutcome
from tracker.rules.core.viewers import Viewer
from tracker.rules.emails.template_values import EmailTestEmail
from tracker.tables.visible.emails.messages import SentEmailTest
from tracker.usecases.core import outbox
from tracker.usecases.emails import account_emails, emails

pytestmark = pytest.mark.both_engines

SOON = NOW + timedelta(minutes=1)


async def sending() -> list[Message]:
    return await outbox.claim_messages("test", (), SOON, 100)


async def latest(viewer: Viewer) -> SentEmailTest:
    found = account_emails.latest_email_test(viewer, await account_emails.every_email_test(viewer))
    assert found
    return found


async def test_a_test_email_goes_to_the_person_who_asked_and_says_when(cast: Cast) -> None:
    await account_emails.send_email_test(cast.administrator, NOW)
    [message] = await sending()
    letter = read(await emails.write_email(message, SOON, ZONE))
    assert isinstance(letter, ReadEmail)
    assert letter.to == cast.administrator.email
    assert letter.letter.says == EmailTestEmail(asked="Tuesday, December 15, 2026, 9:00 AM Central")
    assert await verbs(cast.administrator.member_id) == ["email_tested"]


async def test_it_is_waiting_until_the_email_server_took_it_and_then_says_when(cast: Cast) -> None:
    assert await account_emails.every_email_test(cast.coordinator) == []
    await account_emails.send_email_test(cast.coordinator, NOW)
    waiting = await latest(cast.coordinator)
    assert (waiting.state, waiting.sent_at, waiting.recipient) == (MessageState.PENDING, None, cast.coordinator.email)
    assert not account_emails.was_any_test_sent([waiting])
    [message] = await sending()
    await outbox.close_message(message, SendOutcome(state=MessageState.SENT, reason=""), SOON)
    sent = await latest(cast.coordinator)
    assert (sent.state, sent.sent_at) == (MessageState.SENT, SOON)
    assert account_emails.was_any_test_sent(await account_emails.every_email_test(cast.administrator))


async def test_a_second_press_sends_no_second_one_while_the_first_one_waits(cast: Cast) -> None:
    await account_emails.send_email_test(cast.coordinator, NOW)
    await account_emails.send_email_test(cast.coordinator, NOW + timedelta(seconds=1))
    await account_emails.send_email_test(cast.administrator, NOW + timedelta(seconds=2))
    assert {one.recipient_id for one in await sending()} == {cast.coordinator.member_id, cast.administrator.member_id}
    assert (await latest(cast.coordinator)).at == NOW


async def test_only_those_who_keep_accounts_send_one_or_read_of_it(cast: Cast) -> None:
    await account_emails.send_email_test(cast.coordinator, NOW)
    for viewer in (cast.fbi_lead, cast.auditor):
        with pytest.raises(NotFound):
            await account_emails.send_email_test(viewer, NOW)
        assert await account_emails.every_email_test(viewer) == []
