"""Emails that the tracker receives: handed over by the mail server with LMTP, and read for what they say."""

import asyncio
import html
import logging
import re
import socket
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from email.errors import MessageError
from email.message import Message
from email.parser import BytesParser
from email.policy import Compat32
from email.utils import getaddresses
from functools import partial
from hashlib import sha256
from itertools import islice
from typing import Any

from aiosmtpd.lmtp import LMTP
from anyio import CapacityLimiter, to_thread
from authres import AuthenticationResultsHeader
from authres.core import AuthResError
from msgspec import Struct
from msgspec.structs import replace

from tracker.crypto.signed_links import ReplyAddresses
from tracker.errors import Busy, TrackerError
from tracker.ical import itip
from tracker.ical.itip import read_reply_email
from tracker.ports.mail.delivery import GroupedWork
from tracker.rules.intake.calendar_replies import CalendarReply, Sender
from tracker.rules.intake.received_emails import (
    LONGEST_TEXT,
    UNCLEAR,
    Bounce,
    DeliveryReport,
    ReceivedEmail,
    bounce_of_reports,
    bounce_of_text,
)
from tracker.usecases.core import process_locks
from tracker.usecases.intake import received_emails

SMALL_EMAIL = (
    8_000  # bytes of an email that is read at once: that takes 20 ms at most, whatever is in it, and a reply 1 ms
)
LARGEST_EMAIL = 1_000_000  # bytes
MOST_PARTS = 20
MOST_HEADERS = 500
MOST_BOUNDARIES = 1_000  # lines that begin like one
MOST_BLOCKS = 5_000  # paragraphs of a bounce, with those of the email that came back
LONGEST_HEADER = 10_000  # characters of a header that is read: reading some takes the square of its length
HEADERS_READ = {"from", "content-type", "content-disposition"}
LONGEST_ADDRESS = 254  # characters (RFC 5321 §4.5.3.1.3, less the brackets)
CALENDARS = {"text/calendar", "application/ics"}
BY_MACHINES = {"bulk", "list", "junk"}  # Precedence, of old programs
NO_SENDER = Sender(address="", is_verified=False)
RESULTS_HEADER = "Authentication-Results"
LONGEST_RESULTS, MOST_RESULTS = (
    4_000,
    10,
)  # characters of a header, and headers: reading one takes the square of its length
PASSED = "pass"
MOST_BOUNCE_PARTS = 20
MOST_REPORTS = 20  # recipients: an address of ours has one, which can be a list
MAIL_SERVERS = ("mailer-daemon", "postmaster", "mail.delivery.system", "mdaemon", "microsoftexchange")
"""How the local part begins of those who write bounces without a form; people's own programs answer out of office."""
OTHER_REPORTS = {"disposition-notification", "feedback-report"}
"""That an email was read (RFC 8098), and that someone called it spam (RFC 5965)."""
_HTML_TAG = re.compile(r"</?[a-z!][^<>@]{0,500}>", re.IGNORECASE)  # an address between < and > is none
LONGEST_REPLY_TEXT = 20_000  # characters of text
LONGEST_REPLY_HTML = 60_000  # characters: the style sheets of Outlook come first
UNSEEN = {"head", "style", "script", "title"}
_BREAKS = {**dict.fromkeys(("br", "div", "li", "tr"), "\n"), **dict.fromkeys(("p", "h1", "h2", "h3", "table"), "\n\n")}
_PIECE = re.compile(r"<!--|-->|<[^<>]*>|[^<]+?(?=-->|<|\Z)|<", re.DOTALL)
_TAG_NAME = re.compile(r"</?[a-z][a-z0-9]*", re.IGNORECASE)
_MARKS = re.compile(r"""\b(?:class|id)\s*=\s*["']?([^"'>]*)""", re.IGNORECASE)
QUOTES = {"gmail_quote", "gmail_attr", "moz-cite-prefix", "yahoo_quoted", "divrplyfwdmsg", "appendonsend"}
"""Classes and ids of what programs put around or above the email that they quote, in small letters."""
log = logging.getLogger("tracker.mail.incoming")


