"""Every process, and the Health page, knows how reading the mailbox of replies goes."""

from datetime import timedelta

import pytest

from tests.cast import NOW, Cast
from tests.usecases.intake.replying import STRANGER, email, invited, said, sent
from tests.usecases.intake.returned import paused
from tests.usecases.intake.writing_back import given
from tests.usecases.intake.writing_back import said as written
from tracker.database import Engine
from tracker.rules.intake.calendar_replies import ReplyOutcome, Sender
from tracker.tables.schema.intake import Bounce, EmailPause, IncomingReply, IncomingWords
from tracker.usecases.intake import received_emails
from tracker.usecases.intake.received_emails import (
    MailboxStatus,
    mailbox_status,
    note_mailbox_read,
    note_mailbox_trouble,
    take_email,
)

pytestmark = pytest.mark.both_engines

LATER = NOW + timedelta(minutes=1)


async def test_a_failure_lasts_from_its_first_error_until_the_mailbox_is_read(database: Engine) -> None:
    assert await mailbox_status() == MailboxStatus()
    await note_mailbox_trouble("It doesn’t answer.", NOW)
    await note_mailbox_trouble("It refuses the password.", LATER)
    assert await mailbox_status() == MailboxStatus(trouble="It refuses the password.", trouble_since=NOW)
    await note_mailbox_read(LATER, has_email=False)
    assert await mailbox_status() == MailboxStatus(read_at=LATER)


async def test_the_last_email_is_known_after_looks_that_found_none(database: Engine) -> None:
    await note_mailbox_read(NOW, has_email=True)
    await note_mailbox_read(NOW + timedelta(seconds=10), has_email=False)
    assert await mailbox_status() == MailboxStatus(read_at=NOW, email_at=NOW)
    await note_mailbox_read(LATER, has_email=False, trouble="One wasn’t taken.")
    assert await mailbox_status() == MailboxStatus(
        read_at=LATER, email_at=NOW, trouble="One wasn’t taken.", trouble_since=LATER
    )


DAY, YEAR = timedelta(days=1), timedelta(days=365)


async def test_a_reply_that_was_recorded_is_kept_until_a_year_after_its_event(cast: Cast) -> None:
    event_id = await invited(cast, is_series=True)
    assert await sent(cast.fbi_lead, event_id) is ReplyOutcome.RECORDED
    await received_emails.purge_received_emails(NOW + YEAR + DAY)
    assert await IncomingReply.count() == 1
    await received_emails.purge_received_emails(NOW + 2 * YEAR)
    assert await IncomingReply.count() == 0


async def test_an_email_that_changed_nothing_is_kept_for_90_days(cast: Cast) -> None:
    event_id = await invited(cast)
    one = await said(cast.fbi_lead, event_id)
    await take_email(await email(cast.fbi_lead, event_id, one, sender=Sender(address=STRANGER, is_verified=True)))
    await received_emails.purge_received_emails(NOW + 90 * DAY)
    assert await IncomingReply.count() == 1
    await received_emails.purge_received_emails(NOW + 91 * DAY)
    assert await IncomingReply.count() == 0


async def test_words_and_bounces_are_kept_for_a_year(cast: Cast) -> None:
    await given(cast.coordinator, cast.fbi_lead)
    await written(cast.fbi_lead, "DONE")
    await paused(cast, cast.hsi_liaison)
    await received_emails.resume_address(cast.coordinator, cast.hsi_liaison.member_id, NOW + DAY)
    await received_emails.purge_received_emails(NOW + YEAR)
    assert [await one.count() for one in (IncomingWords, Bounce, EmailPause)] == [1, 3, 1]
    await received_emails.purge_received_emails(NOW + YEAR + 2 * DAY)
    assert [await one.count() for one in (IncomingWords, Bounce, EmailPause)] == [0, 0, 0]
