"""The way in for replies: an LMTP listener on loopback, to which the site's mail server delivers (RFC 2033).

What it answers is the same for every address of the mailbox: no one learns from it which invitations exist.
"""

import asyncio
import logging
import socket
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

from aiosmtpd.lmtp import LMTP

from tracker.errors import Busy
from tracker.ports.mail.received_emails import LARGEST_EMAIL, EmailParser, Intake
from tracker.usecases.core import send_hold

TAKEN = "250 2.0.0 Taken"
LATER = "451 4.3.0 Try again later"
UNKNOWN = "550 5.1.1 No such mailbox"
ONE_AT_A_TIME = "452 4.5.3 One recipient at a time"
IDLE = 60  # seconds that a client may say nothing

log = logging.getLogger("tracker.mail.incoming")


class Listener:
    """Takes emails to reply addresses until it is stopped."""

    def __init__(self, reader: EmailParser, now: Callable[[], datetime]) -> None:
        self._intake, self._now = Intake(reader), now
        self._server: asyncio.Server | None = None

    async def start(self, host: str, port: int) -> int:
        """Listen, on any free port for 0, and return the port. Errors: OSError when another program has it."""
        loop = asyncio.get_running_loop()
        make = partial(LMTP, self, hostname="tracker", data_size_limit=LARGEST_EMAIL, timeout=IDLE, loop=loop)
        # Each process of the product listens at the same address, and the kernel gives each connection to one of them.
        self._server = await loop.create_server(make, host, port, reuse_port=hasattr(socket, "SO_REUSEPORT"))
        address: tuple[str, int] = self._server.sockets[0].getsockname()
        return address[1]

    async def stop(self) -> None:
        """Stop listening; an email that is not taken yet comes again from the mail server."""
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()
            self._server = None

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's hook
        self,
        server: Any,  # noqa: ARG002 - aiosmtpd's hook
        session: Any,  # noqa: ARG002 - as above
        envelope: Any,
        address: str,
        rcpt_options: list[str],
    ) -> str:
        """Take one recipient: LMTP answers for each, and aiosmtpd answers once (RFC 2033 §4.2)."""
        if not self._intake.reader.addresses.is_ours(address):
            return UNKNOWN
        if envelope.rcpt_tos:
            return ONE_AT_A_TIME
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(rcpt_options)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802, ARG002 - aiosmtpd's hook
        """Take an email; when it can't be stored now, the mail server keeps it and sends it again.

        So it does for a restored copy: the one that works takes the email, or this one after `tracker resume`.
        """
        content, to = bytes(envelope.content), envelope.rcpt_tos[0]
        try:
            if await send_hold.held_copy():
                return LATER
            await self._intake.take(content, to, self._now())
        except Busy:  # its sender has sent too many; no one learns that it wasn't another reason
            return LATER
        except Exception:  # the mail server keeps what isn't taken
            log.exception("An email could not be taken.")
            return LATER
        return TAKEN
