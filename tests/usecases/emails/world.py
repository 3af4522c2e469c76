"""Letters that are due, a series to write of, and follow-ups with people who haven't replied."""

# A local time is naive: its zone is beside it.

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from msgspec.structs import replace

from tests.cast import NOW, ZONE, Cast, meeting
from tests.emails import ReadEmail, read_result, send_due_messages
from tracker.rules.core.outbox import SendOutcome
from tracker.rules.core.viewers import Viewer
from tracker.rules.recurrence.series import rule_for_choice
from tracker.rules.roster.meetings import ReminderPolicy
from tracker.tables.schema.core.tables import Message
from tracker.usecases.emails.reminders import queue_due_messages
from tracker.usecases.events import scheduling

FIVE_DAYS = timedelta(days=5)
TWO_DAYS = timedelta(days=2)
LATER = NOW + timedelta(minutes=5)
MOVED = LATER + timedelta(minutes=5)


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


async def send_emails(now: datetime) -> list[ReadEmail | SendOutcome]:
    """Return what becomes of each message that is due."""
    return [read_result(written) for _, written in await send_due_messages(now)]


async def send_only_email(now: datetime = LATER) -> ReadEmail:
    [letter] = await send_emails(now)
    assert isinstance(letter, ReadEmail)
    return letter


async def schedule_series(cast: Cast, *invitees: Viewer) -> UUID:
    """Schedule six months of meetings; the invitations are out."""
    plan = meeting(*(invitees or (cast.fbi_lead,)))
    event_id = await scheduling.schedule_event(
        cast.coordinator, replace(plan, rule=rule_for_choice("monthly_nth", plan.starts, count=6)), NOW
    )
    await send_emails(LATER)
    return event_id
