"""Delivering the messages of the outbox: claimed, written, grouped by connection, and handed to the mail server.

A connection (RFC 5321) is encrypted unless it stays on this machine, and used for many emails. Errors are either
`EmailRefused` (this email, permanently) or `TemporaryFailure` (try again later), of which `UnconfirmedDelivery` may
have arrived. When the server refuses the tracker and not the recipient, the fault is in this deployment: the email is
kept and the log says so. The others are tried all the same, because the server may have meant this one.
"""

import asyncio
import logging
import ssl
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Generic, NamedTuple, TypeVar
from uuid import UUID

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
from msgspec import Struct

from tracker.config.settings import Settings
from tracker.database import is_unavailable
from tracker.errors import Invalid
from tracker.ports.http.request_source import is_loopback
from tracker.ports.mail.compose import EmailComposer, MimeMessage, UnsafeEmail
from tracker.rules.core.outbox import Message, MessageState, SendOutcome
from tracker.rules.emails.emails import Email, one_line, shorten
from tracker.rules.intake.received_emails import DeliveryRefusal
from tracker.usecases.core import outbox, process_locks
from tracker.usecases.core.process_locks import Worker, enlist_worker
from tracker.usecases.emails import emails, preferences
from tracker.usecases.intake import received_emails

BUDGET = 20.0  # seconds for one email, from connecting to the server's reply
CONNECTING = 0.75  # of them for connecting and signing in; then nothing of the email was handed over
TLS_PORT = 465  # TLS from the first byte (RFC 8314); every other port is upgraded by STARTTLS
SENDER_REFUSED = ("5.2.252", "5.7.60")  # of Exchange: the sign-in may not send as this address
PERMANENT = 500  # codes from here on are permanent
TOO_LARGE = 552  # the email, as said before its recipient to those who state its size (RFC 1870 §6.1)
SIGN_IN_FIRST = (530, 534, 535, 538)  # RFC 4954 §6: no email is accepted as things are
GOODBYE = 2.0  # seconds for QUIT, and for RSET after a refusal


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

    async def send(self, email: MimeMessage) -> None:
        """Send one email within 20 s; return only when the server accepted it.

        Errors: Refused, Temporary, Unconfirmed, Away.
        """
        try:
            async with asyncio.timeout(BUDGET):
                await self._handed_over(await self._connected(), email)
        except SMTPRecipientRefused as refused:
            raise _judged(refused, at_recipient=True) from refused
        except SMTPResponseException as refused:
            raise (self._unwelcome(refused) if _is_of_sender(refused) else _judged(refused)) from refused
        except (SMTPException, OSError, TimeoutError) as broken:
            self._drop()
            raise UnconfirmedDelivery(f"{_words(broken).rstrip('.')}. It may have arrived.") from broken

    async def _handed_over(self, client: aiosmtplib.SMTP, email: MimeMessage) -> None:
        """Send an email; where the server refuses its sender, those of this connection come from their author."""
        sender = email.sender if self._takes_any_sender else email.author
        try:
            await _transact(client, sender, email)
        except SMTPResponseException as refused:
            if sender == email.author or not _may_be_of_sender(refused):
                raise
            await _transact(client, email.author, email)
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


async def _transact(client: aiosmtplib.SMTP, sender: str, email: MimeMessage) -> None:
    """Hand over an email, or put the connection back to where it was before (RFC 5321 §4.1.1.5).

    `sendmail` does the same in twice the time: it looks for the ends of lines once more, to state the size (RFC 1870).
    Ours all end with CRLF.
    """
    options = [f"SIZE={len(email.content)}"] if client.supports_extension("size") else []
    try:
        await client.mail(sender, options=options)
        await client.rcpt(email.recipient)
        await client.data(email.content)
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


MOST = 20  # of a group: other writers wait for all of it
T = TypeVar("T")
R = TypeVar("R")


class _Waiting(Struct, Generic[T, R], eq=False):
    """One of a group, and what became of it: one result, or an error."""

    task: T
    results: Sequence[R] = ()
    error: Exception | None = None

    @property
    def is_done(self) -> bool:
        return bool(self.results) or self.error is not None


