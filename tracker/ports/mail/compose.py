"""From an email to its MIME message: two with one Message-ID have the same bytes, and no header is unintended.

Calendar messages: RFC 6047 (iMIP); headers: RFC 5322, RFC 3834. Only the MIME forms that the tracker needs are written
(RFC 2045 to 2047), the same on every Python: its own writer takes several times as long, and in some versions lets a
text make headers. Its parser checks the bytes before they are sent (`check_bytes`).

Some releases of Python let a title make headers of its own (CVE-2024-6923, CVE-2025-11468, CVE-2026-1299). So hostile
titles are tried before a process sends its first email; one whose emails would all be refused does not start.
"""

import base64
import binascii
import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from email.header import Header
from email.parser import BytesParser
from email.policy import compat32
from email.utils import format_datetime, formataddr
from functools import lru_cache
from typing import NamedTuple, Protocol
from uuid import UUID

from msgspec import Struct

from tracker.config.settings import Settings
from tracker.crypto import keys
from tracker.crypto.signed_links import Links, ReplyAddresses
from tracker.ical import itip
from tracker.ical.itip import vtodo_calendar
from tracker.ical.vevents import Organizer
from tracker.ports.mail.wording import LinkAddresses, WrittenEmail, email_texts, fill_in_email
from tracker.rules.calendars.feeds import APPOINTMENTS
from tracker.rules.core.message_types import EmailedEntry, Invited
from tracker.rules.core.outbox import Message, message_name, thread_name
from tracker.rules.emails.emails import CalendarPart, DeclinedProposal, Email, Fact, FactName, Footer, one_line
from tracker.rules.emails.template_values import InvitationEmail
from tracker.rules.events.replies import AttendeeRole, ReplyValue

SHAPES = 256  # combinations of parts that are remembered as sound
LONGEST_LINE = 998  # octets (RFC 5322 §2.1.1)
LONGEST_ADDRESS = 254  # characters (RFC 5321 §4.5.3.1.3, less the brackets)
ADDRESS = re.compile(
    r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*",
    re.ASCII | re.IGNORECASE,
)
OUR_HEADERS = (
    "From",
    "To",
    "Reply-To",
    "Subject",
    "Date",
    "Message-ID",
    "References",
    "Auto-Submitted",
    "MIME-Version",
    "Content-Type",
)
TO_STOP = ("List-Unsubscribe", "List-Unsubscribe-Post")
EMPTY_LINE, MAYBE_BOUNDARY = b"\r\n\r\n", b"\r\n--"
OF_PARTS = {"content-type", "content-transfer-encoding", "content-disposition", "mime-version"}
LINES_REMEMBERED = 4_096  # lines of text: most of those in an email are its layout, or go to everyone who gets it
LINE_END = b"\r\n"
LINE_LENGTH = 78  # characters (RFC 5322 §2.1.1)
OUTER, INNER = "=_parts_of_this_mail", "=_forms_of_this_letter"
"""Boundaries: the same for every try, and no text can contain them, because an = in it is written as =3D."""
HOSTILE_TITLES = (
    "=?utf-8?q?x=0D=0ABcc:_somebody=40else.example?=",
    "Notes =?utf-8?b?DQpCY2M6IHNvbWVib2R5QGVsc2UuZXhhbXBsZQ==?=",
    "Title\r\nBcc: someone@else.example",
    "Title\n\nA body of its own",
    "Title\u2028Bcc: someone@else.example",
    "Title\x85Bcc: someone@else.example",
    "Title\x00\ud800",
    "Ü" * 200 + "\r\nBcc: someone@else.example",
)
"""Each once made an extra header, ended the headers, or could not be written, in some release."""
NO_ONE = UUID(int=0)
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
TEST_MESSAGE = Message(
    id=NO_ONE,
    key="self-test",
    content=Invited(),
    recipient_id=NO_ONE,
    event_id=None,
    occurrence_id=None,
    item_id=None,
    created_at=LONG_AGO,
    due=LONG_AGO,
    not_after=None,
    attempts=1,
)


class UnsafeEmail(Exception):
    """The email would differ from what was intended; it is not sent, and people see why."""


