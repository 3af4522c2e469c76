"""Writes replies, numbered in the order in which the database takes them.

The number decides which of several replies counts (`rules.events.replies.effective`). Clocks of two servers may be
minutes apart; writers queue for one lock (`database.transactions`), so the numbers follow the order of the commits.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from piccolo.querystring import QueryString

from tracker.crypto import ids
from tracker.database import engine
from tracker.database.bulk_insert import bulk_insert
from tracker.database.sql_list import sql_list
from tracker.tables.background.events.invitees import chunks
from tracker.tables.schema.events.invitations import Reply

_LAST = "SELECT invitation, MAX(number) AS last FROM reply WHERE invitation IN ({}) GROUP BY invitation"


async def write(replies: Sequence[Mapping[str, Any]]) -> None:
    """Insert replies, each given by the same columns without `id` and `number`; the last one counts.

    The caller is inside `writing()`.
    """
    last = await _last_numbers({one["invitation"] for one in replies})
    rows = []
    for one in replies:
        last[one["invitation"]] = number = last.get(one["invitation"], 0) + 1
        rows.append({"id": ids.new_id(), "number": number, **one})
    await bulk_insert(Reply, rows)


async def write_first(replies: Sequence[Mapping[str, Any]]) -> None:
    """Insert the first reply to each of some new invitations, given as for `write`."""
    await bulk_insert(Reply, [{"id": ids.new_id(), "number": 1, **one} for one in replies])


async def _last_numbers(invitation_ids: Iterable[UUID]) -> dict[UUID, int]:
    known: dict[UUID, int] = {}
    for some in chunks(invitation_ids):
        found = await engine().run_querystring(QueryString(_LAST, sql_list(some)))
        known |= {row["invitation"]: row["last"] for row in found}
    return known
