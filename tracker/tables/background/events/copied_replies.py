"""Replies copied from a series to the one that continues it, for dates whose time and place stay the same.

Also copies replies to such dates when the series stays the same but is asked again. Comments are copied from row to
row, and leave here in no other way.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from piccolo.querystring import QueryString

from tracker.database import engine
from tracker.rules.events.replies import ReplyValue
from tracker.tables.background.events import new_replies

# A later row for the same date replaces an earlier one: the newest reply to the series, then to the date.
_SAME = """
SELECT n.id AS invitation, next.id AS occurrence, a.reply AS reply, a.comment AS comment, a.source AS source,
       a.entered_by AS entered_by, a.substitute AS substitute, a.replied_at AS replied_at
  FROM occurrence was
  JOIN event old ON old.id = was.event
  JOIN event new ON new.previous_series = old.id
  JOIN occurrence next ON next.event = new.id AND next.starts_at = was.starts_at AND next.ends_at = was.ends_at
   AND COALESCE(next.place, new.place) = COALESCE(was.place, old.place)
  JOIN invitation o ON o.event = old.id AND o.withdrawn_at IS NULL
  JOIN invitation n ON n.event = new.id AND n.member = o.member AND n.role <> 'chair'
  JOIN reply a ON a.invitation = o.id AND (a.occurrence IS NULL OR a.occurrence = was.id)
 WHERE old.id = {} AND new.id = {} AND was.starts_at > {} AND NOT was.is_canceled AND NOT next.is_canceled
 ORDER BY CASE WHEN a.occurrence IS NULL THEN 0 ELSE 1 END, a.number
"""


_GIVEN = """
SELECT a.invitation, a.occurrence, a.reply, a.comment, a.source, a.entered_by, a.substitute, a.replied_at
  FROM reply a JOIN invitation i ON i.id = a.invitation
 WHERE i.event = {} AND i.withdrawn_at IS NULL AND i.role <> 'chair' ORDER BY a.number
"""


async def hold(event_id: UUID, dates: Iterable[UUID]) -> None:
    """Copy people's replies to a series to these dates, so that they hold when the other dates are asked again.

    The caller is inside `writing()`.
    """
    given = await engine().run_querystring(QueryString(_GIVEN, event_id))
    for_all = {row["invitation"]: row for row in given if row["occurrence"] is None}
    alone = {(row["invitation"], row["occurrence"]) for row in given}
    held = [
        {**row, "occurrence": date}
        for date in dates
        for row in for_all.values()
        if row["reply"] != ReplyValue.NEEDS_ACTION and (row["invitation"], date) not in alone
    ]
    await new_replies.write([_again(row) for row in held])


async def carry(old_id: UUID, new_id: UUID, now: datetime) -> None:
    """Copy people's replies to the old series' dates still to come to the same dates of the new series.

    The caller is inside `writing()`, both series have their dates, and the new one has its invitations.
    """
    found = await engine().run_querystring(QueryString(_SAME, old_id, new_id, now))
    counts = {(row["invitation"], row["occurrence"]): row for row in found}
    await new_replies.write([_again(row) for row in counts.values() if row["reply"] != ReplyValue.NEEDS_ACTION])


def _again(row: Mapping[str, Any]) -> dict[str, Any]:
    copied = ("invitation", "occurrence", "reply", "comment", "source", "entered_by", "substitute", "replied_at")
    return {**{name: row[name] for name in copied}, "sequence": 0}
