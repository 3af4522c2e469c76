"""Letters, messages and readers of mail for the tests of the mail door."""

from collections.abc import Iterator
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from typing import Any, cast
from uuid import UUID

from tests.ical.making import NOW, date_of, event
from tracker.rules.core.outbox import Message, MessageKind
from tracker.rules.emails.content import Button, CalendarPart, Letter, ReplyPage, SitePage
from tracker.rules.events.replies import AttendeeRole, ReplyValue

ONE, TWO = UUID(int=1), UUID(int=2)


def letter(**other: Any) -> Letter:
    made = {
        "kind": MessageKind.INVITATION,
        "to": "reader@kcpd.example",
        "to_name": "KCPD detective",
        "subject": "Invitation: Core group, Thu, Dec 10, 2:00 PM",
        "preview": "Please reply.",
        "heading": "You are invited",
        "facts": (("What", "Core group"), ("Where", "Kansas City")),
        "paragraphs": ("Use a button.",),
        "thread": ONE,
        "buttons": (Button(label="Reply yes", target=ReplyPage(invitation_id=ONE, occurrence_id=TWO, reply="yes")),),
        "more": (Button(label="See the agenda", target=SitePage(path="/events/1")),),
        **other,
    }
    return Letter(**made)


def message(key: str = "invitation:1:2") -> Message:
    return Message(
        id=ONE,
        key=key,
        kind=MessageKind.INVITATION,
        recipient_id=TWO,
        event_id=ONE,
        occurrence_id=None,
        item_id=None,
        created_at=NOW,
        due=NOW,
        not_after=None,
        attempts=1,
    )


def with_calendar(*, is_cancel: bool = False, **facts: Any) -> Letter:
    of = event(**facts)
    part = CalendarPart(
        is_cancel=is_cancel,
        event=of,
        date=None,
        dates=(date_of(of, of.starts),),
        reply=ReplyValue.NEEDS_ACTION,
        role=AttendeeRole.REQUIRED,
    )
    return letter(calendar=part)


def read(content: bytes) -> EmailMessage:
    return cast("EmailMessage", BytesParser(policy=default).parsebytes(content))


def parts(content: bytes) -> dict[str, EmailMessage]:
    return {one.get_content_type(): one for one in cast("Iterator[EmailMessage]", read(content).walk())}
