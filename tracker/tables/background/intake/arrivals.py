"""Emails that came in, as times and numbers."""

from datetime import datetime
from typing import Any

from piccolo.columns import Timestamptz
from piccolo.query import Select

from tracker.rules.intake.calendar_replies import Outcome
from tracker.tables.schema.intake.bounces import Bounce
from tracker.tables.schema.intake.replies import IncomingReply
from tracker.tables.schema.intake.words import IncomingWords


async def last_at() -> datetime | None:
    """Return when the last email came in; a message that was refused when it was handed over is none."""
    came = [
        await _newest(IncomingReply.select(IncomingReply.received_at), IncomingReply.received_at),
        await _newest(IncomingWords.select(IncomingWords.received_at), IncomingWords.received_at),
        await _newest(Bounce.select(Bounce.received_at).where(Bounce.email_hash.is_not_null()), Bounce.received_at),
    ]
    return max((one for one in came if one), default=None)


async def noted_from(sender: str) -> int:
    """Return how many automatic emails of a sender came in."""
    is_noted = (IncomingReply.sender == sender.lower()) & (IncomingReply.outcome == Outcome.IGNORED)
    return await IncomingReply.count().where(is_noted)


async def _newest(found: Select[Any], received_at: Timestamptz) -> datetime | None:
    row = await found.order_by(received_at, ascending=False).first()
    return row["received_at"] if row else None