class MimeMessage(Struct, frozen=True, kw_only=True):
    """What is handed to the email server."""

    sender: str
    """On the envelope (RFC 5321 §2.3.1): where bounces go."""
    recipient: str
    content: bytes
    author: str
    """The address in From, for a mail server that takes no other sender."""


class MimePart(NamedTuple):
    """A part with its headers; `kinds` are its own type and those of its parts, in order."""

    headers: tuple[str, ...]
    body: bytes
    kinds: tuple[str, ...]

    def as_bytes(self) -> bytes:
        """Return headers and body."""
        return "\r\n".join((*self.headers, "", "")).encode("ascii") + self.body


class EmailComposer:
    """Makes emails in the name of the task force."""

    def __init__(self, settings: Settings, links: Links) -> None:
        self._name = one_line(settings.task_force_name)
        self._from = checked_address(settings.mail_from)
        self._named, self._unnamed = formataddr((self._name, self._from)), formataddr(("", self._from))
        self._domain = self._from.rpartition("@")[2]
        self._reply_to = checked_address(settings.coordinator_address)
        self._base_url = settings.base_url
        self._zone = settings.time_zone
        self._addresses = LinkAddresses(settings.base_url, links)
        self._replies = (
            ReplyAddresses(settings.reply_address, keys.every("replies")) if settings.reply_address else None
        )

    def compose(self, email: Email, message: Message) -> MimeMessage:
        """Return the finished email. Errors: Unsafe, Invalid for values that a calendar can't hold."""
        words = fill_in_email(email, reads_replies=self._replies is not None, questions_to=self._reply_to)
        recipient = checked_address(email.to)
        # What its reader can write back is read at an address of its own; anything else goes to the coordinator.
        reply_to = self._replies.of_message(message.id) if self._replies and email.reads else self._reply_to
        body = self._parts(email, words, reply_to)
        headers = [
            f"From: {self._unnamed if email.is_discreet else self._named}",
            f"To: {recipient}",
            f"Reply-To: {reply_to}",
            header_line("Subject", words.subject),
            f"Date: {format_datetime(message.created_at)}",
            f"References: <{thread_name(email.thread)}@{self._domain}>",
            "Auto-Submitted: auto-generated",
            "MIME-Version: 1.0",
        ]
        if email.stop:  # one click unsubscribes (RFC 8058 §3.1); required emails have no such headers
            headers.append(f"List-Unsubscribe: <{self._addresses.of(email.stop)}>")
            headers.append("List-Unsubscribe-Post: List-Unsubscribe=One-Click")
        unnamed = body._replace(headers=(*headers, *body.headers))
        name = f"Message-ID: <{message_name(message.key, unnamed.as_bytes())}@{self._domain}>"
        content = unnamed._replace(headers=(name, *unnamed.headers)).as_bytes()
        check_bytes(content, body.kinds, (*OUR_HEADERS, *TO_STOP) if email.stop else OUR_HEADERS)
        sender = self._replies.of_bounced(message.id) if self._replies else self._from
        return MimeMessage(sender=sender, recipient=recipient, content=content, author=self._from)

    def _parts(self, email: Email, words: WrittenEmail, reply_to: str) -> MimePart:
        """Return the parts, the calendar last, where email programs look for it.

        A task is a file alone, so that no program takes the email for an invitation; `reply_to` is the address that
        reads what programs send when someone completes it.
        """
        forms = email_texts(email, words, self._addresses, self._name)
        alternatives = [text_part("text/plain", forms.text), text_part("text/html", forms.html)]
        part, task = email.calendar, email.task
        if part is None:
            whole = multipart_of("multipart/alternative", INNER, alternatives)
            if task is None:
                return whole
            organizer = Organizer(name=self._name, address=reply_to, base_url=self._base_url)
            content = vtodo_calendar(task.item, organizer, self._zone, is_withdrawn=task.is_withdrawn)
            return _with_file(whole, content, "action-item.ics")
        content = self._calendar(email, part)
        if isinstance(part, DeclinedProposal):
            method = "DECLINECOUNTER"
        else:
            method = "CANCEL" if isinstance(part, EmailedEntry) or part.is_cancel else "REQUEST"
        alternatives.append(base64_part("text/calendar", content, f'; method={method}; charset="UTF-8"'))
        return _with_file(multipart_of("multipart/alternative", INNER, alternatives), content, "invite.ics")

    def _calendar(self, email: Email, part: CalendarPart | EmailedEntry | DeclinedProposal) -> bytes:
        name, to_name = APPOINTMENTS if email.is_discreet else self._name, one_line(email.to_name)
        address = self._replies.of(email.invitation_id) if self._replies and email.invitation_id else self._from
        organizer = Organizer(name=name, address=address, base_url=self._base_url)
        if not isinstance(part, CalendarPart):
            reader = itip.Attendee(
                name=to_name, email=email.to, reply=ReplyValue.NEEDS_ACTION, role=AttendeeRole.REQUIRED
            )
            if isinstance(part, EmailedEntry):
                return itip.take_out(part, reader, organizer)
            return itip.decline_counter(part, reader, organizer)
        delegation = None if part.is_discreet else part.delegation
        reader = itip.Attendee(
            name=to_name,
            email=email.to,
            reply=part.reply,
            replies=part.replies,
            role=part.role,
            joined_or_left_at=part.joined_or_left_at,
            is_read=address != self._from,
            sent_by=delegation.other if delegation and delegation.is_sent else "",
            sends=delegation.other if delegation and not delegation.is_sent else "",
        )
        write = itip.cancel_message if part.is_cancel else itip.request_message
        return write(part.event, part.dates, reader, organizer, only=part.date, is_discreet=part.is_discreet)


