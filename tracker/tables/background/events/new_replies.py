"""Writes replies, numbered in the order in which the database takes them.

The number decides which of several replies counts (`rules.events.replies.effective`). Clocks of two servers may be
minutes apart; writers queue for one lock (`database.transactions`), so the numbers follow the order of the commits.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from piccolo.querystring import QueryString

from tracker.crypto import ids
from tracker.database import engine
from tracker.database.bulk_insert import bulk_insert, run_for_each
from tracker.tables.schema.events.invitations import Reply

_GIVEN = (
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


async def write(replies: Sequence[Mapping[str, Any]]) -> None:
    """Insert replies, each given by its columns without `id` and `number`; the last one counts.

    The caller is inside `writing()`.
    """
    rows = [{**_USUAL, **one} for one in replies]
    await run_for_each(_WRITE, [[*(one[name] for name in _GIVEN), ids.new_id(), one["invitation"]] for one in rows])


async def write_first(replies: Sequence[Mapping[str, Any]]) -> None:
    """Insert the first reply to each of some new invitations, given as for `write`."""
    await bulk_insert(Reply, [{"id": ids.new_id(), "number": 1, **one} for one in replies])


async def write_again(invitation_id: UUID, number: int, *, renewed_at: datetime | None = None) -> None:
    """Write an earlier reply once more, with everything that it says, so that it is the last one and counts.

    `renewed_at` is when the No of the substitute whom it names was undone, if that is why. The caller is inside
    `writing()`.
    """
    await engine().run_querystring(QueryString(_WRITE_AGAIN, ids.new_id(), renewed_at, invitation_id, number))
