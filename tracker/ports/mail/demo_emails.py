"""A demo's emails: its mail server, which keeps them in a folder, the reader of that folder, and a box to answer them.

The server accepts everything on loopback, keeps one .eml per email, named in order of arrival, and sends nothing on. An
email is answered as the program of its recipient would answer, through the real way in (LMTP).
"""

import asyncio
import os
import re
import smtplib
from collections.abc import Callable, Mapping
from datetime import datetime
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from email.utils import format_datetime, make_msgid
from functools import partial
from html import escape
from itertools import islice
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP
from anyio import to_thread
from msgspec import Struct
from msgspec.structs import replace

from tracker.config.settings import Settings
from tracker.crypto import keys
from tracker.crypto.signed_links import ReplyAddresses
from tracker.errors import Invalid, NotFound
from tracker.ical import client_replies
from tracker.ical.client_replies import CENTRAL, ClientInvitation, ClientReply, invitation_in
from tracker.ports.mail.received_emails import RESULTS_HEADER
from tracker.rules.core.clean_text import clean
from tracker.rules.emails.emails import one_line
from tracker.rules.events.replies import LONGEST_COMMENT

INVITE_FILE = "invite.ics"


class ReplyEnvelope(Struct, frozen=True, kw_only=True):
    """Who sends an email to whom, and which mail server confirms the sender."""

    sender: str
    to: str
    subject: str
    sent_at: datetime
    authserv_id: str

    def message(self) -> EmailMessage:
        """Return an email without content, as the site's mail server hands it over (RFC 8601 §2.2)."""
        domain = self.sender.rpartition("@")[2]
        message = EmailMessage(policy=policy.SMTP)
        message[RESULTS_HEADER] = f"{self.authserv_id}; dmarc=pass header.from={domain}"
        message["From"], message["To"], message["Subject"] = self.sender, self.to, one_line(self.subject)
        message["Date"], message["Message-ID"] = format_datetime(self.sent_at), make_msgid(domain=domain)
        return message


def outlook_email(envelope: ReplyEnvelope, text: str, calendar: bytes) -> bytes:
    """Return an email of Exchange: three alternatives, the calendar in base64."""
    return _email_with_alternatives(envelope, text, calendar).as_bytes()


def gmail_email(envelope: ReplyEnvelope, text: str, calendar: bytes) -> bytes:
    """Return an email of Gmail: three alternatives, and the calendar again as a file."""
    message = _email_with_alternatives(envelope, text, calendar)
    message.add_attachment(calendar, maintype="application", subtype="ics", filename=INVITE_FILE)
    return message.as_bytes()


def apple_email(envelope: ReplyEnvelope, text: str, calendar: bytes) -> bytes:
    """Return an email of Apple’s program: the calendar is a file beside the HTML, and no method is named."""
    message, rich = envelope.message(), EmailMessage(policy=policy.SMTP)
    message.set_content(text)
    rich.set_content(_html_of(text), subtype="html")
    rich.add_attachment(calendar, maintype="text", subtype="calendar", filename=INVITE_FILE, cte="quoted-printable")
    del rich["MIME-Version"]
    message.make_alternative()
    message.attach(rich)
    return message.as_bytes()


def thunderbird_email(envelope: ReplyEnvelope, text: str, calendar: bytes) -> bytes:
    """Return an email of Thunderbird: the calendar as an alternative, and again as a file."""
    message = envelope.message()
    message.set_content(text)
    message.add_alternative(calendar, maintype="text", subtype="calendar", params=_method_parameter(calendar))
    message.add_attachment(calendar, maintype="application", subtype="ics", filename=INVITE_FILE)
    return message.as_bytes()


def nextcloud_email(envelope: ReplyEnvelope, text: str, calendar: bytes) -> bytes:
    """Return an email of Nextcloud: the calendar as a file with its method beside text and HTML.

    As people get it who connected their mailbox to Nextcloud. Without that, it comes from an address of the server, and
    waits like one from any other sender.
    """
    message = envelope.message()
    message.set_content(text)
    message.add_alternative(_html_of(text), subtype="html")
    message.add_attachment(
        calendar, maintype="text", subtype="calendar", filename=INVITE_FILE, params=_method_parameter(calendar)
    )
    return message.as_bytes()


def email_in_words(envelope: ReplyEnvelope, text: str, quoted: str) -> bytes:
    """Return an email in which someone writes back, above the text of the email that they got."""
    message = envelope.message()
    below = "\n".join(f"> {line}".rstrip() for line in quoted.splitlines())
    message.set_content(f"{text}\n\nOn {envelope.sent_at:%b %d, %Y}, Task Force wrote:\n{below}\n")
    return message.as_bytes()


PROGRAMS: Mapping[str, Callable[[ReplyEnvelope, str, bytes], bytes]] = {
    "outlook": outlook_email,
    "google": gmail_email,
    "apple": apple_email,
    "thunderbird": thunderbird_email,
    "nextcloud": nextcloud_email,
}