def _with_file(whole: MimePart, content: bytes, name: str) -> MimePart:
    copy = base64_part("application/ics", content, "", f'Content-Disposition: attachment; filename="{name}"')
    return multipart_of("multipart/mixed", OUTER, [whole, copy])


def checked_address(text: str) -> str:
    """Return one plain email address, its domain in ASCII.

    Raise `UnsafeEmail` for anything else, such as two of them.
    """
    local, _, domain = text.strip().rpartition("@")
    try:
        address = f"{local}@{domain.encode('idna').decode('ascii') if not domain.isascii() else domain}"
    except UnicodeError as odd:
        raise UnsafeEmail("The email address can't be used.") from odd
    if len(address) > LONGEST_ADDRESS or not ADDRESS.fullmatch(address):
        raise UnsafeEmail("The email address can't be used.")
    return address


def check_bytes(content: bytes, kinds: Sequence[str], headers: Sequence[str] = OUR_HEADERS) -> None:
    """Parse the finished bytes and raise `UnsafeEmail` unless they are exactly what was intended.

    Some versions of Python's `email` let a text make headers of its own (CVE-2024-6923, CVE-2026-1299).
    """
    ends = {content.count(end) for end in (b"\r\n", b"\r", b"\n")}  # all alike: no lone CR or LF
    if len(ends) > 1 or not content.isascii() or b"\0" in content:
        raise UnsafeEmail("The email would contain characters that email can't carry.")
    if max(map(len, content.split(b"\r\n"))) > LONGEST_LINE:
        raise UnsafeEmail("A line of the email would be too long.")
    headers_alone, _, body = content.partition(EMPTY_LINE)
    head = headers_alone.split(b"\r\n")
    begun = [line for line in head if line[:1] not in (b" ", b"\t")]  # the others continue a header
    names = [line.partition(b":")[0].decode("ascii") for line in begun]
    if sorted(names) != sorted(headers) or head[:1] != begun[:1] or not all(b":" in line for line in begun):
        raise UnsafeEmail("The email would have other headers than intended.")
    if problem := _problem_of_parts(_frame(head, body), tuple(kinds)):
        raise UnsafeEmail(problem)


@lru_cache(maxsize=SHAPES)
def _problem_of_parts(frame: bytes, kinds: tuple[str, ...]) -> str:
    """Return how the parts of an email differ from those intended; empty if they don't."""
    parts = list(BytesParser(policy=compat32).parsebytes(frame).walk())
    if [part.get_content_type() for part in parts] != list(kinds) or any(part.defects for part in parts):
        return "The email would have other parts than intended."
    if any(name.lower() not in OF_PARTS for part in parts[1:] for name in part.keys()):  # noqa: SIM118 - a message isn't a dict
        return "A part of the email would have other headers than intended."
    return ""


