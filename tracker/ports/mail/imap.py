"""The other way in for replies: a mailbox that one process reads, for sites whose mail server is someone else's.

The mailbox is read over IMAP (RFC 3501), by imap-tools; every call to it blocks, so it is made in a thread. Emails stay
as they are but for the mark that they were read. Nothing is deleted; `flag` of imap-tools, which deletes what others
have marked for it, isn't used. A program signs in for itself by OAuth 2.0 (RFC 6749 §4.4), or with a password.

An email is marked as read after it was recorded. When the process dies in between, the next one takes the email again,
which changes nothing. To which of our addresses it came, IMAP doesn't say, so its headers are asked: anyone can write
them, and no harm is done, because anyone who knows an address could send to it.
"""

import asyncio
import imaplib
import logging
import re
import socket
import ssl
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from email.parser import BytesHeaderParser
from email.policy import compat32
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any, TypeVar
from urllib.parse import urlencode, urlsplit

import msgspec
from anyio import CapacityLimiter, to_thread
from imap_tools import BaseMailBox, MailBox, MailBoxUnencrypted
from imap_tools.errors import ImapToolsError, UnexpectedCommandStatusError

from tracker.config.settings import Settings
from tracker.crypto.signed_links import ReplyAddresses
from tracker.errors import Busy
from tracker.ports.http.request_source import is_loopback
from tracker.ports.mail.received_emails import LARGEST_EMAIL, MOST_HEADERS, EmailParser, Intake
from tracker.usecases.core import process_locks
from tracker.usecases.core.process_locks import ProcessLock, SingleJob, lock_job
from tracker.usecases.intake import received_emails

LOOKS_EVERY = 60.0  # seconds between two looks at a mailbox that reports nothing by itself
FIRST_PAUSE, LONGEST_PAUSE = 30.0, 900.0  # seconds after an error, doubled each time: servers lock who keeps failing
MOST_DOUBLINGS = 5
LASTED = 60.0  # seconds after which a connection may end without an error: servers end each one some time
LONGEST_TURN = 15.0  # seconds until a process that may not read asks again whether it may
RETRY = 300.0  # seconds until an email that couldn't be taken is tried again
HELD = 3_600.0  # seconds until one is tried again whose sender has sent too many
NOT_TAKEN = "An email couldn’t be taken; the log has the details. It’s still unread in the mailbox."
OUR_ERROR = "The tracker stopped reading because of an error of its own. The log has the details."
T = TypeVar("T")
IMAPS_PORT = 993  # TLS from the first byte (RFC 8314)
RESPONSE_PATIENCE = 20.0  # seconds for each answer of the server
LONGEST_RESPONSE = 200  # characters of what a server says about an error
GOES_WRONG = (OSError, imaplib.IMAP4.error, ImapToolsError, ValueError)
FETCHED = f"(BODY.PEEK[]<0.{LARGEST_EMAIL + 1}>)"
NOTHING = re.compile(rb"BODY\[\]<0> NIL", re.IGNORECASE)  # no content, of an email that is there (RFC 3501 §7.4.2)
RECIPIENT_HEADERS = ("Delivered-To", "X-Original-To", "Envelope-To", "X-Envelope-To", "To", "Cc")
"""Headers with a recipient: the first four are written by servers that deliver (Postfix, Exim, Google)."""
WITH_TOKEN = re.compile(r"[a-z0-9.-]{1,11}\+[a-z0-9-]{1,64}@[a-z0-9.-]{1,253}", re.ASCII)
"""Searched for, not parsed: a parser of addresses recurses into comments, and no syntax is needed to know our own."""
LONGEST_HEAD = 100_000  # bytes
LONGEST_HEADER_READ = 2_000  # characters of one header
MOST_RECIPIENTS = 5  # addresses of ours in one email; a calendar program names one
LONGEST_TOKEN_RESPONSE = 100_000  # bytes of an answer
HTTP_OK = 200
TOKEN_HEADERS = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
log = logging.getLogger("tracker.mail.mailbox")