def _email_with_alternatives(envelope: ReplyEnvelope, text: str, calendar: bytes) -> EmailMessage:
    message = envelope.message()
    message.set_content(text)
    message.add_alternative(_html_of(text), subtype="html")
    message.add_alternative(calendar, maintype="text", subtype="calendar", params=_method_parameter(calendar))
    return message


def _method_parameter(calendar: bytes) -> dict[str, str]:
    """Return the parameter that names the method, as in the calendar itself (RFC 6047 §2.4)."""
    return {"method": "COUNTER" if b"\r\nMETHOD:COUNTER\r\n" in calendar else "REPLY"}


def _html_of(text: str) -> str:
    return f"<html><body><p>{escape(text)}</p></body></html>"


HOST = "127.0.0.1"
LARGEST_KEPT = 10_000_000  # bytes
FILE_NAME = re.compile(r"\d{6,12}", re.ASCII)
MOST_SHOWN = 200  # emails in a list
TAKEN_REPLY = 250  # the code for yes (RFC 5321 §4.2.3)
REPLIES = {"accept": "Accepted", "maybe": "Tentative", "decline": "Declined"}
"""The buttons of calendar programs, and what their emails begin with; in capitals, PARTSTAT."""


class EmailSink:
    """Keeps emails in a folder; nothing is ever sent on."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._last = 0
        self._server: asyncio.Server | None = None

    async def start(self, port: int = 0) -> int:
        """Listen, on any free port unless one is given, and return the port."""
        self._last = await to_thread.run_sync(_prepare_folder, self._folder)
        loop = asyncio.get_running_loop()
        make = partial(SMTP, self, hostname="sink.example", data_size_limit=LARGEST_KEPT, loop=loop)
        self._server = await loop.create_server(make, HOST, port)
        address: tuple[str, int] = self._server.sockets[0].getsockname()
        return address[1]

    async def stop(self) -> None:
        """Stop listening; received emails are kept."""
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()
            self._server = None

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802, ARG002 - aiosmtpd's hook
        """Keep one email as it came."""
        self._last += 1
        await to_thread.run_sync(_keep_file, self._folder, f"{self._last:06}.eml", bytes(envelope.content))
        return "250 Kept"


def _prepare_folder(folder: Path) -> int:
    folder.mkdir(parents=True, exist_ok=True)
    return max((int(file.stem) for file in folder.glob("*.eml") if file.stem.isdecimal()), default=0)


def _keep_file(folder: Path, name: str, content: bytes) -> None:
    part = folder / f".{name}.part"
    part.write_bytes(content)
    os.replace(part, folder / name)  # noqa: PTH105 - the one call that is atomic on every system


class SinkEmail(Struct, frozen=True, kw_only=True):
    """One email as its reader has it; missing parts are empty."""

    name: str
    """Its number, for addresses."""
    subject: str
    to: str
    sent_at: datetime | None
    reply_to: str = ""
    text: str = ""
    html: str = ""
    calendar: str = ""


class SinkFolder:
    """The folder of a sink."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def newest(self, to: str = "") -> list[SinkEmail]:
        """Return the newest emails first, to one address if it is given."""
        return await to_thread.run_sync(self._newest, to.lower())

    async def read(self, name: str) -> SinkEmail | None:
        """Return one email, or None."""
        return await to_thread.run_sync(self._read, name) if FILE_NAME.fullmatch(name) else None

    def _newest(self, to: str) -> list[SinkEmail]:
        stems = (file.stem for file in self._folder.glob("*.eml"))
        names = sorted((stem for stem in stems if FILE_NAME.fullmatch(stem)), reverse=True)
        emails = (email for name in names if (email := self._read(name)) and to in ("", email.to.lower()))
        return list(islice(emails, MOST_SHOWN))

    def _read(self, name: str) -> SinkEmail | None:
        try:
            content = (self._folder / f"{name}.eml").read_bytes()
        except FileNotFoundError:
            return None
        message = BytesParser(policy=default).parsebytes(content)
        date = message["Date"]
        kinds = {"text/plain": "text", "text/html": "html", "text/calendar": "calendar"}
        return SinkEmail(
            name=name,
            subject=str(message["Subject"] or ""),
            to=str(message["To"] or ""),
            sent_at=date.datetime if date else None,
            reply_to=str(message["Reply-To"] or ""),
            **{
                kinds[kind]: str(part.get_content())
                for part in message.walk()
                if (kind := part.get_content_type()) in kinds
            },
        )


class ReplyWays(Struct, frozen=True, kw_only=True):
    """How the recipient of an email can answer it by email."""

    has_buttons: bool
    """Whether their calendar program shows Accept, Maybe, and Decline."""
    reads_words: bool
    page: str = ""
    """What the email is about, of this site; empty = it names no page."""
    at: tuple[datetime, datetime] | None = None
    """The time of the event, or of the first date of a series, on the clocks of the Central zone; None = no buttons."""