def _frame(head: Sequence[bytes], body: bytes) -> bytes:
    """Return the lines of an email that say which parts it has: a few headers, those of its parts, and boundaries.

    Its other headers and its texts say nothing of that, and take a parser most of its time. Without them, thousands of
    emails have the same few frames, and each of those is parsed once.
    """
    kept: list[bytes] = []
    is_kept = False
    for line in head:
        if line[:1] not in (b" ", b"\t"):
            is_kept = line.partition(b":")[0].decode("ascii").lower() in OF_PARTS
        if is_kept:
            kept.append(line)
    parts = (b"\r\n" + body).split(MAYBE_BOUNDARY)[1:]
    begun = [part[: end + 2] if (end := part.find(EMPTY_LINE)) >= 0 else part for part in parts]
    return MAYBE_BOUNDARY.join([b"\r\n".join([*kept, b""]), *begun])


def text_part(kind: str, text: str) -> MimePart:
    """Return text as quoted-printable UTF-8."""
    *whole, last = text.split("\n")
    body = b"".join([*map(_quoted, whole), _quoted(last).removesuffix(LINE_END)])
    headers = (f'Content-Type: {kind}; charset="utf-8"', "Content-Transfer-Encoding: quoted-printable")
    return MimePart(headers, body, (kind,))


@lru_cache(LINES_REMEMBERED)
def _quoted(line: str) -> bytes:
    """Return a line with its end; without one, the soft breaks within it would be lone LFs."""
    return binascii.b2a_qp(line.encode("utf-8") + LINE_END, istext=True)


def base64_part(kind: str, content: bytes, parameters: str = "", *more: str) -> MimePart:
    """Return bytes as base64; `parameters` follow the type, `more` are further headers."""
    headers = (f"Content-Type: {kind}{parameters}", "Content-Transfer-Encoding: base64", *more)
    return MimePart(headers, base64.encodebytes(content).replace(b"\n", b"\r\n"), (kind,))


def multipart_of(kind: str, boundary: str, parts: Iterable[MimePart]) -> MimePart:
    """Return several parts as one."""
    held = list(parts)
    line = f"\r\n--{boundary}".encode("ascii")
    body = b"".join(line + b"\r\n" + part.as_bytes() for part in held) + line + b"--\r\n"
    kinds = tuple(inner for part in held for inner in part.kinds)
    return MimePart((f'Content-Type: {kind}; boundary="{boundary}"',), body.removeprefix(b"\r\n"), (kind, *kinds))


def header_line(name: str, text: str) -> str:
    """Return a header with one line of text, in encoded words if it is not ASCII, folded if it is long."""
    if text.isascii() and len(name) + len(text) + 2 <= LINE_LENGTH:
        return f"{name}: {text}"
    words = Header(text, "us-ascii" if text.isascii() else "utf-8", header_name=name)
    folded = words.encode(linesep="\r\n")
    return f"{name}: {folded}"


class EmailWriter(Protocol):
    """An object that makes emails from content."""

    def compose(self, email: Email, message: Message) -> MimeMessage:
        """Return the finished email."""


def prove_headers_safe(writer: EmailWriter) -> None:
    """Raise `UnsafeEmail` unless each hostile title becomes an email to one reader with just the expected headers."""
    for title in HOSTILE_TITLES:
        email = writer.compose(_hostile_email(title), TEST_MESSAGE)
        read = BytesParser(policy=compat32).parsebytes(email.content)
        if sorted(read.keys()) != sorted(OUR_HEADERS) or read["To"] != email.recipient:
            raise UnsafeEmail(
                f"Emails would have headers that were not intended, for example with the title {title!r}."
            )


def _hostile_email(title: str) -> Email:
    says = InvitationEmail(
        title=title,
        starts=title,
        reply_by=title,
        reply_kept="",
        asks_reply=True,
        is_tentative=False,
        is_informed=False,
        outline=title,
    )
    facts = (Fact(name=FactName.WHAT, value=title),)
    return Email(
        says=says, to="nobody@tracker.invalid", to_name=title, facts=facts, thread=NO_ONE, footer=Footer.INVITED
    )