class GroupedWork(Generic[T, R]):
    """Does things for tasks, each of which waits until its own is done; `do` returns a result for each."""

    def __init__(
        self,
        do: Callable[[Sequence[T]], Awaitable[Sequence[R]]],
        moment: float = 0.0,
        tasks: Callable[[], int] = lambda: MOST,
    ) -> None:
        """Wait up to `moment` seconds before each group, until as many tasks wait as there are."""
        self._do = do
        self._moment = moment
        self._tasks = tasks
        self._is_whole = asyncio.Event()
        self._waiting: list[_Waiting[T, R]] = []
        self._lock = asyncio.Lock()

    async def do(self, task: T) -> R:
        """Return what became of one. When a group fails, each is done by itself, and only those fail that can't be."""
        own = _Waiting[T, R](task)
        self._waiting.append(own)
        if len(self._waiting) >= self._tasks():
            self._is_whole.set()
        try:
            async with self._lock:
                while not own.is_done:  # by another task
                    await self._more()
                    await self._do_those_that_wait()
        except asyncio.CancelledError:  # no one waits for it any longer
            self._waiting = [waiting for waiting in self._waiting if waiting is not own]
            raise
        if own.error is not None:
            raise own.error
        return own.results[0]

    async def _more(self) -> None:
        """Wait for more, if this group does."""
        if self._moment:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._moment):
                    await self._is_whole.wait()

    async def _do_those_that_wait(self) -> None:
        group, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
        self._is_whole.clear()
        try:
            await self._do_all(group)
        finally:  # a task that is canceled leaves what is not done to the next one
            self._waiting[:0] = [waiting for waiting in group if not waiting.is_done]

    async def _do_all(self, group: Sequence[_Waiting[T, R]]) -> None:
        try:
            results = await self._do([waiting.task for waiting in group])
        except Exception as failed:  # noqa: BLE001 - whatever failed, `do` raises it where it belongs
            is_final = len(group) == 1 or is_unavailable(failed)  # then none of them has to wait for that again
            for waiting in group:
                if is_final:
                    waiting.error = failed
                else:
                    await self._do_all([waiting])
        else:
            for waiting, result in zip(group, results, strict=True):
                waiting.results = (result,)


BATCH = 50  # messages claimed at once
LANES = 5  # connections at most: this many emails can arrive twice when the process is killed
PER_LANE = 10  # messages that justify one more connection

OUR_ERROR = "The tracker couldn’t send it because of an error of its own. The log has the details."
CLOSING_WAIT = 0.02  # seconds for which lanes wait for one another: five are read and recorded almost as fast as one
log = logging.getLogger("tracker.mail")


class _ComposedEmail(NamedTuple):
    """An email to send, and what it says."""

    mime: MimeMessage
    email: Email


