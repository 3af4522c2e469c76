"""Holding what waits for quiet hours at the moment of sending, whatever was known when it was planned.

A planner chooses a time outside quiet hours where it can. This is what keeps the promise: a message can become due
late, be tried again, or have a reader who has chosen other hours since.
"""

from collections.abc import Sequence
from datetime import datetime

from tracker.database import writing
from tracker.rules.core.message_types import ItemsOfDay
from tracker.rules.core.outbox import Message
from tracker.rules.emails.quiet_hours import HELD, waits
from tracker.usecases.core import outbox
from tracker.usecases.emails.preferences import everyones_wishes


async def sendable(batch: Sequence[Message], worker: str, now: datetime) -> list[Message]:
    """Return the claimed messages that may be sent now, and release the others until quiet hours end."""
    waiting = [one for one in batch if waits(one.content)]
    if not waiting:
        return [*batch]
    wishes = await everyones_wishes()
    until = {one.id: wishes.held_until(one.recipient_id, now, _useful_until(one)) for one in waiting}
    held: dict[datetime, list[Message]] = {}
    for message in waiting:
        if until[message.id] > now:
            held.setdefault(until[message.id], []).append(message)
    async with writing():
        for end, messages in held.items():
            await outbox.delay_messages(messages, end, HELD, worker)
    return [one for one in batch if until.get(one.id, now) <= now]


def _useful_until(message: Message) -> datetime | None:
    """Return from when on a message is outdated; None where another one covers it, which can come in the morning."""
    return None if isinstance(message.content, ItemsOfDay) else message.not_after
