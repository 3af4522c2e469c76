"""Writes replies, numbered in the order in which the database takes them, and copies them.

The number decides which of several replies counts (`rules.events.replies.effective_reply`). Clocks of two servers may
be minutes apart; writers queue for one lock (`database.transactions`), so the numbers follow the order of the commits.
Replies are copied to the series that continues another, with the dates whose time and place stay the same, and to such
dates when the series stays the same but is asked again. Comments are copied from row to row, and leave here in no other
way.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from piccolo.querystring import QueryString

from tracker.crypto import ids
from tracker.database import engine
from tracker.database.bulk_insert import bulk_insert, run_for_each
from tracker.rules.events.replies import ReplyValue
from tracker.tables.schema.events.events import Reply

_GIVEN_COLUMNS = (
    "invitation",
    "occurrence",
    "reply",
    "comment",
    "source",
    "entered_by",
    "substitute",
    "sequence",
    "replied_at",
    "renewed_at",
)
_USUAL = {"occurrence": None, "comment": "", "entered_by": None, "substitute": None, "renewed_at": None}
_WRITE = (
    "INSERT INTO reply (invitation, occurrence, reply, comment, source, entered_by, substitute, sequence, replied_at,"
    " renewed_at, id, number) VALUES ({}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {},"
    " (SELECT COALESCE(MAX(a.number), 0) + 1 FROM reply a WHERE a.invitation = {}))"
)
_WRITE_AGAIN = (
    "INSERT INTO reply (id, number, invitation, occurrence, reply, comment, source, entered_by, substitute, sequence,"
    " replied_at, renewed_at) SELECT {}, (SELECT MAX(n.number) + 1 FROM reply n WHERE n.invitation = a.invitation),"
    " a.invitation, a.occurrence, a.reply, a.comment, a.source, a.entered_by, a.substitute, a.sequence, a.replied_at,"
    " {} FROM reply a WHERE a.invitation = {} AND a.number = {}"
)


async def write_replies(replies: Sequence[Mapping[str, Any]]) -> None:
    """Insert replies, each given by its columns without `id` and `number`; the last one counts.

    The caller is inside `writing()`.
    """
    rows = [{**_USUAL, **reply} for reply in replies]
    await run_for_each(
        _WRITE, [[*(row[name] for name in _GIVEN_COLUMNS), ids.new_id(), row["invitation"]] for row in rows]
    )


async def write_first_replies(replies: Sequence[Mapping[str, Any]]) -> None:
    """Insert the first reply to each of some new invitations, given as for `write_replies`."""
    await bulk_insert(Reply, [{"id": ids.new_id(), "number": 1, **reply} for reply in replies])


async def write_reply_again(invitation_id: UUID, number: int, *, renewed_at: datetime | None = None) -> None:
    """Write an earlier reply once more, with everything that it says, so that it is the last one and counts.

    `renewed_at` is when the No of the substitute whom it names was undone, if that is why. The caller is inside
    `writing()`.
    """
    await engine().run_querystring(QueryString(_WRITE_AGAIN, ids.new_id(), renewed_at, invitation_id, number))


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
_TO_DATES = """
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


async def copy_replies_to_dates(event_id: UUID, dates: Iterable[UUID]) -> None:
    """Copy people's replies to a series to these dates, so that they hold when the other dates are asked again.

    The caller is inside `writing()`.
    """
    given = await engine().run_querystring(QueryString(_TO_DATES, event_id))
    for_all = {row["invitation"]: row for row in given if row["occurrence"] is None}
    alone = {(row["invitation"], row["occurrence"]) for row in given}
    held = [
        {**row, "occurrence": date}
        for date in dates
        for row in for_all.values()
        if row["reply"] != ReplyValue.NEEDS_ACTION and (row["invitation"], date) not in alone
    ]
    await write_replies([_copied_row(row) for row in held])


async def copy_replies_to_series(old_id: UUID, new_id: UUID, dates: Mapping[UUID, bool]) -> None:
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
        _copied_row({**row, "occurrence": date})
        for date, still_counts in dates.items()
        for row in {**counts.get(None, {}), **counts.get(date, {})}.values()
        if still_counts and row["reply"] != ReplyValue.NEEDS_ACTION
    ]
    await write_replies(made)


def _copied_row(row: Mapping[str, Any]) -> dict[str, Any]:
    return {**{name: row[name] for name in _COPIED}, "sequence": 0}
