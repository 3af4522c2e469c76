"""Follow-ups with people who haven't replied."""

# A local time is naive: its zone is beside it.

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from tests.cast import NOW, ZONE, Cast, meeting
from tracker.rules.core.viewers import Viewer
from tracker.rules.roster.meetings import ReminderPolicy
from tracker.tables.schema.core.tables import Message
from tracker.usecases.emails.reminders import queue_due_messages
from tracker.usecases.events import scheduling

FIVE_DAYS = timedelta(days=5)
TWO_DAYS = timedelta(days=2)


async def schedule_with_asks(cast: Cast, *asks_before: timedelta, **facts: Any) -> UUID:
    policy = ReminderPolicy(asks_before=frozenset(asks_before or (FIVE_DAYS, TWO_DAYS)))
    plan = meeting(cast.fbi_lead, cast.hsi_liaison, **{"reminders": policy, **facts})
    return await scheduling.schedule_event(cast.coordinator, plan, NOW)


async def queued_follow_ups() -> list[tuple[str, datetime]]:
    rows = (
        await Message.select(Message.recipient.name, Message.due)
        .where(Message.kind == "no_reply")
        .order_by(Message.due, Message.recipient.name)
    )
    return [(row["recipient.name"], row["due"]) for row in rows]


async def queue_at(*moments: datetime) -> None:
    for moment in moments:
        await queue_due_messages(moment, ZONE)


async def mark_invitations_sent(*people: Viewer, at: datetime) -> None:
    """Let the invitations to these people have been sent at a moment."""
    is_theirs = (Message.kind == "invitation") & Message.recipient.is_in([one.member_id for one in people])
    await Message.update({Message.state: "sent", Message.sent_at: at}).where(is_theirs)
