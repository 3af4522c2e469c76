"""Tests, before a process sends its first email, that hostile titles stay titles with this Python and these settings.

Some releases of Python let a title make headers of its own (CVE-2024-6923, CVE-2025-11468, CVE-2026-1299). Each email
is checked again before it is sent (`compose.check`); a process whose emails would all be refused does not start.
"""

from datetime import UTC, datetime
from email.parser import BytesParser
from email.policy import compat32
from typing import Protocol
from uuid import UUID

from tracker.ports.mail.compose import OURS, Mail, Unsafe
from tracker.rules.core.message_types import Invited
from tracker.rules.core.outbox import Message
from tracker.rules.emails.content import Letter
from tracker.rules.emails.event_contexts import InvitationEmail
from tracker.rules.emails.facts import Fact, FactName, Footer

HOSTILE = (
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
NOBODY = UUID(int=0)
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
MESSAGE = Message(
    id=NOBODY,
    key="self-test",
    content=Invited(),
    recipient_id=NOBODY,
    event_id=None,
    occurrence_id=None,
    item_id=None,
    created_at=LONG_AGO,
    due=LONG_AGO,
    not_after=None,
    attempts=1,
)


class Writer(Protocol):
    """An object that makes emails from content."""

    def mail(self, letter: Letter, message: Message) -> Mail:
        """Return the finished email."""


def prove(writer: Writer) -> None:
    """Raise `Unsafe` unless every hostile title becomes an email to one reader with exactly the expected headers."""
    for title in HOSTILE:
        mail = writer.mail(_letter(title), MESSAGE)
        read = BytesParser(policy=compat32).parsebytes(mail.content)
        if sorted(read.keys()) != sorted(OURS) or read["To"] != mail.recipient:
            raise Unsafe(f"Emails would have headers that were not intended, for example with the title {title!r}.")


def _letter(title: str) -> Letter:
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
    return Letter(
        says=says, to="nobody@tracker.invalid", to_name=title, facts=facts, thread=NOBODY, footer=Footer.INVITED
    )
