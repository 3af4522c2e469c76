"""Replies copied to the series that continues another, with the dates whose time and place stay the same.

Also copies replies to such dates when the series stays the same but is asked again. Comments are copied from row to
row, and leave here in no other way.
"""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from piccolo.querystring import QueryString

from tracker.database import engine
from tracker.rules.events.replies import ReplyValue
from tracker.tables.background.events import new_replies
from tracker.tables.schema.events.invitations import Reply

_TO_SERIES = """
SELECT n.id AS invitation, a.occurrence AS occurrence, a.reply AS reply, a.comment AS comment, a.source AS source,
       a.entered_by AS entered_by, a.substitute AS substitute, a.replied_at AS replied_at,
       a.renewed_at AS renewed_at
  FROM invitation o
  JOIN invitation n ON n.event = {} AND n.member = o.member AND n.role <> 'chair'
  JOIN reply a ON a.invitation = o.id
 WHERE o.event = {} AND o.withdrawn_at IS NULL
 ORDER BY a.number
"""
_GIVEN = """
SELECT a.invitation, a.occurrence, a.reply, a.comment, a.source, a.entered_by, a.substitute, a.replied_at,
       a.renewed_at
  FROM reply a JOIN invitation i ON i.id = a.invitation
 WHERE i.event = {} AND i.withdrawn_at IS NULL AND i.role <> 'chair' ORDER BY a.number
"""
_COPIED = (
    "invitation",
    "occurrence",
    "reply",
    "comment",
    "source",
    "entered_by",
    "substitute",
    "replied_at",
    "renewed_at",
)


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


async def carry(old_id: UUID, new_id: UUID, dates: Mapping[UUID, bool]) -> None:
    """Give the replies to dates that moved to another series to the invitations of that series.

    `dates` says of each date whether the reply that counted for it still counts; if not, it has none. The caller is
    inside `writing()`, and the new series has its invitations.
    """
    given = await engine().run_querystring(QueryString(_TO_SERIES, new_id, old_id))
    counts: dict[UUID | None, dict[UUID, dict[str, Any]]] = {}
    for row in given:
        counts.setdefault(row["occurrence"], {})[row["invitation"]] = row
    if dates:
        await Reply.delete().where(Reply.occurrence.is_in(list(dates)))
    made = [
        _again({**row, "occurrence": date})
        for date, still_counts in dates.items()
        for row in {**counts.get(None, {}), **counts.get(date, {})}.values()
        if still_counts and row["reply"] != ReplyValue.NEEDS_ACTION
    ]
    await new_replies.write(made)


def _again(row: Mapping[str, Any]) -> dict[str, Any]:
    return {**{name: row[name] for name in _COPIED}, "sequence": 0}
