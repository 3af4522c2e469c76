"""One connection to the mail server (RFC 5321): encrypted unless it stays on this machine, used for many emails.

Errors are either `EmailRefused` (this email, permanently) or `TemporaryFailure` (try again later), of which
`UnconfirmedDelivery` may have arrived. When the server refuses the tracker and not the recipient, the fault is in this
deployment: the email is kept and the log says so. The others are tried all the same, because the server may have meant
this one.
"""

import asyncio
import logging
import ssl
from contextlib import suppress

import aiosmtplib
from aiosmtplib import (
    SMTPConnectError,
    SMTPException,
    SMTPHeloError,
    SMTPRecipientRefused,
    SMTPResponseException,
    SMTPSenderRefused,
    SMTPServerDisconnected,
    SMTPTimeoutError,
)

from tracker.config.settings import Settings
from tracker.ports.http.request_source import is_loopback
from tracker.ports.mail.compose import MimeMessage
from tracker.rules.emails.emails import one_line, shorten

BUDGET = 20.0  # seconds for one email, from connecting to the server's reply
CONNECTING = 0.75  # of them for connecting and signing in; then nothing of the email was handed over
TLS_PORT = 465  # TLS from the first byte (RFC 8314); every other port is upgraded by STARTTLS
SENDER_REFUSED = ("5.2.252", "5.7.60")  # of Exchange: the sign-in may not send as this address
PERMANENT = 500  # codes from here on are permanent
TOO_LARGE = 552  # the email, as said before its recipient to those who state its size (RFC 1870 §6.1)
SIGN_IN_FIRST = (530, 534, 535, 538)  # RFC 4954 §6: no email is accepted as things are
GOODBYE = 2.0  # seconds for QUIT, and for RSET after a refusal

log = logging.getLogger("tracker.mail")


class EmailRefused(Exception):
    """The server will never accept this email: no such recipient, or a text that it refuses."""

    def __init__(self, words: str, *, at_recipient: bool = False) -> None:
        self.at_recipient = at_recipient
        super().__init__(words)


class TemporaryFailure(Exception):
    """The email may be accepted later."""


class UnconfirmedDelivery(TemporaryFailure):
    """The connection broke before the server's reply, so the email may have arrived (RFC 1047)."""


class MailServerAway(TemporaryFailure):
    """The server can't be reached or used at all, so other emails need not be tried now."""


