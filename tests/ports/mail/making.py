"""Letters, messages and readers of email for the tests of the email port."""

from collections.abc import Iterator
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from typing import Any, cast
from uuid import UUID

from tests.ical.making import NOW, date_of, event
from tracker.rules.core.message_types import Invited
from tracker.rules.core.outbox import Message
from tracker.rules.emails.emails import (
    Button,
    ButtonName,
    CalendarPart,
    Email,
    Fact,
    FactName,
    Footer,
    ReplyPage,
    SitePage,
)
from tracker.rules.emails.template_values import InvitationEmail
from tracker.rules.events.replies import AttendeeRole, ReplyValue

ONE, TWO = UUID(int=1), UUID(int=2)


def invitation(text: str) -> InvitationEmail:
    """Return an invitation with a text in every place for people's words."""
    return InvitationEmail(
        title=text, starts=text, reply_by=text, reply_kept="", asks_reply=True, is_tentative=False, outline=text
    )


def email_of(**other: Any) -> Email:
    made = {
        "to": "reader@kcpd.example",
        "to_name": "KCPD detective",
        "says": invitation("Core group"),
        "facts": (Fact(name=FactName.WHAT, value="Core group"), Fact(name=FactName.WHERE, value="Kansas City")),
        "thread": ONE,
        "footer": Footer.INVITED,
        "buttons": (
            Button(name=ButtonName.REPLY_YES, target=ReplyPage(invitation_id=ONE, occurrence_id=TWO, reply="yes")),
        ),
        "more": (Button(name=ButtonName.AGENDA, target=SitePage(path="/events/1")),),
        **other,
    }
    return Email(**made)


def message_with_key(key: str = "invitation:1:2") -> Message:
    return Message(
        id=ONE,
        key=key,
        content=Invited(),
        recipient_id=TWO,
        event_id=ONE,
        occurrence_id=None,
        item_id=None,
        created_at=NOW,
        due=NOW,
        not_after=None,
        attempts=1,
    )


def with_calendar(*, is_cancel: bool = False, **facts: Any) -> Email:
    of = event(**facts)
    part = CalendarPart(
        is_cancel=is_cancel,
        event=of,
        date=None,
        dates=(date_of(of, of.starts),),
        reply=ReplyValue.NEEDS_ACTION,
        role=AttendeeRole.REQUIRED,
    )
    return email_of(calendar=part)


def parse_email(content: bytes) -> EmailMessage:
    return cast("EmailMessage", BytesParser(policy=default).parsebytes(content))


def parts(content: bytes) -> dict[str, EmailMessage]:
    return {one.get_content_type(): one for one in cast("Iterator[EmailMessage]", parse_email(content).walk())}
