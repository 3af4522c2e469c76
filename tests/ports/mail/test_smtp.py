"""The line to the mail server: encrypted or not at all, patient but not forever."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from msgspec.structs import replace

from tests.faults.server import MailServer, serve_smtp
from tests.ports.mail.sending import ELSEWHERE, smtp_settings
from tracker.ports.http.request_source import is_loopback
from tracker.ports.mail import delivery as smtp
from tracker.ports.mail.compose import MimeMessage
from tracker.ports.mail.delivery import EmailRefused, MailServerAway, SmtpConnection, TemporaryFailure

ENVELOPE = MimeMessage(
    sender="calendar@tracker.example",
    recipient="reader@kcpd.example",
    content=b"Subject: x\r\n\r\nx\r\n",
    author="calendar@tracker.example",
)


async def test_email_to_another_machine_never_goes_unencrypted(caplog: pytest.LogCaptureFixture) -> None:
    async with serve_smtp(MailServer()) as server:
        with pytest.raises(MailServerAway):
            await SmtpConnection(smtp_settings(smtp_host=ELSEWHERE, smtp_port=server.port)).send(ENVELOPE)
        assert server.accepted == []
    assert "The mail server refused us as a sender" in caplog.text


async def test_a_server_with_a_certificate_that_no_one_vouches_for_gets_no_email(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    server = MailServer()
    async with _serving_tls(server, _certificate(tmp_path)) as port:
        with pytest.raises(MailServerAway):
            await SmtpConnection(smtp_settings(smtp_host=ELSEWHERE, smtp_port=port)).send(ENVELOPE)
    assert server.accepted == []
    assert "certificate verify failed" in caplog.text


async def test_email_goes_over_starttls_when_the_certificate_holds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server, certificate = MailServer(), _certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    async with _serving_tls(server, certificate) as port:
        line = SmtpConnection(smtp_settings(smtp_host=ELSEWHERE, smtp_port=port))
        await line.send(ENVELOPE)
        await line.close()
    assert len(server.accepted) == 1


async def test_a_server_that_never_answers_costs_no_more_than_the_budget(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smtp, "BUDGET", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(MailServerAway):  # connects, and that is all
        async with asyncio.timeout(2):
            await SmtpConnection(smtp_settings(smtp_port=silent.getsockname()[1])).send(ENVELOPE)


async def test_after_a_broken_connection_the_next_email_opens_a_new_one() -> None:
    async with serve_smtp(MailServer()) as server:
        server.cut_before_reply = lambda _: len(server.accepted) == 1
        line = SmtpConnection(smtp_settings(smtp_port=server.port))
        with pytest.raises(TemporaryFailure):
            await line.send(ENVELOPE)
        await line.send(ENVELOPE)
        await line.close()
        assert (len(server.accepted), server.connections) == (2, 2)


@pytest.mark.parametrize(
    ("hook", "response", "error"),
    [
        ("at_rcpt", "550 No such user", EmailRefused),
        ("at_rcpt", "450 Greylisted", TemporaryFailure),
        ("at_data", "554 Not wanted", EmailRefused),
        ("at_data", "452 No space", TemporaryFailure),
        ("at_sender", "451 Busy", TemporaryFailure),
        ("at_sender", "550 Not from here", TemporaryFailure),
        ("at_sender", "552 5.3.4 Message size exceeds fixed limit", EmailRefused),
        ("at_sender", "530 5.7.0 Authentication required", MailServerAway),
    ],
)
async def test_what_the_server_says_decides_what_becomes_of_the_email(
    hook: str, response: str, error: type[Exception]
) -> None:
    async with serve_smtp(MailServer(**{hook: lambda _: response})) as server:
        line = SmtpConnection(smtp_settings(smtp_port=server.port))
        with pytest.raises(error) as said:
            await line.send(ENVELOPE)
        await line.close()
    assert (type(said.value), response[:3] in str(said.value)) == (error, True)


@pytest.mark.parametrize(
    ("hook", "response"),
    [
        ("at_sender", "553 5.7.1 Not owned"),
        ("at_rcpt", "553 5.7.1 <reply+token@tracker.example>: Sender address rejected: not owned by user tracker"),
        ("at_rcpt", "550 Sender verify failed"),
        ("at_data", "554 5.2.252 SendAsDenied; not allowed"),
    ],
)
async def test_an_email_whose_sender_the_server_refuses_goes_out_from_its_author(hook: str, response: str) -> None:
    said = iter([response])
    async with serve_smtp(MailServer(**{hook: lambda _: next(said, None)})) as server:
        line = SmtpConnection(smtp_settings(smtp_port=server.port))
        await line.send(replace(ENVELOPE, sender="reply+token@tracker.example"))
        await line.send(replace(ENVELOPE, sender="reply+another@tracker.example"))
        await line.close()
    assert server.senders == [ENVELOPE.author] * 2


async def test_a_recipient_who_is_refused_for_either_sender_is_refused_alone() -> None:
    def closed(address: str) -> str | None:
        return "550 5.7.1 Not authorized to send: the list restricts senders" if address.startswith("list") else None

    async with serve_smtp(MailServer(at_rcpt=closed)) as server:
        line = SmtpConnection(smtp_settings(smtp_port=server.port))
        with pytest.raises(EmailRefused):
            await line.send(replace(ENVELOPE, recipient="list@kcpd.example", sender="reply+token@tracker.example"))
        await line.send(replace(ENVELOPE, sender="reply+another@tracker.example"))
        await line.close()
    assert server.senders == ["reply+another@tracker.example"]


async def test_each_email_states_its_size() -> None:
    async with serve_smtp(MailServer()) as server:
        line = SmtpConnection(smtp_settings(smtp_port=server.port))
        await line.send(ENVELOPE)
        await line.send(replace(ENVELOPE, content=ENVELOPE.content * 2))
        await line.close()
    assert server.stated == [[f"SIZE={len(one)}"] for one in (ENVELOPE.content, ENVELOPE.content * 2)]


@asynccontextmanager
async def _saying(**replies: str) -> AsyncIterator[tuple[int, list[str]]]:
    """Run a server that says 250, or what is given for a command, and nothing for an empty text.

    It ends the connection after a 421. Yields its port, and the lines that it gets.
    """
    got: list[str] = []
    answering: set[asyncio.Task[None]] = set()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        answering.add(asyncio.current_task())
        reply = "220 mail.example"
        while not reply.startswith("421"):
            if reply:
                writer.write(f"{reply}\r\n".encode())
            if reply.startswith("354"):
                await reader.readuntil(b"\r\n.\r\n")
                writer.write(b"250 Kept\r\n")
            if not (line := (await reader.readline()).decode()):
                break
            got.append(line.strip())
            reply = replies.get(line[:4].strip(), "250 OK")
        writer.write(f"{reply}\r\n".encode())
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1], got
    await asyncio.gather(*answering)


async def test_a_server_that_knows_only_helo_gets_email_that_states_nothing() -> None:
    async with _saying(EHLO="500 What?", DATA="354 Go") as (port, got):
        line = SmtpConnection(smtp_settings(smtp_port=port))
        await line.send(ENVELOPE)
        await line.close()
    assert [one.split()[0] for one in got[:3]] == ["EHLO", "HELO", "MAIL"]
    assert got[2] == "MAIL FROM:<calendar@tracker.example>"


@pytest.mark.parametrize(
    "replies",
    [{"EHLO": "421 Busy"}, {"EHLO": "550 No", "HELO": "550 No"}, {"EHLO": "550 No", "HELO": "421 Busy"}, {"EHLO": ""}],
    ids=str,
)
async def test_a_server_that_does_not_greet_has_got_nothing(
    replies: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(smtp, "BUDGET", 0.4)
    async with _saying(**replies) as (port, _):
        line = SmtpConnection(smtp_settings(smtp_port=port))
        with pytest.raises(MailServerAway):
            await line.send(ENVELOPE)
        await line.close()


async def test_a_refusal_stays_one_when_the_server_does_not_forget_the_email(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smtp, "GOODBYE", 0.1)
    async with _saying(RCPT="550 No such user", RSET="") as (port, _):
        line = SmtpConnection(smtp_settings(smtp_port=port))
        with pytest.raises(EmailRefused, match="550"):
            await line.send(ENVELOPE)
        await line.close()


async def test_an_address_that_cannot_be_sent_leaves_the_connection_for_the_next() -> None:
    async with serve_smtp(MailServer()) as server:
        line = SmtpConnection(smtp_settings(smtp_port=server.port))
        with pytest.raises(ValueError, match="character"):
            await line.send(replace(ENVELOPE, recipient="a\x01b@kcpd.example"))
        await line.send(ENVELOPE)
        await line.close()
        assert (len(server.accepted), server.connections) == (1, 1)


async def test_a_refused_email_leaves_the_connection_for_the_next() -> None:
    async with serve_smtp(
        MailServer(at_rcpt=lambda address: "550 No" if address.startswith("bad") else None)
    ) as server:
        line = SmtpConnection(smtp_settings(smtp_port=server.port))
        with pytest.raises(EmailRefused):
            await line.send(replace(ENVELOPE, recipient="bad@kcpd.example"))
        await line.send(ENVELOPE)
        await line.close()
        assert (len(server.accepted), server.connections) == (1, 1)


@pytest.mark.parametrize(
    ("host", "is_here"),
    [
        ("127.0.0.1", True),
        ("::1", True),
        ("localhost", True),
        ("127.1.2.3", True),
        ("10.0.0.1", False),
        ("mail.example", False),
        ("127.0.0.1.example", False),
        (ELSEWHERE, False),
    ],
)
def test_only_this_machine_counts_as_loopback(host: str, is_here: bool) -> None:
    assert is_loopback(host) is is_here


@asynccontextmanager
async def _serving_tls(server: MailServer, certificate: Path) -> AsyncIterator[int]:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    loop = asyncio.get_running_loop()
    make: Any = partial(SMTP, server, hostname="mail.example", tls_context=context, require_starttls=True, loop=loop)
    listening = await loop.create_server(make, "127.0.0.1", 0)
    try:
        yield listening.sockets[0].getsockname()[1]
    finally:
        listening.close()
        await listening.wait_closed()


def _certificate(folder: Path) -> Path:
    """Make a certificate for the name that the tests use, which only itself vouches for."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mail.example")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(ELSEWHERE)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / "certificate.pem"
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return path