class ReplyBox:
    """The programs of everyone who gets the demo's emails."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._addresses = ReplyAddresses(settings.reply_address, keys.every("replies"))

    def ways(self, email: SinkEmail) -> ReplyWays:
        """Return how an email can be answered; without a way in, it can't."""
        if not self._settings.lmtp:
            return ReplyWays(has_buttons=False, reads_words=False)
        invitation = self._invitation(email)
        return ReplyWays(
            has_buttons=invitation is not None,
            reads_words=self._is_ours(email.reply_to),
            page=invitation.url if invitation else "",
            at=(invitation.starts.astimezone(CENTRAL), invitation.ends.astimezone(CENTRAL)) if invitation else None,
        )

    async def press(self, email: SinkEmail, program: str, button: str, note: str, now: datetime) -> str:
        """Send what a calendar program sends, and return what the way in answered.

        Errors: NotFound for an email without buttons, an unknown program, or an unknown button; Invalid for the note.
        """
        invitation = self._invitation(email)
        if invitation is None or program not in client_replies.PROGRAMS or button not in REPLIES:
            raise NotFound
        comment = clean(note, LONGEST_COMMENT, "note", multiline=True)
        said = REPLIES[button]
        reply = ClientReply(who=email.to, said=said.upper(), stamped_at=now, note=comment)
        calendar = client_replies.PROGRAMS[program](invitation, reply)
        envelope = self._envelope(email, invitation.organizer, f"{said}: {invitation.title}", now)
        content = PROGRAMS[program](envelope, f"{said}: {invitation.title}\n{comment}", calendar)
        return await to_thread.run_sync(self._hand_over, envelope, content)

    async def propose(self, email: SinkEmail, starts: datetime, ends: datetime, note: str, now: datetime) -> str:
        """Send what Outlook sends for "Tentative and Propose New Time", and return what the way in answered.

        The times are naive, on the clocks of the Central zone. Of a series, it is about its first date: Outlook
        proposes no time for all of them. Errors: NotFound for an email without buttons, Invalid for the times.
        """
        invitation = self._invitation(email)
        if invitation is None:
            raise NotFound
        if ends <= starts:
            raise Invalid(ends="The end comes before the start.")
        of = replace(invitation, date=invitation.starts) if invitation.is_series else invitation
        reply = ClientReply(
            who=email.to,
            said="TENTATIVE",
            stamped_at=now,
            note=clean(note, LONGEST_COMMENT, "reason", multiline=True),
            proposed=(starts.replace(tzinfo=CENTRAL), ends.replace(tzinfo=CENTRAL)),
        )
        envelope = self._envelope(email, of.organizer, f"New Time Proposed: {of.title}", now)
        content = outlook_email(envelope, f"New Time Proposed: {of.title}", client_replies.outlook(of, reply))
        return await to_thread.run_sync(self._hand_over, envelope, content)

    async def write(self, email: SinkEmail, text: str, now: datetime) -> str:
        """Send what a person writes back, and return what the way in answered.

        Errors: NotFound for an email that takes no words, Invalid for the text.
        """
        if not self._is_ours(email.reply_to):
            raise NotFound
        words = clean(text, LONGEST_COMMENT, "words", multiline=True)
        if not words:
            raise Invalid(words="Write a reply.")
        envelope = self._envelope(email, email.reply_to, f"Re: {email.subject}", now)
        return await to_thread.run_sync(self._hand_over, envelope, email_in_words(envelope, words, email.text))

    def _invitation(self, email: SinkEmail) -> ClientInvitation | None:
        """Return the invitation in an email, if replies to it come to us."""
        content = email.calendar.encode()
        client_invitation = invitation_in(content, self._settings.time_zone) if content else None
        return client_invitation if client_invitation and self._is_ours(client_invitation.organizer) else None

    def _is_ours(self, address: str) -> bool:
        return bool(self._settings.reply_address) and self._addresses.is_ours(address)

    def _envelope(self, email: SinkEmail, to: str, subject: str, now: datetime) -> ReplyEnvelope:
        authserv_id = self._settings.authserv_id
        return ReplyEnvelope(sender=email.to, to=to, subject=subject, sent_at=now, authserv_id=authserv_id)

    def _hand_over(self, envelope: ReplyEnvelope, content: bytes) -> str:
        host, port = self._settings.lmtp_address
        with smtplib.LMTP(host, port, local_hostname=self._settings.authserv_id) as server:
            server.ehlo()
            server.mail(envelope.sender)
            code, words = server.rcpt(envelope.to)
            if code == TAKEN_REPLY:
                code, words = server.data(content)
        return f"{code} {words.decode('utf-8', 'replace')}"
