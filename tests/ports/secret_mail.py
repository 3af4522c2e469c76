"""What people and mail servers send by email about what others must not learn of, for the two worlds."""

from datetime import timedelta
from hashlib import sha256
from uuid import UUID

from msgspec.structs import replace

from tests.cast import NOW, Cast
from tests.usecases.intake.returned import GONE
from tracker.rules.core.message_types import AnswerOutcome
from tracker.rules.core.viewers import Viewer
from tracker.rules.events.replies import ReplyValue
from tracker.rules.intake.calendar_replies import CalendarReply, ReplyOutcome, Sender
from tracker.rules.intake.received_emails import ReceivedEmail
from tracker.tables.background.events.invitees import invitations_by_member
from tracker.tables.schema.core.tables import Message
from tracker.tables.schema.intake import IncomingWords
from tracker.usecases.events import scheduling
from tracker.usecases.intake import received_emails

STRANGER = Sender(address="larkspur@canary.example", is_verified=True)
TO_NO_ONE = ReceivedEmail(name="", received_at=NOW, invitation_id=None, sender=STRANGER)


async def emails_about(cast: Cast, event_id: UUID) -> None:
    """Let a secret event's emails be answered, in words and by a calendar program, and one of them come back."""
    who = cast.kcpd_detective
    message_id = await _sent_to(who, event_id)
    invitation_id = (await invitations_by_member(event_id))[who.member_id].id
    uid = (await scheduling.event_seen_by(who, event_id)).uid
    reply = CalendarReply(uid=uid, attendee=who.email, value=ReplyValue.ACCEPTED, comment="Canary by email")
    own_reply = replace(TO_NO_ONE, sender=Sender(address=who.email, is_verified=True))
    for email, expected in (
        (replace(TO_NO_ONE, bounced_id=message_id, bounce=GONE), GONE.fate),
        (replace(TO_NO_ONE, invitation_id=invitation_id, replies=(reply,)), ReplyOutcome.UNMATCHED),
        (replace(TO_NO_ONE, message_id=message_id, text="YES, at the Larkspur Lot"), AnswerOutcome.UNMATCHED),
        (replace(own_reply, message_id=message_id, text="YES, at the Larkspur Lot"), AnswerOutcome.SIGN_IN),
        (replace(own_reply, invitation_id=invitation_id, replies=(reply,)), ReplyOutcome.RECORDED),
    ):
        assert await received_emails.take_email(replace(email, name=sha256(repr(email).encode()).hexdigest())) == [
            expected
        ]


async def answer_about_an_item(owner: Viewer) -> UUID:
    """Let a stranger answer the email about a secret item of this person; return what waits for a decision."""
    about_it = (Message.recipient == owner.member_id) & Message.item.is_not_null()
    message_id = (await Message.select(Message.id).where(about_it).order_by(Message.created_at))[0]["id"]
    email = replace(TO_NO_ONE, name="a" * 64, message_id=message_id, text="BLOCKED: no key to the Canary Lot")
    assert await received_emails.take_email(email) == [AnswerOutcome.UNMATCHED]
    [row] = await IncomingWords.select(IncomingWords.id).where(IncomingWords.claimed.is_not_null())
    row_id: UUID = row["id"]
    return row_id


async def _sent_to(who: Viewer, event_id: UUID) -> UUID:
    """Return a message about the event that someone got."""
    of_person = (Message.event == event_id) & (Message.recipient == who.member_id)
    message_id: UUID = (await Message.select(Message.id).where(of_person).order_by(Message.id))[0]["id"]
    at = {"state": "sent", "sent_at": NOW - timedelta(days=1), "sent_to": who.email}
    await Message.update(at).where(Message.id == message_id)
    return message_id
