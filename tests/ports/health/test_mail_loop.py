"""An email to the reply address comes back, the mailbox is read, and how many emails wait is said."""

import smtplib
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from anyio import to_thread

from tests.cast import NOW, ZONE, Cast, meeting
from tests.ports.browser import app_settings
from tracker import clock
from tracker.config.settings import Settings
from tracker.crypto import keys
from tracker.crypto.signed_links import ReplyAddresses
from tracker.ports import health
from tracker.ports.health import CheckLine, CheckState
from tracker.ports.mail.demo_emails import EmailSink
from tracker.ports.mail.received_emails import EmailParser, Listener
from tracker.rules.intake.calendar_replies import ReplyOutcome
from tracker.tables.schema.core.tables import Message
from tracker.tables.schema.intake import IncomingReply
from tracker.usecases.events import scheduling
from tracker.usecases.intake import received_emails
from tracker.usecases.intake.received_emails import note_mailbox_read, note_mailbox_trouble

ADDRESS = "reply@tracker.example"


@pytest.fixture(autouse=True)
def _now() -> Iterator[None]:
    clock.start_at(NOW, is_still=True)
    yield
    clock.start_at(None)


@asynccontextmanager
async def mail_server(folder: Path) -> AsyncIterator[Settings]:
    """A mail server that keeps what it takes, and the settings of a tracker behind it."""
    sink = EmailSink(folder)
    try:
        yield _settings(smtp_port=await sink.start())
    finally:
        await sink.stop()


def _settings(**facts: Any) -> Settings:
    return app_settings(
        **{"reply_address": ADDRESS, "lmtp": "127.0.0.1:1", "authserv_id": "mx.tracker.example", **facts}
    )


async def lines_of_check(chosen: Settings, folder: Path, port: int = 0) -> list[tuple[CheckState, str]]:
    """Return the lines of the check; between two looks, the mail server delivers what it has to the port, if any."""

    async def deliver(_seconds: float) -> None:
        for email in folder.glob("*.eml") if port else ():
            await to_thread.run_sync(_deliver, port, email.read_bytes())

    return [(line.state, line.words) async for line in health.email_loop_lines(chosen, 30.0 if port else 0.0, deliver)]


def _deliver(port: int, content: bytes) -> None:
    to = content.partition(b"\r\nTo: ")[2].partition(b"\r\n")[0].decode()
    with closing(smtplib.LMTP("127.0.0.1", port)) as server:
        server.sendmail("calendar@tracker.example", [to], content)


async def test_the_email_goes_out_and_comes_back(sqlite_cast: Cast, tmp_path: Path) -> None:
    addresses = ReplyAddresses(ADDRESS, keys.every("replies"))
    listener = Listener(EmailParser(addresses=addresses, authserv_id="mx.tracker.example", zone=ZONE), clock.now)
    port = await listener.start("127.0.0.1", 0)
    async with mail_server(tmp_path) as chosen:
        (out, sent), (back, words) = await lines_of_check(chosen, tmp_path, port)
    await listener.stop()
    assert (out, back) == (CheckState.OK, CheckState.OK)
    assert (f"an email to {ADDRESS[:5]}+" in sent, "It arrived within" in words) == (True, True)
    assert await received_emails.last_email_at() == NOW


async def test_an_email_that_does_not_come_back_says_what_to_check(sqlite_cast: Cast, tmp_path: Path) -> None:
    async with mail_server(tmp_path) as chosen:
        _, (state, words) = await lines_of_check(chosen, tmp_path)
    assert (state, "to 127.0.0.1:1 by LMTP" in words) == (CheckState.FAULT, True)


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({"reply_address": "", "lmtp": ""}, "Set TRACKER_REPLY_ADDRESS"),
        ({"lmtp": ""}, "Set TRACKER_LMTP"),
        ({"smtp_port": 1}, "couldn't be sent"),
    ],
)
async def test_what_is_missing_is_said_before_anything_is_waited_for(
    sqlite_cast: Cast, tmp_path: Path, facts: dict[str, Any], expected: str
) -> None:
    [(state, words)] = await lines_of_check(_settings(**facts), tmp_path)
    assert (state, expected in words) == (CheckState.FAULT, True)


