"""Every process, and the Health page, knows how reading the mailbox of replies goes."""

from datetime import timedelta

import pytest

from tests.cast import NOW
from tracker.database import Engine
from tracker.usecases.intake.received_emails import (
    MailboxStatus,
    mailbox_status,
    note_mailbox_read,
    note_mailbox_trouble,
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