class SmtpConnection:
    """A connection that opens with the first email and again after it broke; one email at a time."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._client: aiosmtplib.SMTP | None = None
        self._takes_any_sender = True
        self._has_warned = False

    async def send(self, mail: MimeMessage) -> None:
        """Send one email within 20 s; return only when the server accepted it.

        Errors: Refused, Temporary, Unconfirmed, Away.
        """
        try:
            async with asyncio.timeout(BUDGET):
                await self._handed_over(await self._connected(), mail)
        except SMTPRecipientRefused as refused:
            raise _judged(refused, at_recipient=True) from refused
        except SMTPResponseException as refused:
            raise (self._unwelcome(refused) if _is_of_sender(refused) else _judged(refused)) from refused
        except (SMTPException, OSError, TimeoutError) as broken:
            self._drop()
            raise UnconfirmedDelivery(f"{_words(broken).rstrip('.')}. It may have arrived.") from broken

    async def _handed_over(self, client: aiosmtplib.SMTP, mail: MimeMessage) -> None:
        """Send an email; where the server refuses its sender, those of this connection come from their author."""
        sender = mail.sender if self._takes_any_sender else mail.author
        try:
            await _transact(client, sender, mail)
        except SMTPResponseException as refused:
            if sender == mail.author or not _may_be_of_sender(refused):
                raise
            await _transact(client, mail.author, mail)
            log.warning("The mail server refuses the address that reads bounces as a sender, so none come in.")
            self._takes_any_sender = False

    async def close(self) -> None:
        """Close the connection properly, if the server still responds."""
        if self._client is not None and self._client.is_connected:
            with suppress(SMTPException, OSError, TimeoutError):
                await self._client.quit(timeout=GOODBYE)
        self._drop()

    async def _connected(self) -> aiosmtplib.SMTP:
        if self._client is not None and self._client.is_connected:
            return self._client
        is_here, is_tls = is_loopback(self._settings.smtp_host), self._settings.smtp_port == TLS_PORT
        self._client = aiosmtplib.SMTP(
            hostname=self._settings.smtp_host,
            port=self._settings.smtp_port,
            timeout=None,  # `send` limits them all together
            username=self._settings.smtp_user or None,
            password=self._settings.smtp_password or None,
            use_tls=is_tls and not is_here,
            start_tls=not is_here and not is_tls,  # True = no email without it
            local_hostname=self._settings.mail_from.rpartition("@")[2],
        )
        try:
            async with asyncio.timeout(CONNECTING * BUDGET):
                await self._client.connect(timeout=BUDGET / 2)
                await _greet(self._client)
        except (SMTPException, OSError, TimeoutError) as problem:
            self._drop()
            raise _unconnected(problem) from problem
        return self._client

    def _unwelcome(self, refused: SMTPResponseException) -> TemporaryFailure:
        """Return a reason to wait: for every email if the server wants a sign-in first, else for this one.

        A server that refuses each of thousands is logged once.
        """
        if refused.code in SIGN_IN_FIRST:
            return _trouble(refused)
        if not self._has_warned:
            self._has_warned = True
            return TemporaryFailure(str(_trouble(refused)))
        return TemporaryFailure(_words(refused))

    def _drop(self) -> None:
        if self._client is not None:
            self._client.close()
            self._client = None


async def _greet(client: aiosmtplib.SMTP) -> None:
    """Ask the server for its extensions, unless a sign-in has asked; a very old one knows only HELO."""
    if not client.is_ehlo_or_helo_needed:
        return
    try:
        await client.ehlo()
    except SMTPHeloError:
        if not client.is_connected:
            raise
        await client.helo()


async def _transact(client: aiosmtplib.SMTP, sender: str, mail: MimeMessage) -> None:
    """Hand over an email, or put the connection back to where it was before (RFC 5321 §4.1.1.5).

    `sendmail` does the same in twice the time: it looks for the ends of lines once more, to state the size (RFC 1870).
    Ours all end with CRLF.
    """
    options = [f"SIZE={len(mail.content)}"] if client.supports_extension("size") else []
    try:
        await client.mail(sender, options=options)
        await client.rcpt(mail.recipient)
        await client.data(mail.content)
    except (SMTPResponseException, ValueError):  # of an address that can't be sent
        with suppress(SMTPException, OSError):
            await client.rset(timeout=GOODBYE)
        raise


def _unconnected(problem: Exception) -> MailServerAway:
    """Return what to raise: a server that is away may come back; sign-in, STARTTLS and certificates need a person."""
    match problem:
        case ssl.SSLError():
            return _trouble(problem)
        case SMTPConnectError() | SMTPServerDisconnected() | SMTPTimeoutError() | OSError():
            return MailServerAway(_words(problem))
        case SMTPHeloError() if problem.code < PERMANENT:
            return MailServerAway(_words(problem))
        case _:
            return _trouble(problem)


def _judged(response: SMTPResponseException, *, at_recipient: bool = False) -> EmailRefused | TemporaryFailure:
    words = _words(response)
    return EmailRefused(words, at_recipient=at_recipient) if response.code >= PERMANENT else TemporaryFailure(words)


def _may_be_of_sender(refused: SMTPResponseException) -> bool:
    """Return whether another sender may be accepted: Postfix and Exim refuse a sender only at the recipient."""
    if isinstance(refused, SMTPRecipientRefused):
        return refused.code >= PERMANENT and "sender" in refused.message.lower()
    return _is_of_sender(refused)


def _is_of_sender(response: SMTPResponseException) -> bool:
    """Return whether the server refuses us as a sender; Microsoft's say so only at the end of an email."""
    is_late = any(status in response.message for status in SENDER_REFUSED)
    is_early = isinstance(response, SMTPSenderRefused) and response.code != TOO_LARGE
    return response.code >= PERMANENT and (is_early or is_late)


def _trouble(problem: Exception) -> MailServerAway:
    """Return a reason to wait, and log an alert: the settings or the server must be fixed."""
    log.error("The mail server refused us as a sender: %s", _words(problem))
    return MailServerAway(_words(problem))


def _words(problem: Exception) -> str:
    match problem:
        case SMTPResponseException():
            return shorten(one_line(f"{problem.code} {problem.message}"), 150)
        case TimeoutError():
            return f"The mail server did not respond within {BUDGET:.0f} seconds."
        case _:
            return shorten(one_line(str(problem) or type(problem).__name__), 150)
