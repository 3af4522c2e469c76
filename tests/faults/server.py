"""A mail server for tests that goes wrong on command, and keeps what it accepted."""

# aiosmtpd calls its hooks by these names, with these arguments.
# ruff: noqa: N802

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from email.parser import BytesHeaderParser
from email.policy import default
from functools import partial
from typing import Any

from aiosmtpd.smtp import SMTP
from msgspec import Struct, field

Response = Callable[[str], str | None]
"""From the address of a recipient to an answer that is not 250, or None."""


def fine(_: str) -> str | None:
    return None


class MailServer(Struct):
    """Accepts emails; each hook may answer something else than 250, wait, or cut the connection first."""

    at_sender: Response = fine
    at_rcpt: Response = fine
    at_data: Response = fine
    pause: float = 0.0
    """Seconds before it takes an email."""
    cut_before_reply: Callable[[str], bool] = lambda _: False
    """Takes the email, and the sender never learns of it."""
    stated: list[list[str]] = field(default_factory=list)
    """What was said of each email with its sender, such as its size."""
    accepted: list[bytes] = field(default_factory=list)
    senders: list[str] = field(default_factory=list)
    """Of the accepted emails, as on their envelopes."""
    tries: Counter[str] = field(default_factory=Counter)
    connections: int = 0
    port: int = 0

    def message_ids(self) -> Counter[str]:
        return Counter(str(BytesHeaderParser().parsebytes(one)["Message-ID"]) for one in self.accepted)

    def subjects(self) -> list[str]:
        return [str(BytesHeaderParser(policy=default).parsebytes(one)["Subject"]) for one in self.accepted]

    def recipients(self) -> list[str]:
        return sorted(str(BytesHeaderParser().parsebytes(one)["To"]) for one in self.accepted)

    async def handle_EHLO(
        self, server: Any, session: Any, envelope: Any, hostname: str, responses: list[str]
    ) -> list[str]:
        self.connections += 1
        session.host_name = hostname
        return responses

    async def handle_MAIL(self, server: Any, session: Any, envelope: Any, address: str, options: list[str]) -> str:
        if response := self.at_sender(address):
            return response
        envelope.mail_from = address
        self.stated.append(options)
        return "250 OK"

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: list[str]) -> str:
        self.tries[address] += 1
        if response := self.at_rcpt(address):
            return response
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        [recipient] = envelope.rcpt_tos
        await asyncio.sleep(self.pause)
        if response := self.at_data(recipient):
            return response
        self.accepted.append(bytes(envelope.content))
        self.senders.append(envelope.mail_from)
        if self.cut_before_reply(recipient):
            server.transport.abort()
        return "250 Kept"


@asynccontextmanager
async def serve_smtp(server: MailServer, port: int = 0) -> AsyncIterator[MailServer]:
    """Let it listen on loopback while the block runs."""
    loop = asyncio.get_running_loop()
    listening = await loop.create_server(partial(SMTP, server, hostname="mail.example", loop=loop), "127.0.0.1", port)
    server.port = listening.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        listening.close()
        await listening.wait_closed()