class MailboxFolder:
    """The open folder of the mailbox."""

    can_idle: bool
    """Whether the server reports new emails by itself."""

    def __init__(self, mailbox: BaseMailBox) -> None:
        self._mailbox = mailbox
        self._client: imaplib.IMAP4 = mailbox.client
        # Asked again: some servers name IDLE only to those who have signed in.
        self.can_idle = b"IDLE" in self._asked(self._client.capability())[0].upper().split()

    def waiting(self) -> list[str]:
        """Return the UIDs of the emails that were not read yet, in the order in which they came. Errors: Away."""
        with _or_away():
            self._asked(self._client.noop())  # some servers look for new emails only then
            uids = b" ".join(filter(None, self._asked(self._client.uid("SEARCH", "UNSEEN"))))
            return sorted(uids.decode("ascii").split(), key=int)

    def content(self, uid: str) -> bytes | None:
        """Return an email; of one that is larger than a reply can be, its beginning, one byte over the limit.

        None when it is no longer there. Errors: Away, Unfetched.
        """
        with _or_away():
            try:
                responses = self._asked(self._client.uid("FETCH", uid, FETCHED))
            except imaplib.IMAP4.abort:
                raise
            except (imaplib.IMAP4.error, UnexpectedCommandStatusError) as refused:
                raise EmailUnfetched(f"The mail server doesn’t hand over email {uid}: {_words(refused)}") from refused
        if any(isinstance(response, bytes) and NOTHING.search(response) for response in responses):
            raise EmailUnfetched(f"The mail server hands over nothing of email {uid}.")
        return next((bytes(response[1]) for response in responses if isinstance(response, tuple)), None)

    def mark_read(self, uid: str) -> None:
        """Mark an email as read. Errors: Away."""
        with _or_away():
            self._asked(self._client.uid("STORE", uid, "+FLAGS.SILENT", r"(\Seen)"))

    def wait(self, seconds: float) -> bool:
        """Wait until the server reports something, by IDLE (RFC 2177), and return whether it did.

        What comes in one packet with the server's answer to IDLE isn't seen, so look again after a quiet wait too.
        Errors: Away, also when the wait was interrupted.
        """
        with _or_away():
            return bool(self._mailbox.idle.wait(timeout=seconds))

    def interrupt(self) -> None:
        """End a wait, from another thread; the folder can't be used afterward."""
        with suppress(OSError):
            self._client.socket().shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Sign out, and end the connection."""
        with suppress(*GOES_WRONG):
            self._mailbox.logout()
        _end(self._client)

    def _asked(self, response: tuple[str, list[Any]]) -> list[Any]:
        """Return what a server answered. Errors: UnexpectedCommandStatusError for a refusal."""
        if response[0] != "OK":
            raise UnexpectedCommandStatusError(response, "OK")
        return response[1]


class MailboxAway(Exception):
    """The mailbox can't be read now; the text says why, for administrators."""


def _words(wrong: BaseException) -> str:
    """Return what a server said about an error, or the system, on one line."""
    said = str(wrong)
    if isinstance(wrong, UnexpectedCommandStatusError):
        responses = wrong.command_result[1]
        said = " ".join(text.decode("utf-8", "replace") if isinstance(text, bytes) else str(text) for text in responses)
    return "".join(character for character in " ".join(said.split()) if character.isprintable())[:LONGEST_RESPONSE]


@contextmanager
def _or_away() -> Iterator[None]:
    """Turn what goes wrong with a server or on the way to it into one error."""
    try:
        yield
    except GOES_WRONG as wrong:
        raise MailboxAway(_words(wrong)) from wrong


class _TokenResponse(msgspec.Struct):
    access_token: str = ""
    error: str = ""
    error_description: str = ""


def _token_in(status: int, body: bytes) -> str:
    """Return the token in an answer (RFC 6749 §5.1), or raise what the server says against it (§5.2)."""
    try:
        said = msgspec.json.decode(body, type=_TokenResponse)
    except msgspec.DecodeError:
        said = _TokenResponse()
    if status == HTTP_OK and said.access_token.isprintable() and said.access_token.isascii() and said.access_token:
        return said.access_token
    raise ValueError(f"The token endpoint returned {status}. {said.error_description or said.error}".strip())


