"""The emails in which people's programs send a reply, built as each of them builds its own."""

from collections.abc import Callable, Mapping
from datetime import datetime
from email import policy
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from html import escape

from msgspec import Struct

from tracker.ports.mail.received_emails import RESULTS_HEADER
from tracker.rules.emails.emails import one_line

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
