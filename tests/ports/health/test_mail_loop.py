"""An email to the reply address comes back through the way in, or the check says what to do."""

import smtplib
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

import pytest
from anyio import to_thread

from tests.cast import NOW, ZONE, Cast
from tests.ports.browser import settings
from tracker import clock
from tracker.config.settings import Settings
from tracker.crypto import keys
from tracker.crypto.signed_links import ReplyAddresses
from tracker.ports.health import mail_loop
from tracker.ports.health.checks import CheckState
from tracker.ports.mail.demo_emails import EmailSink
from tracker.ports.mail.received_emails import EmailParser, Listener
from tracker.usecases.intake import received_emails

ADDRESS = "reply@tracker.example"


@pytest.fixture(autouse=True)
def _now() -> Iterator[None]:
    clock.start_at(NOW, stands_still=True)
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
    return settings(**{"reply_address": ADDRESS, "lmtp": "127.0.0.1:1", "authserv_id": "mx.tracker.example", **facts})


async def said(chosen: Settings, folder: Path, port: int = 0) -> list[tuple[CheckState, str]]:
    """Return the lines of the check; between two looks, the mail server delivers what it has to the port, if any."""

    async def deliver(_seconds: float) -> None:
        for email in folder.glob("*.eml") if port else ():
            await to_thread.run_sync(_deliver, port, email.read_bytes())

    return [
        (line.state, line.words) async for line in mail_loop.mail_loop_lines(chosen, 30.0 if port else 0.0, deliver)
    ]


def _deliver(port: int, content: bytes) -> None:
    to = content.partition(b"\r\nTo: ")[2].partition(b"\r\n")[0].decode()
    with closing(smtplib.LMTP("127.0.0.1", port)) as server:
        server.sendmail("calendar@tracker.example", [to], content)


async def test_the_email_goes_out_and_comes_back(sqlite_cast: Cast, tmp_path: Path) -> None:
    addresses = ReplyAddresses(ADDRESS, keys.every("replies"))
    listener = Listener(EmailParser(addresses=addresses, authserv_id="mx.tracker.example", zone=ZONE), clock.now)
    port = await listener.start("127.0.0.1", 0)
    async with mail_server(tmp_path) as chosen:
        (out, sent), (back, words) = await said(chosen, tmp_path, port)
    await listener.stop()
    assert (out, back) == (CheckState.OK, CheckState.OK)
    assert (f"an email to {ADDRESS[:5]}+" in sent, "It arrived within" in words) == (True, True)
    assert await received_emails.last_email_at() == NOW


async def test_an_email_that_does_not_come_back_says_what_to_check(sqlite_cast: Cast, tmp_path: Path) -> None:
    async with mail_server(tmp_path) as chosen:
        _, (state, words) = await said(chosen, tmp_path)
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
    [(state, words)] = await said(_settings(**facts), tmp_path)
    assert (state, expected in words) == (CheckState.FAULT, True)