def fetch_access_token(settings: Settings, patience: float) -> str:
    """Return a new access token; `patience` is the time for each answer, in seconds.

    The connection is encrypted and its certificate checked, except to this computer. No redirect is followed: it could
    lead the client secret elsewhere. Errors: OSError, ValueError.
    """
    address = urlsplit(settings.imap_token_url)
    form = {
        "grant_type": "client_credentials",
        "client_id": settings.imap_client_id,
        "client_secret": settings.imap_client_secret,
        "scope": settings.imap_scope,
    }
    host, port = address.hostname or "", address.port
    server: HTTPConnection = (
        HTTPSConnection(host, port, timeout=patience, context=ssl.create_default_context())
        if address.scheme == "https"
        else HTTPConnection(host, port, timeout=patience)
    )
    try:
        server.request("POST", address.path or "/", urlencode(form), TOKEN_HEADERS)
        response = server.getresponse()
        return _token_in(response.status, response.read(LONGEST_TOKEN_RESPONSE))
    except HTTPException as odd:
        raise ValueError(f"{host} doesn’t respond as a web server.") from odd
    finally:
        server.close()


def _end(client: imaplib.IMAP4) -> None:
    """End a connection that may have ended already."""
    with suppress(OSError):
        client.shutdown()


def open_folder(settings: Settings) -> MailboxFolder:
    """Sign in and open the folder. Errors: Away."""
    host, port = settings.imap_host, settings.imap_port
    mailbox: BaseMailBox
    with _or_away():
        if port == IMAPS_PORT:
            mailbox = MailBox(host, port, timeout=RESPONSE_PATIENCE, ssl_context=ssl.create_default_context())
        else:
            mailbox = MailBoxUnencrypted(host, port, timeout=RESPONSE_PATIENCE)
        try:
            # Nothing is said to another computer before the connection is encrypted, with a certificate that is
            # trusted. imap-tools has a class for that, which leaves the connection open when it fails.
            if port != IMAPS_PORT and not is_loopback(host):
                mailbox.client.starttls(ssl.create_default_context())
            if settings.imap_token_url:
                mailbox.xoauth2(
                    settings.imap_user, fetch_access_token(settings, RESPONSE_PATIENCE), settings.imap_folder
                )
            elif settings.imap_password.isascii():
                mailbox.login(settings.imap_user, settings.imap_password, settings.imap_folder)
            else:
                mailbox.login_utf8(settings.imap_user, settings.imap_password, settings.imap_folder)
            return MailboxFolder(mailbox)
        except BaseException:
            _end(mailbox.client)
            raise


