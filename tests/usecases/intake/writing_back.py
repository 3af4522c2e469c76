"""What people write back to an email about an action item, for the tests."""

from dataclasses import replace
from datetime import date, timedelta
from hashlib import sha256

from tests.cast import NOW
from tracker.rules.actions.item_changes import NewItem
from tracker.rules.core.answers import Taken
from tracker.rules.core.viewer import Viewer
from tracker.rules.intake.calendar_replies import Sender
from tracker.rules.intake.emails import ReceivedEmail
from tracker.tables.schema.core.outbox import Message
from tracker.usecases.actions import action_items
from tracker.usecases.intake import incoming

TODAY, DUE = date(2026, 12, 15), date(2026, 12, 22)
LATER = NOW + timedelta(hours=1)


async def given(by: Viewer, owner: Viewer, **facts: object) -> str:
    new = NewItem(title="Send the contact sheet", owner_id=owner.member_id, due=DUE)
    return await action_items.create(by, replace(new, **facts), NOW, TODAY)  # type: ignore[arg-type]  # its fields


async def email(to: Viewer, text: str, **facts: object) -> ReceivedEmail:
    """Return what a person writes back to the newest email about an item that they got; `facts` replace its fields."""
    about_items = (Message.recipient == to.member_id) & Message.item.is_not_null()
    rows = await Message.select(Message.id).where(about_items).order_by(Message.created_at)
    about = {
        "name": sha256(text.encode()).hexdigest(),
        "received_at": LATER,
        "invitation_id": None,
        "message_id": rows[-1]["id"],
        "sender": Sender(address=to.email, is_verified=True),
        "text": text,
    }
    return ReceivedEmail(**{**about, **facts})  # type: ignore[arg-type]  # the fields of an email


async def said(to: Viewer, text: str, **facts: object) -> Taken:
    [outcome] = await incoming.take(await email(to, text, **facts))
    return Taken(outcome)