HAS_MAILBOX = app_settings(imap_host="imap.example", imap_user="reply")


async def lines_of_mailbox() -> list[CheckLine]:
    return [line async for line in health.of_mailbox(HAS_MAILBOX)]


async def test_without_a_mailbox_there_is_nothing_to_say(sqlite_cast: Cast) -> None:
    assert [line async for line in health.of_mailbox(app_settings())] == []


async def test_a_mailbox_that_no_process_reads_is_a_warning(sqlite_cast: Cast) -> None:
    [never] = await lines_of_mailbox()
    await note_mailbox_read(NOW - timedelta(minutes=6), has_email=False)
    [long_ago] = await lines_of_mailbox()
    assert never == long_ago
    assert (never.state, "No process has read reply at imap.example" in never.words) == (CheckState.WARNING, True)


async def test_a_mailbox_that_is_read_says_when_the_last_email_came(sqlite_cast: Cast) -> None:
    await note_mailbox_read(NOW, has_email=False)
    assert [line.words for line in await lines_of_mailbox()] == [
        "reply at imap.example is being read. No email has come yet."
    ]
    await note_mailbox_read(NOW, has_email=True)
    [line] = await lines_of_mailbox()
    assert (line.state, "The last email came Tue, Dec" in line.words) == (CheckState.OK, True)


async def test_a_mailbox_that_cannot_be_read_is_a_fault_with_its_reason(sqlite_cast: Cast) -> None:
    await note_mailbox_read(NOW - timedelta(minutes=9), has_email=True)
    await note_mailbox_trouble("Authentication failed.", NOW)
    [line] = await lines_of_mailbox()
    assert (line.state, line.words.endswith(": Authentication failed.")) == (CheckState.FAULT, True)


READS = app_settings(reply_address="reply@tracker.example", authserv_id="mx.tracker.example")


async def line_of_sending() -> CheckLine:
    return await health.of_queue(READS)


async def test_the_command_counts_the_emails_that_are_due_and_those_that_failed(sqlite_cast: Cast) -> None:
    assert (await line_of_sending()).words == "No email is due. In the last 7 days, 0 emails couldn't be delivered."
    await scheduling.schedule_event(sqlite_cast.coordinator, meeting(sqlite_cast.fbi_lead, sqlite_cast.caht_lead), NOW)
    clock.start_at(NOW + timedelta(minutes=6), is_still=True)
    late = await line_of_sending()
    assert (late.state, late.words.startswith("2 emails are due, the oldest since Tue, Dec 15")) == (
        CheckState.WARNING,
        True,
    )
    await Message.update({Message.state: "bounced"}, force=True)
    assert (await line_of_sending()).words == "No email is due. In the last 7 days, 2 emails couldn't be delivered."


async def test_the_page_says_when_the_last_email_came_in(sqlite_cast: Cast) -> None:
    assert [line.words for line in await lines_of_coming()] == [
        "No email has come in yet. `tracker check --mail` tests it."
    ]
    await IncomingReply.insert(
        IncomingReply(received_at=NOW, email_hash="1" * 64, part=0, sender="a@b.example", outcome=ReplyOutcome.IGNORED)
    )
    assert [line.words[:37] for line in await lines_of_coming()] == ["The last email came in Tue, Dec 15, 2"]
    assert [line async for line in health.of_incoming(app_settings())] == []


async def lines_of_coming() -> list[CheckLine]:
    return [line async for line in health.of_incoming(READS)]


async def test_a_site_whose_mail_server_has_no_name_knows_that_no_reply_counts(sqlite_cast: Cast) -> None:
    _, line = [line async for line in health.of_incoming(app_settings(reply_address="reply@tracker.example"))]
    assert (line.state, "TRACKER_AUTHSERV_ID is empty" in line.words) == (CheckState.WARNING, True)
