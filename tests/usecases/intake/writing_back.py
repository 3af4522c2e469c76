"""What people write back to an email about an action item, for the tests."""

from datetime import date, datetime, timedelta
from hashlib import sha256

from tests.cast import NOW
from tracker.rules.core.message_types import AnswerOutcome
from tracker.rules.core.viewers import Viewer
from tracker.rules.intake.calendar_replies import ReplyOutcome, Sender
from tracker.rules.intake.received_emails import MOST_EMAILS_AN_HOUR, ReceivedEmail
from tracker.tables.schema.core.tables import Message
from tracker.tables.schema.intake import IncomingReply
from tracker.usecases.intake import received_emails

TODAY, DUE = date(2026, 12, 15), date(2026, 12, 22)
LATER = NOW + timedelta(hours=1)


async def email_about_item(to: Viewer, text: str, **facts: object) -> ReceivedEmail:
    """Return what a person writes back to the newest email about an item that they got; `facts` replace its fields."""
    about_items = (Message.recipient == to.member_id) & Message.item.is_not_null()
    rows = await Message.select(Message.id).where(about_items).order_by(Message.created_at)
    email_facts = {
        "name": sha256(text.encode()).hexdigest(),
        "received_at": LATER,
        "invitation_id": None,
        "message_id": rows[-1]["id"],
        "sender": Sender(address=to.email, is_verified=True),
        "text": text,
    }
    return ReceivedEmail(**{**email_facts, **facts})  # type: ignore[arg-type]  # the fields of an email


async def write_about_item(to: Viewer, text: str, **facts: object) -> AnswerOutcome:
    [outcome] = await received_emails.take_email(await email_about_item(to, text, **facts))
    return AnswerOutcome(outcome)


async def take_many_emails(sender: str, at: datetime, *, is_verified: bool = False) -> None:
    """Let as many emails of a sender have been taken as may be in an hour."""
    row = {"received_at": at, "part": 0, "sender": sender, "is_verified": is_verified, "outcome": ReplyOutcome.IGNORED}
    await IncomingReply.insert(*(IncomingReply(email_hash=f"{one:064}", **row) for one in range(MOST_EMAILS_AN_HOUR)))