class EmailParser(Struct, frozen=True, kw_only=True):
    """How this site reads emails."""

    addresses: ReplyAddresses
    authserv_id: str
    zone: str
    """Of times without one."""

    def read(self, content: bytes, to: str, now: datetime) -> ReceivedEmail:
        """Return what an email to one of our addresses says; one that can't be read says so."""
        subject = self.addresses.read(to)
        email = ReceivedEmail(
            name=_task_name(content, to),
            received_at=now,
            invitation_id=subject.invitation_id,
            message_id=subject.message_id,
            bounced_id=subject.bounced_id,
            sender=NO_SENDER,
            is_readable=False,
        )
        try:
            _check_size(content)
            return self._read(email, BytesParser(policy=_Limited()).parsebytes(content), to)
        except (MessageError, RecursionError, ValueError, LookupError, TrackerError):
            return email

    def _read(self, email: ReceivedEmail, message: Message, to: str) -> ReceivedEmail:
        named = str(message.get("Message-ID") or "").strip().encode()
        known = replace(
            email, name=_task_name(named, to) if named else email.name, sender=self._sender(message), is_readable=True
        )
        if known.bounced_id:  # the email that came back in it is not read
            return replace(known, is_automatic=True, bounce=read_bounce(message, known.sender.address))
        calendars = list(_calendars(message))
        task = next(
            (task_reply for calendar, method in calendars if (task_reply := itip.read_task_reply(calendar, method))),
            None,
        )
        return replace(
            known,
            is_automatic=_is_automatic(message, has_calendar=bool(calendars)),
            replies=() if task else tuple(_calendar_replies(calendars, self.zone, known.sender.address)),
            task=task,
            text=plain_text(message),
        )

    def _sender(self, message: Message) -> Sender:
        """Return the one address in From; no one for an email with none or with several."""
        senders = getaddresses([str(header) for header in message.get_all("From", [])])
        address = senders[0][1].strip().lower() if len(senders) == 1 else ""
        if "@" not in address or len(address) > LONGEST_ADDRESS or not address.isprintable():
            return NO_SENDER
        headers = [str(header) for header in message.get_all(RESULTS_HEADER, [])]
        is_verified = is_sender_verified(address, headers, self.authserv_id)
        return Sender(address=address, is_verified=is_verified)


class Intake:
    """Takes emails to our addresses; those that come while others are recorded are recorded together."""

    def __init__(self, reader: EmailParser) -> None:
        self.reader = reader
        self._recording = GroupedWork(received_emails.take_emails)

    async def take(
        self, content: bytes, to: str, now: datetime, threads: CapacityLimiter | None = None
    ) -> Sequence[str]:
        """Read an email to one of our addresses, and record it; when this returns, it is recorded.

        A large one is read in a thread. Small ones aren't: using the thread takes half as long as reading a reply.
        Errors: Busy for one more than its sender may send in an hour; it may come again later.
        """
        if len(content) <= SMALL_EMAIL:
            email = self.reader.read(content, to, now)
        else:
            email = await to_thread.run_sync(self.reader.read, content, to, now, limiter=threads)
        outcomes = received_emails.refuse_too_many(await self._recording.do(email))
        log.info("Took an email: %s.", ", ".join(outcomes))
        return outcomes


class _Limited(Compat32):
    """Reads emails as Python does by default, in whichever part, but refuses headers that take long to read."""

    def header_source_parse(self, sourcelines: list[str]) -> tuple[str, str]:
        """Return the name and the value of a header. Errors: ValueError for one that is too long."""
        name, value = super().header_source_parse(sourcelines)
        if len(value) > LONGEST_HEADER and name.lower() in HEADERS_READ:
            raise ValueError("A header of the email is longer than a reply has it.")
        return name, value


def _check_size(content: bytes) -> None:
    """Refuse what takes long to read: a parser compares each line with every boundary that is open."""
    head = content.partition(b"\r\n\r\n")[0]
    is_large = len(content) > LARGEST_EMAIL or head.count(b"\n") > MOST_HEADERS
    is_wide = content.count(b"\n--") > MOST_BOUNDARIES
    small = content.lower()
    # A parser makes an email of each block in a delivery status.
    is_long = b"message/delivery-status" in small and content.count(b"\n\r\n") + content.count(b"\n\n") > MOST_BLOCKS
    if is_large or is_wide or is_long or small.count(b"boundary") > MOST_PARTS:
        raise ValueError("The email is larger or deeper than a reply can be.")


def _task_name(text: bytes, to: str) -> str:
    return sha256(to.lower().encode("utf-8", "replace") + b"\0" + text).hexdigest()


