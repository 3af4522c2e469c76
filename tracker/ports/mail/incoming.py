"""From the bytes of an email that someone sent to what a decision needs of it, within fixed limits."""

from collections.abc import Iterator
from datetime import datetime
from email.errors import MessageError
from email.message import Message
from email.parser import BytesParser
from email.policy import Compat32
from email.utils import getaddresses
from hashlib import sha256

from msgspec import Struct
from msgspec.structs import replace

from tracker.crypto.signed_links import ReplyAddresses
from tracker.errors import TrackerError
from tracker.ical import replies
from tracker.ical.replies import read_reply_email
from tracker.ports.mail import authentication, bounces, reply_text
from tracker.rules.intake.calendar_replies import CalendarReply, Sender
from tracker.rules.intake.received_emails import ReceivedEmail

LARGEST = 1_000_000  # bytes
MOST_PARTS = 20
MOST_HEADERS = 500
MOST_BOUNDARIES = 1_000  # lines that begin like one
MOST_BLOCKS = 5_000  # paragraphs of a bounce, with those of the email that came back
LONGEST_HEADER = 10_000  # characters of a header that is read: reading some takes the square of its length
READ = {"from", "content-type", "content-disposition"}
LONGEST_ADDRESS = 254  # characters (RFC 5321 §4.5.3.1.3, less the brackets)
CALENDARS = {"text/calendar", "application/ics"}
BY_MACHINES = {"bulk", "list", "junk"}  # Precedence, of old programs
NOBODY = Sender(address="", is_verified=False)


class _Limited(Compat32):
    """Reads emails as Python does by default, in whichever part, but refuses headers that take long to read."""

    def header_source_parse(self, sourcelines: list[str]) -> tuple[str, str]:
        """Return the name and the value of a header. Errors: ValueError for one that is too long."""
        name, value = super().header_source_parse(sourcelines)
        if len(value) > LONGEST_HEADER and name.lower() in READ:
            raise ValueError("A header of the email is longer than a reply has it.")
        return name, value


class Reader(Struct, frozen=True, kw_only=True):
    """How this site reads emails."""

    addresses: ReplyAddresses
    authserv_id: str
    zone: str
    """Of times without one."""

    def read(self, content: bytes, to: str, now: datetime) -> ReceivedEmail:
        """Return what an email to one of our addresses says; one that can't be read says so."""
        subject = self.addresses.read(to)
        email = ReceivedEmail(
            name=_name(content, to),
            received_at=now,
            invitation_id=subject.invitation_id,
            message_id=subject.message_id,
            bounced_id=subject.bounced_id,
            sender=NOBODY,
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
            email, name=_name(named, to) if named else email.name, sender=self._sender(message), is_readable=True
        )
        if known.bounced_id:  # the email that came back in it is not read
            return replace(known, is_automatic=True, bounce=bounces.read(message, known.sender.address))
        calendars = list(_calendars(message))
        task = next((task_reply for calendar in calendars if (task_reply := replies.read_task_reply(calendar))), None)
        return replace(
            known,
            is_automatic=_is_automatic(message, has_calendar=bool(calendars)),
            replies=() if task else tuple(_replies(calendars, self.zone, known.sender.address)),
            task=task,
            text=reply_text.plain(message),
        )

    def _sender(self, message: Message) -> Sender:
        """Return the one address in From; no one for an email with none or with several."""
        found = getaddresses([str(one) for one in message.get_all("From", [])])
        address = found[0][1].strip().lower() if len(found) == 1 else ""
        if "@" not in address or len(address) > LONGEST_ADDRESS or not address.isprintable():
            return NOBODY
        headers = [str(one) for one in message.get_all(authentication.NAME, [])]
        is_verified = authentication.is_verified(address, headers, self.authserv_id)
        return Sender(address=address, is_verified=is_verified)


def _check_size(content: bytes) -> None:
    """Refuse what takes long to read: a parser compares each line with every boundary that is open."""
    head = content.partition(b"\r\n\r\n")[0]
    is_large = len(content) > LARGEST or head.count(b"\n") > MOST_HEADERS
    is_wide = content.count(b"\n--") > MOST_BOUNDARIES
    small = content.lower()
    # A parser makes an email of each block in a delivery status.
    is_long = b"message/delivery-status" in small and content.count(b"\n\r\n") + content.count(b"\n\n") > MOST_BLOCKS
    if is_large or is_wide or is_long or small.count(b"boundary") > MOST_PARTS:
        raise ValueError("The email is larger or deeper than a reply can be.")


def _name(text: bytes, to: str) -> str:
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


def _calendars(message: Message) -> Iterator[bytes]:
    """Yield the calendar files of an email in UTF-8."""
    for number, part in enumerate(message.walk()):
        if number >= MOST_PARTS:
            raise ValueError("The email has more parts than a reply can have.")
        is_calendar = part.get_content_type() in CALENDARS or (part.get_filename() or "").lower().endswith(".ics")
        if is_calendar and not part.is_multipart():
            yield _in_utf8(part)


def _in_utf8(part: Message) -> bytes:
    raw = part.get_payload(decode=True)
    content = raw if isinstance(raw, bytes) else b""
    try:
        return content.decode("utf-8").encode()
    except UnicodeDecodeError:  # iCalendar is UTF-8 (RFC 5545 §3.1.4), whatever charset a program names
        return content.decode(part.get_content_charset() or "latin-1", "replace").encode("utf-8", "replace")


def _replies(calendars: list[bytes], zone: str, sender: str) -> list[CalendarReply]:
    """Return the replies of the first calendar file that can be read; most emails have the same one twice."""
    wrong: TrackerError | None = None
    for calendar in calendars:
        try:
            return read_reply_email(calendar, zone, sender)
        except TrackerError as odd:
            wrong = wrong or odd
    if wrong:
        raise wrong
    return []
