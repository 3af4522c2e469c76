"""From an email's content to its bytes: two emails with one Message-ID are the same, and no header is unintended.

Calendar messages: RFC 6047 (iMIP); headers: RFC 5322, RFC 3834.
"""

import re
from collections.abc import Sequence
from email.parser import BytesParser
from email.policy import compat32
from email.utils import format_datetime, formataddr
from functools import lru_cache

from msgspec import Struct

from tracker.config.settings import Settings
from tracker.crypto import keys
from tracker.crypto.signed_links import Links, ReplyAddresses
from tracker.ical import itip
from tracker.ical.vevents import Organizer
from tracker.ical.vtodo import vtodo_calendar
from tracker.ports.mail.mime import INNER, OUTER, Part, encoded, header, multipart, readable
from tracker.ports.mail.text import Addresses, bodies
from tracker.ports.mail.wording import Worded, worded
from tracker.rules.calendars.feeds import APPOINTMENTS
from tracker.rules.core.message_types import MailedEntry
from tracker.rules.core.outbox import Message, message_name, thread_name
from tracker.rules.emails.content import CalendarPart, DeclinedProposal, Letter, Task, one_line
from tracker.rules.events.replies import AttendeeRole, ReplyValue

SHAPES = 256  # combinations of parts that are remembered as sound
LONGEST_LINE = 998  # octets (RFC 5322 §2.1.1)
LONGEST_ADDRESS = 254  # characters (RFC 5321 §4.5.3.1.3, less the brackets)
ADDRESS = re.compile(
    r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*",
    re.ASCII | re.IGNORECASE,
)
OURS = (
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


class Unsafe(Exception):
    """The email would differ from what was intended; it is not sent, and people see why."""


class Mail(Struct, frozen=True, kw_only=True):
    """What is handed to the email server."""

    sender: str
    """On the envelope (RFC 5321 §2.3.1): where bounces go."""
    recipient: str
    content: bytes
    author: str
    """The address in From, for a mail server that takes no other sender."""


class Composer:
    """Makes emails in the name of the task force."""

    def __init__(self, settings: Settings, links: Links) -> None:
        self._name = one_line(settings.task_force_name)
        self._from = checked_address(settings.mail_from)
        self._named, self._unnamed = formataddr((self._name, self._from)), formataddr(("", self._from))
        self._domain = self._from.rpartition("@")[2]
        self._reply_to = checked_address(settings.coordinator_address)
        self._base_url = settings.base_url
        self._zone = settings.time_zone
        self._addresses = Addresses(settings.base_url, links)
        self._replies = (
            ReplyAddresses(settings.reply_address, keys.every("replies")) if settings.reply_address else None
        )

    def mail(self, letter: Letter, message: Message) -> Mail:
        """Return the finished email. Errors: Unsafe, Invalid for values that a calendar can't hold."""
        words = worded(letter, reads_replies=self._replies is not None, questions_to=self._reply_to)
        recipient = checked_address(letter.to)
        body = self._parts(letter, words, message)
        stop = self._stop(letter)
        unnamed = body._replace(headers=(*self._headers(letter, words, message, recipient), *stop, *body.headers))
        name = f"Message-ID: <{message_name(message.key, unnamed.as_bytes())}@{self._domain}>"
        content = unnamed._replace(headers=(name, *unnamed.headers)).as_bytes()
        check(content, body.kinds, (*OURS, *TO_STOP) if stop else OURS)
        sender = self._replies.of_bounced(message.id) if self._replies else self._from
        return Mail(sender=sender, recipient=recipient, content=content, author=self._from)

    def _headers(self, letter: Letter, words: Worded, message: Message, recipient: str) -> tuple[str, ...]:
        """Return the headers that every email has, except its Message-ID, which is made of everything else."""
        return (
            f"From: {self._unnamed if letter.is_discreet else self._named}",
            f"To: {recipient}",
            f"Reply-To: {self._answers_to(letter, message)}",
            header("Subject", words.subject),
            f"Date: {format_datetime(message.created_at)}",
            f"References: <{thread_name(letter.thread)}@{self._domain}>",
            "Auto-Submitted: auto-generated",
            "MIME-Version: 1.0",
        )

    def _answers_to(self, letter: Letter, message: Message) -> str:
        """Return the address that reads what its reader can write back, or else the coordinator's."""
        return self._replies.of_message(message.id) if self._replies and letter.reads else self._reply_to

    def _stop(self, letter: Letter) -> tuple[str, ...]:
        """Return the headers for one-click unsubscribe (RFC 8058 §3.1); required emails have none."""
        if letter.stop is None:
            return ()
        return (
            f"List-Unsubscribe: <{self._addresses.of(letter.stop)}>",
            "List-Unsubscribe-Post: List-Unsubscribe=One-Click",
        )

    def _parts(self, letter: Letter, words: Worded, message: Message) -> Part:
        """Return the parts, the calendar last, where email programs look for it."""
        forms = bodies(letter, words, self._addresses, self._name)
        alternatives = [readable("text/plain", forms.text), readable("text/html", forms.html)]
        if letter.calendar is None:
            whole = multipart("multipart/alternative", INNER, alternatives)
            to = self._answers_to(letter, message)
            return self._with_task(whole, letter.task, to) if letter.task else whole
        content = self._calendar(letter, letter.calendar)
        method = _method(letter.calendar)
        alternatives.append(encoded("text/calendar", content, f'; method={method}; charset="UTF-8"'))
        return _with_file(multipart("multipart/alternative", INNER, alternatives), content, "invite.ics")

    def _with_task(self, whole: Part, task: Task, to: str) -> Part:
        """Return an email with a task as a file alone: no program takes the email for an invitation.

        `to` is the address that reads what programs send when someone completes the task.
        """
        organizer = Organizer(name=self._name, address=to, base_url=self._base_url)
        content = vtodo_calendar(task.item, organizer, self._zone, is_withdrawn=task.is_withdrawn)
        return _with_file(whole, content, "action-item.ics")

    def _calendar(self, letter: Letter, part: CalendarPart | MailedEntry | DeclinedProposal) -> bytes:
        name, to_name = APPOINTMENTS if letter.is_discreet else self._name, one_line(letter.to_name)
        address = self._replies.of(letter.invitation_id) if self._replies and letter.invitation_id else self._from
        organizer = Organizer(name=name, address=address, base_url=self._base_url)
        if not isinstance(part, CalendarPart):
            nobody = itip.Attendee(
                name=to_name, email=letter.to, reply=ReplyValue.NEEDS_ACTION, role=AttendeeRole.REQUIRED
            )
            if isinstance(part, MailedEntry):
                return itip.take_out(part, nobody, organizer)
            return itip.decline_counter(
                part.date,
                sequence=part.sequence,
                at=part.at,
                comment=part.comment,
                attendee=nobody,
                organizer=organizer,
            )
        reader = itip.Attendee(
            name=to_name,
            email=letter.to,
            reply=part.reply,
            replies=part.replies,
            role=part.role,
            joined_or_left_at=part.joined_or_left_at,
            is_read=address != self._from,
            **_delegation(part),
        )
        write = itip.cancel_message if part.is_cancel else itip.request_message
        return write(part.event, part.dates, reader, organizer, only=part.date, is_discreet=part.is_discreet)


def _with_file(whole: Part, content: bytes, name: str) -> Part:
    copy = encoded("application/ics", content, "", f'Content-Disposition: attachment; filename="{name}"')
    return multipart("multipart/mixed", OUTER, [whole, copy])


def _delegation(part: CalendarPart) -> dict[str, str]:
    """Return whom the reader sends to the date, or in whose place they come; nothing for time-only emails."""
    delegation = part.delegation
    if delegation is None or part.is_discreet:
        return {}
    return {"sent_by": delegation.other} if delegation.is_sent else {"sends": delegation.other}


def _method(part: CalendarPart | MailedEntry | DeclinedProposal) -> str:
    if isinstance(part, DeclinedProposal):
        return "DECLINECOUNTER"
    return "CANCEL" if isinstance(part, MailedEntry) or part.is_cancel else "REQUEST"


def checked_address(text: str) -> str:
    """Return one plain email address, its domain in ASCII; raise `Unsafe` for anything else, such as two of them."""
    local, _, domain = text.strip().rpartition("@")
    try:
        address = f"{local}@{domain.encode('idna').decode('ascii') if not domain.isascii() else domain}"
    except UnicodeError as odd:
        raise Unsafe("The email address can't be used.") from odd
    if len(address) > LONGEST_ADDRESS or not ADDRESS.fullmatch(address):
        raise Unsafe("The email address can't be used.")
    return address


def check(content: bytes, kinds: Sequence[str], headers: Sequence[str] = OURS) -> None:
    """Parse the finished bytes and raise `Unsafe` unless they are exactly what was intended.

    Some versions of Python's `email` let a text make headers of its own (CVE-2024-6923, CVE-2026-1299).
    """
    ends = {content.count(end) for end in (b"\r\n", b"\r", b"\n")}  # all alike: no lone CR or LF
    if len(ends) > 1 or not content.isascii() or b"\0" in content:
        raise Unsafe("The email would contain characters that email can't carry.")
    if max(map(len, content.split(b"\r\n"))) > LONGEST_LINE:
        raise Unsafe("A line of the email would be too long.")
    headers_alone, _, body = content.partition(EMPTY_LINE)
    head = headers_alone.split(b"\r\n")
    begun = [line for line in head if line[:1] not in (b" ", b"\t")]  # the others continue a header
    names = [line.partition(b":")[0].decode("ascii") for line in begun]
    if sorted(names) != sorted(headers) or head[:1] != begun[:1] or not all(b":" in line for line in begun):
        raise Unsafe("The email would have other headers than intended.")
    if problem := _problem_of_parts(_frame(head, body), tuple(kinds)):
        raise Unsafe(problem)


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