def _is_automatic(message: Message, *, has_calendar: bool) -> bool:
    """Return whether a machine wrote the email (RFC 3834 §5).

    Google says of a person's own reply that a program generated it: beside a calendar, only an out-of-office reply is
    a machine's.
    """
    said = str(message.get("Auto-Submitted") or "no").partition(";")[0].strip().lower()
    if has_calendar:
        return said == "auto-replied"
    is_list = "List-Id" in message or str(message.get("Precedence") or "").strip().lower() in BY_MACHINES
    return said != "no" or is_list or "X-Auto-Response-Suppress" in message


def _calendars(message: Message) -> Iterator[tuple[bytes, str]]:
    """Yield the calendar files of an email in UTF-8, each with the method in its header, or an empty text."""
    for number, part in enumerate(message.walk()):
        if number >= MOST_PARTS:
            raise ValueError("The email has more parts than a reply can have.")
        is_calendar = part.get_content_type() in CALENDARS or (part.get_filename() or "").lower().endswith(".ics")
        if is_calendar and not part.is_multipart():
            raw = part.get_payload(decode=True)
            content = raw if isinstance(raw, bytes) else b""
            try:
                content.decode("utf-8")
            except UnicodeDecodeError:  # iCalendar is UTF-8 (RFC 5545 §3.1.4), whatever charset a program names
                content = content.decode(part.get_content_charset() or "latin-1", "replace").encode("utf-8", "replace")
            yield content, str(part.get_param("method") or "").strip()


def _calendar_replies(calendars: list[tuple[bytes, str]], zone: str, sender: str) -> list[CalendarReply]:
    """Return the replies of the first calendar file that can be read; most emails have the same one twice."""
    wrong: TrackerError | None = None
    for calendar, method in calendars:
        try:
            return read_reply_email(calendar, zone, sender, method)
        except TrackerError as odd:
            wrong = wrong or odd
    if wrong:
        raise wrong
    return []


def is_sender_verified(sender: str, headers: Iterable[str], authserv_id: str) -> bool:
    """Return whether DMARC passed for the sender's domain, or a DKIM signature of that domain.

    `headers` are the values of the email's Authentication-Results; `authserv_id` is the name of our server in them, and
    empty trusts none.
    """
    domain = sender.rpartition("@")[2].lower()
    results = list(_results(headers, authserv_id)) if authserv_id and domain else []
    dmarc = [result for result in results if result.method == "dmarc"]
    if dmarc:
        return all(result.result == PASSED and _result_value(result, "from") == domain for result in dmarc)
    signatures = (result for result in results if result.method == "dkim" and result.result == PASSED)
    signers = (_result_value(result, "d") or _result_value(result, "i").rpartition("@")[2] for result in signatures)
    return any(_is_aligned(domain, signer) for signer in signers)


def _results(headers: Iterable[str], authserv_id: str) -> Iterator[Any]:
    for value in islice((header for header in headers if len(header) <= LONGEST_RESULTS), MOST_RESULTS):
        try:
            parsed = AuthenticationResultsHeader.parse(f"{RESULTS_HEADER}: {' '.join(value.split())}")
        except (AuthResError, ValueError, IndexError):  # one that can't be read confirms nothing
            continue
        if parsed.authserv_id.lower() == authserv_id.lower():
            yield from parsed.results


def _result_value(result: Any, name: str) -> str:
    values = (given.value for given in result.properties if given.type == "header" and given.name == name)
    return str(next(values, "")).strip().lower()


def _is_aligned(domain: str, signer: str) -> bool:
    """Return whether a signature of one domain speaks for another: the same, or one below it (RFC 7489 §3.1.1)."""
    return "." in signer and (domain == signer or domain.endswith(f".{signer}"))


def read_bounce(message: Message, sender: str) -> Bounce:
    """Return what an email to the address of a message's bounces says; `sender` is its From, in small letters."""
    if str(message.get_param("report-type") or "").lower() in OTHER_REPORTS:
        return UNCLEAR
    parts = list(islice(_own_parts(message), MOST_BOUNCE_PARTS))
    reports = [
        report
        for part in parts
        if part.get_content_type() == "message/delivery-status"
        for report in _delivery_reports(part)
    ]
    if any(report.action for report in reports):
        return bounce_of_reports(reports)
    is_by_mail_server = not sender or sender.startswith(MAIL_SERVERS) or "X-Failed-Recipients" in message
    return bounce_of_text(_bounce_text(parts)) if is_by_mail_server else UNCLEAR


