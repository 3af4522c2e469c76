"""From a letter to the bytes of a mail: the same bytes for every try, and no header that was not intended.

Calendar messages: RFC 6047 (iMIP); headers: RFC 5322, RFC 3834.
"""

import re
from dataclasses import dataclass
from email.charset import QP, Charset
from email.encoders import encode_base64
from email.header import Header
from email.mime.base import MIMEBase
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.parser import BytesParser
from email.policy import compat32
from email.utils import format_datetime, formataddr

from tracker.ical import itip
from tracker.ical.vevent import Organizer
from tracker.links import Links
from tracker.ports.mail.text import Addresses, bodies
from tracker.rules.letters import CalendarPart, Letter, one_line, sound
from tracker.rules.outbox import Message, message_name
from tracker.settings import Settings

LONGEST_LINE = 998  # octets (RFC 5322 §2.1.1)
LONGEST_ADDRESS = 254  # characters (RFC 5321 §4.5.3.1.3, less the brackets)
ADDRESS = re.compile(
    r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*",
    re.ASCII | re.IGNORECASE,
)
OURS = (
    "From", "To", "Reply-To", "Subject", "Date", "Message-ID", "References", "Auto-Submitted", "MIME-Version",
    "Content-Type",
)  # fmt: skip
OF_PARTS = {"content-type", "content-transfer-encoding", "content-disposition", "mime-version"}
CRLF = compat32.clone(linesep="\r\n")
"""The plain reader and writer of mail: five times as fast as the one that understands headers, and none the worse."""
OUTER, INNER = "=_parts_of_this_mail", "=_forms_of_this_letter"
"""Boundaries: the same for every try, and no text can hold them, since an = in it is written as =3D."""
QUOTED = Charset("utf-8")
QUOTED.body_encoding = QP
BARE_ENDS = re.compile(rb"(?<!\r)\n|\r(?!\n)")


class Unsafe(Exception):
    """The mail would not be the one that was meant; it is not sent, and people see why."""


@dataclass(frozen=True, kw_only=True)
class Mail:
    """What goes to the mail server."""

    sender: str
    recipient: str
    content: bytes


class Composer:
    """Makes mails in the name of the task force."""

    def __init__(self, settings: Settings, links: Links) -> None:
        self._name = one_line(settings.task_force_name)
        self._from = checked_address(settings.mail_from)
        self._reply_to = checked_address(settings.coordinator_address)
        self._base_url = settings.base_url
        self._addresses = Addresses(settings.base_url, links)

    def mail(self, letter: Letter, message: Message) -> Mail:
        """Return the mail of a letter. Errors: Unsafe, Invalid for what cannot stand in a calendar."""
        letter, recipient = sound(letter), checked_address(letter.to)
        made = self._parts(letter)
        self._add_headers(made, letter, message, recipient)
        content = made.as_bytes(policy=CRLF)
        check(content, [one.get_content_type() for one in made.walk()])
        return Mail(sender=self._from, recipient=recipient, content=content)

    def _add_headers(self, made: MIMEBase, letter: Letter, message: Message, recipient: str) -> None:
        domain = self._from.rpartition("@")[2]
        made["From"] = formataddr((self._name, self._from))
        made["To"] = recipient
        made["Reply-To"] = self._reply_to
        words = "us-ascii" if letter.subject.isascii() else "utf-8"
        made["Subject"] = Header(letter.subject, words)  # type: ignore[assignment]  # typeshed wants str alone
        made["Date"] = format_datetime(message.created_at)
        made["Message-ID"] = f"<{message_name(message.key)}@{domain}>"
        made["References"] = f"<{message_name(f'thread:{letter.thread}')}@{domain}>"
        made["Auto-Submitted"] = "auto-generated"

    def _parts(self, letter: Letter) -> MIMEBase:
        """Return the parts, the calendar last, where mail programs look for it."""
        readable = bodies(letter, self._addresses, self._name)
        alternatives = MIMEMultipart("alternative", INNER)
        alternatives.attach(_readable(readable.text, "plain"))
        alternatives.attach(_readable(readable.html, "html"))
        if letter.calendar is None:
            return alternatives
        content = self._calendar(letter, letter.calendar)
        method = "CANCEL" if letter.calendar.is_cancel else "REQUEST"
        alternatives.attach(_encoded(MIMEBase("text", "calendar", method=method, charset="UTF-8"), content))
        copy = _encoded(MIMEBase("application", "ics"), content)
        copy["Content-Disposition"] = 'attachment; filename="invite.ics"'
        return MIMEMultipart("mixed", OUTER, [alternatives, copy])

    def _calendar(self, letter: Letter, part: CalendarPart) -> bytes:
        organizer = Organizer(name=self._name, address=self._from, base_url=self._base_url)
        reader = itip.Attendee(name=letter.to_name, email=letter.to, answer=part.answer, role=part.role)
        write = itip.cancel if part.is_cancel else itip.request
        return write(part.event, part.dates, reader, organizer, only=part.date)


def checked_address(text: str) -> str:
    """Return one plain mail address, its domain in ASCII; raise `Unsafe` for anything else, such as two of them."""
    local, _, domain = text.strip().rpartition("@")
    try:
        address = f"{local}@{domain.encode('idna').decode('ascii') if not domain.isascii() else domain}"
    except UnicodeError as odd:
        raise Unsafe("The mail address cannot be used.") from odd
    if len(address) > LONGEST_ADDRESS or not ADDRESS.fullmatch(address):
        raise Unsafe("The mail address cannot be used.")
    return address


def check(content: bytes, kinds: list[str]) -> None:
    """Read the finished bytes again and raise `Unsafe` unless they are exactly what was meant.

    Some versions of Python's `email` let a text make headers of its own (CVE-2024-6923, CVE-2026-1299).
    """
    head = content.partition(b"\r\n\r\n")[0]
    names = [line.partition(b":")[0].decode("latin-1") for line in head.split(b"\r\n") if line[:1] not in b" \t"]
    if sorted(names) != sorted(OURS):
        raise Unsafe("The mail would have other headers than it was given.")
    if BARE_ENDS.search(content) or not content.isascii() or b"\0" in content:
        raise Unsafe("The mail would hold characters that mail cannot carry.")
    if max(map(len, content.split(b"\r\n"))) > LONGEST_LINE:
        raise Unsafe("A line of the mail would be too long.")
    _check_parts(content, kinds)


def _check_parts(content: bytes, kinds: list[str]) -> None:
    parts = list(BytesParser(policy=CRLF).parsebytes(content).walk())
    if [one.get_content_type() for one in parts] != kinds or any(one.defects for one in parts):
        raise Unsafe("The mail would have other parts than it was given.")
    if any(name.lower() not in OF_PARTS for one in parts[1:] for name in one.keys()):  # noqa: SIM118 - a message is no dict
        raise Unsafe("A part of the mail would have other headers than it was given.")


def _readable(text: str, kind: str) -> MIMEText:
    return MIMEText(text, kind, QUOTED)  # type: ignore[arg-type]  # takes a Charset since Python 3.5


def _encoded(part: MIMEBase, content: bytes) -> MIMEBase:
    part.set_payload(content)
    encode_base64(part)
    return part