class Delivery:
    """Sends due messages each time it runs; any number of processes may do so."""

    def __init__(self, settings: Settings, composer: EmailComposer, now: Callable[[], datetime]) -> None:
        self._settings = settings
        self._composer = composer
        self._now = now
        self._worker: Worker | None = None
        self._lock = asyncio.Lock()
        self._writing = GroupedWork(self._write, CLOSING_WAIT, self._lanes_at_work)
        self._closing = MessageCloser(now, self._lanes_at_work)
        self._is_stopping = False
        self._at_work = 0  # lanes
        self._sent: dict[UUID, SendOutcome] = {}  # accepted by the mail server, but not yet recorded in the database
        self._unconfirmed: set[UUID] = set()  # perhaps accepted, and not yet recorded either

    async def dispatch(self) -> int:
        """Send all due messages and return how many were handled; stop early when the server is away."""
        async with self._lock:
            if self._is_stopping or await process_locks.held_copy():
                return 0
            if self._worker is None or not self._worker.is_there():  # the database has given up on it
                self._worker = await enlist_worker()
            worker = self._worker
            gone = await worker.gone(await outbox.claiming_workers())
            lines = [SmtpConnection(self._settings) for _ in range(LANES)]
            try:
                return await self._empty(worker, gone, lines)
            finally:
                await asyncio.gather(*(line.close() for line in lines))

    async def stop(self) -> None:
        """Finish the emails being sent, release the others, and leave."""
        self._is_stopping = True
        async with self._lock:
            if self._worker is not None:
                await self._worker.leave()
                self._worker = None

    async def _empty(self, worker: Worker, gone: Sequence[str], lines: Sequence[SmtpConnection]) -> int:
        done = 0
        while self._may_continue(worker):
            batch = await outbox.claim_messages(worker.name, gone, self._now(), BATCH)
            may_go = await preferences.sendable_messages(batch, worker.name, self._now())
            left = await self._send(may_go, worker, lines)
            done += len(may_go) - len(left)
            if not batch or left:
                await outbox.put_back_messages(left, worker.name)
                break
        return done

    async def _send(self, batch: Sequence[Message], worker: Worker, lines: Sequence[SmtpConnection]) -> list[Message]:
        """Send a batch over a suitable number of connections and return what was not tried."""
        waiting = deque(batch)
        used = lines[: 1 + len(batch) // PER_LANE]
        self._at_work = len(used)
        async with asyncio.TaskGroup() as lanes:
            for line in used:
                lanes.create_task(self._lane(waiting, worker, line))
        return list(waiting)

    def _lanes_at_work(self) -> int:
        return self._at_work

    async def _write(self, messages: Sequence[Message]) -> Sequence[_ComposedEmail | SendOutcome]:
        """Return the emails that are about to be sent. They are handed over side by side, so all are finished first."""
        written = await emails.write_emails(messages, self._now(), self._settings.time_zone)
        return [
            self._composed(message, email) if isinstance(email, Email) else email
            for message, email in zip(messages, written, strict=True)
        ]

    def _composed(self, message: Message, email: Email) -> _ComposedEmail | SendOutcome:
        try:
            return _ComposedEmail(self._composer.compose(email, message), email)
        except (UnsafeEmail, Invalid, ValueError) as unsound:
            log.exception("Message %s could not be written safely.", message.id)
            return SendOutcome(state=MessageState.FAILED, reason=f"It could not be written safely. {unsound}")

    def _may_continue(self, worker: Worker) -> bool:
        """Return whether the claims are still valid: others take them when the database gives up on this worker."""
        return not self._is_stopping and worker.is_there()

    async def _lane(self, waiting: deque[Message], worker: Worker, line: SmtpConnection) -> None:
        while waiting and self._may_continue(worker):
            if not await self._one(waiting.popleft(), worker.name, line):
                break
        self._at_work -= 1

    async def _one(self, message: Message, worker: str, line: SmtpConnection) -> bool:
        """Handle one message; return whether the server can take more."""
        try:
            tried = await self._tried(message, line)
            if isinstance(tried, DeliveryRefusal):
                await received_emails.record_refusal(message, tried, self._now())
            else:
                await self._closing.close(message, tried)
        except TemporaryFailure as later:
            return await self._put_off(message, str(later), worker) and not isinstance(later, MailServerAway)
        except Exception:  # one message that can't be handled must not stop the others
            log.exception("Message %s could not be processed.", message.id)
            return await self._put_off(message, OUR_ERROR, worker)
        self._sent.pop(message.id, None)
        self._unconfirmed.discard(message.id)
        return True

    async def _put_off(self, message: Message, reason: str, worker: str) -> bool:
        """Postpone a message; without a database it stays claimed, and the next dispatch finds it."""
        try:
            may_have_arrived = message.id in self._sent or message.id in self._unconfirmed
            await outbox.postpone_message(message, reason, worker, self._now(), may_have_arrived=may_have_arrived)
        except Exception:  # it must not cancel the emails being sent
            log.exception("Message %s could not be put back.", message.id)
            return False
        self._unconfirmed.discard(message.id)
        return True

    async def _tried(self, message: Message, line: SmtpConnection) -> SendOutcome | DeliveryRefusal:
        """Send a message and return how that ended; note when its end is not known, as after a cancellation."""
        if message.id in self._sent:
            return self._sent[message.id]
        written = await self._writing.do(message)
        if isinstance(written, SendOutcome):
            return written
        mime = written.mime
        try:
            await line.send(mime)
        except EmailRefused as refused:
            return DeliveryRefusal(words=str(refused), sent_to=mime.recipient, at_recipient=refused.at_recipient)
        except BaseException as ended:
            if isinstance(ended, UnconfirmedDelivery) or not isinstance(ended, TemporaryFailure):
                self._unconfirmed.add(message.id)
            raise
        sent = SendOutcome(
            state=MessageState.SENT,
            reason="",
            sent_to=mime.recipient,
            event_version=written.email.event_version,
            said=written.email.said,
        )
        self._sent[message.id] = sent
        return sent


class MessageCloser:
    """Closes messages for several lanes, each of which waits until its own is recorded."""

    def __init__(self, now: Callable[[], datetime], lanes: Callable[[], int]) -> None:
        self._now = now
        self._recording = GroupedWork(self._record, CLOSING_WAIT, lanes)

    async def close(self, message: Message, outcome: SendOutcome) -> None:
        """Record how a message ended."""
        await self._recording.do((message, outcome))

    async def _record(self, ended: Sequence[tuple[Message, SendOutcome]]) -> Sequence[None]:
        await outbox.close_messages(ended, self._now())
        return [None] * len(ended)
