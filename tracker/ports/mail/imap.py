"""A folder of a mailbox over IMAP (RFC 3501), by imap-tools. Every call blocks: make it in a thread.

Emails stay as they are but for the mark that they were read. Nothing is deleted; `flag` of imap-tools, which deletes
what others have marked for it, isn't used.
"""

import imaplib
import re
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from imap_tools import BaseMailBox, MailBox, MailBoxUnencrypted
from imap_tools.errors import ImapToolsError, UnexpectedCommandStatusError

from tracker.config.settings import Settings
from tracker.ports.http.request_source import is_loopback
from tracker.ports.mail.access_token import access_token
from tracker.ports.mail.incoming import LARGEST

TLS_PORT = 993  # TLS from the first byte (RFC 8314)
PATIENCE = 20.0  # seconds for each answer of the server
LONGEST_ANSWER = 200  # characters of what a server says about an error
GOES_WRONG = (OSError, imaplib.IMAP4.error, ImapToolsError, ValueError)
FETCHED = f"(BODY.PEEK[]<0.{LARGEST + 1}>)"
NOTHING = re.compile(rb"BODY\[\]<0> NIL", re.IGNORECASE)  # no content, of an email that is there (RFC 3501 §7.4.2)


class Away(Exception):
    """The mailbox can't be read now; the text says why, for administrators."""


class Unfetched(Exception):
    """The server has an email and doesn't hand it over."""


class Folder:
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
            found = b" ".join(filter(None, self._asked(self._client.uid("SEARCH", "UNSEEN"))))
            return sorted(found.decode("ascii").split(), key=int)

    def content(self, uid: str) -> bytes | None:
        """Return an email; of one that is larger than a reply can be, its beginning, one byte over the limit.

        None when it is no longer there. Errors: Away, Unfetched.
        """
        with _or_away():
            try:
                answers = self._asked(self._client.uid("FETCH", uid, FETCHED))
            except imaplib.IMAP4.abort:
                raise
            except (imaplib.IMAP4.error, UnexpectedCommandStatusError) as refused:
                raise Unfetched(f"The mail server doesn’t hand over email {uid}: {_words(refused)}") from refused
        if any(isinstance(answer, bytes) and NOTHING.search(answer) for answer in answers):
            raise Unfetched(f"The mail server hands over nothing of email {uid}.")
        return next((bytes(answer[1]) for answer in answers if isinstance(answer, tuple)), None)

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

    def _asked(self, answer: tuple[str, list[Any]]) -> list[Any]:
        """Return what a server answered. Errors: UnexpectedCommandStatusError for a refusal."""
        if answer[0] != "OK":
            raise UnexpectedCommandStatusError(answer, "OK")
        return answer[1]


def opened(settings: Settings) -> Folder:
    """Sign in and open the folder. Errors: Away."""
    with _or_away():
        mailbox = _connected(settings)
        try:
            _encrypt(mailbox, settings)
            _sign_in(mailbox, settings)
            return Folder(mailbox)
        except BaseException:
            _end(mailbox.client)
            raise


def _sign_in(mailbox: BaseMailBox, settings: Settings) -> None:
    """Sign in with an access token (XOAUTH2) where the settings say so, else with the password, and open the folder."""
    if settings.imap_token_url:
        mailbox.xoauth2(settings.imap_user, access_token(settings, PATIENCE), settings.imap_folder)
    elif settings.imap_password.isascii():
        mailbox.login(settings.imap_user, settings.imap_password, settings.imap_folder)
    else:
        mailbox.login_utf8(settings.imap_user, settings.imap_password, settings.imap_folder)


def _connected(settings: Settings) -> BaseMailBox:
    host, port = settings.imap_host, settings.imap_port
    if port == TLS_PORT:
        return MailBox(host, port, timeout=PATIENCE, ssl_context=ssl.create_default_context())
    return MailBoxUnencrypted(host, port, timeout=PATIENCE)


def _encrypt(mailbox: BaseMailBox, settings: Settings) -> None:
    """Let nothing be said to another computer before the connection is encrypted, with a certificate that is trusted.

    imap-tools has a class for that, which leaves the connection open when it fails.
    """
    if settings.imap_port != TLS_PORT and not is_loopback(settings.imap_host):
        mailbox.client.starttls(ssl.create_default_context())


def _end(client: imaplib.IMAP4) -> None:
    """End a connection that may have ended already."""
    with suppress(OSError):
        client.shutdown()


@contextmanager
def _or_away() -> Iterator[None]:
    """Turn what goes wrong with a server or on the way to it into one error."""
    try:
        yield
    except GOES_WRONG as wrong:
        raise Away(_words(wrong)) from wrong


def _words(wrong: BaseException) -> str:
    """Return what a server said about an error, or the system, on one line."""
    said = str(wrong)
    if isinstance(wrong, UnexpectedCommandStatusError):
        said = " ".join(_text(one) for one in wrong.command_result[1])
    return "".join(one for one in " ".join(said.split()) if one.isprintable())[:LONGEST_ANSWER]


def _text(said: object) -> str:
    return said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
