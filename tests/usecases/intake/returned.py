"""Emails that were sent and came back, for the tests of bounces."""

from datetime import timedelta
from uuid import UUID, uuid4

from tests.cast import NOW, Cast, meeting, operation
from tracker.rules.core.outbox import MessageState, SendOutcome
from tracker.rules.core.viewers import Viewer
from tracker.rules.intake.calendar_replies import Sender
from tracker.rules.intake.received_emails import Bounce, ReceivedEmail, bounce_of_refusal
from tracker.tables.schema.core.tables import Message
from tracker.tables.schema.roster import Member
from tracker.usecases.core import outbox
from tracker.usecases.events import scheduling
from tracker.usecases.intake import received_emails

LATER = NOW + timedelta(hours=1)
GONE = bounce_of_refusal("550 5.1.1 User unknown", at_recipient=True)


async def send_invitations(cast: Cast, who: Viewer, count: int = 1, *, is_secret: bool = False) -> list[UUID]:
    """Send invitations to a person, and return the messages."""
    made = []
    for _ in range(count):
        plan, lead = (operation(who), cast.fbi_lead) if is_secret else (meeting(who), cast.coordinator)
        event_id = await scheduling.schedule_event(lead, plan, NOW)
        made += (
            await Message.select(Message.id)
            .where((Message.event == event_id) & (Message.recipient == who.member_id))
            .output(as_list=True)
        )
    for message in await outbox.claim_messages("a worker", [], LATER, 100):
        [address] = await Member.select(Member.email).where(Member.id == message.recipient_id).output(as_list=True)
        await outbox.close_message(message, SendOutcome(state=MessageState.SENT, reason="", sent_to=address), LATER)
    return made


async def take_bounce(
    message_id: UUID, bounce: Bounce = GONE, name: str = "", at: timedelta = timedelta()
) -> list[str]:
    """Take a bounce of a message."""
    return [
        *await received_emails.take_email(
            ReceivedEmail(
                name=name or uuid4().hex * 2,
                received_at=LATER + at,
                invitation_id=None,
                bounced_id=message_id,
                sender=Sender(address="", is_verified=False),
                is_automatic=True,
                bounce=bounce,
            )
        )
    ]


async def pause_emails(cast: Cast, who: Viewer) -> None:
    for message_id in await send_invitations(cast, who, 3):
        await take_bounce(message_id)
