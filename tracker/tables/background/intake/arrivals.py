"""Emails that came in, as times and numbers."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from msgspec import Struct
from piccolo.columns import Timestamptz
from piccolo.query import Select

from tracker.rules.core.answers import Taken
from tracker.rules.intake.calendar_replies import Misfit, Outcome
from tracker.rules.intake.emails import SenderAddress
from tracker.tables.schema.intake.bounces import Bounce
from tracker.tables.schema.intake.replies import IncomingReply
from tracker.tables.schema.intake.words import IncomingWords


class StrayEmail(Struct, frozen=True, kw_only=True):
    """An email that leads nowhere, as far as administrators see it: they never see its subject or text."""

    received_at: datetime
    sender: SenderAddress
    """Empty for an email that couldn't be read."""
    is_readable: bool


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


async def stray(most: int) -> list[StrayEmail]:
    """Return the newest emails to an address that is no invitation's and no message's, or that couldn't be read.

    Others are left out: that one came, and from whom, says something of an event.
    """
    no_address = (IncomingReply.outcome == Outcome.UNMATCHED) & (IncomingReply.misfit == Misfit.NO_ADDRESS)
    replies = IncomingReply.select(IncomingReply.received_at, IncomingReply.sender, IncomingReply.outcome).where(
        no_address | (IncomingReply.outcome == Outcome.UNREADABLE)
    )
    words = IncomingWords.select(IncomingWords.received_at, IncomingWords.sender, IncomingWords.outcome).where(
        IncomingWords.outcome == Taken.UNREADABLE
    )
    found = [
        *await replies.order_by(IncomingReply.received_at, ascending=False).limit(most),
        *await words.order_by(IncomingWords.received_at, ascending=False).limit(most),
    ]
    newest = sorted(found, key=lambda row: row["received_at"], reverse=True)[:most]
    return [_stray(row) for row in newest]


def _stray(row: Mapping[str, Any]) -> StrayEmail:
    is_readable = row["outcome"] != Outcome.UNREADABLE
    sender = SenderAddress(row["sender"] if is_readable else "")
    return StrayEmail(received_at=row["received_at"], sender=sender, is_readable=is_readable)


async def _newest(found: Select[Any], received_at: Timestamptz) -> datetime | None:
    row = await found.order_by(received_at, ascending=False).first()
    return row["received_at"] if row else None