def _own_parts(message: Message) -> Iterator[Message]:
    """Yield the parts of an email, without those of the email that came back."""
    yield message
    inside = message.get_payload() if message.get_content_maintype() == "multipart" else []
    for part in inside if isinstance(inside, list) else []:
        if isinstance(part, Message):
            yield from _own_parts(part)


def _delivery_reports(part: Message) -> list[DeliveryReport]:
    """Return a report for each recipient: the blocks of headers in a delivery status, the first of the whole email."""
    blocks = part.get_payload()
    held = [block for block in blocks if isinstance(block, Message)] if isinstance(blocks, list) else []
    return [
        DeliveryReport(
            action=_report_field(block, "Action"),
            status=_report_field(block, "Status"),
            diagnostic=_report_field(block, "Diagnostic-Code"),
        )
        for block in held[: MOST_REPORTS + 1]
    ]


def _report_field(block: Message, name: str) -> str:
    return " ".join(str(block.get(name) or "").split())[:LONGEST_TEXT]


def _bounce_text(parts: list[Message]) -> str:
    """Return the plain text of an email; one that has none, such as Yahoo's, its HTML without the tags."""
    for kind in ("text/plain", "text/html"):
        for part in parts:
            raw = part.get_payload(decode=True) if part.get_content_type() == kind else None
            if isinstance(raw, bytes):
                return _HTML_TAG.sub(" ", raw[: 4 * LONGEST_TEXT].decode("utf-8", "replace"))[:LONGEST_TEXT]
    return ""


def plain_text(message: Message) -> str:
    """Return the beginning of an email's text; empty when it has none."""
    text = next(_texts_of_kind(message, "text/plain"), "")
    return text[:LONGEST_REPLY_TEXT] if text.strip() else _text_of_html(next(_texts_of_kind(message, "text/html"), ""))


def _texts_of_kind(message: Message, kind: str) -> Iterator[str]:
    for part in message.walk():
        if part.get_content_type() == kind and part.get_content_disposition() != "attachment":
            raw = part.get_payload(decode=True)
            content = raw if isinstance(raw, bytes) else b""
            try:
                text = content.decode(part.get_content_charset() or "utf-8", "replace")
            except LookupError:  # a charset that no one knows
                text = content.decode("utf-8", "replace")
            yield text


def _text_of_html(content: str) -> str:
    """Return the text of HTML, in which quoted text begins with ">".

    Python's own parser takes the square of the length of what isn't finished; here each character is looked at once.
    """
    pieces: list[str] = []
    unseen = ""
    for piece in _PIECE.findall(content[:LONGEST_REPLY_HTML]):
        tag = _TAG_NAME.match(piece)
        name = tag[0].lower() if tag else ""
        if unseen:
            unseen = "" if name == f"</{unseen}" or piece == unseen else unseen
        elif piece == "<!--":
            unseen = "-->"
        elif name.removeprefix("<") in UNSEEN:
            unseen = name.removeprefix("<")
        elif _is_quote(name, piece):
            return "".join([*pieces, "\n>"])
        elif name:
            pieces.append(_BREAKS.get(name.strip("</"), ""))
        elif not piece.startswith("<"):
            pieces.append(html.unescape(" ".join(piece.split("\n"))))
    return "".join(pieces)[:LONGEST_REPLY_TEXT]


def _is_quote(name: str, piece: str) -> bool:
    marks = {word for value in _MARKS.findall(piece) for word in value.lower().split()} if name else set()
    return name == "<blockquote" or not marks.isdisjoint(QUOTES)


TAKEN = "250 2.0.0 Taken"
LATER = "451 4.3.0 Try again later"
UNKNOWN = "550 5.1.1 No such mailbox"
ONE_AT_A_TIME = "452 4.5.3 One recipient at a time"
IDLE = 60  # seconds that a client may say nothing


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
            if await process_locks.held_copy():
                return LATER
            await self._intake.take(content, to, self._now())
        except Busy:  # its sender has sent too many; no one learns that it wasn't another reason
            return LATER
        except Exception:  # the mail server keeps what isn't taken
            log.exception("An email could not be taken.")
            return LATER
        return TAKEN
