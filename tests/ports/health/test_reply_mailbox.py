"""Administrators read whether the mailbox of replies is read, and why not."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from tests.cast import NOW, Cast
from tests.ports.browser import settings
from tracker import clock
from tracker.ports.health import checks
from tracker.ports.health.checks import CheckLine, CheckState
from tracker.usecases.intake.received_emails import note_mailbox_read, note_mailbox_trouble

HAS_MAILBOX = settings(imap_host="imap.example", imap_user="reply")


@pytest.fixture(autouse=True)
def _now() -> Iterator[None]:
    clock.start_at(NOW, stands_still=True)
    yield
    clock.start_at(None)


async def lines() -> list[CheckLine]:
    return [line async for line in checks.of_mailbox(HAS_MAILBOX)]


async def test_without_a_mailbox_there_is_nothing_to_say(sqlite_cast: Cast) -> None:
    assert [line async for line in checks.of_mailbox(settings())] == []


async def test_a_mailbox_that_no_process_reads_is_a_warning(sqlite_cast: Cast) -> None:
    [never] = await lines()
    await note_mailbox_read(NOW - timedelta(minutes=6), has_email=False)
    [long_ago] = await lines()
    assert never == long_ago
    assert (never.state, "No process has read reply at imap.example" in never.words) == (CheckState.WARNING, True)


async def test_a_mailbox_that_is_read_says_when_the_last_email_came(sqlite_cast: Cast) -> None:
    await note_mailbox_read(NOW, has_email=False)
    assert [line.words for line in await lines()] == ["reply at imap.example is being read. No email has come yet."]
    await note_mailbox_read(NOW, has_email=True)
    [line] = await lines()
    assert (line.state, "The last email came Tue, Dec" in line.words) == (CheckState.OK, True)


async def test_a_mailbox_that_cannot_be_read_is_a_fault_with_its_reason(sqlite_cast: Cast) -> None:
    await note_mailbox_read(NOW - timedelta(minutes=9), has_email=True)
    await note_mailbox_trouble("Authentication failed.", NOW)
    [line] = await lines()
    assert (line.state, line.words.endswith(": Authentication failed.")) == (CheckState.FAULT, True)
