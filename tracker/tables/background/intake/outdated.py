"""Which rows about incoming emails have been kept for long enough, as ids."""

from datetime import datetime
from uuid import UUID

from piccolo.querystring import QueryString

from tracker.database import engine

_CHANGED_NOTHING = (
    "n.outcome NOT IN ('recorded', 'released') AND n.attached IS NULL"
    " AND (n.outcome = 'unmatched' OR NOT EXISTS (SELECT 1 FROM time_proposal p WHERE p.reply = n.id))"
)
_REPLIES = (
    "SELECT n.id FROM incoming_reply n WHERE n.received_at < {}"
    f" AND ({_CHANGED_NOTHING} OR n.received_at < {{}}"
    " AND NOT EXISTS (SELECT 1 FROM invitation i JOIN occurrence o ON o.event = i.event"
    " WHERE i.id = n.invitation AND o.ends_at >= {}))"
    " ORDER BY n.received_at LIMIT {}"
)
_WORDS = (
    "SELECT w.id FROM incoming_words w WHERE w.received_at < {} AND (w.outcome <> 'recorded' OR w.received_at < {})"
    " ORDER BY w.received_at LIMIT {}"
)
_BOUNCES = "SELECT b.id FROM bounce b WHERE b.received_at < {} ORDER BY b.received_at LIMIT {}"


async def replies(unrecorded_before: datetime, recorded_before: datetime, most: int) -> list[UUID]:
    """Return replies that came before one of two moments; one that counts only if its event was over by then, too.

    A proposal of another time counts like a reply that was recorded.
    """
    return await _ids(QueryString(_REPLIES, unrecorded_before, recorded_before, recorded_before, most))


async def words(unrecorded_before: datetime, recorded_before: datetime, most: int) -> list[UUID]:
    """Return emails with words that came before one of two moments."""
    return await _ids(QueryString(_WORDS, unrecorded_before, recorded_before, most))


async def bounces(before: datetime, most: int) -> list[UUID]:
    """Return bounces that came before a moment."""
    return await _ids(QueryString(_BOUNCES, before, most))


async def _ids(query: QueryString) -> list[UUID]:
    return [row["id"] for row in await engine().run_querystring(query)]