class MailboxReader:
    """Reads the mailbox each time it runs, unless another process does; then it waits up to `waits` seconds for more.

    `steady` is a clock in seconds.
    """

    def __init__(
        self,
        settings: Settings,
        reader: EmailParser,
        now: Callable[[], datetime],
        *,
        open_folder: Callable[[Settings], MailboxFolder] = open_folder,
        waits: float = LOOKS_EVERY,
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings, self._intake, self._now = settings, Intake(reader), now
        self._open_folder, self._waits, self._steady = open_folder, waits, steady
        self._thread = CapacityLimiter(1)  # of our own: a mailbox that hangs takes no thread from the pages
        self._running = asyncio.Lock()
        self._hold: ProcessLock | None = None
        self._folder: MailboxFolder | None = None
        self._opened_at = 0.0
        self._waiting_in: MailboxFolder | None = None
        self._failures = 0
        self._not_before = -1.0
        self._put_off: dict[str, float] = {}  # emails that couldn't be taken, and when to try again
        self._held: dict[str, float] = {}  # emails of senders who have sent too many, and when to try again
        self._is_stopping = False

    async def run(self) -> None:
        """Take the emails that wait, and those that come while it waits; what goes wrong with the mailbox is noted."""
        async with self._running:
            try:
                if await self._may_read():
                    folder = await self._opened()
                    await self._take_all(folder)
                    if await self._has_change(folder):
                        await self._take_all(folder)
            except MailboxAway as away:
                if self._folder is not None and self._steady() - self._opened_at >= LASTED:
                    await self._close()
                else:
                    await self._pause(str(away))
            except Exception:  # the next run begins with a new connection
                log.exception("The mailbox could not be read.")
                await self._pause(OUR_ERROR)

    async def stop(self) -> None:
        """Finish the email that is being taken, sign out, and let another process read."""
        self._is_stopping = True
        if self._waiting_in is not None:
            self._waiting_in.interrupt()
        async with self._running:
            await self._close()
            if self._hold is not None:
                await self._hold.release()
                self._hold = None

    async def _may_read(self) -> bool:
        """Return whether it's this process's turn; a restored copy would take the emails of the one that works."""
        if self._is_stopping or self._steady() < self._not_before:
            return False
        if self._hold is None or not self._hold.is_held():
            await self._close()
            self._hold = await lock_job(SingleJob.MAILBOX)
        may_read = self._hold is not None and not await process_locks.held_copy()
        if not may_read:
            await self._close()
            self._not_before = self._steady() + LONGEST_TURN
        return may_read

    async def _opened(self) -> MailboxFolder:
        if self._folder is None:
            self._folder = await self._blocking(lambda: self._open_folder(self._settings))
            self._opened_at = self._steady()
        return self._folder

    async def _take_all(self, folder: MailboxFolder) -> None:
        """Take each email that waits, and note how that went. Errors: Away."""
        waiting = await self._blocking(folder.waiting)
        self._put_off = {uid: self._put_off[uid] for uid in waiting if uid in self._put_off}
        self._held = {uid: self._held[uid] for uid in waiting if uid in self._held}
        taken = 0
        for uid in waiting:
            again = max(self._put_off.get(uid, -1.0), self._held.get(uid, -1.0))
            if not self._is_stopping and again <= self._steady():
                taken += await self._take(folder, uid)
        self._failures = 0
        await received_emails.note_mailbox_read(
            self._now(), has_email=taken > 0, trouble=NOT_TAKEN if self._put_off else ""
        )

    async def _take(self, folder: MailboxFolder, uid: str) -> bool:
        """Take one email and mark it as read; return whether that was possible. Errors: Away."""
        try:
            content = await self._blocking(lambda: folder.content(uid))
            if content is not None:
                for to in reply_recipients(content, self._intake.reader.addresses) or (self._settings.reply_address,):
                    await self._intake.take(content, to, self._now(), self._thread)
        except MailboxAway:
            raise
        except Busy:  # others don't wait for its sender
            self._held[uid] = self._steady() + HELD
            return False
        except Exception:  # one email must not stop the others; it stays unread
            log.exception("Email %s of the mailbox could not be taken.", uid)
            self._put_off[uid] = self._steady() + RETRY
            return False
        await self._blocking(lambda: folder.mark_read(uid))
        self._put_off.pop(uid, None)
        return True

    async def _has_change(self, folder: MailboxFolder) -> bool:
        """Wait for a change for up to a minute; without IDLE, do nothing in the runs of the next minute."""
        if not folder.can_idle:
            self._not_before = self._steady() + self._waits
        if self._is_stopping or not folder.can_idle:
            return False
        self._waiting_in = folder
        try:
            return await self._blocking(lambda: folder.wait(self._waits))
        finally:
            self._waiting_in = None

    async def _pause(self, words: str) -> None:
        """End the connection, and try again after a while, which is longer each time."""
        self._not_before = self._steady() + min(FIRST_PAUSE * 2**self._failures, LONGEST_PAUSE)
        self._failures = min(self._failures + 1, MOST_DOUBLINGS)
        await self._close()
        if not self._is_stopping:
            log.warning("The mailbox can't be read: %s", words)
            await received_emails.note_mailbox_trouble(words, self._now())

    async def _close(self) -> None:
        folder, self._folder = self._folder, None
        if folder is not None:
            await self._blocking(folder.close)

    async def _blocking(self, call: Callable[[], T]) -> T:
        return await to_thread.run_sync(call, limiter=self._thread)


class EmailUnfetched(Exception):
    """The server has an email and doesn't hand it over."""


def reply_recipients(content: bytes, addresses: ReplyAddresses) -> Sequence[str]:
    """Return the addresses of ours that an email names, in small letters; none when it names none with a token."""
    head = content[:LONGEST_HEAD].partition(b"\r\n\r\n")[0]
    if head.count(b"\n") > MOST_HEADERS:
        return ()
    message = BytesHeaderParser(policy=compat32).parsebytes(head)
    texts = (
        str(text)[:LONGEST_HEADER_READ].lower() for name in RECIPIENT_HEADERS for text in message.get_all(name, [])
    )
    ours = (address for text in texts for address in WITH_TOKEN.findall(text) if addresses.is_ours(address))
    return tuple(dict.fromkeys(ours))[:MOST_RECIPIENTS]
